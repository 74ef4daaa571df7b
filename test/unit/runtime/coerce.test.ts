import { coerceToPath, coerceToString } from '../../../src/runtime/coerce.ts'
import { Float, List, Path, StringWithContext, type Value } from '../../../src/values/value.ts'
import { FakeMachine, failure } from '../../support/fake-machine.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('coerce')
const MORE = { more: true, copyToStore: false, context: 'while evaluating X' }
const PLAIN = { more: false, copyToStore: true, context: 'while evaluating X' }

test('toString takes every simple value', () => {
  const m = new FakeMachine()
  const values: Value[] = ['a', 1, 9223372036854775807n, true, false, null, new Float(1.5), new Path('/a')]
  assert.equal(
    values.map((v) => coerceToString(m, v, MORE)),
    ['a', '1', '9223372036854775807', '1', '', '', '1.500000', '/a'],
  )
})

test('a space follows every element but the last and empty lists', () => {
  const m = new FakeMachine()
  const items = m.list(1, m.list(2, 3), m.list(), null, true, false, 'x')
  assert.is(
    m.run(() => coerceToString(m, items, MORE)),
    '1 2 3  1  x',
  )
  assert.is(
    m.run(() => coerceToString(m, m.list(m.list(), 'a'), MORE)),
    'a',
  )
  assert.is(
    m.run(() => coerceToString(m, m.list('a', m.list()), MORE)),
    'a ',
  )
})

test('elements are forced in order', () => {
  const m = new FakeMachine()
  const items = m.list(
    m.later(() => 'a'),
    m.later(() => m.list(m.later(() => 2))),
  )
  assert.is(
    m.run(() => coerceToString(m, items, MORE)),
    'a 2',
  )
})

test('interpolation refuses what only toString takes', () => {
  const m = new FakeMachine()
  assert.equal(
    failure(m, () => coerceToString(m, 1, PLAIN)),
    {
      message: 'cannot coerce an integer to a string: 1',
      trace: ['while evaluating X'],
    },
  )
})

test('a list adds its own line to errors of its elements', () => {
  const m = new FakeMachine()
  const bad = m.list(1, m.list(m.fn('f', () => 1)))
  assert.equal(failure(m, () => coerceToString(m, bad, MORE)).trace, [
    'while evaluating one element of the list',
    'while evaluating one element of the list',
    'while evaluating X',
  ])
  assert.equal(
    failure(m, () => coerceToString(m, m.list(1, m.fails('boom')), MORE)),
    {
      message: 'boom',
      trace: ['while evaluating X'],
    },
  )
})

test('__toString comes before outPath', () => {
  const m = new FakeMachine()
  const set = m.set({ __toString: m.fn('f', (_m, self) => (self === set ? 'called' : 'no')), outPath: 'out' })
  assert.is(
    m.run(() => coerceToString(m, set, PLAIN)),
    'called',
  )
  assert.is(
    m.run(() => coerceToString(m, m.set({ outPath: m.later(() => set) }), PLAIN)),
    'called',
  )
})

test('a wrong result of __toString is explained', () => {
  const m = new FakeMachine()
  const set = m.set({ __toString: m.fn('f', () => 1) })
  assert.equal(
    failure(m, () => coerceToString(m, set, PLAIN)),
    {
      message: 'cannot coerce an integer to a string: 1',
      trace: ['while evaluating the result of the `__toString` attribute'],
    },
  )
})

test('contexts of all parts are gathered, sorted', () => {
  const m = new FakeMachine()
  const b = new StringWithContext('b', ['/nix/store/b'])
  const a = new StringWithContext('a', ['/nix/store/a'])
  const r = m.run(() => coerceToString(m, m.list(b, a, b), MORE)) as StringWithContext
  assert.is(r.text, 'b a b')
  assert.equal(r.context, ['/nix/store/a', '/nix/store/b'])
})

test('paths are copied where asked', () => {
  const m = new FakeMachine()
  const r = m.run(() => coerceToString(m, m.set({ outPath: new Path('/x/a') }), PLAIN)) as StringWithContext
  assert.is(r.text, '/nix/store/00000000000000000000000000000000-a')
  assert.equal(r.context, [r.text])
})

test('an outPath that is there needs no frame', () => {
  const m = new FakeMachine()
  const out = new StringWithContext('/nix/store/x', ['!out!/nix/store/x.drv'])
  assert.is(coerceToString(m, m.set({ outPath: out }), PLAIN), out)
  assert.is(m.pushes, 0)
})

test('nesting counts against max-call-depth', () => {
  const m = new FakeMachine({ maxCallDepth: 50 })
  const nest = (n: number): Value => {
    let v: Value = 1
    for (let i = 0; i < n; i++) v = m.list(v)
    return v
  }
  assert.is(
    m.run(() => coerceToString(m, nest(50), MORE)),
    '1',
  )
  assert.is(
    failure(m, () => coerceToString(m, nest(51), MORE)).message,
    'stack overflow; max-call-depth exceeded',
  )
})

test('deep nesting does not use the JS stack', () => {
  const m = new FakeMachine({ maxCallDepth: 1e9 })
  let v: Value = m.set({ outPath: 'x' })
  for (let i = 0; i < 200000; i++) {
    const inner: Value = v
    v = i % 2 === 0 ? new List([m.later(() => inner)], 0, 1) : m.set({ outPath: inner })
  }
  assert.is(
    m.run(() => coerceToString(m, v, MORE)),
    'x',
  )
})

test('paths come from paths, absolute strings and sets', () => {
  const m = new FakeMachine()
  const path = new Path('/a')
  assert.is(
    m.run(() => coerceToPath(m, path, 'c')),
    path,
  )
  assert.equal(
    m.run(() => coerceToPath(m, '/a/../b/', 'c')),
    new Path('/b'),
  )
  assert.is(
    m.run(() => coerceToPath(m, m.set({ __toString: m.fn('f', () => path) }), 'c')),
    path,
  )
  assert.equal(
    m.run(() => coerceToPath(m, m.set({ outPath: m.later(() => '/q') }), 'c')),
    new Path('/q'),
  )
  const s = m.run(() => coerceToPath(m, new StringWithContext('/a//b', ['/nix/store/a']), 'c'))
  assert.equal(s, new StringWithContext('/a/b', ['/nix/store/a']))
  assert.equal(
    failure(m, () => coerceToPath(m, 'a', 'c')),
    {
      message: "string 'a' doesn't represent an absolute path",
      trace: ['c'],
    },
  )
})

test.run()
