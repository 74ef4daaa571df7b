import { concatenated, elementsOf, joined } from '../../../src/values/lists.ts'
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

test('of many parts the biggest is lengthened in its array, on both sides', () => {
  let made = joined([list(numbers(40, 10)), list([50])], 41)
  made = joined([list([9]), made], 42)
  made = joined([list([8]), made, list([51])], 44)
  for (let i = 0; i < 5; i++) {
    const before = made
    made = joined([list([7 - i]), before, list([52 + 2 * i]), list([53 + 2 * i])], before.length + 3)
    assert.is(made.items, before.items)
    assert.equal(elements(made), numbers(47 + 3 * i, 7 - i))
    assert.equal(elements(before), numbers(44 + 3 * i, 8 - i))
  }
  const other = joined([made, list(['other'])], made.length + 1)
  const again = joined([made, list(['again'])], made.length + 1)
  assert.equal([other.at(made.length), again.at(made.length)], ['other', 'again'])
})

test('parts of like size, or few elements, are copied', () => {
  const parts = [list(numbers(20)), list(numbers(20, 20)), list(numbers(20, 40))]
  assert.equal(elements(joined(parts, 60)), numbers(60))
  assert.equal(elements(joined([list(numbers(3)), list([3])], 4)), numbers(4))
  assert.is(joined([parts[0]], 20), parts[0])
})

test('the elements of a list in an array of their own are those of that list only', () => {
  const xs = concatenated(list(numbers(40)), list(numbers(10, 40)))
  concatenated(xs, list(['more']))
  const items = elementsOf(xs.from(5))
  assert.equal(items, numbers(45, 5))
  items[0] = 'changed'
  assert.is(xs.at(5), 5)
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
