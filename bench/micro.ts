/**
 * Micro-benchmarks of each part, with tinybench (`npm run bench -- micro`). Each result is checked before and after it is
 * measured. Prints MicroRows as JSON. Arguments: FOLDER-OF-SOURCES MILLISECONDS [WORD...]
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Bench } from 'tinybench'
import { compileRegex, splitString } from '../src/builtins/regex/regex.ts'
import type { AnyChunk } from '../src/bytecode/verify.ts'
import { decodeChunk, encodeChunk, newPackr } from '../src/cache/format.ts'
import { compile } from '../src/compiler/compiler.ts'
import { pureHash } from '../src/io/hashes.ts'
import { NodeIO } from '../src/io/node/node-io.ts'
import { EOF, Lexer } from '../src/syntax/lexer.ts'
import { parse } from '../src/syntax/parser.ts'
import { AttrsBuilder, lookup, size, update } from '../src/values/attrs.ts'
import { SymbolTable } from '../src/values/symbols.ts'
import type { Attrs, Value } from '../src/values/value.ts'
import type { MicroRow } from './harness/results.ts'
import { check, nixFunction } from './harness/suite.ts'

interface Task {
  part: string
  name: string
  /** How many units one run is, and what they are. */
  count: number
  unit: string
  run: () => unknown
  expected: unknown
}

const [folder, milliseconds, ...words] = process.argv.slice(2)
const tasks: Task[] = []
function task(
  part: string,
  name: string,
  count: number,
  unit: string,
  run: () => unknown,
  expected: unknown,
) {
  tasks.push({ part, name, count, unit, run, expected })
}

// ---------------------------------------------------------------- text becomes code
const texts = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.nix'))
  .sort()
  .map((file) => readFileSync(join(folder, file), 'latin1'))
const kilobytes = texts.reduce((sum, text) => sum + text.length, 0) / 1000
const parseOptions = {
  features: new Set<string>(),
  lintUrlLiterals: 'ignore',
  lintShortPathLiterals: 'ignore',
  lintAbsolutePathLiterals: 'ignore',
} as const
/** Whatever is not bound is a global. */
const globals = { get: () => 0, has: () => true } as unknown as ReadonlyMap<string, number>
const parsed = texts.map((text) => parse(text, parseOptions, () => {}))
const compileAll = (): AnyChunk[] =>
  parsed.map((root, i) => compile(root, texts[i], { globals, warn: () => {} }))
const chunks = compileAll()

function tokens(): number {
  let n = 0
  for (const text of texts) {
    const lexer = new Lexer(text, false)
    do {
      lexer.next()
      n++
    } while (lexer.token !== EOF)
  }
  return n
}
const words32 = (all: AnyChunk[]): number => all.reduce((sum, chunk) => sum + chunk.code.length, 0)

task('lexer', 'tokens of the corpus', kilobytes, 'KB', tokens, tokens())
task(
  'parser',
  'trees of the corpus',
  kilobytes,
  'KB',
  () => texts.map((text) => parse(text, parseOptions, () => {})).length,
  texts.length,
)
task('compiler', 'code of the corpus', kilobytes, 'KB', () => words32(compileAll()), words32(chunks))

// ---------------------------------------------------------------- stored code
const packr = newPackr()
const header = { key: '/x.nix', options: 'bench', sourceHash: '0'.repeat(64), stamp: '' }
const encoded = chunks.map((chunk) => encodeChunk(packr, chunk, header) as Uint8Array)
const bytes = (all: Uint8Array[]): number => all.reduce((sum, one) => sum + one.length, 0)
task(
  'cache',
  'chunks encoded',
  chunks.length,
  'file',
  () => bytes(chunks.map((chunk) => encodeChunk(packr, chunk, header) as Uint8Array)),
  bytes(encoded),
)
task(
  'cache',
  'chunks decoded',
  chunks.length,
  'file',
  () => {
    let length = 0
    for (const one of encoded) {
      const entry = decodeChunk(packr, one)
      if (typeof entry === 'string') throw new Error(entry)
      length += entry.chunk.code.length
    }
    return length
  },
  words32(chunks),
)

