// The property test of tracked results, a short one; scripts/cache-fuzz.mjs has the long one.
import { withFolder } from '../support/project.ts'
import { assert, suite } from '../support/suite.ts'
import { fuzz } from './fuzz.ts'

const test = suite('cache/fuzz')

test('a tracked result is never stale, whatever changes between two runs', () =>
  withFolder((folder) => {
    const report = fuzz({ folder, rounds: 120, seed: 3 })
    assert.equal(report.wrong, [])
    assert.ok(report.succeeded >= 0.8 * report.rounds)
    assert.ok(report.kept >= 0.2 * report.rounds)
  }))

test.run()
