import { introSort } from '../../src/jobs/intro-sort.ts'
import { assert, suite } from '../support/suite.ts'

const test = suite('intro sort')

/** Sorts pairs by their first half and sums up where the second halves went. */
function order(keys: number[]): number {
  const pairs = keys.map((key, i) => ({ key, i }))
  introSort(pairs, (a, b) => a.key < b.key)
  for (let i = 1; i < pairs.length; i++) assert.ok(pairs[i - 1].key <= pairs[i].key)
  return pairs.reduce((sum, { i }) => (Math.imul(sum, 31) + i) >>> 0, 0)
}

test('equal elements end up where std::sort puts them', () => {
  // The sums were printed by a C++ program built with GCC 12.
  assert.is(order(Array.from({ length: 200 }, (_, i) => (i * 7919) % 13)), 255578304)
  assert.is(order(Array.from({ length: 200 }, (_, i) => (i * i * 31 + i * 17) % 13)), 4129077006)
  assert.is(order(Array.from({ length: 200 }, (_, i) => (i < 100 ? i : 200 - i))), 2186198860)
})

test('where the median of three goes wrong, heap sort takes over', () => {
  const n = 4000
  const keys = new Array<number>(n).fill(0)
  for (let i = 1; i <= n / 2; i++) {
    if (i % 2 === 1) {
      keys[i - 1] = i
      keys[i] = n / 2 + i
    }
    keys[n / 2 + i - 1] = 2 * i
  }
  assert.is(order(keys.map((key) => Math.trunc(key / 3))), 1233098302)
})

test('nothing and one thing stay as they are', () => {
  assert.is(order([]), 0)
  assert.is(order([5]), 0)
})

test.run()
