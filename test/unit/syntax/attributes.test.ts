import { LAMBDA, type Node } from '../../../src/syntax/ast.ts'
import { assert, suite } from '../../support/suite.ts'
import { failure, shown, tree } from './parsing.ts'

const test = suite('attribute sets')

test('attribute paths nest and merge', () => {
  assert.is(shown('{ a.b = 1; a.c.d = 2; a.c.e = 3; }'), '{ a = { b = 1; c = { d = 2; e = 3; }; }; }')
})

test('set literals merge, parenthesised ones too', () => {
  assert.is(shown('{ a = { b = 1; }; a = ({ c = 2; }); a.d = 3; }'), '{ a = { b = 1; c = 2; d = 3; }; }')
})

test('the first literal decides whether a merged set is recursive', () => {
  assert.is(shown('{ a = rec { b = 1; }; a = { c = b; }; }'), '{ a = rec { b = 1; c = b; }; }')
  assert.is(shown('{ a = { c = 1; }; a = rec { b = 1; }; }'), '{ a = { b = 1; c = 1; }; }')
})

test('a clash names the whole path and the first definition', () => {
  assert.is(failure('{ a = 1;\n  a = 2; }'), "2:3 attribute 'a' already defined at /f.nix:1:3")
  assert.is(failure('{ a.b = 1; a.b = 2; }'), "1:12 attribute 'a.b' already defined at /f.nix:1:3")
  assert.is(failure('{ a = x; a.y = 1; }'), "1:10 attribute 'a' already defined at /f.nix:1:3")
  assert.is(
    failure('{ a.b = { c = 1; }; a = { b.c = 2; }; }'),
    "1:27 attribute 'a.b.c' already defined at /f.nix:1:11",
  )
  assert.is(failure('{ inherit a; a = 1; }'), "1:14 attribute 'a' already defined at /f.nix:1:11")
  assert.is(
    failure('{ "a b" = 1; inherit (x) "a b"; }'),
    '1:26 attribute \'"a b"\' already defined at /f.nix:1:3',
  )
})

test('of several clashes the one that was named first is reported', () => {
  assert.is(
    failure('{ s = { a = 1; b = 2; }; s = { b = 3; a = 4; }; }'),
    "1:39 attribute 's.a' already defined at /f.nix:1:9",
  )
})

test('a clash is found among many attributes', () => {
  const many = Array.from({ length: 100 }, (_, i) => `a${i} = 1;`).join('\n')
  assert.is(failure(`{\n${many}\na50 = 2; }`), "102:1 attribute 'a50' already defined at /f.nix:52:1")
})

test('inherit keeps its sources apart', () => {
  assert.is(
    shown('{ inherit b a; inherit (x) d c; inherit (x) e; }'),
    '{ inherit a b; inherit (x) c d; inherit (x) e; }',
  )
})

test('merged inherit statements move once per name, as in Nix', () => {
  assert.is(
    shown('{ a = { inherit (x) p; }; a = { inherit (y) q; }; }'),
    '{ a = { inherit (x) p; inherit (y) q; }; }',
  )
  assert.is(
    shown('{ a = { inherit (x) p; }; a = { inherit (y) q r; inherit (z) s; }; }'),
    '{ a = { inherit (x) p; inherit (z) q r s; }; }',
  )
  // Where Nix would read beyond its list, the statement keeps its own source.
  assert.is(
    shown('{ a = { inherit (x) p; }; a = { inherit (y) q r; }; }'),
    '{ a = { inherit (x) p; inherit (y) q r; }; }',
  )
})

test('dynamic attributes follow the others', () => {
  assert.is(
    shown('{ a = { ${x} = 1; }; a = { ${y} = 2; b = 3; }; }'),
    '{ a = { b = 3; "${x}" = 1; "${y}" = 2; }; }',
  )
})

test('positions are those of the definition, a path gives its start to all its steps', () => {
  const node = tree('{ a.b = 1; "c" = 2; inherit (q) y; ${e} = 3; a.z = 4; }')
  if (!('attrs' in node) || !('dynamic' in node)) throw new Error('no set')
  assert.equal(
    node.attrs.map((a) => [a.name, a.pos, a.how]),
    [
      ['a', 2, 'plain'],
      ['c', 11, 'plain'],
      ['y', 32, 'from'],
    ],
  )
  assert.is(node.dynamic[0].pos, 35)
  const nested = node.attrs[0].value as typeof node
  assert.equal(
    nested.attrs.map((a) => [a.name, a.pos]),
    [
      ['b', 2],
      ['z', 45],
    ],
  )
})

test('a chain of lambdas has the name it is bound to', () => {
  const node = tree('{ f.g = (x: y: z: 1) ; }')
  if (!('attrs' in node)) throw new Error('no set')
  const inner = node.attrs as unknown as { value: { attrs: { value: Node }[] } }[]
  const names: (string | null)[] = []
  for (let lambda = inner[0].value.attrs[0].value; lambda.kind === LAMBDA; lambda = lambda.body)
    names.push(lambda.name)
  assert.equal(names, ['g', 'g', 'g'])
})

test.run()
