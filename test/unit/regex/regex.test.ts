import { translate } from '../../../src/builtins/regex/native.ts'
import { buildAutomaton } from '../../../src/builtins/regex/nfa.ts'
import { ByteClasses, parsePattern } from '../../../src/builtins/regex/parse.ts'
import { compileRegex, splitString } from '../../../src/builtins/regex/regex.ts'
import { Rows } from '../../../src/builtins/regex/search.ts'
import type { NixError } from '../../../src/errors.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('regex/regex')

function match(pattern: string, s: string): (string | null)[] | null {
  return compileRegex(pattern).match(s)
}

function split(pattern: string, s: string): unknown[] {
  return splitString(compileRegex(pattern), s)
}

function failure(pattern: string): string {
  try {
    compileRegex(pattern)
  } catch (error) {
    return (error as NixError).message
  }
  return 'accepted'
}

test('a match is of the whole string', () => {
  assert.is(match('ab', 'abc'), null)
  assert.equal(match('abc', 'abc'), [])
  assert.equal(match('a(b)(c)', 'abc'), ['b', 'c'])
  assert.equal(match('[[:space:]]+([[:upper:]]+)[[:space:]]+', '  FOO   '), ['FOO'])
  assert.equal(match('', ''), [])
  assert.is(match('', 'a'), null)
})

test('groups hold what libstdc++ leaves in them', () => {
  const cases: [string, string, (string | null)[] | null][] = [
    ['(a*)*', 'aa', ['']],
    ['(a*)+', 'aa', ['']],
    ['((a)|b)*', 'ab', ['b', 'a']],
    ['(a|ab)(c|bcd)(d*)', 'abcd', ['a', 'bcd', '']],
    ['(a|b)*c|(a|ab)*c', 'abc', ['b', null]],
    ['(a)|b', 'b', [null]],
    ['(a)*', 'aaa', ['a']],
    ['(ab?)*', 'aba', ['a']],
    ['(a*)?', '', ['']],
    ['(a){0}', '', [null]],
    ['((a)(b)?)*', 'aba', ['a', 'a', 'b']],
  ]
  for (const [pattern, s, groups] of cases) assert.equal(match(pattern, s), groups, pattern)
})

test('split takes the leftmost match, and the longer alternative', () => {
  assert.equal(split('(foo|foobar)', 'foobarx'), ['', ['foobar'], 'x'])
  assert.equal(split('a|ab', 'xabx'), ['x', [], 'x'])
  assert.equal(split(',', 'a,b,c'), ['a', [], 'b', [], 'c'])
  assert.equal(split('(a)|(c)', 'abc'), ['', ['a', null], 'b', [null, 'c'], ''])
  assert.equal(split('([[:upper:]]+)', ' FOO '), [' ', ['FOO'], ' '])
  assert.equal(split('x', 'abc'), ['abc'])
})

test('split goes on after empty matches', () => {
  assert.equal(split('x*', 'axb'), ['', [], 'a', [], '', [], 'b', [], ''])
  assert.equal(split('', 'ab'), ['', [], 'a', [], 'b', [], ''])
  assert.equal(split('(|a)', 'aa'), ['', ['a'], '', ['a'], '', [''], ''])
  assert.equal(split('^a', 'aaa'), ['', [], 'aa'])
  assert.equal(split('$', 'ab'), ['ab', [], ''])
  assert.equal(split('(^)*', 'ab'), ['', [''], 'a', [null], 'b', [null], ''])
})

test('bytes, not characters; any byte but NUL is a dot', () => {
  assert.is(match('.', '\xc3\xa9'), null)
  assert.equal(match('..', '\xc3\xa9'), [])
  assert.equal(match('a.b', 'a\nb'), [])
  assert.is(match('[[:alpha:]]', '\xe9'), null)
})

