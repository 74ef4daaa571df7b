import {
  exponent,
  geometricMean,
  median,
  showMemory,
  showTime,
  table,
} from '../../../bench/harness/figures.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('bench/figures')

test('the median is the middle, of an even number the mean of the two middle ones', () => {
  assert.is(median([9, 1, 5]), 5)
  assert.is(median([4, 1, 3, 2]), 2.5)
  assert.ok(Number.isNaN(median([])))
})

test('twice as fast once and half as fast once is a mean of 1', () => {
  assert.is(geometricMean([2, 0.5]), 1)
})

test('the exponent of points on c x^k is k', () => {
  const points = (k: number) => [1, 2, 4, 8].map((x): [number, number] => [x, 3 * x ** k])
  for (const k of [0, 1, 2]) assert.ok(Math.abs(exponent(points(k)) - k) < 1e-9)
  assert.ok(Number.isNaN(exponent([[1, 1]])))
})

test('figures have three digits and the unit that fits', () => {
  assert.is(showTime(1.234), '1.23 s')
  assert.is(showTime(0.0123), '12.3 ms')
  assert.is(showTime(4.5e-8), '45.0 ns')
  assert.is(showTime(Number.NaN), '-')
  assert.is(showMemory(123_456_789), '123 MB')
})

test('the first column of a table is text, the others are figures', () => {
  assert.is(
    table(
      ['', 'time'],
      [
        ['fib', '1 s'],
        ['sorted', '10 s'],
      ],
    ),
    '        time\n------  ----\nfib      1 s\nsorted  10 s',
  )
})

test.run()
