import type { TomlValue } from '../../../src/builtins/text/toml.ts'
import { parseToml, TomlTable, TomlTimestamp } from '../../../src/builtins/text/toml.ts'
import type { NixError } from '../../../src/errors.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('text/toml')

function show(value: TomlValue): string {
  if (value instanceof TomlTable) {
    return `{${[...value.entries].map(([key, inner]) => `${key}=${show(inner)}`).join(' ')}}`
  }
  if (Array.isArray(value)) return `[${value.map(show).join(' ')}]`
  if (value instanceof TomlTimestamp) return `@${value.text}`
  if (typeof value === 'string') return `<${value}>`
  if (typeof value === 'number') return `${Object.is(value, -0) ? '-0' : value}f`
  return String(value)
}

function parse(text: string): string {
  return show(parseToml(text))
}

function failure(text: string): string {
  try {
    parseToml(text)
  } catch (error) {
    return (error as NixError).message
  }
  return 'no error'
}

test('numbers: integers of 64 bits, floats, the special ones', () => {
  assert.is(parse('a=-0\nb=1_000\nc=0xDEAD_beef\nd=0o17\ne=0b11'), '{a=0 b=1000 c=3735928559 d=15 e=3}')
  assert.is(
    parse('a=-9223372036854775808\nb=+9223372036854775807'),
    '{a=-9223372036854775808 b=9223372036854775807}',
  )
  assert.is(
    parse('a=1.5\nb=-0.0\nc=6e2_3\nd=inf\ne=-inf\nf=-nan\ng=1e-400\nh=[nan,+nan]'),
    '{a=1.5f b=-0f c=6e+23f d=Infinityf e=-Infinityf f=NaNf g=0f h=[Symbol(nan) Symbol(nan)]}',
  )
})

test('strings of four kinds', () => {
  assert.is(parse('a = "\\u00e9\\U0001F600\\t\\"" # c'), '{a=<\xc3\xa9\xf0\x9f\x98\x80\t">}')
  assert.is(parse("a = 'C:\\n'"), '{a=<C:\\n>}')
  assert.is(parse('a = """\r\n\nx\\\n   y\\  \n\n z"""'), '{a=<\nxyz>}')
  assert.is(parse('a = """x""""\nb = """""y"""""'), '{a=<x"> b=<""y"">}')
  assert.is(parse("a = '''\n'x'\r\n\\n'''"), "{a=<'x'\r\n\\n>}")
})

test('tables, dotted keys, arrays of tables', () => {
  assert.is(
    parse('a.b.c=1\na."d e"=2\n[x.y]\nz=1\n[x]\nw={p=1,q.r=2}'),
    '{a={b={c=1} d e=2} x={y={z=1} w={p=1 q={r=2}}}}',
  )
  assert.is(parse('[[a]]\nb=1\n[[a]]\nb=2\n[a.c]\nd=3'), '{a=[{b=1} {b=2 c={d=3}}]}')
  assert.is(parse('a = [ # one\n 1, "x",\n [2.5], {},\n]'), '{a=[1 <x> [2.5f] {}]}')
  assert.is(parse("\xef\xbb\xbf[ a . 'b' ]\r\n1.2=true"), '{a={b={1={2=true}}}}')
  assert.is(parse('a = 1 [b]'), '{a=1 b={}}')
  assert.is(parse('__proto__ = 1'), '{__proto__=1}')
  assert.is(parse(''), '{}')
})

test('nesting is unbounded', () => {
  const depth = 100_000
  let value: TomlValue = parseToml(`a = ${'['.repeat(depth)}${']'.repeat(depth)}`).entries.get(
    'a',
  ) as TomlValue
  let levels = 0
  while (Array.isArray(value)) {
    levels++
    value = value[0]
  }
  assert.is(levels, depth)
})

test('dates and times are refused, or given as Nix words them', () => {
  for (const text of ['1979-05-27', '07:32:00', '1979-05-27T07:32:00-07:00']) {
    assert.is(failure(`a = ${text}`), 'while parsing TOML: Dates and times are not supported')
  }
  const cases = [
    ['1979-05-27 07:32:00.5z', '1979-05-27T07:32:00.500Z'],
    ['1979-05-27t07:32:00.1234567891', '1979-05-27T07:32:00.123456789'],
    ['1979-05-27T07:32:00-00:30', '1979-05-27T07:32:00-00:30'],
    ['1979-05-27T07:32:00+00:00', '1979-05-27T07:32:00Z'],
    ['07:32:60.000100', '07:32:60.000100'],
    ['07:32:00.0', '07:32:00'],
    ['1979-05-27', '1979-05-27'],
  ]
  for (const [text, expected] of cases) {
    assert.is(show(parseToml(`a = ${text}`, { timestamps: true })), `{a=@${expected}}`)
  }
})

test('NUL bytes are refused', () => {
  const shown =
    "input string 'a\xe2\x90\x80b' cannot be represented as Nix string because it contains null bytes"
  assert.is(failure('k = "a\\u0000b"'), `while parsing TOML: error: ${shown}`)
  assert.is(failure('"a\\u0000b" = 1'), `while parsing TOML: error: ${shown}`)
})

