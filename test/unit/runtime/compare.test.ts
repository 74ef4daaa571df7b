import { assertEqual, lessThan } from '../../../src/runtime/compare.ts'
import { Float, Path, type Value } from '../../../src/values/value.ts'
import { FakeMachine, failure } from '../../support/fake-machine.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('compare')

function less(m: FakeMachine, a: Value, b: Value): Value {
  return m.run(() => lessThan(m, a, b))
}

test('numbers of all kinds are ordered', () => {
  const m = new FakeMachine()
  assert.is(less(m, 1, 2), true)
  assert.is(less(m, 9223372036854775807n, 1), false)
  assert.is(less(m, 1, new Float(1.5)), true)
  assert.is(less(m, 9223372036854775807n, new Float(2 ** 63)), false)
  assert.is(less(m, new Float(Number.NaN), 1), false)
})

test('strings and paths are ordered by bytes', () => {
  const m = new FakeMachine()
  assert.is(less(m, 'B', 'a'), true)
  assert.is(less(m, '\xef\xbd\x9a', '\xf0\x9f\x98\x80'), true)
  assert.is(less(m, new Path('/a'), new Path('/a/b')), true)
})

test('lists are ordered by their first difference', () => {
  const m = new FakeMachine()
  assert.is(less(m, m.list(), m.list(1)), true)
  assert.is(less(m, m.list(), m.list()), false)
  assert.is(
    less(
      m,
      m.list(
        1,
        m.later(() => 2),
      ),
      m.list(
        m.later(() => 1),
        3,
      ),
    ),
    true,
  )
  assert.is(less(m, m.list(m.list(1), 5), m.list(m.list(2), 1)), true)
})

test('what cannot be ordered is named', () => {
  const m = new FakeMachine()
  assert.is(
    failure(m, () => lessThan(m, 'a', 1)).message,
    'cannot compare a string with an integer; values are "a" and 1',
  )
  assert.is(
    failure(m, () => lessThan(m, m.set({}), m.set({}))).message,
    'cannot compare a set with a set; values of that type are incomparable (values are { } and { })',
  )
  assert.equal(failure(m, () => lessThan(m, m.list(1, 'a'), m.list(1, 2))).trace, [
    'while comparing two list elements',
  ])
})

function differ(m: FakeMachine, a: Value, b: Value): { message: string; trace: string[] } {
  return failure(m, () => assertEqual(m, a, b))
}

test('a failed == says what differs', () => {
  const m = new FakeMachine()
  const f = m.fn('f', () => 1)
  const cases: [Value, Value, string][] = [
    [1, 2, "an integer with value '1' is not equal to an integer with value '2'"],
    [1, new Float(1.5), "an integer with value '1' is not equal to a float with value '1.5'"],
    [1, 'a', "an integer of value '1' is not equal to a string of value '\"a\"'"],
    ['a', 'b', `string '"a"' is not equal to string '"b"'`],
    [true, false, "boolean 'true' is not equal to boolean 'false'"],
    [new Path('/a'), new Path('/b'), "path '/a' is not equal to path '/b'"],
    [
      m.list(1),
      m.list(1, 2),
      "list of size '1' is not equal to list of size '2', left hand side is '[ 1 ]', right hand side is '[ 1 2 ]'",
    ],
    [
      m.set({ a: 1 }),
      m.set({}),
      "attribute names of attribute set '{ a = 1; }' differs from attribute set '{ }'",
    ],
    [
      m.set({ a: 1 }),
      m.set({ b: 1 }),
      "attribute name 'a' is contained in '{ a = 1; }', but not in '{ b = 1; }'",
    ],
    [
      m.set({ 'a b': 1 }),
      m.set({ b: 1 }),
      `attribute name '"a b"' is contained in '{ "a b" = 1; }', but not in '{ b = 1; }'`,
    ],
    [f, f, 'distinct functions and immediate comparisons of identical functions compare as unequal'],
  ]
  for (const [a, b, text] of cases) assert.is(differ(m, a, b).message, text)
})

test('the way to the difference is in the trace', () => {
  const m = new FakeMachine()
  const pos = m.pos()
  const left = m.set(
    {
      a: m.list(
        1,
        m.later(() => 2),
      ),
    },
    { a: pos },
  )
  const right = m.set({ a: m.list(1, 3) })
  assert.equal(differ(m, left, right).trace, [
    'while comparing list element 1',
    'where left hand side is',
    "while comparing attribute 'a'",
  ])
  const drv = (out: string): Value => m.set({ type: 'derivation', outPath: out })
  assert.equal(differ(m, drv('a'), drv('b')).trace, [
    "while comparing a derivation by its 'outPath' attribute",
  ])
})

test('equal values answer null', () => {
  const m = new FakeMachine()
  assert.is(
    m.run(() =>
      assertEqual(
        m,
        m.list(1, m.set({ a: 1 })),
        m.list(
          m.later(() => 1),
          m.set({ a: 1 }),
        ),
      ),
    ),
    null,
  )
})

test.run()
