// Checks the house (ARCHITECTURE.md, "The house") on the imports of src/: a file imports only from lower floors or from its
// own wing, wings on one floor do not know each other, `node:*` stays in the few places that touch the machine, and every
// package is imported where it was agreed to be. Type-only imports count: a type known is a room known.
// Usage: node scripts/check-floors.mjs. Prints one line per breach; exit 1 if there is one.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Wing -> floor. A wing is a folder or a file right under src/; the files of floor 0 are one wing. */
const FLOORS = {
  'source.ts': 0,
  'errors.ts': 0,
  'limits.ts': 0,
  'quote.ts': 0,
  'latin1.ts': 0,
  'text-out.ts': 0,
  bytecode: 1,
  io: 1,
  store: 1,
  syntax: 2,
  cache: 2,
  values: 2,
  fetch: 2,
  compiler: 3,
  runtime: 3,
  'loader.ts': 4,
  vm: 4,
  builtins: 4,
  'evaluator.ts': 5,
  'index.ts': 6,
  'browser.ts': 6,
  jobs: 6,
  cli: 7, // on the doors' floor in the drawing, above them in fact: `firnix jobs` is a command
}

/** Where `node:*` may be imported. */
const NODE = ['io/node/', 'cache/', 'jobs/', 'cli/']

/** Folders of plain functions: they may know values and what lies below, and no machine. */
const PLAIN = { 'builtins/regex/': 2, 'builtins/text/': 2 }

const src = join(dirname(dirname(fileURLToPath(import.meta.url))), 'src')
const breaches = []
let files = 0
for (const name of readdirSync(src, { recursive: true }).sort()) {
  const file = name.split(sep).join('/')
  if (!file.endsWith('.ts')) continue
  files++
  const text = readFileSync(join(src, file), 'utf8')
  for (const target of importsOf(text)) check(file, target)
}
for (const breach of breaches) console.log(breach)
console.log(`floors: ${files} files, ${breaches.length} breaches`)
process.exitCode = breaches.length > 0 ? 1 : 0

/** What a file imports: static, re-exported and dynamic, with comments left out. */
function importsOf(text) {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
  const found = []
  for (const match of code.matchAll(/(?:^|\n)\s*(?:import|export)\b[^'"`;=]*?\bfrom\s*['"]([^'"]+)['"]/g))
    found.push(match[1])
  for (const match of code.matchAll(/(?:^|\n)\s*import\s*['"]([^'"]+)['"]/g)) found.push(match[1])
  for (const match of code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)) found.push(match[1])
  return found
}

function check(file, target) {
  if (target.startsWith('node:')) {
    if (!NODE.some((folder) => file.startsWith(folder)))
      breaches.push(`src/${file}: imports ${target}; node:* belongs to ${NODE.join(' ')}`)
    return
  }
  if (!target.startsWith('.')) return
  const to = relative(src, join(src, dirname(file), target))
    .split(sep)
    .join('/')
  if (to.startsWith('..')) {
    breaches.push(`src/${file}: imports ${target}, which is outside src/`)
    return
  }
  const [own, other] = [wingOf(file), wingOf(to)]
  const [floor, below] = [FLOORS[own], FLOORS[other]]
  if (floor === undefined) breaches.push(`src/${file}: ${own} is on no floor`)
  else if (below === undefined) breaches.push(`src/${file}: imports ${to}, which is on no floor`)
  else if (own !== other && below === floor && floor !== 0)
    breaches.push(`src/${file}: imports ${to}; ${own} and ${other} are wings of floor ${floor}`)
  else if (below > floor)
    breaches.push(`src/${file}: imports ${to}; floor ${floor} does not know floor ${below}`)
  for (const [folder, highest] of Object.entries(PLAIN)) {
    const inside = Object.keys(PLAIN).some((plain) => to.startsWith(plain))
    if (file.startsWith(folder) && !inside && below > highest)
      breaches.push(`src/${file}: imports ${to}; src/${folder} knows floor ${highest} and below only`)
  }
}

function wingOf(file) {
  return file.split('/')[0]
}