test('bracket expressions', () => {
  const members: [string, string, string][] = [
    ['[]a]', ']a', 'b'],
    ['[^]a]', 'b[', ']a'],
    ['[a-]', 'a-', 'b'],
    ['[--a]', '-/9Aa', 'b,'],
    ['[\\n]', '\\n', '\n'],
    ['[[.a.]]', 'a', 'A'],
    ['[[.hyphen.]]', '-', 'h'],
    ['[[=a=]]', 'aA', 'b'],
    ['[[:ALPHA:]_]', 'aZ_', '0'],
    ['[[:w:]]', 'aZ_0', '-'],
    ['[[:alpha:]-]', 'a-', '0'],
    ['[\xc3-a]', '\xc3\xff\x01a', 'b\xc2\x80'],
    ['[[]', '[', ']'],
  ]
  for (const [pattern, inside, outside] of members) {
    for (const byte of inside) assert.equal(match(pattern, byte), [], `${pattern} ${byte}`)
    for (const byte of outside) assert.is(match(pattern, byte), null, `${pattern} ${byte}`)
  }
})

test('anchors stand anywhere', () => {
  assert.is(match('a$b', 'a$b'), null)
  assert.equal(match('^a$', 'a'), [])
  assert.equal(match('a(^|b)', 'ab'), ['b'])
})

test('repeated and stacked quantifiers', () => {
  assert.equal(match('a+?', 'aa'), [])
  assert.equal(match('a**', 'aa'), [])
  assert.equal(match('x{1}{2}', 'xx'), [])
  assert.equal(match('a{2,3}', 'aaa'), [])
  assert.is(match('a{2,3}', 'aaaa'), null)
  assert.equal(match('(ab){2,}', 'ababab'), ['ab'])
  assert.equal(match('a|', ''), [])
})

test('invalid patterns', () => {
  const patterns = [
    ...['\\d', '\\w', '\\n', '\\/', '\\-', '(?:a)', 'a{,2}', '{', 'a{', '+', '*', 'a)', '[z-a]', '[[:foo:]]'],
    ...[
      '(a)\\1',
      '\\<',
      '\\b',
      '\\',
      '(',
      '[a',
      'a{2,1}',
      '^*',
      '(*a)',
      'a|*',
      '[a--]',
      '[a-c-e]',
      '[[.-.]]',
    ],
    ...['[]', '[^]', 'a{99999999999}', '[a-\xe9]', '[[:alpha:]-z]', 'a\\]', 'a{1,2,3}'],
  ]
  for (const pattern of patterns) assert.is(failure(pattern), `invalid regular expression '${pattern}'`)
})

test('patterns with too many states', () => {
  for (const pattern of ['a{100000}', '((a{100}){100}){100}', 'a{100000}(']) {
    assert.is(failure(pattern), `memory limit exceeded by regular expression '${pattern}'`)
  }
  assert.is(failure('a{1001}'), 'accepted')
  assert.is(failure('(('.repeat(30000)), `invalid regular expression '${'(('.repeat(30000)}'`)
})

test('search finds the first match from a position on', () => {
  const regex = compileRegex('b(c|cd)')
  assert.equal(regex.search('abcdbc', 0), { start: 1, end: 4, groups: ['cd'] })
  assert.equal(regex.search('abcdbc', 2), { start: 4, end: 6, groups: ['c'] })
  assert.is(regex.search('abcdbc', 5), null)
  assert.is(compileRegex('^a').search('aa', 1), null)
})

test('a pattern without special bytes is a string', () => {
  assert.equal(match('a-b}],/', 'a-b}],/'), [])
  assert.is(match('a-b', 'a-bc'), null)
  assert.equal(split('a-b', 'xa-ba-by'), ['x', [], '', [], 'y'])
  const regex = compileRegex('bc')
  assert.equal(regex.search('abcbc', 0), { start: 1, end: 3, groups: [] })
  assert.equal(regex.search('abcbc', 2), { start: 3, end: 5, groups: [] })
  assert.is(regex.search('abcbc', 4), null)
})

test('bytes and brackets of patterns compiled before mean the same in the next', () => {
  const classes = new ByteClasses()
  const answer = (pattern: string, s: string) => compileRegex(pattern, classes).match(s)
  assert.equal(answer('([a-c]+)(.)', 'abcx'), ['abc', 'x'])
  assert.equal(answer('(.)([a-c]|x)', 'xa'), ['x', 'a'])
  assert.equal(answer('([^a-c]+)([a-c])', 'xya'), ['xy', 'a'])
  assert.is(answer('[a-c].', 'da'), null)
  // More than are kept.
  for (let i = 0; i < 1000; i++) assert.equal(answer(`([a${i}]+)z`, `a${i}z`), [`a${i}`])
})

