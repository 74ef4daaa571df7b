import { ContextSet } from '../../../src/runtime/context.ts'
import { forcedJson, toJson, writeJson } from '../../../src/runtime/to-json.ts'
import { Float, Path, type Slot, StringWithContext, Thunk, type Value } from '../../../src/values/value.ts'
import { FakeMachine, failure } from '../../support/fake-machine.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('to JSON')
const STRICT = { strict: true, copyToStore: true }

function json(m: FakeMachine, v: Slot, options: { strict: boolean; copyToStore: boolean } = STRICT): Value {
  return m.run(() => toJson(m, v, options))
}

test('every kind of value has its text', () => {
  const m = new FakeMachine()
  const v = m.set({
    b: m.list(
      1,
      9223372036854775807n,
      new Float(1.5),
      m.later(() => null),
      true,
    ),
    a: m.set({}),
    c: m.list(),
    d: 'a"\\\b\f\n\r\t\x01/\x7f\xc3\xa9',
  })
  const text =
    '{"a":{},"b":[1,9223372036854775807,1.5,null,true],"c":[],"d":"a\\"\\\\\\b\\f\\n\\r\\t\\u0001/\x7f\xc3\xa9"}'
  assert.is(json(m, v), text)
})

test('__toString and outPath stand for their set', () => {
  const m = new FakeMachine()
  assert.is(json(m, m.set({ __toString: m.fn('f', () => 'x'), outPath: 1 })), '"x"')
  assert.is(json(m, m.list(m.set({ outPath: m.later(() => m.set({ a: 1 })) }))), '[{"a":1}]')
  assert.equal(
    failure(m, () => toJson(m, m.set({ __toString: m.fn('f', () => 1) }), STRICT)),
    {
      message: 'cannot coerce an integer to a string: 1',
      trace: ['while evaluating the result of the `__toString` attribute'],
    },
  )
})

test('what has been forced is written at once, as the walk writes it', () => {
  const m = new FakeMachine()
  const drv = m.set({
    outPath: new StringWithContext('/nix/store/x', ['!out!/nix/store/x.drv']),
    other: m.later(() => 1),
  })
  const forced = [
    'plain',
    'a"\\\n\xc3\xa9',
    7,
    new Float(0.1),
    null,
    m.list(),
    m.list(drv, m.list(true, 'x'), m.set({})),
    m.set({ b: m.list(drv), 'a"': m.set({ c: 1 }) }),
  ]
  for (const v of forced) {
    const context = new ContextSet()
    const walked = json(m, v)
    assert.is(forcedJson(m, v, context), walked instanceof StringWithContext ? walked.text : walked)
    assert.equal(context.context, walked instanceof StringWithContext ? walked.context : [])
  }
})

test('what has not been forced, or is too deep, is left to the walk', () => {
  const m = new FakeMachine()
  let deep: Value = 1
  for (let i = 0; i < 30; i++) deep = m.list(deep)
  const others = [
    m.list(m.later(() => 1)),
    m.set({ a: m.later(() => 1) }),
    m.set({ __toString: m.fn('f', () => 'x') }),
    m.fn('f', () => 1),
    new Path('/p'),
    'not UTF-8: \xff',
    deep,
  ]
  for (const v of others) assert.is(forcedJson(m, v, new ContextSet()), undefined)
})

test('the context of all strings is kept, and paths are copied', () => {
  const m = new FakeMachine()
  const r = json(
    m,
    m.list(new StringWithContext('x', ['/nix/store/x']), new Path('/q/a')),
  ) as StringWithContext
  const copy = '/nix/store/00000000000000000000000000000000-a'
  assert.equal(r, new StringWithContext(`["x","${copy}"]`, [copy, '/nix/store/x']))
  assert.is(json(m, new Path('/q/a'), { strict: true, copyToStore: false }), '"/q/a"')
  assert.is(json(m, m.set({ __toString: m.fn('f', () => new Path('/q/a')) })), '"/q/a"')
})

test('functions and thunks are refused', () => {
  const m = new FakeMachine()
  const f = m.fn('map', () => 1)
  assert.equal(
    failure(m, () => toJson(m, m.set({ a: m.list(1, f) }), STRICT)),
    {
      message: "cannot convert the built-in function 'map' to JSON",
      trace: ['while evaluating list element at index 1', "while evaluating attribute 'a'"],
    },
  )
  const lazy = { strict: false, copyToStore: true }
  assert.is(
    failure(m, () => toJson(m, m.list(new Thunk(f, 1)), lazy)).message,
    'cannot convert a function application to JSON',
  )
})

test('bytes that are no UTF-8 are an error after everything else', () => {
  const m = new FakeMachine()
  const cases: [string, string][] = [
    ['\xc3', 'incomplete UTF-8 string; last byte: 0xC3'],
    ['\xc3a', 'invalid UTF-8 byte at index 1: 0x61'],
    ['\xa9', 'invalid UTF-8 byte at index 0: 0xA9'],
    ['\xed\xa0\x80', 'invalid UTF-8 byte at index 1: 0xA0'],
  ]
  for (const [text, message] of cases) {
    assert.is(
      failure(m, () => toJson(m, text, STRICT)).message,
      `JSON serialization error: [json.exception.type_error.316] ${message}`,
    )
  }
  assert.is(failure(m, () => toJson(m, m.list('\xc3', m.fails('first')), STRICT)).message, 'first')
})

test('a sink gets nothing before all is known', () => {
  const m = new FakeMachine()
  let written = ''
  const write = (s: string): void => {
    written += s
  }
  failure(m, () => writeJson(m, m.list(1, m.fails()), STRICT, write))
  assert.is(written, '')
  m.run(() => writeJson(m, m.list(1), STRICT, write))
  assert.is(written, '[1]')
})

test('a sink gets what stands before bytes that are no UTF-8', () => {
  const m = new FakeMachine()
  const pieces: string[] = []
  const v = m.list(1, m.set({ a: 'x\xff', b: m.list(2, 'y') }), 3)
  const error = failure(m, () => writeJson(m, v, STRICT, (piece) => pieces.push(piece)))
  assert.match(error.message, 'invalid UTF-8 byte at index 1: 0xFF')
  assert.is(pieces.join(''), '[1,{"a":"')
})

test('nesting counts against max-call-depth', () => {
  const m = new FakeMachine({ maxCallDepth: 50 })
  const nest = (n: number, wrap: (v: Value) => Value): Value => {
    let v: Value = 1
    for (let i = 0; i < n; i++) v = wrap(v)
    return v
  }
  const wraps = [(v: Value) => m.list(v), (v: Value) => m.set({ a: v }), (v: Value) => m.set({ outPath: v })]
  for (const wrap of wraps) {
    json(m, nest(50, wrap))
    assert.match(failure(m, () => toJson(m, nest(51, wrap), STRICT)).message, 'stack overflow')
  }
})

test.run()
