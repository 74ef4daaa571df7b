import { compile } from '../../../src/compiler/compiler.ts'
import type { ParseOptions } from '../../../src/syntax/ast.ts'
import { parse } from '../../../src/syntax/parser.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('lazy compilation')

const options: ParseOptions = {
  features: new Set(),
  lintUrlLiterals: 'ignore',
  lintShortPathLiterals: 'ignore',
  lintAbsolutePathLiterals: 'ignore',
}
const globals = new Map(
  ['__sub', '__mul', '__div', '__lessThan', '__findFile', '__nixPath', 'map'].map((name, i) => [name, i]),
)

function compiled(text: string) {
  const root = parse(text, options, () => {})
  return compile(root, text, { globals, warn: () => {}, lazy: true })
}

test('a unit is compiled when it is asked for, and once', () => {
  const chunk = compiled('{ a = map 1 2; b = x: { c = x + 1; }; }')
  const growth = chunk.growth!
  assert.is(growth.unitCount, 1)
  const file = growth.compile(0)
  const count = growth.unitCount
  assert.is(growth.compile(0), file)
  assert.is(growth.compile(file), file)
  assert.is(growth.unitCount, count)
})

test('rows stay in the order of the code', () => {
  const chunk = compiled('{ a = map 1 2; b = x: { c = x + 1; d = y: [ (map x y) ]; }; }')
  const growth = chunk.growth!
  growth.compile(0)
  growth.compile(3)
  growth.complete()
  const { units } = chunk
  for (let at = 6; at < units.length; at += 6) assert.ok(units[at] >= units[at - 6])
})

test('what was completed is found under the number it has got', () => {
  const chunk = compiled('{ a = map 1 2; b = map 3 4; }')
  const growth = chunk.growth!
  growth.complete()
  const count = growth.unitCount
  const numbers = [growth.compile(0), growth.compile(2), growth.compile(3)]
  assert.equal(new Set(numbers).size, 3)
  assert.is(growth.unitCount, count)
})

test('what a unit goes on in is compiled along with it', () => {
  const growth = compiled(`${'!'.repeat(2000)}(1 == 1)`).growth!
  growth.compile(0)
  const count = growth.unitCount
  assert.ok(count > 6)
  for (let unit = 0; unit < count; unit++) growth.compile(unit)
  assert.is(growth.unitCount, count)
})

for (const text of [
  '{ a = undefinedName; }',
  'x: y',
  'let a = 1; in { b = c: d; }',
  '{ inherit nothing; }',
  'rec { a = { b, c ? e }: b; }',
  '{ x, y }: { inherit (z) w; }',
  'a: (let b = 1; in b) + b',
  '(with who; 1) + who',
]) {
  test(`${text}: the undefined name is told at once`, () => {
    assert.throws(() => compiled(text), /undefined variable/)
  })
}

for (const text of [
  'x: with x; anything',
  'let a = b; b = a; in { inherit a; }',
  '{ a, b ? a, ... }@args: args // { inherit (args) c; }',
  'rec { a = b; b = x: y: map (z: x + y - z) [ a ]; }',
  '{ ${"a"} = 1; b = <nixpkgs>; c = { } ? d.e; f = -1; }',
]) {
  test(`${text}: every name means something`, () => {
    assert.ok(compiled(text).growth !== undefined)
  })
}

test.run()
