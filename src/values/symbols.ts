/** Attribute names as small integers (floor 2), one table per evaluator. Nix: symbol-table.hh. */
import type { Names } from './shape.ts'

/** Names that Nix has symbols for before it reads anything, in their order (eval.hh, StaticEvalSymbols). */
const KNOWN_NAMES: readonly string[] = (
  'outPath drvPath type meta name value system __overrides outputs outputName __ignoreNulls file line column __functor ' +
  '__toString right wrong __structuredAttrs __json allowedReferences allowedRequisites disallowedReferences ' +
  'disallowedRequisites maxSize maxClosureSize builder args __contentAddressed __impure outputHash outputHashAlgo ' +
  'outputHashMode recurseForDerivations description self startSet operator key path prefix outputSpecified ' +
  'requiredSystemFeatures or body'
).split(' ')

/** Symbols below this one are those of `KNOWN_NAMES`. */
export const KNOWN_COUNT: number = KNOWN_NAMES.length

/** Symbols that every table gives to the same names: what is looked up all the time needs no look-up of its symbol. */
export const SYM = {
  OUT_PATH: 0,
  DRV_PATH: 1,
  TYPE: 2,
  META: 3,
  NAME: 4,
  VALUE: 5,
  OVERRIDES: 7,
  OUTPUTS: 8,
  IGNORE_NULLS: 10,
  FUNCTOR: 14,
  TO_STRING: 15,
  STRUCTURED_ATTRS: 18,
  KEY: 38,
} as const

export class SymbolTable {
  readonly names: string[] = []
  readonly #ids = new Map<string, number>()
  /** Lists of names that many sets have, by the hash of their symbols (shape.ts). */
  readonly nameLists: Map<number, Names> = new Map()
  /** What they take, counted in symbols. */
  nameListWeight = 0

  constructor() {
    for (const name of KNOWN_NAMES) this.intern(name)
  }

  intern(name: string): number {
    let id = this.#ids.get(name)
    if (id === undefined) {
      id = this.names.length
      this.names.push(name)
      this.#ids.set(name, id)
    }
    return id
  }

  /** The symbol of a name that has been seen before, or -1: no set can then have the attribute. */
  find(name: string): number {
    return this.#ids.get(name) ?? -1
  }
}
