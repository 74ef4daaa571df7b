import { dumpTokens } from '../../../src/syntax/lexer.ts'
import { assert, suite } from '../../support/suite.ts'
import { failure, shown, tree } from './parsing.ts'

const test = suite('lexer')

/** The texts of the tokens, joined by spaces. */
function pieces(text: string): string {
  return dumpTokens(text)
    .split('\n')
    .flatMap((line) => {
      const json = /".*$/.exec(line.replace(/^\d+-\d+ '[^ ]*'/, ''))
      return json === null ? [] : [JSON.parse(json[0]) as string]
    })
    .join(' ')
}

test('an identifier may contain dashes and quotes', () => {
  assert.equal(pieces("a-b c' _d e-"), "a-b c' _d e-")
})

test('a path wins over a division', () => {
  assert.equal(pieces('1/3 1 / 3 a/b a+/b -c/d 1.0/3'), '1/3 1 / 3 a/b a+/b -c/d 1.0/3')
  assert.equal(shown('[ 1/3 a+/b ]'), '[ (/d/1/3) (/d/a+/b) ]')
})

test('a float needs a point, and a leading zero only one', () => {
  assert.equal(pieces('1. .5 0.5e3 1e10 00.5 1.5.5 1.a'), '1. .5 0.5e3 1 e10 00 .5 1.5 .5 1. a')
})

test('integers beyond 2^53 are exact', () => {
  const node = tree('9223372036854775807') as { value?: unknown }
  assert.is(node.value, 9223372036854775807n)
  assert.is((tree('9007199254740991') as { value?: unknown }).value, 9007199254740991)
  assert.is((tree('00000000000000000000000042') as { value?: unknown }).value, 42)
})

test('an integer beyond 64 bits is refused', () => {
  assert.is(failure('[ 9223372036854775808 ]'), "1:3 invalid integer '9223372036854775808'")
})

test('a float that overflows or loses precision near zero is refused', () => {
  assert.is(failure('1.0e400'), "1:1 invalid float '1.0e400'")
  assert.is(failure('5.0e-324'), "1:1 invalid float '5.0e-324'")
  assert.is(failure('1.0e-400'), "1:1 invalid float '1.0e-400'")
  assert.is(shown('0.0e-400'), '0')
  assert.is(shown('2.2250738585072014e-308'), '2.22507e-308')
})

test('a URI wins over an identifier, unless the name has an underscore', () => {
  assert.is(shown('x:x'), '"x:x"')
  assert.is(shown('x: x'), '(x: x)')
  assert.is(shown('a.b+c:/d?e=%20'), '"a.b+c:/d?e=%20"')
  assert.is(shown('a_b:c'), '(a_b: c)')
})

test('comments end at CR or LF, and do not nest', () => {
  assert.is(shown('1 # x\r+ 2 # y'), '(1 + 2)')
  assert.is(shown('1 /* /* ' + '*/ + 2 /**/'), '(1 + 2)')
  assert.is(failure('1 + /* 2'), "1:5 syntax error, unexpected '/'")
})

test('a search path has no interpolation and no trailing slash', () => {
  assert.is(shown('<a/b-c>'), '(__findFile __nixPath "a/b-c")')
  assert.is(failure('[ <b/> ]'), "1:3 syntax error, unexpected '<'")
})

test('in a string only n, r and t have a meaning behind a backslash', () => {
  assert.is((tree('"\\n\\r\\t\\q\\"\\\\\\${"') as { value?: string }).value, '\n\r\tq"\\${')
})

test('a long string full of escapes keeps every piece, in order', () => {
  const numbers = Array.from({ length: 5000 }, (_, i) => i)
  const { value } = tree(`"${numbers.map((i) => `${i}\\n`).join('')}"`) as { value?: string }
  assert.is(value, numbers.map((i) => `${i}\n`).join(''))
})

test('in a string CR and CRLF become LF', () => {
  assert.is((tree('"a\rb\r\nc\\\r"') as { value?: string }).value, 'a\nb\nc\r')
})

test('a dollar is literal unless one brace follows it', () => {
  assert.is((tree('"$ $$ $${x} $"') as { value?: string }).value, '$ $$ $${x} $')
  assert.is(shown('"$$$' + '{x}"').startsWith('("$$" + x'), true)
})

test('a NUL byte in a literal is refused, elsewhere it ends the input', () => {
  const text = 'cannot be represented as Nix string because it contains null bytes'
  assert.is(failure('"a\0b"'), `1:2 input string 'a\xe2\x90\x80b' ${text}`)
  assert.is(failure("''a\0b''"), `1:3 input string 'a\xe2\x90\x80b' ${text}`)
  assert.is(shown('1\0 2'), '1')
  assert.is(failure('(1\0 2'), "1:4 syntax error, unexpected end of file, expecting ')'")
})

test('a path may not end in a slash', () => {
  assert.is(failure('/a/ '), '1:4 path has a trailing slash')
  assert.is(failure('/a/'), '1:1 path has a trailing slash')
  assert.is(failure('./${x}/;'), '1:8 path has a trailing slash')
})

test('two slashes in a path are an error', () => {
  assert.is(failure('/a//b'), "1:1 syntax error, unexpected end of path, expecting '${'")
  assert.is(failure('/a//b '), "1:4 syntax error, unexpected end of path, expecting '${'")
})

test('bytes outside ASCII, and a lone & or |, are invalid tokens', () => {
  for (const bad of ['\xef\xbb\xbf1', '&', '|', '~', "'", '$', '\\', '\f'])
    assert.is(failure(bad), '1:1 syntax error, unexpected invalid token', bad)
})

test('pipes need their feature', () => {
  assert.is(
    failure('1 |> f'),
    "1:3 experimental Nix feature 'pipe-operators' is disabled; add '--extra-experimental-features pipe-operators' to enable it",
  )
})

test('tokens are dumped with offsets and names', () => {
  assert.is(
    dumpTokens('{ a = "b${./c}"; }'),
    `0-1 '{' "{"
2-3 identifier "a"
4-5 '=' "="
6-7 '"' "\\""
7-8 string "b"
8-10 '\${' "\${"
10-13 path "./c"
10-13 end of path
13-14 '}' "}"
14-15 '"' "\\""
15-16 ';' ";"
17-18 '}' "}"
18-18 end of file
`,
  )
})

test.run()
