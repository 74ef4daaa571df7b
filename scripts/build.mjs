// Bundles Firnix into dist/ with rolldown. Usage: node scripts/build.mjs [--trace | --count]
//
//   program.js                            everything behind the command line, in one CommonJS file: it starts fastest
//   firnix.js, firnix-instantiate.js      the programs: small launchers that load it (src/cli/boot.ts)
//   results.js                            what finds tracked results, loaded by them with --cache-results
//   index.mjs                             the library
//
// --trace and --count build programs that tell or count what they do (dist/trace, dist/count).
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { parseAst } from 'rolldown/parseAst'
import { bundleOptions } from './bundle-options.mjs'

const trace = process.argv.includes('--trace')
const count = process.argv.includes('--count')
const dir = trace ? 'dist/trace' : count ? 'dist/count' : 'dist'

async function build(input, output) {
  const bundle = await rolldown({ ...bundleOptions({ trace, count }), input })
  await bundle.write({ minify: false, ...output })
  await bundle.close()
}

mkdirSync(dir, { recursive: true })
// The programs are CommonJS; tests and benches, bundled below dist/, are modules.
writeFileSync(join(dir, 'package.json'), '{ "type": "commonjs" }\n')
for (const inner of ['test', 'bench']) {
  mkdirSync(join(dir, inner), { recursive: true })
  writeFileSync(join(dir, inner, 'package.json'), '{ "type": "module" }\n')
}
await build('src/cli/main.ts', { file: join(dir, 'program.js'), format: 'cjs', codeSplitting: false })
/**
 * Private names become plain properties, named after their class: V8 defines a private field by a keyed store, which is
 * several times as slow as that of a property when constructors are run for many classes, and checks a brand at every
 * call of a private method. tsc has seen to it that nobody looks from outside.
 */
function plainNames(code) {
  const edits = []
  const visit = (node, scope) => {
    if (node === null || typeof node !== 'object') return
    if (Array.isArray(node)) {
      for (const child of node) visit(child, scope)
      return
    }
    let inner = scope
    if (node.type === 'ClassBody') {
      const names = new Set()
      for (const { key } of node.body) if (key?.type === 'PrivateIdentifier') names.add(key.name)
      if (names.size > 0) inner = { names, number: node.start, outer: scope }
    }
    if (node.type === 'PrivateIdentifier') {
      let at = scope
      while (!at.names.has(node.name)) at = at.outer
      edits.push({ start: node.start, end: node.end, text: `$${node.name}_${at.number}` })
    } else if (node.type === 'BinaryExpression' && node.left.type === 'PrivateIdentifier')
      throw new Error('`#name in object` has no plain form')
    for (const key in node) if (key !== 'type') visit(node[key], inner)
  }
  visit(parseAst(code), null)
  edits.sort((a, b) => a.start - b.start)
  let out = ''
  let at = 0
  for (const { start, end, text } of edits) {
    out += code.slice(at, start) + text
    at = end
  }
  return out + code.slice(at)
}

// Parts of Node that few runs need and that take milliseconds to load: brought when something in them is asked for.
const LAZY = [
  'assert',
  'child_process',
  'fs/promises',
  'http',
  'https',
  'net',
  'stream',
  'stream/promises',
  'string_decoder',
  'tls',
  'tty',
  'worker_threads',
]
// The same for parts that are asked all the time when they are in use: by a function, since a proxy is slow.
const CALLED = ['crypto', 'os', 'v8', 'vm', 'zlib']
/**
 * What the bundler makes of an import from Node is a copy of the module with a getter for every name, which takes half of
 * the start to build and a call at every use. The modules themselves do as well; `default` is the module.
 */
function nodeModules(code) {
  let loaders = ''
  for (const [line, variable, name] of code.matchAll(/^let (\w+) = require\("((?:node:)?[\w/]+)"\);$/gm)) {
    const bare = name.replace('node:', '')
    const called = CALLED.includes(bare)
    // A library calls it by a name that may be any word's.
    const lazy = LAZY.includes(bare) || (called && bare === name)
    if (called && !lazy) {
      code = code
        .replace(line, '')
        .replace(`\n${variable} = __toESM(${variable}, 1);\n`, '\n')
        .replace(new RegExp(`\\b${variable}(?:\\.default)?\\.`, 'g'), `${variable}().`)
      if (new RegExp(`\\b${variable}\\b(?!\\(\\)\\.)`).test(code))
        throw new Error(`${name} is used as a whole`)
      loaders += `let ${variable}_;\nfunction ${variable}() {\n\treturn (${variable}_ ??= require("${name}"));\n}\n`
      continue
    }
    code = code
      .replace(line, `const ${variable} = ${lazy ? 'lazyModule' : 'require'}("${name}");`)
      .replace(`\n${variable} = __toESM(${variable}, 1);\n`, '\n')
    if (!lazy) code = code.replace(new RegExp(`\\b${variable}\\.default\\b`, 'g'), variable)
  }
  const helpers = `function lazyModule(name) {
\tlet module;
\treturn new Proxy({}, { get: (_, key) => ((module ??= require(name)), key === "default" ? module : module[key]) });
}
// The first look at \`performance\` loads half a millisecond of modules.
function clock() {
\tconst [seconds, nanoseconds] = process.hrtime();
\treturn seconds * 1e3 + nanoseconds / 1e6;
}
`
  return helpers + loaders + code.replace(/\bperformance\.now\(\)/g, 'clock()')
}

// The launcher reads it as latin1 (one byte a character, which V8 scans fastest), so it must be ASCII.
const program = nodeModules(plainNames(readFileSync(join(dir, 'program.js'), 'utf8')))
const ascii = program.replace(/[^\x00-\x7f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
// A function, for the launcher to call: text put round it there would be a second copy of it all.
writeFileSync(join(dir, 'program.js'), `(function (exports, require) {${ascii}\n})\n`)
// The look for tracked results, which the launcher loads before the program.
await build('src/cache/replay.ts', { file: join(dir, 'results.js'), format: 'cjs', codeSplitting: false })
await build('src/cli/boot.ts', { file: join(dir, 'boot.js'), format: 'cjs' })
const boot = readFileSync(join(dir, 'boot.js'), 'utf8')
for (const [name, door] of [
  ['firnix', 'firnix'],
  ['firnix-instantiate', 'firnixInstantiate'],
]) {
  writeFileSync(
    join(dir, `${name}.js`),
    `#!/usr/bin/env node\n${boot}\nboot('${door}', __filename, require)\n`,
    {
      mode: 0o755,
    },
  )
}
if (existsSync('src/index.ts')) await build('src/index.ts', { file: join(dir, 'index.mjs'), format: 'esm' })
