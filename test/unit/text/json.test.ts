import type { JsonBuilder } from '../../../src/builtins/text/json.ts'
import { isJsonTextError, normalJsonObject, parseJson } from '../../../src/builtins/text/json.ts'
import type { NixError } from '../../../src/errors.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('text/json')

const shown: JsonBuilder<string> = {
  null: () => 'null',
  bool: (value) => String(value),
  int: (value) => `${value}${typeof value === 'bigint' ? 'n' : ''}`,
  float: (value) => `${value}f`,
  string: (bytes) => `<${bytes}>`,
  list: (values, from, to) => `[${values.slice(from, to).join(' ')}]`,
  object: (keys, values, from) => `{${keys.map((key, i) => `${key}=${values[from + i]}`).join(' ')}}`,
}

function failure(text: string): string {
  try {
    parseJson(text, shown)
  } catch (error) {
    return (error as NixError).message
  }
  return 'no error'
}

function syntax(text: string): string {
  return failure(text).replace('[json.exception.parse_error.101] parse error at line ', '')
}

test('a long string full of escapes keeps every piece, in order', () => {
  const piece = (i: number): string => `${i}\\n\\u00e9"`
  const numbers = Array.from({ length: 5000 }, (_, i) => i)
  const text = `"${numbers.map((i) => piece(i).replace('"', '\\"')).join('')}"`
  assert.is(parseJson(text, shown), `<${numbers.map((i) => `${i}\n\xc3\xa9"`).join('')}>`)
})

test('values of every kind', () => {
  assert.is(
    parseJson(' {"a": [null, true, false, 1, -0, 2.5, "x", {}, []],\n"b": {"c": "d"}} ', shown),
    '{a=[null true false 1 0 2.5f <x> {} []] b={c=<d>}}',
  )
})

test('integers of 64 bits, floats beyond them', () => {
  assert.is(parseJson('9007199254740991', shown), '9007199254740991')
  assert.is(parseJson('9007199254740993', shown), '9007199254740993n')
  assert.is(parseJson('-9223372036854775808', shown), '-9223372036854775808n')
  assert.is(parseJson('-9223372036854775809', shown), '-9223372036854776000f')
  assert.is(parseJson('18446744073709551616', shown), '18446744073709552000f')
  assert.is(
    failure('9223372036854775808'),
    'unsigned json number 9223372036854775808 outside of Nix integer range',
  )
  assert.is(failure('-1e400'), "[json.exception.out_of_range.406] number overflow parsing '-1e400'")
})

test('the last of several equal keys wins', () => {
  assert.is(parseJson('{"a":1,"b":2,"a":3}', shown), '{a=3 b=2}')
  const many = Array.from({ length: 20 }, (_, i) => `"k${i}":${i}`).join(',')
  assert.match(parseJson(`{${many},"k1":"new","k19":0}`, shown), /^\{k0=0 k1=<new> k2=2 .* k19=0\}$/)
})

test('escapes become UTF-8 bytes', () => {
  assert.is(
    parseJson('"a\\n\\u0041\\u00e9\\u20ac\\ud83d\\ude00\\/b"', shown),
    '<a\nA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80/b>',
  )
})

test('a byte order mark is skipped', () => {
  assert.is(parseJson('\xef\xbb\xbf1', shown), '1')
  assert.is(
    syntax('\xef\xbbx'),
    "1, column 3: syntax error while parsing value - invalid BOM; must be 0xEF 0xBB 0xBF if given; last read: '\xef\xbbx'",
  )
})

test('what stands in one another gets its own values, also where keys come again or in other orders', () => {
  assert.is(
    parseJson(
      '[{"a":[1,{"b":2},[]],"c":{"a":3,"d":[4],"a":5}},{"a":[{"b":6},7],"c":{"a":8}},{"a":9,"e":{}},10]',
      shown,
    ),
    '[{a=[1 {b=2} []] c={a=5 d=[4]}} {a=[{b=6} 7] c={a=8}} {a=9 e={}} 10]',
  )
})

test('a million levels of nesting', () => {
  const depth = 1_000_000
  const levels: JsonBuilder<number> = {
    null: () => 0,
    bool: () => 0,
    int: () => 0,
    float: () => 0,
    string: () => 0,
    list: (values, from, to) => 1 + (from < to ? values[from] : 0),
    object: (_keys, values, from) => 1 + values[from],
  }
  assert.is(parseJson('['.repeat(depth) + ']'.repeat(depth), levels), depth)
  assert.is(parseJson(`${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}`, levels), 1000)
})

test('errors say what was found and what was expected', () => {
  assert.is(
    failure(''),
    '[json.exception.parse_error.101] parse error at line 1, column 1: attempting to parse an empty input; check that your input string or stream contains the expected JSON',
  )
  const cases = [
    [
      '{',
      '1, column 2: syntax error while parsing object key - unexpected end of input; expected string literal',
    ],
    [
      '{"a" 1}',
      "1, column 6: syntax error while parsing object separator - unexpected number literal; expected ':'",
    ],
    [
      '[1,]',
      "1, column 4: syntax error while parsing value - unexpected ']'; expected '[', '{', or a literal",
    ],
    ['[1\n2]', "2, column 1: syntax error while parsing array - unexpected number literal; expected ']'"],
    [
      '{1\n}',
      '1, column 0: syntax error while parsing object key - unexpected number literal; expected string literal',
    ],
    [
      '1 2',
      '1, column 3: syntax error while parsing value - unexpected number literal; expected end of input',
    ],
    ['[1, foo', "1, column 6: syntax error while parsing value - invalid literal; last read: '1, fo'"],
    [
      '-a',
      "1, column 2: syntax error while parsing value - invalid number; expected digit after '-'; last read: '-a'",
    ],
  ]
  for (const [text, message] of cases) assert.is(syntax(text), message, text)
})

test('errors inside strings', () => {
  const cases = [
    ['"a', "invalid string: missing closing quote; last read: '\"a'"],
    [
      '"\n',
      "invalid string: control character U+000A (LF) must be escaped to \\u000A or \\n; last read: '\"<U+000A>'",
    ],
    ['"\xc3a"', "invalid string: ill-formed UTF-8 byte; last read: '\"\xc3a'"],
    [
      '"\\ud800"',
      'invalid string: surrogate U+D800..U+DBFF must be followed by U+DC00..U+DFFF; last read: \'"\\ud800"\'',
    ],
    ['"\\u12g4"', "invalid string: '\\u' must be followed by 4 hex digits; last read: '\"\\u12g'"],
  ]
  for (const [text, message] of cases) assert.ok(syntax(text).endsWith(` - ${message}`), syntax(text))
})

test('NUL bytes are refused, as an error that is not one of the text', () => {
  const message =
    "input string 'a\xe2\x90\x80' cannot be represented as Nix string because it contains null bytes"
  assert.is(failure('"a\\u0000"'), message)
  assert.is(failure('{"a\\u0000":1}'), message)
  try {
    parseJson('"\\u0000"', shown)
  } catch (error) {
    assert.not(isJsonTextError(error as NixError))
  }
})

test('an object is written again as the library writes it', () => {
  assert.is(
    normalJsonObject('{ "b": [1, -0, 1.0, 1E5], "a": "\\u0000\\/", "b": 18446744073709551615 }'),
    '{"a":"\\u0000/","b":18446744073709551615}',
  )
  const refused: [string, string][] = [
    ['[1]', 'array'],
    ['1', 'number'],
    ['""', 'string'],
    ['true', 'boolean'],
    ['null', 'null'],
  ]
  for (const [text, type] of refused) {
    assert.throws(
      () => normalJsonObject(text),
      (e: Error) => e.message === `[json.exception.type_error.302] type must be object, but is ${type}`,
    )
  }
})

test.run()
