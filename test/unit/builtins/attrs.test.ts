/** Builtins on attribute sets: results, laziness, positions. */
import { assert, suite } from '../../support/suite.ts'
import { fails, gives, run } from './support.ts'

const test = suite('builtins: attribute sets')

test('attrNames and attrValues are in byte order', () => {
  gives('builtins.attrNames { b = 1; a = 2; B = 3; "10" = 4; "9" = 5; }', '[ "10" "9" "B" "a" "b" ]')
  gives('builtins.attrValues { b = 1; a = 2; B = 3; "10" = 4; "9" = 5; }', '[ 4 5 3 2 1 ]')
})

test('getAttr names a missing attribute without position or suggestions', () => {
  gives('builtins.getAttr "a" { a = 1; }', '1')
  fails(
    'builtins.getAttr "a" { aa = 1; }',
    "attribute 'a' missing",
    'in the attribute set under consideration',
  )
  fails('builtins.getAttr "a b" { }', `attribute '"a b"' missing`)
})

test('hasAttr does not evaluate', () => {
  gives('builtins.hasAttr "a" { a = throw "x"; }', 'true')
  gives('builtins.hasAttr "b" { a = throw "x"; }', 'false')
})

test('removeAttrs with one list again and again removes names that nobody had when it came first', () => {
  gives(
    `let names = [ "a" "z1" ]; without = s: removeAttrs s names; made = n: { name = "z\${toString n}"; value = n; };
     in [ (without { a = 1; b = 2; }) (without { a = 3; c = 4; }) (without (builtins.listToAttrs [ (made 1) (made 2) ])) ]`,
    '[ { b = 2; } { c = 4; } { z2 = 2; } ]',
  )
})

test('removeAttrs ignores what is not there', () => {
  gives('removeAttrs { x = 1; y = 2; z = 3; } [ "a" "x" "z" ]', '{ y = 2; }')
  gives('removeAttrs { x = 1; y = throw "y"; } (map (x: x) [ "y" ])', '{ x = 1; }')
})

test('a set that was made empty by taking from it is one of its own, others are the one that there is', () => {
  const told = (text: string) =>
    run(`let x = { }; r = ${text}; l = [ r x ]; in builtins.deepSeq l (builtins.trace l 1)`).log.join()
  for (const own of [
    'removeAttrs { x = 1; } [ "x" ]',
    'removeAttrs (builtins.listToAttrs [ { name = "y"; value = 1; } ]) [ "y" ]',
    'removeAttrs { ${"dyn" + "amic"} = 1; } [ "dynamic" ]',
    'builtins.intersectAttrs { x = 1; } { y = 1; }',
    'x // removeAttrs { x = 1; } [ "x" ]',
  ])
    assert.is(told(own), 'trace: [ { } { } ]', own)
  for (const common of [
    'removeAttrs x [ "x" ]',
    'builtins.mapAttrs (n: v: v) (removeAttrs { x = 1; } [ "x" ])',
    'builtins.intersectAttrs { x = 1; } x',
    'builtins.zipAttrsWith (n: v: v) [ x ]',
    'builtins.listToAttrs [ ]',
  ])
    assert.match(told(common), 'repeated', common)
})

test('zipAttrsWith of a set that has all names keeps their order', () => {
  gives(
    'builtins.zipAttrsWith (n: v: v) [ { b = 1; } { c = 2; a = 3; b = 4; } { a = 5; } ]',
    '{ a = [ 3 5 ]; b = [ 1 4 ]; c = [ 2 ]; }',
  )
})

test('removeAttrs takes a big set apart, name by name', () => {
  const set = 'builtins.listToAttrs (builtins.genList (i: { name = "k${toString i}"; value = i; }) 700)'
  const apart =
    'builtins.foldl\' (s: i: removeAttrs s [ "k${toString i}" ]) set (builtins.genList (i: 698 - i) 699)'
  gives(
    `let set = ${set}; in [ (${apart}) (builtins.length (builtins.attrNames set)) ]`,
    '[ { k699 = 699; } 700 ]',
  )
})

test('removeAttrs takes many names in any order, more than once', () => {
  const names = 'builtins.genList (i: "k${toString (99 - i / 2)}") 190'
  const set = 'builtins.listToAttrs (builtins.genList (i: { name = "k${toString i}"; value = i; }) 100)'
  gives(`removeAttrs (${set}) (${names})`, '{ k0 = 0; k1 = 1; k2 = 2; k3 = 3; k4 = 4; }')
})

test('an error of a name that removeAttrs forces gets its line', () => {
  fails(
    'removeAttrs { } [ (throw "n") ]',
    'n',
    "while calling the 'removeAttrs' builtin",
    'while evaluating the values of the second argument passed to builtins.removeAttrs',
  )
})

test('listToAttrs takes the first of equal names and asks nothing of the others', () => {
  gives(
    'builtins.listToAttrs [ { name = "a"; value = 1; } { name = "a"; } { name = "b"; value = 2; } ]',
    '{ a = 1; b = 2; }',
  )
})

test('listToAttrs requires name and value', () => {
  fails(
    'builtins.listToAttrs [ { value = 1; } ]',
    "attribute 'name' missing",
    'in a {name=...; value=...;} pair',
  )
  fails('builtins.listToAttrs [ { name = "a"; } ]', "attribute 'value' missing")
  fails(
    'builtins.listToAttrs [ { name = 1; value = 1; } ]',
    'expected a string but found an integer: 1',
    'while evaluating the `name` attribute of an element of the list passed to builtins.listToAttrs',
  )
})

