/** Suites of benny: routines that answer the same, the fastest named. */
import { createRequire } from 'node:module'
import { check } from './suite.ts'

/** The part of benny that is used; its own types need those of a library that it brings along without them. */
interface Benny {
  add(name: string, run: () => unknown, options?: Record<string, number>): unknown
  cycle(): unknown
  complete(): unknown
  suite(name: string, ...parts: unknown[]): Promise<Summary>
}
interface Summary {
  results: { name: string; ops: number; margin: number }[]
}

const benny = createRequire(import.meta.url)('benny') as Benny

/** Measures routines against each other. Throws when two answer different things, before measuring and after. */
export async function compareRoutines(
  title: string,
  routines: Record<string, () => unknown>,
  options: Record<string, number> = { minSamples: 5, maxTime: 0.5 },
): Promise<Summary> {
  const [first] = Object.values(routines)
  const expected = first()
  const checkAll = () => {
    for (const [name, run] of Object.entries(routines)) check(`${title}: ${name}`, run(), expected)
  }
  checkAll()
  const parts = Object.entries(routines).map(([name, run]) => benny.add(name, run, options))
  const summary = await benny.suite(title, ...parts, benny.cycle(), benny.complete())
  checkAll()
  return summary
}
