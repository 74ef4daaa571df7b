/**
 * Where V8 throws away what it has compiled of Firnix while a program runs, and why: `node scripts/deopts.mjs [--function NAME]
 * [ARGUMENTS OF firnix-instantiate]`. A function that is large or hot and in this list runs in V8's interpreter until it is compiled again.
 * With `--function` (say, dispatch) the places are given as lines of the bundle. Counts differ a little from run to run.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const dist = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist')
const BAILOUT =
  /kind: deopt-eager, reason: (.*?)\): begin\. deoptimizing \S+ <JSFunction (\S*).*?(?:<Code (\w+)>.*?)?bytecode offset (\d+)/
const MOST = 1 << 30

const args = process.argv.slice(2)
let wanted
if (args[0] === '--function') {
  wanted = args[1]
  args.splice(0, 2)
}
if (args.length === 0 || args.includes('--help')) {
  console.error('usage: node scripts/deopts.mjs [--function NAME] FILE [-A ATTRIBUTE] [--cache-dir DIR] …')
  process.exit(1)
}

function run(flags, env = {}) {
  const options = { encoding: 'latin1', maxBuffer: MOST, env: { ...process.env, ...env } }
  const child = spawnSync(process.execPath, [...flags, join(dist, 'firnix-instantiate.js'), ...args], options)
  if (child.error !== undefined) throw child.error
  return child
}

/** The lines of the bundle at those bytecode offsets of the function of that name. */
function linesOf(name, offsets) {
  const printed = run(['--print-bytecode', `--print-bytecode-filter=${name}`], { FIRNIX_NO_CODE_CACHE: '1' })
  const source = readFileSync(join(dist, 'program.js'), 'latin1')
  const lines = new Map()
  let position
  for (const line of printed.stdout.split('\n')) {
    const found = /^\s*(?:(\d+) [SE]> )?\s*0x[0-9a-f]+ @\s+(\d+) : /.exec(line)
    if (found === null) continue
    if (found[1] !== undefined) position = Number(found[1])
    if (position === undefined || !offsets.has(found[2])) continue
    const before = source.slice(0, position).split('\n')
    const start = position - before.at(-1).length
    const text = source.slice(start, source.indexOf('\n', position)).trim()
    lines.set(found[2], `${before.length}: ${text.slice(0, 90)}`)
  }
  return lines
}

run([]) // so that the code cache, and the compile cache if one is given, are filled
const { status, stdout, stderr } = run(['--trace-deopt'])
if (status !== 0) {
  process.stderr.write(Buffer.from(stderr, 'latin1'))
  process.exit(1)
}
const counts = new Map()
for (const line of stdout.split('\n')) {
  const found = BAILOUT.exec(line)
  if (found === null) continue
  const [, reason, name, tier = '', offset] = found
  const label = name.startsWith('nix_') ? '(compiled units)' : name
  if (wanted !== undefined && name !== wanted) continue
  const key = wanted === undefined ? `${label}\t${tier}` : `${tier}\t${reason}\t${offset}`
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
const offsets = new Set([...counts.keys()].map((key) => key.split('\t')[2]))
const lines = wanted === undefined || counts.size === 0 ? undefined : linesOf(wanted, offsets)
for (const [key, count] of [...counts].sort((a, b) => b[1] - a[1])) {
  const parts = key.split('\t')
  if (lines !== undefined) parts.push(lines.get(parts.pop()) ?? '')
  console.log(`${String(count).padStart(5)}  ${parts.filter((part) => part !== '').join('  ')}`)
}
console.log(`${[...counts.values()].reduce((a, b) => a + b, 0)} in all`)
