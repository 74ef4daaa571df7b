import { concatenated } from '../../../src/values/lists.ts'
import { type List, list, type Slot } from '../../../src/values/value.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('values/lists')

const numbers = (n: number, from = 0): Slot[] => Array.from({ length: n }, (_, i) => from + i)
const elements = (xs: List): Slot[] => Array.from({ length: xs.length }, (_, i) => xs.at(i))

test('with an empty list, a concatenation is the other one', () => {
  const xs = list(numbers(3))
  assert.is(concatenated(xs, list([])), xs)
  assert.is(concatenated(list([]), xs), xs)
})

test('a long list that was concatenated is lengthened in its array', () => {
  const first = concatenated(list(numbers(30)), list(numbers(10, 30)))
  const second = concatenated(first, list([40]))
  assert.is(second.items, first.items)
  assert.equal(elements(first), numbers(40))
  assert.equal(elements(second), numbers(41))
})

test('what has been lengthened once is copied the second time', () => {
  const base = concatenated(list(numbers(30)), list(numbers(10, 30)))
  const one = concatenated(base, list(['a']))
  const two = concatenated(base, list(['b']))
  assert.is.not(two.items, one.items)
  assert.equal(elements(one), [...numbers(40), 'a'])
  assert.equal(elements(two), [...numbers(40), 'b'])
})

test('the same holds for what is put before it', () => {
  let xs = list(numbers(32, 100))
  for (let i = 99; i >= 90; i--) xs = concatenated(list([i]), xs)
  const before = concatenated(list([89]), xs)
  assert.is(before.items, xs.items)
  const other = concatenated(list(['other']), xs)
  assert.is.not(other.items, xs.items)
  assert.equal(elements(before), numbers(43, 89))
  assert.equal(elements(other), ['other', ...numbers(42, 90)])
  assert.equal(elements(xs), numbers(42, 90))
})

test('an array that belongs to others is never written to', () => {
  const mine = numbers(100)
  const xs = list(mine)
  concatenated(xs, list([1]))
  concatenated(list([1]), xs)
  assert.equal(mine, numbers(100))
})

test('what has been taken off a queue is not kept', () => {
  let queue = concatenated(list(numbers(40)), list(numbers(10, 40)))
  for (let i = 50; i < 10_000; i++) {
    queue = concatenated(queue.from(1), list([i]))
    assert.ok(queue.items.length <= 3 * queue.length, String(queue.items.length))
  }
  assert.equal(elements(queue), numbers(50, 9950))
})

test('any concatenations and tails of lists are those of arrays', () => {
  let state = 7
  const below = (n: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return (state >>> 8) % n
  }
  const known: [List, Slot[]][] = [[list(numbers(20)), numbers(20)]]
  for (let i = 0; i < 3000; i++) {
    const [xs, x] = known[below(known.length)]
    const few = numbers(below(4), i)
    let made: [List, Slot[]]
    switch (below(4)) {
      case 0:
        made = [concatenated(xs, list(few)), [...x, ...few]]
        break
      case 1:
        made = [concatenated(list(few), xs), [...few, ...x]]
        break
      case 2: {
        const [ys, y] = known[below(known.length)]
        made = [concatenated(xs, ys), [...x, ...y]]
        break
      }
      default:
        made = x.length === 0 ? [xs, x] : [xs.from(1), x.slice(1)]
    }
    if (made[1].length > 500) made = [made[0].from(450), made[1].slice(450)]
    if (known.length < 40) known.push(made)
    else known[below(40)] = made
  }
  for (const [xs, x] of known) assert.equal(elements(xs), x)
})

test.run()
