import { type PrintOptions, printValue } from '../../../src/runtime/print-value.ts'
import type { Slot, Thunk, Value } from '../../../src/values/value.ts'
import { FakeMachine, failure } from '../../support/fake-machine.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('print value')
const Q = (text: string): string => `\xc2\xab${text}\xc2\xbb`
const EVAL: PrintOptions = { force: true, derivationPaths: true, errors: 'throw-top-level' }

function print(m: FakeMachine, v: Slot, options: PrintOptions = EVAL): string {
  return m.run(() => printValue(m, v, options)) as string
}

test('values are forced as they are printed', () => {
  const m = new FakeMachine()
  const v = m.later(() => m.set({ a: m.later(() => m.list(m.later(() => null))), b: 'x' }))
  assert.is(print(m, v), '{ a = [ null ]; b = "x"; }')
  assert.is(print(m, m.set({ a: m.later(() => 1) }), {}), `{ a = ${Q('thunk')}; }`)
})

test('derivations print as their path', () => {
  const m = new FakeMachine()
  const path = '/nix/store/00000000000000000000000000000000-a.drv'
  const drv = m.set({ type: m.later(() => 'derivation'), drvPath: m.later(() => path) })
  assert.is(print(m, m.list(drv, drv)), `[ ${Q(`derivation ${path}`)} ${Q('repeated')} ]`)
  assert.is(print(m, m.set({ type: 'derivation' })), Q('derivation'))
  const bad = m.set({ type: 'derivation', drvPath: '/x' })
  assert.is(print(m, bad), Q("error: path '/x' is not in the Nix store"))
})

test('an error in a part prints, one of the whole is thrown', () => {
  const m = new FakeMachine()
  assert.is(print(m, m.set({ a: m.fails('boom\ta'), b: 1 })), `{ a = ${Q('error: boom    a')}; b = 1; }`)
  assert.is(failure(m, () => printValue(m, m.fails('boom'), EVAL)).message, 'boom')
  assert.is(print(m, m.fails('boom'), { force: true }), Q('error: boom'))
})

test('printing goes on after an error', () => {
  const m = new FakeMachine()
  const v = m.list(
    m.later(() => m.list(m.fails('a'), m.fails('b'))),
    m.later(() => 1),
  )
  assert.is(print(m, v), `[ [ ${Q('error: a')} ${Q('error: b')} ] 1 ]`)
})

test('cycles repeat', () => {
  const m = new FakeMachine()
  const t: Thunk = m.later((): Value => m.set({ self: t }))
  assert.is(print(m, t), `{ self = ${Q('repeated')}; }`)
})

test('pretty printing breaks lines where there is more than one part', () => {
  const m = new FakeMachine()
  const v = m.set({
    a: m.later(() => m.list(1, 2)),
    b: m.list(m.later(() => 1)),
    c: m.set({ d: m.set({ e: 1 }) }),
  })
  const text = '{\n  a = [\n    1\n    2\n  ];\n  b = [ 1 ];\n  c = {\n    d = { e = 1; };\n  };\n}'
  assert.is(print(m, v, { ...EVAL, prettyIndent: 2 }), text)
})

test('deep values collapse where asked', () => {
  const m = new FakeMachine()
  const v = m.set({ a: m.list(1), b: m.set({ c: 1 }) })
  assert.is(print(m, v, { force: true, maxDepth: 1 }), '{ a = [ ... ]; b = { ... }; }')
})

test('nesting is limited', () => {
  const m = new FakeMachine({ maxCallDepth: 50 })
  const nest = (n: number): Value => {
    let v: Value = 1
    for (let i = 0; i < n; i++) v = m.list(v)
    return v
  }
  assert.is(print(m, nest(50)).length, 201)
  assert.is(
    failure(m, () => printValue(m, nest(51), EVAL)).message,
    'stack overflow; max-call-depth exceeded',
  )
})

test.run()
