import { assert, suite } from '../../support/suite.ts'
import { failure, PIPES, shown, warnings } from './parsing.ts'

const test = suite('parser')

function same(cases: Record<string, string>): void {
  for (const [text, expected] of Object.entries(cases)) assert.is(shown(text), expected, text)
}

test('operators bind by precedence', () => {
  same({
    'a -> b || c && d == e': '(a -> (b || (c && (d == e))))',
    'a == b < c // d': '(a == (__lessThan b (c // d)))',
    '!a // b': '((! a) // b)',
    '!a + b': '(! (a + b))',
    'a + b * c ++ d': '(a + (__mul b (c ++ d)))',
    'a ++ b ? c': '(a ++ ((b) ? c))',
    '-a ? b': '(((__sub 0 a)) ? b)',
    '-f a': '(__sub 0 (f a))',
    'f -1': '(__sub f 1)',
  })
})

test('operators group to their side', () => {
  same({
    'a - b - c': '(__sub (__sub a b) c)',
    'a / b * c': '(__mul (__div a b) c)',
    'a -> b -> c': '(a -> (b -> c))',
    'a // b // c': '(a // (b // c))',
    'a ++ b ++ c': '(a ++ (b ++ c))',
    'a ? b ? c': '((((a) ? b)) ? c)',
  })
})

test('comparisons do not chain', () => {
  assert.is(failure('1 == 1 == true'), "1:8 syntax error, unexpected '=='")
  assert.is(failure('1 < 2 > 3'), "1:7 syntax error, unexpected '>'")
})

test('comparisons become calls of __lessThan', () => {
  same({
    'a < b': '(__lessThan a b)',
    'a > b': '(__lessThan b a)',
    'a <= b': '(! (__lessThan b a))',
    'a >= b': '(! (__lessThan a b))',
  })
})

test('application gathers arguments, through parentheses and desugared operators too', () => {
  same({
    'f a b c': '(f a b c)',
    '(f a) b': '(f a b)',
    '(a - b) c': '(__sub a b c)',
    '(-a) b': '(__sub 0 a b)',
    '(a + b) c': '((a + b) c)',
    '<n> { }': '(__findFile __nixPath "n" { })',
  })
})

test('selection takes a default that is a selection', () => {
  same({
    'a.b.c or d e': '((a).b.c or (d) e)',
    'a.b or c.d or e': '(a).b or ((c).d or (e))',
    'a."b c".${d}.or': '(a)."b c"."${d}".or',
    'a.${"b"}': '(a).b',
    'a.${http://b}': '(a)."http://b"',
  })
})

test('or is a variable in call position', () => {
  same({
    'map or [ ]': '(map or [ ])',
    '[ f or ]': '[ ((f or)) ]',
    '<n> or a': '((__findFile __nixPath "n") or a)',
  })
  assert.is(shown('{ or = 1; inherit or2; }.or'), '({ inherit or2; or = 1; }).or')
  assert.is(failure('let or = 1; in or'), "1:16 syntax error, unexpected 'or'")
})

test('lambdas, with, assert, if and let reach as far as they can', () => {
  same({
    'x: y: x y': '(x: (y: (x y)))',
    'with a; b + c': '(with a; (b + c))',
    'assert a; b': 'assert a; b',
    'if a then b else c + d': '(if a then b else (c + d))',
    'let a = 1; in a b': '(let a = 1; in (a b))',
  })
  assert.is(failure('1 + x: x'), "1:6 syntax error, unexpected ':', expecting end of file")
  assert.is(failure('1 + if a then b else c'), "1:5 syntax error, unexpected 'if'")
})

test('formals come in every order', () => {
  same({
    '{ }: 1': '({  }: 1)',
    '{ ... }: 1': '({ ... }: 1)',
    '{ b, a ? c, }: 1': '({ a ? c, b }: 1)',
    '{ b, ... }@q: 1': '({ b, ... } @ q: 1)',
    'q@{ b }: 1': '({ b } @ q: 1)',
  })
  assert.is(failure('{ a, ..., b }: 1'), "1:9 syntax error, unexpected ',', expecting '}'")
})

test('a formal may occur only once', () => {
  assert.is(failure('{ a, b, a }: 1'), "1:9 duplicate formal function argument 'a'")
  assert.is(failure('[ (a@{ b, a }: 1) ]'), "1:4 duplicate formal function argument 'a'")
  const many = Array.from({ length: 30 }, (_, i) => `a${i}`).join(', ')
  assert.is(failure(`{ ${many}, a7 }: 1`), "1:143 duplicate formal function argument 'a7'")
})

test('a function has 65535 formals at most', () => {
  const formals = Array.from({ length: 65536 }, (_, i) => `a${i}`)
  assert.is(
    failure(`{ ${formals.join()} }: 1`),
    '1:1 too many formal arguments, implementation supports at most 65535',
  )
  assert.is(shown(`{ ${formals.slice(1).join()} }: 1`).slice(-4), ': 1)')
})

