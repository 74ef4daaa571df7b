import { describeValue, quoteName, quoteString, showType } from '../../../src/values/describe.ts'
import { printAmbiguous } from '../../../src/values/print.ts'
import {
  Float,
  Partial,
  Path,
  type Slot,
  StringWithContext,
  Thunk,
  type Value,
} from '../../../src/values/value.ts'
import { FakeMachine } from '../../support/fake-machine.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('print')
const Q = (text: string): string => `\xc2\xab${text}\xc2\xbb`

test('strings are escaped as Nix escapes them', () => {
  assert.is(quoteString('a"\\\n\r\t$ ${x} $$ \x01\xc3\xa9'), '"a\\"\\\\\\n\\r\\t$ \\${x} $$ \x01\xc3\xa9"')
})

test('names that the language cannot read bare are quoted', () => {
  const names = ['a', "a'b-c", '_1', 'or', 'true', '1a', '', 'if', 'a b', '\xc3\xa9']
  assert.equal(names.map(quoteName), [
    'a',
    "a'b-c",
    '_1',
    'or',
    'true',
    '"1a"',
    '""',
    '"if"',
    '"a b"',
    '"\xc3\xa9"',
  ])
})

test('types are shown with their article', () => {
  const m = new FakeMachine()
  const f = m.fn('map', () => 1)
  const values: Slot[] = [
    1,
    2n ** 60n,
    new Float(1),
    true,
    'a',
    new StringWithContext('a', ['/x']),
    new Path('/'),
  ]
  values.push(null, m.set({}), m.list(), f, new Partial(f, 1), new Thunk(f, 1))
  assert.equal(values.map(showType), [
    'an integer',
    'an integer',
    'a float',
    'a Boolean',
    'a string',
    'a string with context',
    'a path',
    'null',
    'a set',
    'a list',
    "the built-in function 'map'",
    "the partially applied built-in function 'map'",
    'a function application',
  ])
})

function describe(m: FakeMachine, v: Slot): string {
  return describeValue(v, m.positions)
}

test('messages show at most ten attributes, type first', () => {
  const m = new FakeMachine()
  const inner: Record<string, Slot> = {}
  for (let i = 0; i < 11; i++) inner[String.fromCharCode(97 + i)] = i
  const text = describe(m, m.set({ a: m.set({ ...inner, type: 'x' }), z: 1 }))
  const shown = '{ a = { type = "x"; a = 0; b = 1; c = 2; d = 3; e = 4; f = 5; g = 6; h = 7; i = 8; '
  assert.is(text, `${shown}${Q('2 attributes elided')} }; ${Q('1 attribute elided')} }`)
})

test('messages show ten levels, ten items and 1024 bytes of a string', () => {
  const m = new FakeMachine()
  let v: Value = 1
  for (let i = 0; i < 15; i++) v = m.list(v)
  assert.is(describe(m, v), `${'[ '.repeat(10)}[ ... ]${' ]'.repeat(10)}`)
  assert.is(describe(m, m.list(...new Array(12).fill(1))), `[ ${'1 '.repeat(10)}${Q('2 items elided')} ]`)
  assert.is(describe(m, 'a'.repeat(1025)), `"${'a'.repeat(1024)}" ${Q('1 byte elided')}`)
  assert.is(describe(m, `${'a'.repeat(1023)}\${x`), `"${'a'.repeat(1023)}\\$" ${Q('2 bytes elided')}`)
})

test('messages evaluate nothing and name what repeats', () => {
  const m = new FakeMachine()
  const x = m.set({ a: m.fails() })
  assert.is(describe(m, m.list(x, x)), `[ { a = ${Q('thunk')}; } ${Q('repeated')} ]`)
  assert.is(
    describe(
      m,
      m.fn('map', () => 1),
    ),
    Q('primop map'),
  )
})

test('nix-instantiate prints on one line, unforced parts as CODE', () => {
  const m = new FakeMachine()
  const f = m.fn('f', () => 1)
  const v = m.set({
    b: m.list(
      1,
      m.later(() => 1),
      f,
      new Partial(f, 1),
    ),
    a: m.set({}),
    '1': new Float(1),
  })
  assert.is(printAmbiguous(v), '{ "1" = 1; a = { }; b = [ 1 <CODE> <PRIMOP> <PRIMOP-APP> ]; }')
})

test('a set repeats by itself, a list by its cell', () => {
  const m = new FakeMachine()
  const s = m.set({ a: 1 })
  const l = m.list(1)
  const cell = new Thunk(null as unknown as Value, l)
  const other = new Thunk(null as unknown as Value, l)
  assert.is(
    printAmbiguous(m.list(s, s, m.set({}), cell, cell, other)),
    `[ { a = 1; } ${Q('repeated')} { } [ 1 ] ${Q('repeated')} [ 1 ] ]`,
  )
})

test('nesting is limited, and what came before is written', () => {
  const m = new FakeMachine()
  let v: Value = 1
  for (let i = 0; i < 6; i++) v = m.list(v)
  let written = ''
  const write = (s: string): void => {
    written += s
  }
  printAmbiguous(v, { maxDepth: 6, write })
  assert.is(written, '[ [ [ [ [ [ 1 ] ] ] ] ] ]')
  written = ''
  assert.throws(() => printAmbiguous(v, { maxDepth: 5, write }), /stack overflow/)
  assert.is(written, '[ [ [ [ [ [ ')
})

test('half a million levels do not use the JS stack', () => {
  const m = new FakeMachine()
  let v: Value = 1
  for (let i = 0; i < 500000; i++) v = m.list(v)
  assert.is(printAmbiguous(v).length, 500000 * 4 + 1)
})

test.run()