test('counted repetitions of single bytes', () => {
  assert.equal(match('(a{2})(b{0,2})(c{1,})', 'aabcc'), ['aa', 'b', 'cc'])
  assert.is(match('a{3}', 'aa'), null)
  assert.is(failure('a{2}('), "invalid regular expression 'a{2}('")
  assert.is(failure('a{2,1}'), "invalid regular expression 'a{2,1}'")
})

test('patterns that make backtracking engines hang are answered', () => {
  const many = 'a'.repeat(20000)
  assert.is(match('(a|aa)*b', many), null)
  assert.is(match('(a*)*b', many), null)
  assert.is(match('a*a*a*a*a*a*b', many), null)
  assert.equal(split('a*b', many), [many])
  assert.equal(match('((((((((a*)*)*)*)*)*)*)*)*', 'aa')?.length, 8)
  // Repetitions that are given back in vain.
  assert.equal(split('a+b', many), [many])
  assert.equal(split('(a+)(b+)c', `${many}${'b'.repeat(20000)}`.repeat(3)).length, 1)
  assert.is(match('([a-c]+)(d+)([a-c]+)(d+)e', `${many}ddd`.repeat(2)), null)
})

test('what JavaScript answers, the automaton answers too', () => {
  let state = 11
  const below = (n: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return (state >>> 8) % n
  }
  const pick = <T>(xs: readonly T[]): T => xs[below(xs.length)]
  const term = (depth: number): string => {
    const kind = below(depth > 0 ? 10 : 6)
    const set = pick(['a', 'b', ',', '[ab]', '[0-9]', '[^,]', '.'])
    if (kind < 6) return set + pick(['', '', '*', '+', '?', '{2}', '{1,3}'])
    if (kind < 9) return `(${sequence(depth - 1)})${pick(['', '', '?'])}`
    return `(${sequence(depth - 1)}|${sequence(depth - 1)})`
  }
  const sequence = (depth: number): string => Array.from({ length: 1 + below(3) }, () => term(depth)).join('')
  let compared = 0
  for (let i = 0; i < 3000; i++) {
    const pattern = sequence(2)
    const program = parsePattern(pattern)
    if (!program.valid || translate(program)?.source === undefined) continue
    const automaton = buildAutomaton(program)
    if (typeof automaton === 'string') continue
    for (let k = 0; k < 4; k++) {
      const s = Array.from({ length: below(12) }, () => pick(['a', 'b', ',', '7'])).join('')
      const rows = new Rows(automaton, s, 0, true)
      let expected: (string | null)[] | null = null
      if (rows.ends[0] !== -1) {
        const bounds = new Int32Array(2 * program.groups + 2)
        if (program.groups > 0) rows.groups(0, false, bounds)
        expected = []
        for (let g = 2; g < bounds.length; g += 2)
          expected.push(bounds[g + 1] === -1 ? null : s.slice(bounds[g], bounds[g + 1]))
      }
      assert.equal(match(pattern, s), expected, `${pattern} on ${s}`)
      const regex = compileRegex(pattern, undefined, true)
      assert.equal(regex.match(s), expected, `${pattern} on ${s}, one of many`)
      // Once it has been used often, it is matched as any other.
      for (let used = 0; used < 30; used++) regex.match('')
      assert.equal(regex.match(s), expected, `${pattern} on ${s}, later`)
      compared++
    }
  }
  assert.ok(compared > 2000, String(compared))
})

test('strings too long for all rows to be kept give the same groups', () => {
  const s = 'xab,'.repeat(200_000)
  const parts = split('(x(a|ab)),', s)
  assert.is(parts.length, 400_001)
  assert.equal(parts[1], ['xab', 'ab'])
  assert.equal(parts[399_999], ['xab', 'ab'])
  assert.equal(match('((x)(a|ab),)*', s), ['xab,', 'x', 'ab'])
})

test.run()
