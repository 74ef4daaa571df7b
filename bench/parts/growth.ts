/**
 * Part `growth`: nothing may cost more than in proportion to its size. Programs are run with sizes that double until the run
 * takes long enough to tell, and trees of packages with the sizes that were asked for; what is compared with 1 is the
 * exponent of cpu time, and of memory, over the size, with what it costs to start taken off.
 */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Contestant, commandLine, type Request } from '../harness/contestants.ts'
import { exponent, median } from '../harness/figures.ts'
import type { Cost } from '../harness/process.ts'
import { type Context, runOnce } from '../harness/race.ts'
import { isSteep, type Row, type SlopeRow } from '../harness/results.ts'
import { GROWTH, type GrowthProgram } from './growth-programs.ts'
import { allOf, growTree, raceTree } from './tree.ts'

export interface GrowthOptions {
  /** Numbers of packages. */
  sizes: readonly number[]
  words: readonly string[]
  /** Doubling ends when a run takes so long, in seconds of cpu time beyond the start. */
  enough: number
}

/** 1 is linear, 2 quadratic; sorting, collecting garbage and a noisy machine take a program up to about 1.2. */
const LIMIT = 1.4
/** Sizes that count: the last so many, where what is measured outweighs what is not. */
const LAST = 4
const DOUBLINGS = 9

interface Point {
  size: number
  /** Beyond what it takes to start. */
  time: number
  memory: number | null
}

/** Cpu seconds; wall time where nobody could tell. */
function timeOf(cost: Cost): number {
  return cost.user === null ? cost.wall : cost.user + (cost.system ?? 0)
}

/** The fewest a run has cost: what comes on top is the machine's. */
function least(costs: readonly Cost[], of: (cost: Cost) => number | null): number | null {
  const known = costs.map(of).filter((n) => n !== null)
  return known.length === 0 ? null : Math.min(...known)
}

/** The slope of measured points; memory counts only where it has grown by tens of megabytes. */
export function slopeOf(name: string, about: string, points: readonly Point[]): SlopeRow {
  const last = points.slice(-LAST)
  const heavy = last.filter(({ memory }) => memory !== null && memory > 20e6)
  return {
    name,
    about,
    points: points.map(({ size, time }) => [size, time]),
    time: exponent(last.map(({ size, time }) => [size, Math.max(time, 1e-4)])),
    memory: heavy.length < 3 ? null : exponent(heavy.map(({ size, memory }) => [size, memory as number])),
    limit: LIMIT,
  }
}

/** What a contestant costs that does nothing. */
function floor(context: Context, contestant: Contestant): { time: number; memory: number } {
  const command = commandLine(contestant, { kind: 'text', text: '0' }) as string[]
  const costs = Array.from({ length: 5 }, () => runOnce(context, { contestant, command }).cost)
  return {
    time: median(costs.map(timeOf)),
    memory: least(costs, (cost) => cost.memory) ?? 0,
  }
}

/** A program at doubling sizes; measured again, with more runs, when the slope looks steep. */
function growProgram(context: Context, program: GrowthProgram, options: GrowthOptions): SlopeRow {
  const contestant = context.contestants[0]
  const start = floor(context, contestant)
  const file = join(context.work, 'growth.nix')
  const measure = (runs: number): SlopeRow => {
    const points: Point[] = []
    const { most = Number.POSITIVE_INFINITY } = program
    for (let size = program.start, i = 0; i < DOUBLINGS && size <= most; size *= 2, i++) {
      writeFileSync(file, program.text(size), 'latin1')
      const words = ['--eval', '--strict', '--max-call-depth', '1000000000', file]
      const command = commandLine(contestant, { kind: 'instantiate', words }) as string[]
      const costs: Cost[] = []
      for (let run = 0; run < runs; run++) {
        const { cost, stdout } = runOnce(context, { contestant, command })
        if (stdout.trim() !== program.expected(size))
          throw new Error(`${program.name}, ${size}: ${stdout.trim()}, not ${program.expected(size)}`)
        costs.push(cost)
      }
      const memory = least(costs, (cost) => cost.memory)
      const time = (least(costs, timeOf) as number) - start.time
      points.push({ size, time, memory: memory === null ? null : memory - start.memory })
      if (time > options.enough && points.length >= LAST) break
    }
    return slopeOf(program.name, `n: ${program.kind}`, points)
  }
  const slope = measure(2)
  return isSteep(slope) ? measure(5) : slope
}

/** The grown tree at each size: rows of every contestant, and the slopes of Firnix. */
function growTrees(context: Context, sizes: readonly number[]): { rows: Row[]; slopes: SlopeRow[] } {
  const rows: Row[] = []
  for (const size of sizes) {
    const folder = growTree(context, size)
    try {
      rows.push(...raceTree(context, { part: 'growth', name: 'grown tree', size }, allOf(folder) as Request))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  const slopes: SlopeRow[] = []
  for (const contestant of context.contestants) {
    if (contestant.kind !== 'firnix' || sizes.length < 2) continue
    const start = floor(context, contestant)
    for (const state of ['cold', 'warm'] as const) {
      const points = rows
        .filter((row) => row.contestant === contestant.name && row.state === state)
        .map((row): Point => {
          const memory = least(row.runs, (cost) => cost.memory)
          return {
            size: row.size as number,
            time: (least(row.runs, timeOf) as number) - start.time,
            memory: memory === null ? null : memory - start.memory,
          }
        })
      slopes.push(slopeOf(`tree: ${contestant.name} ${state}`, 'n: packages', points))
    }
  }
  return { rows, slopes }
}

/** Runs the programs whose name has one of the words (all without words), and the trees. */
export function growth(context: Context, options: GrowthOptions): { rows: Row[]; slopes: SlopeRow[] } {
  const { words } = options
  const matches = (name: string): boolean => words.length === 0 || words.some((word) => name.includes(word))
  const slopes = GROWTH.filter(({ name }) => matches(name)).map((program) => {
    context.log(`growth: ${program.name}`)
    return growProgram(context, program, options)
  })
  if (!matches('tree')) return { rows: [], slopes }
  const trees = growTrees(context, options.sizes)
  return { rows: trees.rows, slopes: [...slopes, ...trees.slopes] }
}