test('the legacy let selects body', () => {
  assert.is(shown('let { x = 1; body = x; }'), '(rec { body = x; x = 1; }).body')
})

test('paths are interpolated, and canonical in print', () => {
  same({
    './a/../b': '/d/b',
    '../..': '/',
    '~/x': '/h/x',
    '/a/./b': '/a/b',
    './${x}.nix': '(/d/ + x + ".nix")',
    'a/b/${x}/c/${y}': '(/d/a/b/ + x + "/c/" + y)',
    '~/${x}': '(/h/ + x)',
  })
})

test('dynamic names are kept apart, names in quotes are static', () => {
  same({
    '{ ${a} = 1; "b" = 2; ${"c"} = 3; "d${e}" = 4; }': '{ b = 2; c = 3; "${a}" = 1; "${("d" + e)}" = 4; }',
    '{ a.${b}.c = 1; }': '{ a = { "${b}" = { c = 1; }; }; }',
    '{ inherit "a" ${"b"}; }': '{ inherit a b; }',
  })
  assert.is(failure('{ inherit ${a}; }'), '1:11 dynamic attributes not allowed in inherit')
  assert.is(failure('{ inherit "a${b}"; }'), '1:11 dynamic attributes not allowed in inherit')
  assert.is(failure('[ (let ${a} = 1; in 2) ]'), '1:4 dynamic attributes not allowed in let')
})

test('names are quoted in print when they must be', () => {
  assert.is(
    shown('{ "if" = 1; "a b" = 2; "" = 3; or = 4; "1" = 5; }'),
    '{ "" = 3; "1" = 5; "a b" = 2; "if" = 1; or = 4; }',
  )
})

test('floats print with six digits, halves to even', () => {
  assert.is(
    shown('[ 1.0 0.5 123456.5 123457.5 1234567.25 1.0e-5 0.0001 ]'),
    '[ (1) (0.5) (123456) (123458) (1.23457e+06) (1e-05) (0.0001) ]',
  )
})

test('pipes become calls', () => {
  assert.is(shown('a |> f |> g', PIPES), '(g (f a))')
  assert.is(shown('f <| g <| a', PIPES), '(f (g a))')
  assert.is(shown('a |> f b', PIPES), '(f b a)')
  assert.is(shown('a + b |> f', PIPES), '(f (a + b))')
  assert.is(failure('a |> f <| g', PIPES), "1:8 syntax error, unexpected '<|', expecting end of file")
  assert.is(failure('a <| f |> g', PIPES), "1:8 syntax error, unexpected '|>', expecting end of file")
})

test('an or that will change its meaning is warned of', () => {
  const [warning, ...more] = warnings('[ (g or)\n  f x or ]')
  assert.equal(more, [])
  assert.is(warning.code, 'or-as-identifier')
  assert.is(
    warning.message,
    `at /f.nix:2:5: This expression uses \`or\` as an identifier in a way that will change in a future Nix release.
Wrap this entire expression in parentheses to preserve its current meaning:
    (x or)
Give feedback at https://github.com/NixOS/nix/pull/11121`,
  )
  assert.is(warnings('map or [ ]').length, 0)
  assert.is(warnings('f (g or)').length, 0)
  assert.is(warnings('f g or').length, 1)
  assert.is(warnings('a.b or c or').length, 1)
})

test('lints warn, or fail', () => {
  const text = '[ http://x.y a/b /c ~/d ./e ]'
  const of = (key: string, level: string) => ({ ...PIPES, [key]: level }) as typeof PIPES
  assert.equal(
    warnings(text, of('lintUrlLiterals', 'warn')).map((w) => [w.message, w.start, w.end]),
    [
      [
        'URL literals are discouraged. Consider using a string literal "http://x.y" instead (lint-url-literals)',
        2,
        12,
      ],
    ],
  )
  assert.equal(
    warnings(text, of('lintShortPathLiterals', 'warn')).map((w) => w.message),
    [
      "relative path literal 'a/b' should be prefixed with '.' for clarity: './a/b' (lint-short-path-literals)",
    ],
  )
  assert.equal(
    warnings(text, of('lintAbsolutePathLiterals', 'warn')).map((w) => w.start),
    [17, 20],
  )
  assert.is(
    failure(text, of('lintUrlLiterals', 'fatal')),
    '1:3 URL literals are disallowed. Consider using a string literal "http://x.y" instead (lint-url-literals)',
  )
  assert.is(
    failure(text, of('lintAbsolutePathLiterals', 'fatal')),
    "1:18 absolute path literals are not portable. Consider replacing path literal '/c' by a string, relative path, or parameter (lint-absolute-path-literals)",
  )
})

test.run()
