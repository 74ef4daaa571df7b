import { assert, suite } from '../../support/suite.ts'
import { failure, PIPES, shown } from './parsing.ts'

const test = suite('depth')

const N = 100_000
const nested = (open: string, middle: string, close = ''): string => open.repeat(N) + middle + close.repeat(N)

const programs: Record<string, string> = {
  parentheses: nested('(', '1', ')'),
  lists: nested('[', '', ']'),
  sets: nested('{a=', '1', ';}'),
  'recursive sets': nested('rec {a=', '1', ';}'),
  'legacy lets': nested('let {body=', '1', ';}'),
  'attribute paths': `{a${'.a'.repeat(N)}=1;a${'.a'.repeat(N - 1)}.b=1;}`,
  selections: `a${'.a'.repeat(N)}`,
  'dynamic selections': nested('a.${', 'a', '}'),
  'selection defaults': nested('a.b or ', '1'),
  'string interpolations': nested('"${', '1', '}"'),
  'indented interpolations': nested("''${", '1', "}''"),
  'path interpolations': nested('./${', '1', '}'),
  'attribute name interpolations': nested('{"${', '1', '}"=1;}'),
  sums: `1${' + 1'.repeat(N)}`,
  concatenations: `1${' ++ 1'.repeat(N)}`,
  implications: `1${' -> 1'.repeat(N)}`,
  'attribute tests': `a${' ? b'.repeat(N)}`,
  negations: nested('!', '1'),
  minuses: nested('-', '1'),
  lambdas: nested('x: ', '1'),
  'named lambdas': `{a=${'x: '.repeat(N)}1;}`,
  'formal defaults': nested('{a?', '1', '}: 1'),
  'lets in values': nested('let a=', '1', '; in a'),
  'lets in bodies': nested('let a=1; in ', 'a'),
  withs: nested('with a; ', '1'),
  asserts: nested('assert a; ', '1'),
  'ifs in else': nested('if 1 then 1 else ', '1'),
  'ifs in conditions': nested('if ', '1', ' then 1 else 1'),
  arguments: `f${' a'.repeat(N)}`,
  'nested calls': nested('f (', '1', ')'),
  'inherit sources': nested('{inherit (', '1', ') a;}'),
  'pipes into': `1${' |> f'.repeat(N)}`,
  'pipes from': nested('f <| ', '1'),
  'merged sets': `{${nested('a={', '', '};')}${nested('a={', 'b=1;', '};')}}`,
}

for (const [what, program] of Object.entries(programs))
  test(`${N} ${what} parse and print`, () => {
    assert.ok(shown(program, PIPES).length > 0)
  })

test('a bracket missing at depth is reported at its place', () => {
  assert.is(failure(nested('(', '1;', ')')), `1:${N + 2} syntax error, unexpected ';', expecting ')'`)
  assert.is(failure(nested('{a=', '1', '}')), `1:${3 * N + 2} syntax error, unexpected '}', expecting ';'`)
})

test.run()
