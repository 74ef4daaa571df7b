/** Whole-process runs that alternate A B A B …, so that what else the machine does falls on all alike. */
import type { Contestant } from './contestants.ts'
import { commandLine, ENV, PATIENCE, printed } from './contestants.ts'
import { Interrupted, notDone, type Outcome, type Stopwatch } from './process.ts'
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
  /** Seconds after which a run is given up. */
  limit: number
  /** Told what is being done. */
  log: (line: string) => void
  /** What a reference has answered wrongly; it is no row, and the bench does not end well. */
  wrong: string[]
}

/** So much of a line is shown. */
const WIDTH = 200

/** Runs a lane once. Throws, with what the program wrote, when it fails. */
export function runOnce(context: Context, lane: Lane): Outcome {
  lane.before?.()
  const { limit } = context
  const outcome = context.watch.run(lane.command, { cwd: context.work, env: ENV, limit })
  if (outcome.late) throw new Error(notDone(lane.contestant.name, limit))
  if (outcome.code !== 0) {
    // A program that was made for this may be one line of a megabyte.
    const lines = outcome.stderr.trim().split('\n').slice(-5)
    const why = lines.map((line) => cut(line)).join('\n')
    throw new Error(
      `${lane.contestant.name} ended with ${outcome.code ?? 'a signal'}${why === '' ? '' : `: ${why}`}`,
    )
  }
  return outcome
}

/** A result that is known to be wrong. */
export class Wrong extends Error {}

/** Throws when a contestant cannot even add two numbers. */
export function tryOut(context: Context, contestant: Contestant): void {
  const command = commandLine(contestant, { kind: 'text', text: '1 + 1' }) as string[]
  const limit = Math.min(context.limit, PATIENCE)
  const result = printed(contestant, runOnce({ ...context, limit }, { contestant, command }).stdout)
  if (result !== '2') throw new Wrong(`${contestant.name} gives ${cut(result)} for 1 + 1`)
}

/** What is shown of a line that may be one of a megabyte; `at`: the place that matters. */
export function cut(line: string, at = 0): string {
  const from = line.length <= WIDTH ? 0 : Math.max(0, at - WIDTH / 4)
  const to = from + WIDTH
  return `${from > 0 ? '…' : ''}${line.slice(from, to)}${to < line.length ? '…' : ''}`
}

/** Two evaluators differ: whoever is right, that is no run to be left out in passing. */
export class Differs extends Error {}

/**
 * Lets lanes take turns; a row for each. `check` is shown what each run printed and throws when it is wrong. A reference
 * that fails or is wrong is left out, with a message; Firnix ends the bench.
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
        if (lane.contestant.kind === 'firnix' || error instanceof Differs || error instanceof Interrupted)
          throw error
        if (error instanceof Wrong) context.wrong.push(error.message)
        context.log(`${what.name}: left out: ${(error as Error).message}`)
        rows.delete(lane)
      }
    }
  }
  return [...rows.values()]
}
