// Runs expressions through an installed Nix and through Firnix and shows where they differ: standard output, exit code, and
// the final error message with its place (all of standard error with --all).
//
// Usage: node scripts/differential.mjs [options] [FILE...] [-E EXPR]... [--random N] [--operands N] [--seed S] [-- ARG...]
//   --nix CMD      what runs Nix (default: nix-instantiate; it takes nix-instantiate's arguments)
//   --firnix CMD   what runs Firnix (default: this node with dist/firnix-instantiate.js)
//   --random N     N expressions made up at random; --seed S (default 1) says which. Most of them evaluate.
//   --operands N   N of an operator or builtin with operands of any kind. Most of them fail.
//   --mutate N     N times one of the FILEs with one thing wrong in it (mutations.mjs), instead of the FILEs as they are; it lies in
//                  another folder, so what it imports is seldom found: try `-- --parse`
//   --all          compare all of standard error
//   --keep         also show what does not differ
//   -- ARG...      arguments for both (default: --eval --strict)
// Ends with `N compared, M differ`; exit 1 if one does.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { mutant } from './mutations.mjs'
import { operandExpression } from './operand-expressions.mjs'
import { optionsOf } from './options.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const cut = process.argv.indexOf('--', 2)
const own = cut < 0 ? process.argv.slice(2) : process.argv.slice(2, cut)
const extra = cut < 0 ? [] : process.argv.slice(cut + 1)
const { values: options, positionals: files } = optionsOf(import.meta.url, {
  args: own,
  allowPositionals: true,
  options: {
    nix: { type: 'string', default: 'nix-instantiate' },
    firnix: { type: 'string' },
    expr: { type: 'string', short: 'E', multiple: true, default: [] },
    random: { type: 'string', default: '0' },
    operands: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    mutate: { type: 'string', default: '0' },
    all: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
})
const args = extra.length > 0 ? extra : ['--eval', '--strict']
const nix = options.nix.split(' ')
const firnix = options.firnix?.split(' ') ?? [process.execPath, join(root, 'dist/firnix-instantiate.js')]

const folder = mkdtempSync(join(tmpdir(), 'firnix-differential-'))
let compared = 0
let differ = 0
try {
  const random = randomFrom(Number(options.seed))
  const mutants = Number(options.mutate)
  if (mutants === 0) for (const file of files) compare(file, resolve(file))
  else
    for (let i = 0; i < mutants && files.length > 0; i++) compareMutant(files[random(files.length)], random)
  for (const expr of options.expr) compareText(expr)
  for (let i = Number(options.random); i > 0; i--) compareText(makeExpression(random))
  for (let i = Number(options.operands); i > 0; i--) compareText(operandExpression(random))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
console.log(`${compared} compared, ${differ} differ`)
process.exitCode = differ > 0 ? 1 : 0

function compareText(text) {
  const file = join(folder, 'expression.nix')
  writeFileSync(file, text)
  compare(text, file)
}

function compareMutant(file, random) {
  const made = mutant(readFileSync(file, 'latin1'), random)
  if (made === undefined) return
  const place = join(folder, 'mutant.nix')
  writeFileSync(place, made.text, 'latin1')
  // The text itself is too long to be shown: the same seed makes it again, and it is kept where something differs.
  const different = differ
  compare(`${file}: ${made.what}`, place)
  if (differ === different) return
  const kept = join(tmpdir(), `firnix-mutant-${options.seed}-${differ}.nix`)
  writeFileSync(kept, made.text, 'latin1')
  console.log(`  kept as ${kept}`)
}

function compare(title, file) {
  compared++
  const [a, b] = [run(nix, file), run(firnix, file)]
  const same = a.code === b.code && a.out === b.out && a.err === b.err
  if (!same) differ++
  if (same && !options.keep) return
  console.log(`${same ? 'same' : 'DIFFERENT'}: ${title}`)
  show('nix', a)
  if (!same) show('firnix', b)
}

function run([command, ...first], file) {
  const done = spawnSync(command, [...first, ...args, file], { encoding: 'latin1', maxBuffer: 1 << 28 })
  if (done.error !== undefined) throw done.error
  const err = options.all ? done.stderr : finalMessage(done.stderr)
  return {
    code: done.status ?? done.signal,
    out: done.stdout,
    err: done.status === 0 && !options.all ? '' : err,
  }
}

/** The last `error: ...` of a report, with its place, moved to the left margin. */
function finalMessage(err) {
  const lines = err.split('\n')
  let start = lines.length - 1
  while (start > 0 && !/^\s*error:\s*\S/.test(lines[start])) start--
  const indent = /^\s*/.exec(lines[start])[0].length
  return lines
    .slice(start)
    .map((line) => line.slice(Math.min(indent, line.search(/\S|$/))))
    .join('\n')
}

function show(who, { code, out, err }) {
  const text = [out, err].filter((part) => part !== '').join('')
  const shown = text.length > 2000 ? `${text.slice(0, 2000)}...\n` : text
  console.log(`  ${who} (${code}): ${shown.trimEnd().split('\n').join('\n    ')}`)
}

/** A small deterministic source of numbers (mulberry32). */
function randomFrom(seed) {
  let state = seed | 0
  return (n) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % n
  }
}

/**
 * An expression of a wanted type, mostly right and now and then wrong, with variables of known types in scope. `below(n)`
 * gives a number under n.
 */
function makeExpression(below) {
  const pick = (xs) => xs[below(xs.length)]
  const TYPES = ['int', 'string', 'bool', 'list', 'set', 'function']
  const NAMES = ['a', 'b', 'c', 'x', "y'", 'long-name']
  let fuel = 4 + below(24)

  const of = (type, scope) => {
    fuel--
    if (below(60) === 0) type = pick(TYPES) // a wrong type now and then
    const known = scope.filter((v) => v.type === type)
    if (known.length > 0 && below(3) === 0) return pick(known).name
    if (fuel <= 0) return leaf(type)
    return below(5) === 0 ? anyForm(type, scope) : form[type](scope)
  }
  const leaf = (type) =>
    ({
      int: () => pick(['0', '1', '7', '42', '(-3)', '1.5', '0.1', '9223372036854775807']),
      string: () => pick(['""', '"a"', '"b c"', '"é"', '"a.b-1.2"', "''x''", '"\\n\\t\\""', '"${"i"}"']),
      bool: () => pick(['true', 'false']),
      list: () => pick(['[ ]', '[ 1 2 3 ]', '[ "a" "b" ]', '[ null [ ] ]']),
      set: () => pick(['{ }', '{ a = 1; }', '{ a = 1; b = "s"; }', 'rec { a = 2; c = a; }']),
      function: () => pick(['(x: x)', '(x: x + 1)', 'builtins.toString', '({ a ? 1, ... }: a)', '(x: y: x)']),
    })[type]()

  const anyForm = (type, scope) => {
    const name = pick(NAMES)
    const t = pick(TYPES)
    const inner = [...scope.filter((v) => v.name !== name), { name, type: t }]
    return pick([
      () => `(let ${name} = ${of(t, scope)}; in ${of(type, inner)})`,
      () => `(if ${of('bool', scope)} then ${of(type, scope)} else ${of(type, scope)})`,
      () => `((${name}: ${of(type, inner)}) ${of(t, scope)})`,
      () => `(with ${of('set', scope)}; ${of(type, scope)})`,
      () => `(assert ${of('bool', scope)}; ${of(type, scope)})`,
      () => `{ ${name} = ${of(type, scope)}; }.${name}`,
      () => `(${of('set', scope)}.${pick(NAMES)} or ${of(type, scope)})`,
      () => `(builtins.head [ ${of(type, scope)} ])`,
      () => `(({ ${name}, d ? ${of(t, scope)} }: ${of(type, inner)}) { ${name} = ${of(t, scope)}; })`,
      () => `(builtins.seq ${of(t, scope)} ${of(type, scope)})`,
    ])()
  }

  const form = {
    int: (s) =>
      pick([
        () => `(${of('int', s)} ${pick(['+', '-', '*', '/'])} ${of('int', s)})`,
        () => `(builtins.length ${of('list', s)})`,
        () => `(builtins.stringLength ${of('string', s)})`,
        () => `(-${of('int', s)})`,
        () => `(builtins.foldl' (p: q: p + 1) ${of('int', s)} ${of('list', s)})`,
        () => `(builtins.compareVersions ${of('string', s)} ${of('string', s)})`,
        () => `(builtins.bitAnd ${of('int', s)} ${of('int', s)})`,
        () => leaf('int'),
      ])(),
    string: (s) =>
      pick([
        () => `(${of('string', s)} + ${of('string', s)})`,
        () => `"<\${${of('string', s)}}>"`,
        () => `(toString ${of(pick(['int', 'bool', 'list', 'string']), s)})`,
        () => `(builtins.toJSON ${of(pick(TYPES.slice(0, 5)), s)})`,
        () => `(builtins.substring ${below(3)} ${below(5)} ${of('string', s)})`,
        () => `(builtins.concatStringsSep "," (map toString ${of('list', s)}))`,
        () => `(builtins.replaceStrings [ "a" ] [ ${of('string', s)} ] ${of('string', s)})`,
        () => `(builtins.typeOf ${of(pick(TYPES), s)})`,
        () => `''\n  \${${of('string', s)}}\n    x\n''`,
        () => leaf('string'),
      ])(),
    bool: (s) =>
      pick([
        () => `(${of('int', s)} ${pick(['<', '<=', '>', '>=', '==', '!='])} ${of('int', s)})`,
        () => `(${of('bool', s)} ${pick(['&&', '||', '->'])} ${of('bool', s)})`,
        () => `(!${of('bool', s)})`,
        () => `(${of('set', s)} ? ${pick(NAMES)})`,
        () => `(${of('list', s)} == ${of('list', s)})`,
        () => `(${of('set', s)} == ${of('set', s)})`,
        () => `(builtins.elem ${of(pick(TYPES), s)} ${of('list', s)})`,
        () => `(${of('string', s)} < ${of('string', s)})`,
        () => `(builtins.tryEval ${of(pick(TYPES), s)}).success`,
        () => leaf('bool'),
      ])(),
    list: (s) =>
      pick([
        () => `[ ${Array.from({ length: below(4) }, () => of(pick(TYPES.slice(0, 5)), s)).join(' ')} ]`,
        () => `(${of('list', s)} ++ ${of('list', s)})`,
        () => `(map ${of('function', s)} ${of('list', s)})`,
        () => `(builtins.attrNames ${of('set', s)})`,
        () => `(builtins.attrValues ${of('set', s)})`,
        () => `(builtins.genList (n: n * ${below(9)}) ${below(6)})`,
        () => `(builtins.filter (e: e != ${of(pick(TYPES.slice(0, 3)), s)}) ${of('list', s)})`,
        () => `(builtins.split ${pick(['"a"', '"(b)"', '"[ .]"'])} ${of('string', s)})`,
        () =>
          `(builtins.sort builtins.lessThan [ ${Array.from({ length: below(5) }, () => of('int', s)).join(' ')} ])`,
        () => leaf('list'),
      ])(),
    set: (s) => {
      const names = NAMES.filter(() => below(2) === 0)
      const body = (scope) => names.map((n) => `${n} = ${of(pick(TYPES.slice(0, 5)), scope)}; `).join('')
      return pick([
        () => `{ ${body(s)}}`,
        () => `rec { ${body(s)}}`,
        () => `(${of('set', s)} // ${of('set', s)})`,
        () => `(builtins.mapAttrs (n: v: ${pick(['v', 'n', '[ n v ]'])}) ${of('set', s)})`,
        () => `(removeAttrs ${of('set', s)} [ "${pick(NAMES)}" ])`,
        () => `{ "\${${of('string', s)}}" = ${of(pick(TYPES), s)}; }`,
        () => `(builtins.listToAttrs [ { name = ${of('string', s)}; value = ${of('int', s)}; } ])`,
        () => `(builtins.tryEval ${of(pick(TYPES.slice(0, 5)), s)})`,
        () => leaf('set'),
      ])()
    },
    function: (s) => {
      const name = pick(NAMES)
      const inner = [...s.filter((v) => v.name !== name), { name, type: pick(['int', 'string']) }]
      return pick([
        () => `(${name}: ${of(pick(TYPES.slice(0, 5)), inner)})`,
        () => `(builtins.elemAt [ ${of('function', s)} ] 0)`,
        () => leaf('function'),
      ])()
    },
  }
  return of(pick(TYPES), [])
}
