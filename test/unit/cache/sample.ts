/** Chunks for the tests of the cache and of the code checks: of real programs, and one with something in every table. */
import type { Chunk } from '../../../src/bytecode/chunk.ts'
import { compile } from '../../../src/compiler/compiler.ts'
import { lineStartsOf } from '../../../src/source.ts'
import { parse } from '../../../src/syntax/parser.ts'

const globals = new Map(
  ['builtins', 'import', 'map', 'toString', 'true', 'false', 'null'].map((name, i) => [name, i]),
)

/** What the compiler makes of a text. */
export function chunkOf(text: string): Chunk {
  const options = {
    features: new Set<string>(),
    lintUrlLiterals: 'ignore',
    lintShortPathLiterals: 'ignore',
    lintAbsolutePathLiterals: 'ignore',
  } as const
  return compile(
    parse(text, options, () => {}),
    text,
    { globals, warn: () => {} },
  )
}

/** A text that uses most of the language, and most tables of a chunk. */
export const PROGRAM = `
{ lib, system ? "x86_64-linux", extra ? { }, ... } @ args:
let
  inherit (lib) filter concat;
  inherit (extra) "a b";
  twice = f: x: f (f x);
  add = a: b: a + b;
  attrs = rec { one = 1; two = one + 1; "three" = 3.5; big = 4611686018427387904; path = ./some/where.nix; };
  dynamic = { \${system} = true; __overrides = { }; };
in
with attrs;
assert one == 1 -> two != 3;
{
  text = "caf\xc3\xa9 \${toString one} \${system}\\n";
  list = [ 1 (twice (add 1) 2) (x: x) ./. ~/home <nixpkgs> (-0.5) ];
  select = args.deep.er or (if args ? "\${system}" && !true || false then attrs // dynamic else null);
  more = map (x: x.y.z or unbound) [ ] ++ [ one ];
  here = __curPos;
}
`

/** A chunk whose every field holds something, numbers that are hard to keep among them. */
export function fullChunk(): Chunk {
  return {
    ...chunkOf(PROGRAM),
    lineStarts: lineStartsOf(PROGRAM),
    bigInts: [4611686018427387904n, -9223372036854775808n, 9223372036854775807n],
    floats: [0.1, -0, 1, Number.POSITIVE_INFINITY, 5e-324],
    warnings: [
      { code: 'url-literal', message: 'caf\xc3\xa9', start: 3, end: 9, always: true },
      { code: 'x', message: '', start: 0, end: 0, always: false },
    ],
  }
}
