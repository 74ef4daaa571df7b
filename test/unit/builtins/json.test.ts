/** Builtins that read and write JSON, XML and TOML; the parsers have tests of their own. */
import { assert, suite } from '../../support/suite.ts'
import { fails, gives, run } from './support.ts'

const test = suite('builtins: JSON, XML, TOML')

test('toJSON sorts names, forces everything and keeps floats apart from integers', () => {
  gives(
    'builtins.toJSON { b = [ 1 2.5 1.0 null true "x\\n" ]; a = 1 + 1; }',
    '"{\\"a\\":2,\\"b\\":[1,2.5,1.0,null,true,\\"x\\\\n\\"]}"',
  )
  fails('builtins.toJSON (x: x)', 'cannot convert a function to JSON', "while calling the 'toJSON' builtin")
})

test('toXML', () => {
  gives(
    'builtins.toXML { a = 1; }',
    `"<?xml version='1.0' encoding='utf-8'?>\\n<expr>\\n  <attrs>\\n    <attr name=\\"a\\">\\n      <int value=\\"1\\" />\\n    </attr>\\n  </attrs>\\n</expr>\\n"`,
  )
})

test('fromTOML makes tables, arrays and numbers', () => {
  gives(
    'builtins.fromTOML "z = 1\\na = [1, [2.5, \\"x\\"], {c = true}]\\n[t.u]\\nv = []\\n"',
    '{ a = [ 1 [ 2.5 "x" ] { c = true; } ]; t = { u = { v = [ ]; }; }; z = 1; }',
  )
  gives('builtins.fromTOML "a = 9223372036854775807"', '{ a = 9223372036854775807; }')
})

test('fromTOML takes nesting of any depth', () => {
  const depth = 20000
  const { value } = run(
    `builtins.length (builtins.fromTOML "a = ${'['.repeat(depth)}${']'.repeat(depth)}").a`,
  )
  assert.is(value, '1')
})

test('fromTOML refuses dates unless the feature is on', () => {
  const text = 'builtins.fromTOML "a = 1979-05-27T07:32:00Z"'
  fails(text, 'while parsing TOML: Dates and times are not supported')
  assert.is(
    run(text, { features: new Set(['parse-toml-timestamps']) }).value,
    '{ a = { _type = "timestamp"; value = "1979-05-27T07:32:00Z"; }; }',
  )
})

test('fromJSON keeps objects apart that begin alike', () => {
  const text =
    '[{"a":1,"b":2},{"a":3,"b":4},{"a":5},{"a":6,"b":7,"c":8},{"a":9,"a":10,"b":11},{"b":12,"a":13},{"a":14,"c":15}]'
  gives(
    `builtins.toJSON (builtins.fromJSON ''${text}'')`,
    JSON.stringify(
      '[{"a":1,"b":2},{"a":3,"b":4},{"a":5},{"a":6,"b":7,"c":8},{"a":10,"b":11},{"a":13,"b":12},{"a":14,"c":15}]',
    ),
  )
})

test.run()
