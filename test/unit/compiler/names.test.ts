/** What walks over the tree tell about names. */
import { standsOnce } from '../../../src/compiler/names.ts'
import * as A from '../../../src/syntax/ast.ts'
import { parse } from '../../../src/syntax/parser.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('compiler/names')

function once(text: string): boolean {
  const node = parse(
    text,
    {
      features: new Set<string>(),
      lintUrlLiterals: 'ignore',
      lintShortPathLiterals: 'ignore',
      lintAbsolutePathLiterals: 'ignore',
    },
    () => {},
  )
  if (node.kind !== A.LET) throw new Error(text)
  return standsOnce(node, 'l')
}

test('a name that stands in one place of a let is told from one that stands in several, or in none', () => {
  for (const text of [
    'let l = 1; in l',
    'let l = 1; in [ (f l) ]',
    'let l = 1; m = "${l}"; in m',
    'let l = 1; in x: { a ? l }: a',
    'let l = 1; in { a.${l} = 1; }',
    'let l = 1; in s.${l} or 2',
    'let l = 1; in s ? ${l}',
    'let l = 1; in if a then b else -l',
    'let l = 1; in assert !l; with m; n',
    'let l = 1; in with l; l_',
    'let l = 1; in { inherit l; }',
    'let l = 1; inherit (l) a; in a',
    'let l = 1; in s.l + l',
    'let l = 1; in { l = l; }',
  ])
    assert.is(once(text), true, text)
  for (const text of [
    'let l = 1; in 2',
    'let l = 1; in l + l',
    'let l = 1; m = l; in [ l ]',
    'let l = 1; in { inherit l; a = l; }',
    'let l = 1; in rec { inherit l; b = { inherit l; }; }',
    'let l = 1; in (l: l) l',
    'let l = [ l ]; in l',
    'let l = 1; in { a.${l} = "${l}"; }',
  ])
    assert.is(once(text), false, text)
})

test('a very big let is not looked through', () => {
  assert.is(once(`let l = 1; in [ l ${'a '.repeat(10_000)} ]`), true)
  assert.is(once(`let l = 1; in [ ${'a '.repeat(30_000)} l ]`), false)
})

test.run()
