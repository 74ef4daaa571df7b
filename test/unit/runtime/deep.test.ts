import { deepForce } from '../../../src/runtime/deep.ts'
import type { Slot, Thunk, Value } from '../../../src/values/value.ts'
import { FakeMachine, failure } from '../../support/fake-machine.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('deep force')

test('everything in sets and lists is forced', () => {
  const m = new FakeMachine()
  const inner = m.later(() => m.list(m.later(() => 1)))
  const root = m.set({ a: m.list(inner), b: 2 })
  assert.is(
    m.run(() => deepForce(m, root)),
    root,
  )
  assert.is(inner.code, null)
})

test('a cycle is walked once', () => {
  const m = new FakeMachine()
  const t: Thunk = m.later((): Value => m.set({ self: t }))
  m.run(() => deepForce(m, t))
  assert.is(t.code, null)
})

test('the trace names the way', () => {
  const m = new FakeMachine()
  const root = m.set({ a: m.list(1, m.set({ b: m.fails('boom') })) })
  assert.equal(
    failure(m, () => deepForce(m, root)),
    {
      message: 'boom',
      trace: [
        "while evaluating the attribute 'b'",
        'while evaluating list element at index 1',
        "while evaluating the attribute 'a'",
      ],
    },
  )
})

test('nesting counts against max-call-depth', () => {
  const m = new FakeMachine({ maxCallDepth: 50 })
  const nest = (n: number): Value => {
    let v: Value = 1
    for (let i = 0; i < n; i++) v = m.list(v)
    return v
  }
  m.run(() => deepForce(m, nest(50)))
  assert.is(failure(m, () => deepForce(m, nest(51))).message, 'stack overflow; max-call-depth exceeded')
})

test('a million levels do not use the JS stack', () => {
  const m = new FakeMachine({ maxCallDepth: 1e9 })
  let v: Slot = 1
  for (let i = 0; i < 1000000; i++) {
    const inner: Slot = v
    v = m.later(() => m.list(inner))
  }
  const root = v
  m.run(() => deepForce(m, root))
  assert.is((root as Thunk).code, null)
})

test('what is forced needs no frame', () => {
  const m = new FakeMachine()
  m.run(() => deepForce(m, m.set({ a: m.list(1, 'x'), b: m.set({ c: null }) })))
  assert.is(m.pushes, 0)
})

test.run()
