/** Whole-process runs that alternate A B A B …, so that what else the machine does falls on all alike. */
import type { Contestant } from './contestants.ts'
import { ENV } from './contestants.ts'
import type { Outcome, Stopwatch } from './process.ts'
import type { Row, State } from './results.ts'

/** One of those that take turns. */
export interface Lane {
  contestant: Contestant
  state?: State
  command: string[]
  /** Done before each run and not measured. */
  before?: () => void
}

/** What all parts of a bench run are given. */
export interface Context {
  /** The project's folder. */
  root: string
  /** A folder for trees and caches. */
  work: string
  watch: Stopwatch
  contestants: readonly Contestant[]
  /** How many runs a median is made of. */
  runs: number
  /** Told what is being done. */
  log: (line: string) => void
}

/** So much of a line is shown. */
const WIDTH = 200

/** Runs a lane once. Throws, with what the program wrote, when it fails. */
export function runOnce(context: Context, lane: Lane): Outcome {
  lane.before?.()
  const outcome = context.watch.run(lane.command, { cwd: context.work, env: ENV })
  if (outcome.code !== 0) {
    // A program that was made for this may be one line of a megabyte.
    const lines = outcome.stderr.trim().split('\n').slice(-5)
    const why = lines.map((line) => (line.length > WIDTH ? `${line.slice(0, WIDTH)}…` : line)).join('\n')
    throw new Error(`${lane.contestant.name} ended with ${outcome.code ?? 'a signal'}: ${why}`)
  }
  return outcome
}

/** Two evaluators differ: whoever is right, that is no run to be left out in passing. */
export class Differs extends Error {}

/**
 * Lets lanes take turns; a row for each. `check` is shown what each run printed and throws when it is wrong. A reference
 * that fails is left out, with a message; Firnix ends the bench.
 */
export function race(
  context: Context,
  what: Omit<Row, 'contestant' | 'runs' | 'state'>,
  lanes: readonly Lane[],
  check: (lane: Lane, outcome: Outcome) => void,
): Row[] {
  const rows = new Map<Lane, Row>()
  for (const lane of lanes) {
    const state = lane.state === undefined ? {} : { state: lane.state }
    rows.set(lane, { ...what, contestant: lane.contestant.name, ...state, runs: [] })
  }
  for (let i = 0; i < context.runs; i++) {
    for (const [lane, row] of [...rows]) {
      try {
        const outcome = runOnce(context, lane)
        check(lane, outcome)
        row.runs.push(outcome.cost)
      } catch (error) {
        if (lane.contestant.kind === 'firnix' || error instanceof Differs) throw error
        context.log(`${what.name}: left out: ${(error as Error).message}`)
        rows.delete(lane)
      }
    }
  }
  return [...rows.values()]
}
