/**
 * Parts `programs` and `long`: bench/programs as whole processes, at their size or ten times as large, every evaluator in turn,
 * each result checked.
 */
import { join } from 'node:path'
import { commandLine, printed } from '../harness/contestants.ts'
import { atSize, LONG, readPrograms } from '../harness/programs.ts'
import { type Context, cut, type Lane, race, runOnce, Wrong } from '../harness/race.ts'
import type { Row } from '../harness/results.ts'

/** Runs the programs whose name has one of the words, or all. */
export function programs(context: Context, part: 'programs' | 'long', words: readonly string[]): Row[] {
  const usual = readPrograms(join(context.root, 'bench/programs'))
  const all =
    part === 'programs'
      ? usual
      : usual.flatMap((program) => {
          const { name, size, long } = program
          if (long === undefined) return []
          return { ...program, name: `${name} x${LONG}`, text: atSize(program, size * LONG), expected: long }
        })
  const chosen = all.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)))
  const rows: Row[] = []
  const lanesOf = (text: string): Lane[] =>
    context.contestants.map((contestant) => ({
      contestant,
      command: commandLine(contestant, { kind: 'text', text }) as string[],
    }))
  // Unmeasured, so that code caches are filled and files are in memory.
  for (const lane of lanesOf('1 + 1')) runOnce(context, lane)
  for (const program of chosen) {
    context.log(`${part}: ${program.name} (${program.about})`)
    const what = { part, name: program.name }
    rows.push(
      ...race(context, what, lanesOf(program.text), (lane, { stdout }) => {
        const result = printed(lane.contestant, stdout)
        if (result !== program.expected)
          throw new Wrong(
            `${program.name}: ${lane.contestant.name} gives ${cut(result)}, not ${cut(program.expected)}`,
          )
      }),
    )
  }
  return rows
}
