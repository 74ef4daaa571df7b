import { equal, equalValues } from '../../../src/runtime/equal.ts'
import { Float, Path, type Slot, StringWithContext, type Value } from '../../../src/values/value.ts'
import { FakeMachine, failure } from '../../support/fake-machine.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('equal')

function eq(m: FakeMachine, a: Value, b: Value): Value {
  return m.run(() => equalValues(m, a, b))
}

test('values of one type compare by content, of two are different', () => {
  const m = new FakeMachine()
  const values: Value[] = [
    1,
    2n ** 60n,
    'a',
    true,
    null,
    new Path('/a'),
    m.list(1),
    m.set({ a: 1 }),
    new Float(1.5),
  ]
  for (const a of values) for (const b of values) assert.is(eq(m, a, b), a === b)
})

test('integers equal the floats they convert to', () => {
  const m = new FakeMachine()
  assert.is(eq(m, 1, new Float(1)), true)
  assert.is(eq(m, 9007199254740993n, new Float(9007199254740992)), true)
  assert.is(eq(m, new Float(0.5), 1), false)
})

test('context does not count', () => {
  const m = new FakeMachine()
  assert.is(eq(m, 'a', new StringWithContext('a', ['/nix/store/x'])), true)
})

test('a function is not equal to itself, but one cell in a list is', () => {
  const m = new FakeMachine()
  const f = m.fn('f', () => 1)
  assert.is(eq(m, f, f), false)
  assert.is(eq(m, m.list(f), m.list(f)), true)
  assert.is(eq(m, m.set({ a: f }), m.set({ a: f })), true)
  const t = m.later(() => f)
  assert.is(eq(m, m.list(t), m.list(t)), true)
  assert.is(
    m.run(() => equal(m, f, t)),
    true,
  )
  assert.is(eq(m, m.list(m.later(() => f)), m.list(m.later(() => f))), false)
  assert.is(eq(m, m.list(m.later(() => f)), m.list(f)), false)
})

test('one cell is forced before it is equal to itself', () => {
  const m = new FakeMachine()
  const t = m.fails('boom')
  assert.is(failure(m, () => equalValues(m, m.list(t), m.list(t))).message, 'boom')
})

test('NaN is equal to itself only as one cell', () => {
  const m = new FakeMachine()
  const n = new Float(Number.NaN)
  assert.is(eq(m, n, n), false)
  assert.is(eq(m, m.list(n), m.list(n)), true)
})

test('derivations compare by outPath', () => {
  const m = new FakeMachine()
  const drv = (out: Slot, other: Slot): Value =>
    m.set({ type: m.later(() => 'derivation'), outPath: out, other })
  assert.is(
    eq(
      m,
      drv('a', 1),
      drv(
        m.later(() => 'a'),
        m.fails(),
      ),
    ),
    true,
  )
  assert.is(eq(m, drv('a', 1), drv('b', 1)), false)
  assert.is(eq(m, drv('a', 1), m.set({ type: 'x', outPath: 'a', other: 1 })), false)
})

test('sizes are compared before anything is forced', () => {
  const m = new FakeMachine()
  assert.is(eq(m, m.list(m.fails()), m.list(1, 2)), false)
  assert.is(eq(m, m.set({ a: m.fails() }), m.set({ a: 1, b: 2 })), false)
  assert.is(eq(m, m.set({ a: 1 }), m.set({ b: 1 })), false)
})

test('comparing stops at the first difference', () => {
  const m = new FakeMachine()
  assert.is(
    eq(
      m,
      m.list(
        m.later(() => 1),
        m.fails(),
      ),
      m.list(2, 1),
    ),
    false,
  )
})

test('what is forced needs no frame', () => {
  const m = new FakeMachine()
  const make = (): Value => m.set({ a: m.list(1, 'x', m.set({ b: null })), c: new Path('/p') })
  assert.is(eq(m, make(), make()), true)
  assert.is(m.pushes, 0)
})

test('nesting counts against max-call-depth', () => {
  const m = new FakeMachine({ maxCallDepth: 50 })
  const nest = (n: number): Value => {
    let v: Value = 1
    for (let i = 0; i < n; i++) v = m.set({ x: v })
    return v
  }
  assert.is(eq(m, nest(50), nest(50)), true)
  assert.is(
    failure(m, () => equalValues(m, nest(51), nest(51))).message,
    'stack overflow; max-call-depth exceeded',
  )
})

test('deep nesting does not use the JS stack', () => {
  const m = new FakeMachine({ maxCallDepth: 1e9 })
  const nest = (lazy: boolean): Value => {
    let v: Value = 1
    for (let i = 0; i < 300000; i++) {
      const inner: Value = v
      v = m.list(lazy ? m.later(() => inner) : inner)
    }
    return v
  }
  assert.is(eq(m, nest(false), nest(true)), true)
})

test.run()
