import type { NixError } from '../../../src/errors.ts'
import { autoCall, parseAttrPath, selectPath } from '../../../src/runtime/attr-path.ts'
import { printAmbiguous } from '../../../src/values/print.ts'
import type { Value } from '../../../src/values/value.ts'
import { FakeMachine, failure } from '../../support/fake-machine.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('attr path')

test('paths are split at dots outside quotes', () => {
  assert.equal(parseAttrPath('foo."a.b".0'), ['foo', 'a.b', '0'])
  assert.equal(parseAttrPath('a.'), ['a'])
  assert.equal(parseAttrPath('.a'), ['', 'a'])
  assert.equal(parseAttrPath(''), [])
  assert.equal(parseAttrPath('a"b.c"d'), ['ab.cd'])
  assert.throws(() => parseAttrPath('b."c'), /missing closing quote in selection path 'b."c'/)
})

test('sets and lists are selected from', () => {
  const m = new FakeMachine()
  const root = m.later(() => m.set({ a: m.later(() => m.list(1, m.set({ 'x.y': m.later(() => 'got') }))) }))
  assert.is(
    m.run(() => selectPath(m, root, 'a.1."x.y"', m.emptyAttrs)),
    'got',
  )
  assert.is((m.run(() => selectPath(m, m.set({}), '', m.emptyAttrs)) as object).constructor.name, 'Attrs')
})

test('what is not there is named', () => {
  const m = new FakeMachine()
  const root = m.set({ a: m.set({ cc: 1 }), l: m.list(1) })
  const fail = (path: string): string => failure(m, () => selectPath(m, root, path, m.emptyAttrs)).message
  assert.is(fail('a.c'), "attribute 'c' in selection path 'a.c' not found")
  assert.is(fail('l.5'), "list index 5 in selection path 'l.5' is out of range")
  assert.is(fail('l.x'), "the expression selected by the selection path 'l.x' should be a set but is a list")
  assert.is(fail('a.0'), "the expression selected by the selection path 'a.0' should be a list but is a set")
  assert.is(fail('.a'), "empty attribute name in selection path '.a'")
  try {
    m.run(() => selectPath(m, root, 'a.c', m.emptyAttrs))
  } catch (error) {
    assert.equal((error as NixError).suggestions, ['cc'])
  }
})

test('functions are called with the arguments they take', () => {
  const m = new FakeMachine()
  const args = m.set({ a: 1, b: 2 })
  const call = (fn: Value): string => printAmbiguous(m.run(() => autoCall(m, args, fn)))
  assert.is(call(m.lambda(['a', 'c?'])), '{ a = 1; }')
  assert.is(call(m.lambda(['a', 'c?'], true)), '{ a = 1; b = 2; }')
  assert.is(call(m.set({ __functor: m.fn('f', () => m.lambda(['b'])) })), '{ b = 2; }')
  assert.is(call(m.fn('f', () => 1)), '<PRIMOP>')
  assert.is(
    m.run(() => selectPath(m, m.lambda(['a']), 'a', args)),
    1,
  )
})

test('a missing argument is explained', () => {
  const m = new FakeMachine()
  const { message } = failure(m, () => autoCall(m, m.emptyAttrs, m.lambda(['x'])))
  assert.is(message.split('\n')[0], "cannot evaluate a function that has an argument without a value ('x')")
  assert.is(message.split('\n').length, 5)
})

test.run()
