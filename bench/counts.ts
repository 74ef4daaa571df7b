/**
 * The guard on how much the machine does (scripts/bench-counts.mjs): runs the bench programs, small, in a counting build
 * and compares its figures with those of bench/counts.json. They are exact, so a machine's speed and load do not matter.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { atSize, type BenchProgram, readPrograms } from './harness/programs.ts'

/** Big enough that what a program is about outweighs the start, small enough for all to run in a few seconds. */
const SIZES: Readonly<Record<string, number>> = {
  attrs: 1000,
  calls: 300,
  closure: 500,
  deep: 2,
  drv: 60,
  fib: 15,
  fix: 300,
  fold: 2000,
  json: 200,
  lists: 4000,
  merge: 200,
  sort: 2000,
  str: 500,
  thunks: 3,
  with: 1000,
}

/** What is compared; `frames` are those of bytecode and of builtins together. */
export const FIGURES = ['opcodes', 'frames', 'thunks', 'environments', 'copied'] as const
export type Figures = Record<(typeof FIGURES)[number], number>
export type Baseline = Record<string, Figures & { n: number; result: string }>

/** By how much a figure may rise, and what small ones may rise by all the same. */
const SHARE = 0.02
const FEW = 10

/** The most a figure may be when it was `before`. */
export function limitOf(before: number): number {
  return Math.max(Math.floor(before * (1 + SHARE)), before + FEW)
}

export interface Comparison {
  /** What fails the check, a line each. */
  failures: string[]
  /** What has become less by more than 2 %: the baseline should follow. */
  gains: string[]
}

/** Compares what was counted with what was counted before. */
export function compareCounts(before: Baseline, now: Baseline): Comparison {
  const failures: string[] = []
  const gains: string[] = []
  for (const name of Object.keys(before)) {
    if (now[name] === undefined) failures.push(`${name}: is in bench/counts.json and nowhere else`)
  }
  for (const [name, found] of Object.entries(now)) {
    const known = before[name]
    if (known === undefined) {
      failures.push(`${name}: not in bench/counts.json`)
      continue
    }
    if (known.n !== found.n) {
      failures.push(`${name}: was counted at size ${known.n}, now at ${found.n}`)
      continue
    }
    if (known.result !== found.result) {
      failures.push(`${name}: gives ${found.result}, not ${known.result}`)
      continue
    }
    for (const figure of FIGURES) {
      if (typeof known[figure] !== 'number') {
        failures.push(`${name}: bench/counts.json has no ${figure}`)
        continue
      }
      const line = () =>
        `${name}: ${figure} ${known[figure]} -> ${found[figure]} (${change(known[figure], found[figure])})`
      if (found[figure] > limitOf(known[figure]))
        failures.push(`${line()}, at most ${limitOf(known[figure])}`)
      else if (found[figure] < known[figure] * (1 - SHARE)) gains.push(line())
    }
  }
  return { failures, gains }
}

function change(before: number, now: number): string {
  if (before === 0) return 'from nothing'
  const percent = (100 * (now - before)) / before
  return `${percent > 0 ? '+' : ''}${percent.toFixed(1)} %`
}

/** Runs a program in the counting build and answers its figures. */
function count(root: string, program: BenchProgram, flags: readonly string[]): Baseline[string] {
  const n = SIZES[program.name]
  if (n === undefined) throw new Error(`bench/counts.ts has no small size for ${program.name}`)
  const { result, figures } = countText(root, atSize(program, n), flags)
  return { n, result, ...figures }
}

/** Runs a text in the counting build. Throws what it writes on standard error when it fails. */
export function countText(
  root: string,
  text: string,
  flags: readonly string[],
): { result: string; figures: Figures } {
  const launcher = join(root, 'dist/count/firnix-instantiate.js')
  if (!existsSync(launcher)) throw new Error(`${launcher} is missing: leave out --no-build`)
  const words = ['--eval', '--strict', '--no-cache', '--stats', ...flags, '-']
  const run = spawnSync(process.execPath, [launcher, ...words], {
    input: text,
    encoding: 'latin1',
    maxBuffer: 1 << 28,
    // Nothing of this machine or user, so that the figures are the same everywhere.
    env: {
      PATH: process.env.PATH,
      HOME: '/homeless',
      NIX_CONF_DIR: '/nonexistent',
      FIRNIX_NO_CODE_CACHE: '1',
    },
  })
  if (run.status !== 0) throw new Error(run.error?.message ?? run.stderr)
  const { counts } = JSON.parse(run.stderr.slice(run.stderr.indexOf('{\n'))) as {
    counts?: Record<string, number>
  }
  if (counts === undefined) throw new Error(`${launcher} is no counting build`)
  const { opcodes, codeFrames, nativeFrames, thunks, environments, copied } = counts
  const figures = { opcodes, frames: codeFrames + nativeFrames, thunks, environments, copied }
  return { result: run.stdout.trim(), figures }
}

/** The flag that turns compiling to JavaScript off, where there is one: what is counted is the switch. */
export function plainFlags(root: string): string[] {
  const help = spawnSync(process.execPath, [join(root, 'dist/count/firnix.js'), '--help'], {
    encoding: 'latin1',
  })
  return help.stdout.includes('--no-jit') ? ['--no-jit'] : []
}

/** Reads the figures that were counted before. Throws when there are none. */
function readBaseline(file: string): Baseline {
  const text = readFileSync(file, 'utf8')
  try {
    return JSON.parse(text) as Baseline
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`)
  }
}

/** The command; `growth`: what bench/growth-counts.ts has found. Answers its exit code. */
export function main(
  root: string,
  options: { update: boolean },
  growth: { programs: number; failures: readonly string[] },
): number {
  const file = join(root, 'bench/counts.json')
  const flags = plainFlags(root)
  const now: Baseline = {}
  for (const program of readPrograms(join(root, 'bench/programs')))
    now[program.name] = count(root, program, flags)
  if (options.update) {
    writeFileSync(file, `${JSON.stringify(now, null, 2)}\n`)
    console.log(`counts: ${Object.keys(now).length} programs written to bench/counts.json`)
    return 0
  }
  for (const line of growth.failures) console.log(`counts: grows too fast: ${line}`)
  console.log(`counts: ${growth.programs} programs at twice their size, failures: ${growth.failures.length}`)
  const { failures, gains } = compareCounts(readBaseline(file), now)
  for (const line of gains) console.log(`counts: less: ${line}`)
  for (const line of failures) console.log(`counts: ${line}`)
  const what = `${Object.keys(now).length} programs, failures: ${failures.length}, less than before: ${gains.length}`
  console.log(`counts: ${what}${flags.length > 0 ? ` (${flags.join(' ')})` : ''}`)
  if (failures.length > 0 || gains.length > 0)
    console.log(
      'counts: `node scripts/bench-counts.mjs --update` writes the new figures; say why in the commit',
    )
  return failures.length + growth.failures.length > 0 ? 1 : 0
}