// ---------------------------------------------------------------- the machine
function nix(part: string, name: string, n: number, unit: string, text: string, expected: Value): void {
  const fn = nixFunction(text)
  task(part, name, n, unit, () => fn(n), expected)
}
nix(
  'dispatch',
  'arithmetic and branches',
  1000,
  'round',
  'n: let go = i: a: if i == 0 then a else if a > 1000000 then go i 0 else go (i - 1) (builtins.add a (i * 2 - i)); in go n 0',
  500_500,
)
nix(
  'dispatch',
  'calls',
  1000,
  'call',
  'n: let f = a: b: a; go = i: if i == 0 then 0 else f (go (i - 1)) i; in go n',
  0,
)
nix(
  'thunks',
  'made and forced',
  1000,
  'thunk',
  'n: let go = i: if i == 0 then 0 else let x = i + i; in x - i - i + go (i - 1); in go n',
  0,
)
nix(
  'thunks',
  'of genList, forced by a fold',
  1000,
  'element',
  "n: builtins.foldl' (a: b: a + b) 0 (builtins.genList (i: i) n)",
  499_500,
)
nix(
  'thunks',
  'nobody asks for',
  1000,
  'set',
  "n: builtins.foldl' (a: i: let s = { a = i + 1; b = i + 2; c = i + 3; d = i; }; in a + s.d) 0 (builtins.genList (i: i) n)",
  499_500,
)
nix(
  'sort',
  'with a function',
  1000,
  'element',
  'n: builtins.head (builtins.sort (a: b: a < b) (builtins.genList (i: let x = i * 7919; in x - x / 1009 * 1009) n))',
  0,
)
nix(
  'sort',
  'builtins.lessThan',
  1000,
  'element',
  'n: builtins.head (builtins.sort builtins.lessThan (builtins.genList (i: let x = i * 7919; in x - x / 1009 * 1009) n))',
  0,
)

// ---------------------------------------------------------------- attribute sets
const symbols = new SymbolTable()
function setOf(n: number, prefix: string, from = 0): Attrs {
  const builder = new AttrsBuilder(symbols)
  for (let i = 0; i < n; i++) builder.setName(`${prefix}${from + i}`, i)
  return builder.build()
}
const small = setOf(20, 'k')
const other = setOf(3, 'k', 18)
const big = setOf(20_000, 'k')
const syms = Array.from({ length: 20 }, (_, i) => symbols.intern(`k${i}`))
const absent = Array.from({ length: 20 }, (_, i) => symbols.intern(`none${i}`))
const found = (set: Attrs, names: readonly number[]): number => {
  let n = 0
  for (const sym of names) if (lookup(set, sym) !== undefined) n++
  return n
}
task('attribute sets', 'built, 20 names', 1, 'set', () => size(setOf(20, 'k')), 20)
task('attribute sets', 'looked up, found', 20, 'look-up', () => found(small, syms), 20)
task('attribute sets', 'looked up, not found', 20, 'look-up', () => found(small, absent), 0)
task('attribute sets', 'looked up in 20,000', 20, 'look-up', () => found(big, syms), 20)
task('attribute sets', '20 // 3, no literals', 1, 'update', () => size(update(small, other)), 21)
task('attribute sets', '20,000 // 3', 1, 'update', () => found(update(big, other), syms), 20)
nix(
  'attribute sets',
  'literal of 4, selected from',
  1000,
  'set',
  "n: builtins.foldl' (a: i: a + { a = i; b = 1; c = 2; d = 3; }.a) 0 (builtins.genList (i: i) n)",
  499_500,
)
nix(
  'attribute sets',
  '// of literals',
  1000,
  'update',
  "n: builtins.foldl' (a: i: a + ({ a = 1; b = 2; } // { b = i; c = 3; }).b) 0 (builtins.genList (i: i) n)",
  499_500,
)

// ---------------------------------------------------------------- strings
const io = new NodeIO()
const letter = 'a'.repeat(1000)
const sha = '41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3'
task('hash', 'sha256 of 1 KB', 1, 'hash', () => io.hash('sha256', letter), sha)
task('hash', 'sha256 of 1 KB without OpenSSL', 1, 'hash', () => pureHash('sha256', letter), sha)
const version = compileRegex('([a-z]+)-([0-9]+(\\.[0-9]+)*)')
const comma = compileRegex(', *')
const fields = Array.from({ length: 100 }, (_, i) => `field${i}`).join(', ')
task(
  'regex',
  'compiled',
  1,
  'pattern',
  () => compileRegex('([a-z]+)-([0-9]+(\\.[0-9]+)*)').pattern.length,
  28,
)
task('regex', 'matched', 1, 'match', () => version.match('firefox-131.0.2'), ['firefox', '131.0.2', '.2'])
task('regex', 'split', 100, 'field', () => splitString(comma, fields).length, 199)

// ---------------------------------------------------------------- measuring
const rows: MicroRow[] = []
const wanted = ({ part, name }: Task): boolean =>
  words.length === 0 || words.some((word) => `${part}: ${name}`.includes(word))
for (const { part, name, count, unit, run, expected } of tasks.filter(wanted)) {
  check(`${part}: ${name}`, run(), expected)
  let last: unknown
  const bench = new Bench({
    time: Number(milliseconds),
    warmupTime: Number(milliseconds) / 2,
    iterations: 5,
    throws: true,
  })
  bench.add(name, () => {
    last = run()
  })
  await bench.run()
  check(`${part}: ${name}`, last, expected)
  const result = bench.tasks[0].result
  if (!('latency' in result)) throw new Error(`${part}: ${name}: not measured (${result.state})`)
  rows.push({ part, name, time: result.latency.p50 / 1000 / count, unit, runs: result.latency.samplesCount })
}
console.log(JSON.stringify(rows))
