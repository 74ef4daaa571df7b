/** Suites of benny: routines that answer the same, the fastest named. */
import { createRequire } from 'node:module'
import { showTime, table } from './figures.ts'
import { check } from './suite.ts'

/** The part of benny that is used; its own types need those of a library that it brings along without them. */
interface Benny {
  add(name: string, run: () => unknown, options?: Record<string, number>): unknown
  suite(name: string, ...parts: unknown[]): Promise<Summary>
}
interface Summary {
  /** Of each case: runs in a second and their margin of error in percent; times are seconds. */
  results: { name: string; ops: number; margin: number; details: { median: number } }[]
}

const benny = createRequire(import.meta.url)('benny') as Benny

/** Measures routines against each other. Throws when two answer different things, before measuring and after. */
export async function compareRoutines(
  title: string,
  routines: Record<string, () => unknown>,
  options: Record<string, number> = { minSamples: 5, maxTime: 0.5 },
): Promise<void> {
  const [first] = Object.values(routines)
  const expected = first()
  const checkAll = () => {
    for (const [name, run] of Object.entries(routines)) check(`${title}: ${name}`, run(), expected)
  }
  checkAll()
  const parts = Object.entries(routines).map(([name, run]) => benny.add(name, run, options))
  const { results } = await benny.suite(title, ...parts)
  checkAll()
  const best = Math.max(...results.map(({ ops }) => ops))
  const rows = results.map(({ name, details, ops, margin }) => [
    name,
    showTime(details.median),
    ops === best ? 'fastest' : `${(best / ops).toFixed(2)}x`,
    `±${margin.toFixed(0)} %`,
  ])
  console.log(`\n${table([title, 'median', 'against the fastest', 'margin'], rows)}`)
}