test('errors point into the document', () => {
  assert.is(
    failure('attr = 9223372036854775808'),
    'while parsing TOML: [error] toml::parse_dec_integer: too large integer: current max digits = 2^63\n' +
      ' --> fromTOML\n   |\n 1 | attr = 9223372036854775808\n' +
      `   | ${' '.repeat(26)}^-- must be < 2^63\n`,
  )
  assert.is(
    failure('a = 1\n[b]\na = 1\n\n[b]'),
    'while parsing TOML: [error] toml::insert_value: failed to insert a table, table already defined\n' +
      ' --> fromTOML\n   |\n 5 | [b]\n   | ^^^-- inserting this\n   | ...\n   |\n' +
      ' 2 | [b]\n   | ^^^-- this table is explicitly defined\n',
  )
  assert.is(
    failure('x=1\na = [1'),
    'while parsing TOML: [error] toml::parse_array: missing closing bracket `]`\n' +
      ' --> fromTOML\n   |\n 2 | a = [1\n   |       -- \n' +
      ' 3 | x=10x0a(LINE FEED)a = [1\n   | ^^^^-- expected `]`, reached EOF\n',
  )
})

test('what TOML 1.0 does not allow', () => {
  const cases = [
    ['a =', 'bad format: unknown value appeared'],
    ['a', 'toml::parse_key_value_pair: invalid key value separator `=`'],
    ['a = 1 b = 2', 'toml::parse_table: newline (LF / CRLF) or EOF is expected'],
    ['a = 01', 'bad integer: invalid digit after an integer'],
    ['a = "\\x41"', 'toml::parse_basic_string: invalid string format'],
    ['a = "\xff"', 'toml::parse_basic_string: invalid string format'],
    ['a = {b=1,}', 'toml::parse_inline_table: trailing comma is not allowed in TOML-v1.0.0)'],
    ['a = {b=1\n}', 'toml::parse_inline_table: expected value-separator `,` or closing `}`'],
    ['a={}\n[a.b]', 'toml::insert_value: failed to insert a value: inline table is immutable'],
    ['[a.b]\n[a]\nb.c=1', 'toml::insert_value: reopening a table using dotted keys'],
    ['a=[{b=1}]\n[[a]]', 'toml::insert_value: failed to insert a table, inline array of tables is immutable'],
    ['a = 1979-13-27', 'toml::parse_local_date: invalid date.'],
    ['a = 1e400', 'toml::parse_floating: failed to read floating point value from stream'],
    [
      'a = tru',
      'toml::parse_boolean: invalid boolean: boolean must be `true` or `false`, in lowercase. string must be surrounded by `"`',
    ],
  ]
  for (const [text, title] of cases) {
    assert.is(failure(text).split('\n')[0], `while parsing TOML: [error] ${title}`, text)
  }
})

/** Every error as the first words of its title and where it points to. */
function failures(text: string): string[] {
  const blocks = failure(text).split('[error] ').slice(1)
  return blocks.map((block) => {
    const title = /^(?:toml::(\w+))?[^\n]*/.exec(block) as RegExpExecArray
    const place = / (\d+) \| .*\n +\| ( *)\^/.exec(block) as RegExpExecArray
    return `${title[1] ?? title[0].split(':')[0]} ${place[1]}:${place[2].length}`
  })
}

test('all errors are told', () => {
  assert.is(
    failure('a = x\nb = 1\nb = 2'),
    'while parsing TOML: [error] bad format: unknown value appeared\n' +
      ' --> fromTOML\n   |\n 1 | a = x\n   |     ^-- here\n' +
      '[error] toml::insert_value: failed to insert a value, value already exists\n' +
      ' --> fromTOML\n   |\n 3 | b = 2\n   | ^-- inserting this\n   | ...\n   |\n' +
      ' 2 | b = 1\n   |     ^-- but value already exists\n',
  )
  assert.equal(failures('= 1\nb 2\nc = "\\x = 3'), [
    'parse_simple_key 1:0',
    'parse_key_value_pair 2:2',
    'parse_basic_string 3:5',
  ])
  assert.equal(failures('a = 1\n[a]\nb = x\n[[a]]\nc = y'), [
    'insert_value 2:0',
    'bad format 3:4',
    'insert_value 4:0',
    'bad format 5:4',
  ])
})

test('after what ends a table it goes on at the next header that is one', () => {
  assert.equal(failures('a = 1 2\nb = x\n[c]\nd = y'), ['parse_table 1:6', 'bad format 4:4'])
  assert.equal(failures('[a\nb = x\n[c\n[d]\ne = y'), ['parse_file 1:2', 'bad format 5:4'])
  assert.equal(failures('[a] x\n[b] y\n[c]\nd = x'), ['parse_file 1:4', 'parse_file 2:4', 'bad format 4:4'])
  assert.equal(failures('a = x\n[b\n[c]\nd = y'), ['bad format 1:4', 'bad format 4:4'])
})

test('errors in arrays and inline tables are told by all that they are in', () => {
  assert.equal(failures('a = [x]'), ['bad format 1:5', 'bad format 1:5'])
  assert.equal(failures('a = [[x]]\nb = y'), [
    'bad format 1:6',
    'bad format 1:6',
    'bad format 1:6',
    'bad format 2:4',
  ])
  assert.equal(failures('a = [x, 1]'), ['bad format 1:5', 'bad format 1:6', 'parse_array 1:6'])
  assert.equal(failures('a = [1e400, 1]'), ['parse_floating 1:10', 'parse_array 1:10'])
  assert.equal(failures('a = {b = x, c = y}\nd = z'), ['bad format 1:9', 'bad format 2:4'])
  assert.equal(failures('a = {b = 1, b = 2, c = 3}'), ['insert_value 1:12', 'parse_simple_key 1:17'])
  assert.equal(failures('a = {b = x\nc = y'), ['bad format 1:9', 'parse_inline_table 1:10', 'bad format 2:4'])
})

test('errors may be many', () => {
  assert.is(failures('a = x\n'.repeat(10_000)).length, 10_000)
  const depth = 10_000
  assert.match(failure(`a = ${'['.repeat(depth)}x${']'.repeat(depth)}`), /^while parsing TOML: /)
})

test.run()
