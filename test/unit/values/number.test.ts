import { intText } from '../../../src/values/number.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('values/number')

test('integers are written as V8 writes them', () => {
  const edges = [0, 1, 9, 10, 99, 100, 999, 1000, 1001, 9999, 10_000, 99_999, 100_000, 999_999, 1_000_000]
  const all = [...edges, ...edges.map((n) => -n || 0), Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]
  for (const n of all) assert.is(intText(n), String(n))
  for (let n = 0; n < 1_100_000; n += 37) assert.is(intText(n), String(n))
  assert.is(intText(2n ** 63n - 1n), '9223372036854775807')
})

test.run()
