/**
 * Which of several names an error is about (floor 3). Where the order of names does not matter, Nix goes through a set, or
 * through formals, in the order in which it has met the names (symbol-table.hh). Firnix makes symbols when they are
 * used, so what Nix's parser has met first is looked up in the sources, when there is an error.
 */
import { latin1Bytes, latin1String } from '../latin1.ts'
import type { PosTable } from '../source.ts'
import { eachName } from '../syntax/names.ts'
import { has } from '../values/attrs.ts'
import type { FormalInfo, FormalsInfo } from '../values/code.ts'
import { Interner } from '../values/interner.ts'
import type { Shape } from '../values/shape.ts'
import { KNOWN_COUNT, type SymbolTable } from '../values/symbols.ts'
import type { Attrs } from '../values/value.ts'

/** Ranks of names that no source has. */
const MADE = 2 ** 40

/** What is known of names: the machine, as far as it is needed here. */
interface Names {
  readonly positions: PosTable
  readonly symbols: SymbolTable
}

/** The formal that an error is about when `args` lacks one, or several, that have no default. */
export function firstMissing(m: Names, formals: FormalsInfo, args: Attrs): FormalInfo {
  const missing = formals.list.filter((f) => f.fallback === 0 && !has(args, f.sym))
  const name = firstMet(
    m,
    missing.map((f) => f.name),
  )
  return missing.find((f) => f.name === name) ?? missing[0]
}

/** The name that Nix met first, or undefined when none of them stands in a source (they were made by the program). */
export function firstMet(m: Names, names: readonly string[]): string | undefined {
  return names.length < 2 ? names[0] : orderOf(m).first(names)
}

const orders = new WeakMap<PosTable, NameOrder>()

/** The order of the names of a program. */
export function orderOf(m: Names): NameOrder {
  let order = orders.get(m.positions)
  if (order === undefined) orders.set(m.positions, (order = new NameOrder(m)))
  return order
}

/**
 * Places of names in Nix's table of symbols, relative to each other. The sources are read again, once in the life of a program
 * and only up to the names that are asked for: a program may meet thousands of errors, and have as many files.
 */
export class NameOrder {
  readonly #m: Names
  /** In the order in which they are met. */
  readonly #met = new Interner(256)
  /** How many of the sources have been read. */
  #sources = 0

  constructor(m: Names) {
    this.#m = m
  }

  /** Reads one more source; false when there is none. */
  #readOn(): boolean {
    const { sources } = this.#m.positions
    if (this.#sources >= sources.length) return false
    const source = sources[this.#sources++]
    const text = source.origin === 'internal' ? undefined : source.peek()
    if (text === undefined) return true
    const met = this.#met
    eachName(text, (name) => {
      if (met.find(name) < 0) met.intern(ownCopy(name))
      return false
    })
    return true
  }

  /** Where a name stands among those that are known from the start; -1: it is none of them. */
  #known(name: string): number {
    const sym = this.#m.symbols.find(name)
    return sym < KNOWN_COUNT ? sym : -1
  }

  /** The less, the earlier. What stands in no source was made by the program, and comes last. */
  rank(name: string): number {
    const known = this.#known(name)
    if (known >= 0) return known
    for (;;) {
      const at = this.#met.find(name)
      if (at >= 0) return KNOWN_COUNT + at
      if (!this.#readOn()) return MADE + this.#m.symbols.find(name)
    }
  }

  /** The earliest of several names, or undefined when all of them were made by the program. */
  first(names: readonly string[]): string | undefined {
    let first: string | undefined
    let least = Number.POSITIVE_INFINITY
    const look = (rankOf: (name: string) => number): boolean => {
      for (const name of names) {
        const rank = rankOf(name)
        if (rank < 0 || rank >= least) continue
        least = rank
        first = name
      }
      return first !== undefined
    }
    if (look((name) => this.#known(name))) return first
    // Of names that are met already one is earlier than all others.
    do {
      if (look((name) => this.#met.find(name))) return first
    } while (this.#readOn())
    return undefined
  }

  /** The indices of a shape's attributes, in that order; those for which `counts` says no come first. */
  walk(shape: Shape, counts: (i: number) => boolean = () => true): number[] {
    const ranks = shape.walk.map((_, i) => (counts(i) ? this.rank(shape.nameAt(i)) : -1))
    return shape.walk.slice().sort((a, b) => ranks[a] - ranks[b])
  }
}

/** The same name in memory of its own: a part of a text keeps the whole text. */
function ownCopy(name: string): string {
  return latin1String(latin1Bytes(name))
}
