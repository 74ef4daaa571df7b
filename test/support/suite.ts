/**
 * The door of every test file: uvu's suite with two things uvu lacks. A suite whose `run()` was forgotten is noticed by
 * the runner (uvu passes it in silence), and a test may name what it needs from the machine:
 *
 *   const test = suite('fetch git')
 *   test.needs('git')('a revision is fetched', () => { ... })
 *   test.run()
 *
 * Where git is missing, the test is counted as skipped and the run says `skipped: needs git`.
 */
import { type Callback, type Test, suite as uvuSuite } from 'uvu'
import { missingNeeds, type Need } from './needs.ts'

export * as assert from 'uvu/assert'
export type { Need } from './needs.ts'

export interface Suite extends Test {
  /** Registers a test that runs only where all the named things are there. */
  needs(...needs: Need[]): (name: string, handler: Callback) => void
}

/** What the runner reads after it has imported a file (scripts/test-runner.mjs). */
export interface TestLedger {
  /** Suites made and not yet handed to `run()`. */
  waiting: string[]
  skipped: { needs: string; suite: string; name: string }[]
}

const ledger: TestLedger = ((globalThis as { FIRNIX_TESTS?: TestLedger }).FIRNIX_TESTS ??= {
  waiting: [],
  skipped: [],
})

/** A named group of tests; call `run()` on it once, at the end of the file. */
export function suite(name: string): Suite {
  const test = uvuSuite(name) as Suite
  const run = test.run
  ledger.waiting.push(name)
  test.run = () => {
    ledger.waiting.splice(ledger.waiting.indexOf(name), 1)
    run()
  }
  test.needs =
    (...needs) =>
    (testName, handler) => {
      const missing = missingNeeds(needs)
      if (missing.length === 0) test(testName, handler)
      else {
        test.skip(testName, handler)
        ledger.skipped.push({ needs: missing.join(', '), suite: name, name: testName })
      }
    }
  return test
}
