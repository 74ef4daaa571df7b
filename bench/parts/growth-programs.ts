/**
 * Programs for the part `growth`: each says for a size n what text to evaluate and what must come out. All of them should take
 * time and memory in proportion to n (sorting: n log n), whatever n is the size of.
 */

export interface GrowthProgram {
  name: string
  /** What n is the size of. */
  kind: 'list' | 'set' | 'string' | 'depth' | 'file'
  /** The first size; it is doubled from there. */
  start: number
  /** The last size that Nix allows, if it sets a limit. */
  most?: number
  text(n: number): string
  expected(n: number): string
}

/** `piece(0) piece(1) …`, n of them. */
function times(n: number, piece: (i: number) => string, between = ' '): string {
  return Array.from({ length: n }, (_, i) => piece(i)).join(between)
}

const sum = (n: number): number => (n * (n - 1)) / 2
const SET = (n: number): string =>
  `builtins.listToAttrs (builtins.genList (i: { name = "k\${toString i}"; value = i; }) ${n})`

function program(
  kind: GrowthProgram['kind'],
  name: string,
  start: number,
  text: (n: number) => string,
  expected: (n: number) => string | number | boolean,
  limits: { most?: number } = {},
): GrowthProgram {
  return { name: `${kind}: ${name}`, kind, start, text, expected: (n) => String(expected(n)), ...limits }
}

