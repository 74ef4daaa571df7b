/**
 * The same question as the part `growth`, answered exactly and in a second: programs are run at a size and at twice that size
 * in one process, and what the machine does may at most double. Bundled with the counters in (scripts/bench-counts.mjs).
 */
import { deepForce } from '../src/runtime/deep.ts'
import { COUNT, counts } from '../src/values/counts.ts'
import { bareEvaluator } from './harness/suite.ts'
import { GROWTH } from './parts/growth-programs.ts'

/** Twice the size may cost so many times as much: n log n is 2.3 at these sizes. */
const LIMIT = 2.5
/** Figures that stay below this say nothing. */
const FEW = 300

type Figures = Record<'opcodes' | 'frames' | 'thunks' | 'environments' | 'copied', number>

function now(): Figures {
  const { opcodes, codeFrames, nativeFrames, thunks, environments, copied } = counts
  const frames = codeFrames + nativeFrames
  return { opcodes: opcodes.reduce((sum, n) => sum + n, 0), frames, thunks, environments, copied }
}

/** What evaluating a text has cost the switch, in an evaluator of its own. */
function cost(text: string): Figures {
  const evaluator = bareEvaluator(true)
  const before = now()
  const value = evaluator.evalText(text, { origin: 'string', baseDir: '/' })
  evaluator.run((m) => deepForce(m, value))
  const after = now()
  for (const figure in after) after[figure as keyof Figures] -= before[figure as keyof Figures]
  return after
}

/** Runs all programs of the part `growth`; a line for each figure that more than doubles. */
export function growthFailures(): { programs: number; failures: string[] } {
  if (!COUNT) throw new Error('this is no counting build')
  const failures: string[] = []
  for (const { name, start, text } of GROWTH) {
    const size = 2 * Math.ceil(start / 40)
    const [once, twice] = [cost(text(size)), cost(text(2 * size))]
    for (const figure of Object.keys(once) as (keyof Figures)[]) {
      const ratio = twice[figure] / once[figure]
      if (twice[figure] > FEW && ratio > LIMIT)
        failures.push(
          `${name}: ${figure} ${once[figure]} at ${size}, ${twice[figure]} at ${2 * size} (${ratio.toFixed(1)} times as many)`,
        )
    }
  }
  return { programs: GROWTH.length, failures }
}