test('intersectAttrs takes the values of the second set, whichever is larger', () => {
  gives('builtins.intersectAttrs { a = 1; b = 2; } { b = 3; c = 4; }', '{ b = 3; }')
  gives('builtins.intersectAttrs { b = 2; } { a = 1; b = 3; c = 4; }', '{ b = 3; }')
  gives('builtins.intersectAttrs { a = 1; b = 2; c = 3; } { c = 4; }', '{ c = 4; }')
})

test('intersectAttrs looks through layers of a big set', () => {
  gives(
    'builtins.intersectAttrs { k7 = 0; a = 0; } ((builtins.listToAttrs (builtins.genList (n: { name = "k${toString n}"; value = n; }) 100)) // { a = 1; } // { k7 = "new"; })',
    '{ a = 1; k7 = "new"; }',
  )
})

test('catAttrs collects', () => {
  gives('builtins.catAttrs "a" [ { a = 1; } { b = 0; } { a = 2; } ]', '[ 1 2 ]')
})

test('catAttrs finds a name that is first seen in the list itself', () => {
  gives('builtins.catAttrs "fresh" (map (n: { ${n} = n; }) [ "fresh" ])', '[ "fresh" ]')
})

test('mapAttrs calls nothing, not even its function', () => {
  gives('builtins.mapAttrs (n: v: n + v) { a = "1"; b = "2"; }', '{ a = "a1"; b = "b2"; }')
  gives('builtins.attrNames (builtins.mapAttrs (throw "f") { a = 1; })', '[ "a" ]')
})

test('zipAttrsWith collects values in the order of the list', () => {
  gives(
    'builtins.zipAttrsWith (name: values: { inherit name values; }) [ { a = "x"; } { a = "y"; b = "z"; } ]',
    '{ a = { name = "a"; values = [ "x" "y" ]; }; b = { name = "b"; values = [ "z" ]; }; }',
  )
})

test('zipAttrsWith of two sets gives each name the values of the sets that have it', () => {
  const zip = (sets: string): string => `builtins.zipAttrsWith (name: values: values) [ ${sets} ]`
  gives(zip('{ a = 1; c = 3; } { b = 2; d = 4; }'), '{ a = [ 1 ]; b = [ 2 ]; c = [ 3 ]; d = [ 4 ]; }')
  gives(zip('{ a = 1; b = 2; } { a = 3; b = 4; }'), '{ a = [ 1 3 ]; b = [ 2 4 ]; }')
  gives(zip('{ a = 1; b = 2; c = 3; } { b = 4; }'), '{ a = [ 1 ]; b = [ 2 4 ]; c = [ 3 ]; }')
  gives(zip('{ b = 4; } { a = 1; b = 2; c = 3; }'), '{ a = [ 1 ]; b = [ 4 2 ]; c = [ 3 ]; }')
  gives(zip('{ } { a = 1; }'), '{ a = [ 1 ]; }')
  gives(zip('{ } { }'), '{ }')
  gives(`(${zip('{ a = throw "never"; } { a = 2; b = 3; }')}).b`, '[ 3 ]')
})

test('zipAttrsWith of many sets with many names gives what catAttrs does for each', () => {
  // Of several shapes that take turns, each with names that no other has.
  const same = (sets: number, step: number): string =>
    `let set = i: let from = (i - i / 3 * 3) * ${step}; in builtins.listToAttrs (builtins.genList ` +
    '(k: { name = "n${toString (from + k * 7 - (from + k * 7) / 40 * 40)}"; value = i; }) 12); ' +
    `sets = builtins.genList set ${sets}; zipped = builtins.zipAttrsWith (n: vs: vs) sets; in ` +
    "zipped == builtins.mapAttrs (n: _: builtins.catAttrs n sets) (builtins.foldl' (a: b: a // b) { } sets)"
  for (const [sets, step] of [
    [1, 1],
    [3, 0],
    [9, 1],
    [9, 5],
    [4, 13],
  ])
    gives(same(sets, step), 'true')
})

test('a set that zipAttrsWith has grown step by step has the last value of each name, and the names of all steps', () => {
  const grown = (n: number): string =>
    `builtins.foldl' (a: i: builtins.zipAttrsWith (name: builtins.foldl' (x: y: x + y) 0) ` +
    `[ a { common = i; "k\${toString i}" = i; } ]) { } (builtins.genList (i: i) ${n})`
  gives(
    `let s = ${grown(400)}; in [ (builtins.length (builtins.attrNames s)) s.common s.k7 s.k399 ]`,
    '[ 401 79800 7 399 ]',
  )
})

test('unsafeGetAttrPos knows positions in files only', () => {
  const files = { '/f.nix': '{\n  a = 1;\n}\n' }
  assert.is(
    run('builtins.unsafeGetAttrPos "a" (import /f.nix)', {}, files).value,
    '{ column = 3; file = "/f.nix"; line = 2; }',
  )
  gives('builtins.unsafeGetAttrPos "a" { a = 1; }', 'null')
  gives('builtins.unsafeGetAttrPos "b" { a = 1; }', 'null')
})

test('positions survive removeAttrs, intersectAttrs and listToAttrs, not mapAttrs', () => {
  const files = { '/f.nix': '{\n  a = 1; name = "a"; value = 2; }\n' }
  const line = (e: string): string | undefined =>
    run(`(x: if x == null then null else x.line) (builtins.unsafeGetAttrPos "a" (${e}))`, {}, files).value
  assert.is(line('removeAttrs (import /f.nix) [ "name" ]'), '2')
  assert.is(line('builtins.intersectAttrs { a = 0; } (import /f.nix)'), '2')
  assert.is(line('builtins.listToAttrs [ (import /f.nix) ]'), '2')
  assert.is(line('builtins.mapAttrs (n: v: v) (import /f.nix)'), 'null')
})

test.run()
