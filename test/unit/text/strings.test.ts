import { Replacing } from '../../../src/builtins/text/replace.ts'
import { baseNameOf, dirOf, nullByteError, substring } from '../../../src/builtins/text/strings.ts'
import { canonPath } from '../../../src/io/io.ts'
import { quoteString } from '../../../src/quote.ts'
import { quoteLimited } from '../../../src/values/describe.ts'
import { levenshtein, suggestions } from '../../../src/values/suggest.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('text/strings')

function replace(from: string[], to: string[], s: string): string {
  const replacing = new Replacing(from, s)
  for (let k = replacing.run(); k >= 0; k = replacing.run()) replacing.give(k, to[k])
  return replacing.result
}

test('replaceStrings takes the first of several that match', () => {
  assert.is(replace(['oo', 'a'], ['a', 'oo'], 'foobar'), 'faboor')
  assert.is(replace(['o', 'oo'], ['1', '2'], 'foobar'), 'f11bar')
  assert.is(replace(['oo', 'o'], ['2', '1'], 'fooobar'), 'f21bar')
  assert.is(replace([], [], 'foo'), 'foo')
})

test('replaceStrings lets an empty pattern match before every byte and at the end', () => {
  assert.is(replace([''], ['X'], 'abc'), 'XaXbXcX')
  assert.is(replace([''], ['X'], ''), 'X')
  assert.is(replace(['a', ''], ['-', '_'], 'abc'), '-_b_c_')
  assert.is(replace(['', 'a'], ['_', '-'], 'abc'), '_a_b_c_')
})

test('replaceStrings finds the same in short and long subjects, with few patterns and many', () => {
  const naive = (from: readonly string[], to: readonly string[], s: string): string => {
    let out = ''
    for (let p = 0; p <= s.length; ) {
      const k = from.findIndex((f) => s.startsWith(f, p))
      if (k >= 0) out += to[k]
      if (k >= 0 && from[k] !== '') p += from[k].length
      else out += s.charAt(p++)
    }
    return out
  }
  let state = 7
  const random = (n: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    return (state >>> 8) % n
  }
  const word = (most: number): string =>
    Array.from({ length: random(most + 1) }, () => 'abc\xff'[random(4)]).join('')
  for (let n = 0; n < 400; n++) {
    const from = Array.from({ length: 1 + random(n % 2 ? 4 : 90) }, () => word(3))
    const to = from.map((_, i) => `<${i}>`)
    const s = word(n % 3 ? 12 : n % 2 ? 900 : 20_000)
    assert.is(replace(from, to, s), naive(from, to, s), JSON.stringify([from, s]))
  }
})

test('replaceStrings asks for the replacements that are used, each once, in the order of their use', () => {
  const replacing = new Replacing(['x', 'b', 'a'], 'abab')
  const asked: number[] = []
  for (let k = replacing.run(); k >= 0; k = replacing.run()) {
    asked.push(k)
    replacing.give(k, ['', '2', '1'][k])
  }
  assert.equal(asked, [2, 1])
  assert.is(replacing.result, '1212')
  const nothing = new Replacing(['x', 'yy'], 'abab')
  assert.is(nothing.run(), -1)
  assert.not(nothing.changed)
  assert.is(nothing.result, 'abab')
})

test('substring takes the rest for a negative length and refuses a negative start', () => {
  assert.is(substring(0, 3, 'nixos'), 'nix')
  assert.is(substring(3, -1, 'nixos'), 'os')
  assert.is(substring(9, 1, 'nixos'), '')
  assert.is(substring(3, 99, 'nixos'), 'os')
  assert.throws(() => substring(-1, 1, 'x'), /^negative start position in 'substring'$/)
})

test('baseNameOf drops one trailing slash', () => {
  const cases = [
    ['', ''],
    ['a', 'a'],
    ['/a/b', 'b'],
    ['/a/b/', 'b'],
    ['/a/b//', ''],
    ['/', ''],
    ['//', ''],
    ['a/', 'a'],
  ]
  for (const [path, base] of cases) assert.is(baseNameOf(path), base, path)
})

test('dirOf cuts at the last slash', () => {
  const cases = [
    ['', '.'],
    ['a', '.'],
    ['/a', '/'],
    ['/', '/'],
    ['a/b/', 'a/b'],
    ['/a//b', '/a/'],
  ]
  for (const [path, dir] of cases) assert.is(dirOf(path), dir, path)
})

test('canonPath removes dots and doubled slashes', () => {
  const cases = [
    ['/', '/'],
    ['/a/b', '/a/b'],
    ['/a/./b', '/a/b'],
    ['/a/../b', '/b'],
    ['/../..', '/'],
    ['//a//b/', '/a/b'],
    ['/a/b/..', '/a'],
    ['/a/.b/..c', '/a/.b/..c'],
    ['/.', '/'],
    ['/a.', '/a.'],
  ]
  for (const [path, canonical] of cases) assert.is(canonPath(path), canonical, path)
})

test('canonPath does to every path what going through its components does', () => {
  const slow = (path: string): string => {
    const parts: string[] = []
    for (const part of path.split('/')) {
      if (part === '..') parts.pop()
      else if (part !== '' && part !== '.') parts.push(part)
    }
    return `/${parts.join('/')}`
  }
  let seed = 1
  const roll = (n: number): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return Math.floor((seed / 2 ** 32) * n)
  }
  for (let i = 0; i < 5000; i++) {
    let path = ''
    for (let n = roll(i % 100 === 0 ? 60 : 10); n >= 0; n--)
      path += ['/', '.', '..', '/../', 'a', 'bc'][roll(6)]
    assert.is(canonPath(path), slow(path), path)
  }
})

test('levenshtein counts edits and stops at the limit', () => {
  assert.is(levenshtein('', 'abc'), 3)
  assert.is(levenshtein('kitten', 'sitting'), 3)
  assert.is(levenshtein('kitten', 'sitting', 2), 3)
  assert.is(levenshtein('same', 'same', 2), 0)
})

test('suggestions are near, at most five, nearest first, then in byte order', () => {
  assert.equal(suggestions('aaa', ['aab', 'abx', 'zzz']), ['aab', 'abx'])
  assert.equal(suggestions('a', ['ag', 'af', 'ae', 'ad', 'ac', 'ab']), ['ab', 'ac', 'ad', 'ae', 'af'])
  assert.equal(suggestions('x', ['abc', 'defg']), [])
  assert.equal(suggestions('aa', ['b', 'aab', 'aab']), ['aab', 'b'])
})

test('quoteString escapes what Nix escapes', () => {
  assert.is(quoteString('a"b\\c\n\r\t\x01$x ${y} $'), '"a\\"b\\\\c\\n\\r\\t\x01$x \\${y} $"')
  assert.is(quoteString('$${'), '"$\\${"')
})

test('quoteLimited counts what it leaves out', () => {
  assert.is(quoteLimited('abcdef', 3), '"abc" \xc2\xab3 bytes elided\xc2\xbb')
  assert.is(quoteLimited('abcd', 3), '"abc" \xc2\xab1 byte elided\xc2\xbb')
  assert.is(quoteLimited('abc', 3), '"abc"')
  assert.is(quoteLimited('ab${', 3), '"ab\\$" \xc2\xab1 byte elided\xc2\xbb')
})

test('the NUL byte refusal shows the symbol for NUL', () => {
  assert.is(
    nullByteError('a\0b').message,
    "input string 'a\xe2\x90\x80b' cannot be represented as Nix string because it contains null bytes",
  )
})

test.run()
