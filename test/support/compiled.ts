/** Texts compiled against a few globals, without an evaluator. */
import type { Chunk } from '../../src/bytecode/chunk.ts'
import { compile } from '../../src/compiler/compiler.ts'
import type { SourceWarning } from '../../src/source.ts'
import { parse } from '../../src/syntax/parser.ts'

const NAMES = [
  ...[
    'builtins',
    'true',
    'false',
    'null',
    'import',
    'map',
    'derivation',
    'toString',
    '__nixPath',
    '__findFile',
  ],
  ...['__sub', '__mul', '__div', '__lessThan', 'builtins.map', 'builtins.length', 'builtins.seq'],
  'builtins.derivation',
]
const globals: ReadonlyMap<string, number> = new Map(NAMES.map((name, i) => [name, i]))
/** `builtins.length` checks its argument, `builtins.seq` forces the first and hands the second over. */
const functions = new Map([
  [NAMES.indexOf('builtins.length'), { kinds: [7], order: [0] }],
  [NAMES.indexOf('builtins.seq'), { kinds: [1, 0], order: [0, 1] }],
])

export interface Compiled {
  chunk: Chunk
  warnings: SourceWarning[]
}

/** What parser and compiler make of a text, all warnings on. Throws their NixError. */
export function compiled(text: string): Compiled {
  const warnings: SourceWarning[] = []
  const warn = (warning: SourceWarning): number => warnings.push(warning)
  const root = parse(
    text,
    {
      features: new Set(['pipe-operators']),
      lintUrlLiterals: 'ignore',
      lintShortPathLiterals: 'ignore',
      lintAbsolutePathLiterals: 'ignore',
      warnings: true,
    },
    warn,
  )
  const found = [...warnings]
  return { chunk: compile(root, text, { globals, functions, warn, warnings: true, found }), warnings }
}