export const GROWTH: readonly GrowthProgram[] = [
  program(
    'list',
    'fold',
    20_000,
    (n) => `builtins.foldl' (a: b: a + b) 0 (builtins.genList (i: i) ${n})`,
    sum,
  ),
  program(
    'list',
    'map and filter',
    10_000,
    (n) => `builtins.length (builtins.filter (x: x > 0) (map (x: x - 1) (builtins.genList (i: i) ${n})))`,
    (n) => n - 2,
  ),
  program(
    'list',
    'tail by tail',
    10_000,
    (n) =>
      `let go = a: l: if l == [ ] then a else go (a + builtins.head l) (builtins.tail l); in go 0 (builtins.genList (i: i) ${n})`,
    sum,
  ),
  program(
    'list',
    'lengthened one by one',
    5_000,
    (n) => `builtins.length (builtins.foldl' (a: x: a ++ [ x ]) [ ] (builtins.genList (i: i) ${n}))`,
    (n) => n,
  ),
  program(
    'list',
    'begun anew one by one',
    5_000,
    (n) => `builtins.length (builtins.foldl' (a: x: [ x ] ++ a) [ ] (builtins.genList (i: i) ${n}))`,
    (n) => n,
  ),
  program(
    'list',
    'many joined',
    10_000,
    (n) => `builtins.length (builtins.concatLists (builtins.genList (i: [ i i ]) ${n}))`,
    (n) => 2 * n,
  ),
  program(
    'list',
    'lengthened by concatLists',
    10_000,
    (n) =>
      `builtins.length (builtins.foldl' (a: x: builtins.concatLists [ [ x ] a [ x ] ]) [ ] (builtins.genList (i: i) ${n}))`,
    (n) => 2 * n,
  ),
  program(
    'list',
    'concatMap',
    10_000,
    (n) => `builtins.length (builtins.concatMap (i: [ i i ]) (builtins.genList (i: i) ${n}))`,
    (n) => 2 * n,
  ),
  program(
    'list',
    'sort with a function',
    4_000,
    (n) =>
      `let l = builtins.sort (a: b: a < b) (builtins.genList (i: let x = i * 7919; in x - x / ${n + 1} * ${n + 1}) ${n}); in builtins.head l`,
    () => 0,
  ),
  program(
    'list',
    'sort in order',
    10_000,
    (n) => `builtins.elemAt (builtins.sort builtins.lessThan (builtins.genList (i: i) ${n})) 7`,
    () => 7,
  ),
  program(
    'list',
    'equality',
    10_000,
    (n) => `let l = j: builtins.genList (i: i + j) ${n}; in l 0 == l 0`,
    () => true,
  ),
  program(
    'list',
    'groupBy',
    5_000,
    (n) =>
      `builtins.length (builtins.attrNames (builtins.groupBy (i: toString (i / 4)) (builtins.genList (i: i) ${n})))`,
    (n) => Math.ceil(n / 4),
  ),
  program(
    'list',
    'genericClosure',
    4_000,
    (n) =>
      `builtins.length (builtins.genericClosure { startSet = [ { key = 0; } ]; operator = { key }: if key + 1 == ${n} then [ ] else [ { key = key + 1; } { key = 0; } ]; })`,
    (n) => n,
  ),
  program(
    'set',
    'from a list, mapped, named',
    5_000,
    (n) => `builtins.length (builtins.attrNames (builtins.mapAttrs (_: v: v) (${SET(n)})))`,
    (n) => n,
  ),
  program(
    'set',
    'looked up name by name',
    5_000,
    (n) =>
      `let s = ${SET(n)}; in builtins.foldl' (a: i: a + s.\${"k\${toString i}"}) 0 (builtins.genList (i: i) ${n})`,
    sum,
  ),
  program(
    'set',
    'updated one by one',
    2_000,
    (n) =>
      `builtins.length (builtins.attrNames (builtins.foldl' (s: i: s // { "k\${toString i}" = i; }) { } (builtins.genList (i: i) ${n})))`,
    (n) => n,
  ),
  program(
    'set',
    'added to one by one, below',
    2_000,
    (n) =>
      `builtins.length (builtins.attrNames (builtins.foldl' (a: i: { \${toString i} = i; } // a) { } (builtins.genList (i: i) ${n})))`,
    (n) => n,
  ),
  program(
    'set',
    'nearly all removed',
    5_000,
    (n) =>
      `let s = ${SET(n)}; in builtins.length (builtins.attrNames (removeAttrs s (builtins.filter (k: k != "k1") (builtins.attrNames s))))`,
    () => 1,
  ),
  program(
    'set',
    'removeAttrs and intersectAttrs',
    5_000,
    (n) =>
      `let s = ${SET(n)}; in builtins.length (builtins.attrNames (builtins.intersectAttrs s (removeAttrs s (builtins.genList (i: "k\${toString (i * 2)}") ${n}))))`,
    (n) => n / 2,
  ),
  program(
    'set',
    'equality',
    5_000,
    (n) => `(${SET(n)}) == (${SET(n)})`,
    () => true,
  ),
  program(
    'set',
    'zipAttrsWith',
    4_000,
    (n) =>
      `let z = builtins.zipAttrsWith (_: builtins.length) (builtins.genList (i: { all = i; "k\${toString i}" = i; }) ${n}); in z.all`,
    (n) => n,
  ),
  program(
    'set',
    'overlays',
    500,
    (n) =>
      `let fix = f: let x = f x; in x; extends = o: f: self: let prev = f self; in prev // o self prev; in (fix (builtins.foldl' (f: i: extends (self: prev: { a = prev.a + 1; "k\${toString i}" = i; }) f) (self: { a = 0; }) (builtins.genList (i: i) ${n}))).a`,
    (n) => n,
  ),
  program(
    'string',
    'grown piece by piece',
    20_000,
    (n) =>
      `builtins.stringLength (builtins.foldl' (s: i: s + "\${toString (i / ${n})}x") "" (builtins.genList (i: i) ${n}))`,
    (n) => 2 * n,
  ),
  program(
    'string',
    'joined and split',
    10_000,
    (n) =>
      `builtins.length (builtins.split "," (builtins.concatStringsSep "," (builtins.genList toString ${n})))`,
    (n) => 2 * n - 1,
  ),
  program(
    'string',
    'taken apart',
    10_000,
    (n) =>
      `let s = builtins.concatStringsSep "" (builtins.genList (i: "a") ${n}); in builtins.length (builtins.filter (c: c == "a") (builtins.genList (i: builtins.substring i 1 s) ${n}))`,
    (n) => n,
  ),
  program(
    'string',
    'replaceStrings and match',
    10_000,
    (n) =>
      `let s = builtins.concatStringsSep "b" (builtins.genList (i: "a") ${n}); in builtins.stringLength (builtins.head (builtins.match "((a|xy)*)" (builtins.replaceStrings [ "b" ] [ "xy" ] s)))`,
    (n) => 3 * n - 2,
  ),
  program(
    'string',
    'JSON there and back',
    4_000,
    (n) =>
      `builtins.length (builtins.fromJSON (builtins.toJSON (builtins.genList (i: { a = i; b = "s\\"\${toString i}"; }) ${n})))`,
    (n) => n,
  ),
  program(
    'depth',
    'recursion',
    5_000,
    (n) => `let down = n: if n == 0 then 0 else 1 + down (n - 1); in down ${n}`,
    (n) => n,
  ),
  program(
    'depth',
    'chain of thunks',
    10_000,
    (n) => `let go = i: x: if i == 0 then x else go (i - 1) (x + 1); in go ${n} 0`,
    (n) => n,
  ),
  program(
    'depth',
    'nested data, forced and compared',
    5_000,
    (n) =>
      `let nest = x: builtins.foldl' (a: i: { inherit i; a = [ a ]; }) x (builtins.genList (i: i) ${n}); in builtins.deepSeq (nest 0) (nest 0 == nest 0)`,
    () => true,
  ),
  program(
    'depth',
    'functions in functions',
    10_000,
    (n) => `builtins.foldl' (f: i: x: f (x + 1)) (x: x) (builtins.genList (i: i) ${n}) 0`,
    (n) => n,
  ),
  program(
    'file',
    'list',
    10_000,
    (n) => `builtins.length [ ${times(n, String)} ]`,
    (n) => n,
  ),
  program(
    'file',
    'set',
    5_000,
    (n) => `builtins.length (builtins.attrNames { ${times(n, (i) => `k${i} = ${i};`)} })`,
    (n) => n,
  ),
  program(
    'file',
    'recursive set',
    5_000,
    (n) => `(rec { k0 = 0; ${times(n, (i) => `k${i + 1} = k${i} + 1;`)} }).k${n}`,
    (n) => n,
  ),
  program(
    'file',
    'let',
    5_000,
    (n) => `let k0 = 0; ${times(n, (i) => `k${i + 1} = k${i} + 1;`)} in k${n}`,
    (n) => n,
  ),
  program(
    'file',
    'let in let',
    2_000,
    (n) => `let k0 = 0; in ${times(n, (i) => `let k${i + 1} = k${i} + 1; in`)} k${n}`,
    (n) => n,
  ),
  program(
    'file',
    'string',
    50_000,
    (n) => `builtins.stringLength "${'x\\n'.repeat(n)}"`,
    (n) => 2 * n,
  ),
  program(
    'file',
    'indented string',
    10_000,
    (n) => `builtins.stringLength ''\n${times(n, () => '  line\n', '')}''`,
    (n) => 5 * n,
  ),
  program(
    'file',
    'comments',
    20_000,
    (n) => `${times(n, (i) => `# ${i}\n/* ${i} */`)} 1`,
    () => 1,
  ),
  program(
    'file',
    'interpolation',
    10_000,
    (n) => `let a = "x"; in builtins.stringLength "${'${a}'.repeat(n)}"`,
    (n) => n,
  ),
  program(
    'file',
    'operators in a row',
    10_000,
    (n) => `0 ${times(n, () => '+ 1')}`,
    (n) => n,
  ),
  program(
    'file',
    'brackets',
    10_000,
    (n) => `${'('.repeat(n)}1${')'.repeat(n)}`,
    () => 1,
  ),
  program(
    'file',
    'if in if',
    5_000,
    (n) => `let t = false; in ${times(n, () => 'if t then 0 else')} 1`,
    () => 1,
  ),
  program(
    'file',
    'with in with',
    2_000,
    (n) => `${times(n, () => 'with { a = 1; };')} a`,
    () => 1,
  ),
  program(
    'file',
    'set in set',
    5_000,
    (n) => `({ a = ${times(n, () => '{ a =')} 1 ${times(n, () => '; }')}; }) ? a`,
    () => true,
  ),
  program(
    'file',
    'parameters',
    2_000,
    (n) => `({ ${times(n, (i) => `k${i}`, ', ')} }: k0 + k${n - 1}) { ${times(n, (i) => `k${i} = ${i};`)} }`,
    (n) => n - 1,
    { most: 65_535 },
  ),
  program(
    'file',
    'curried parameters',
    1_000,
    (n) => `(${times(n, (i) => `k${i}:`)} k${n - 1}) ${times(n, String)}`,
    (n) => n - 1,
  ),
]
