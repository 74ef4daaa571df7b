// Bundles Firnix into dist/ with rolldown. Usage: node scripts/build.mjs [--trace | --count]
//
//   program.js                            what is behind the command line and every run needs, in one file: it starts fastest
//   compile.js                            what is needed where there is something to compile
//   rest.js                               what is needed where there is something to fetch, to walk, to store …
//   firnix.js, firnix-instantiate.js      the programs: small launchers that load them (src/cli/boot.ts)
//   results.js                            what finds tracked results, loaded by them with --cache-results
//   index.mjs                             the library
//
// --trace and --count build programs that tell or count what they do (dist/trace, dist/count).
import { existsSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { parseAst } from 'rolldown/parseAst'
import { bundleOptions, fingerprint } from './bundle-options.mjs'

const trace = process.argv.includes('--trace')
const count = process.argv.includes('--count')
const dir = trace ? 'dist/trace' : count ? 'dist/count' : 'dist'

async function build(input, output, options = {}) {
  const bundle = await rolldown({ ...bundleOptions({ trace, count }), ...options, input })
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
/**
 * What goes into the files that are loaded late: whatever a run does not need whose sources are all in the compile cache. It is
 * a third of the program, and V8 takes a tenth of the start to bring it back, though it has been compiled before. Whoever
 * only compiles, and stores what he has compiled, need not wait for the rest.
 */
const LATE = {
  compile: ['src/(?:syntax|compiler)/', 'node_modules/msgpackr/(?!unpack)'],
  rest: [
    'node_modules/(?:@noble|tar|minipass|minizlib)/',
    'src/fetch/',
    'src/jobs/(?!heap)',
    'src/cli/(?:tracking|rehearsal)',
    'src/io/(?:hashes|recording|memory)',
    'src/io/node/(?:archive|http|fetch-node|daemon|dir-store|tree-writer)',
    'src/store/(?:daemon-client|nar-reader|aterm-parser|closure)',
    'src/cache/(?:tending|results|replay)',
    'src/vm/profile',
    'src/runtime/to-xml',
    'src/builtins/(?:text/toml|flake-info|regex/(?:nfa|search))',
  ],
}
const lateFiles = Object.entries(LATE).map(([name, paths]) => {
  const pattern = new RegExp(paths.join('|'))
  return { name, test: (id) => pattern.test(id.replaceAll('\\', '/')) }
})
await build(
  { program: 'src/cli/main.ts' },
  {
    dir,
    format: 'cjs',
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    codeSplitting: { includeDependenciesRecursively: false, groups: lateFiles },
  },
  { preserveEntrySignatures: 'allow-extension' },
)
/**
 * Private names become plain properties, named after their class: V8 defines a private field by a keyed store, which is
 * several times as slow as that of a property when constructors are run for many classes, and checks a brand at every
 * call of a private method. tsc has seen to it that nobody looks from outside. `mark`: what tells the names of one file from
 * those of another, as classes may be of both.
 */
function plainNames(code, mark) {
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
      edits.push({ start: node.start, end: node.end, text: `$${node.name}_${mark}${at.number}` })
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

const runtimeFile = join(dir, 'rolldown-runtime.js')
const [runtime] = readFileSync(runtimeFile, 'utf8').split('\nObject.defineProperty(exports')
unlinkSync(runtimeFile)

/** A file of the program, with what the bundler's own helpers it needs. */
function partOf(name, mark) {
  let code = readFileSync(join(dir, name), 'utf8')
  code = code
    .replace(/^const require_rolldown_runtime = .*\n/m, '')
    .replaceAll('require_rolldown_runtime.', '')
  code = nodeModules(plainNames(code, mark))
  return /\b__(?:exportAll|toESM|copyProps)\(/.test(code) ? runtime + code : code
}

/** Writes a file as a function for the launcher to call: text put round it there would be a second copy of it all. */
function writePart(name, parameters, code) {
  // The launcher reads it as latin1 (one byte a character, which V8 scans fastest), so it must be ASCII.
  const ascii = code.replace(/[^\x00-\x7f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
  writeFileSync(join(dir, name), `(function (${parameters}) {${ascii}\n})\n`)
}

const lateNames = Object.keys(LATE)
const stamp = JSON.stringify(fingerprint())

/** Code that asks for the late files the first time something in them is used, which must be when all of program.js is there. */
function askingLate(code, name) {
  for (const late of lateNames) {
    code = code
      .replace(new RegExp(`^const require_${late} = require\\("\\./${late}\\.js"\\);\\n`, 'm'), '')
      .replace(new RegExp(`\\bnew require_${late}\\.(\\w+)`, 'g'), `new (late_${late}().$1)`)
      .replaceAll(`require_${late}.`, `late_${late}().`)
    if (code.includes(`require_${late}`)) throw new Error(`${late}.js is used as a whole by ${name}`)
  }
  return code
}

const core = askingLate(partOf('program.js', ''), 'program.js')
const loaders = lateNames.map(
  (late) =>
    `let late_${late}_;
const late_${late} = exports.late_${late} = () => (late_${late}_ ??= loadLate("${late}", ${stamp}));
`,
)
writePart('program.js', 'exports, require, loadLate', loaders.join('') + core)
// What a late file uses of program.js it takes once, as variables of its own: nothing that is exported changes.
for (const late of lateNames) {
  let code = askingLate(partOf(`${late}.js`, late[0]), `${late}.js`)
  code = code.replace(/^const require_program = require\("\.\/program\.js"\);\n/m, '')
  const used = [...new Set([...code.matchAll(/\brequire_program\.(\w+)/g)].map(([, name]) => name))].sort()
  code = code.replace(/\brequire_program\.(\w+)/g, 'core$$$1')
  if (code.includes('require_program')) throw new Error('program.js is used as a whole')
  for (const name of used) {
    const own = new RegExp(`^exports\\.${name} = (\\w+(?:\\$\\d+)?);`, 'm').exec(core)?.[1]
    if (own === undefined || new RegExp(`^let ${own.replaceAll('$', '\\$')}\\b`, 'm').test(core))
      throw new Error(`${name} is not exported once and for all`)
  }
  const others = lateNames.filter((other) => code.includes(`late_${other}()`)).map((other) => `late_${other}`)
  writePart(
    `${late}.js`,
    'exports, require, core, build',
    `if (build !== ${stamp}) throw new core.NixError("io", "Firnix was replaced while it was running");
const ${[...used.map((name) => `core$${name} = core.${name}`), ...others.map((name) => `${name} = core.${name}`)].join(', ')};
${code}`,
  )
}
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
