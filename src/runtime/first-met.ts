/**
 * Which of several names an error is about (floor 3). Where the order of names does not matter, Nix goes through a set, or
 * through formals, in the order in which it has met the names (symbol-table.hh). Firnix makes symbols when they are
 * used, so what Nix's parser has met first is looked up in the sources, when there is an error to be told.
 */
import type { PosTable } from '../source.ts'
import { eachName } from '../syntax/names.ts'
import { has } from '../values/attrs.ts'
import type { FormalInfo, FormalsInfo } from '../values/code.ts'
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
  if (names.length < 2) return names[0]
  let known: string | undefined
  let least = KNOWN_COUNT
  for (const name of names) {
    const sym = m.symbols.find(name)
    if (sym >= 0 && sym < least) {
      least = sym
      known = name
    }
  }
  if (known !== undefined) return known
  const wanted = new Set(names)
  let first: string | undefined
  for (const { origin, text } of m.positions.sources) {
    if (origin === 'internal' || text === undefined || !names.some((name) => text.includes(name))) continue
    eachName(text, (name) => {
      if (!wanted.has(name)) return false
      first = name
      return true
    })
    if (first !== undefined) return first
  }
  return undefined
}

/** Places of names in Nix's table of symbols, relative to each other. Made when there is an error: it reads all sources again. */
export class NameOrder {
  readonly #m: Names
  readonly #ranks = new Map<string, number>()

  constructor(m: Names) {
    this.#m = m
    for (const { origin, text } of m.positions.sources)
      if (origin !== 'internal' && text !== undefined) this.#add(text)
  }

  #add(text: string): void {
    const ranks = this.#ranks
    eachName(text, (name) => {
      if (!ranks.has(name)) ranks.set(name, KNOWN_COUNT + ranks.size)
      return false
    })
  }

  /** The less, the earlier. What stands in no source was made by the program, and comes last. */
  rank(name: string): number {
    const sym = this.#m.symbols.find(name)
    if (sym >= 0 && sym < KNOWN_COUNT) return sym
    return this.#ranks.get(name) ?? MADE + sym
  }

  /** The indices of a shape's attributes, in that order. */
  walk(shape: Shape): number[] {
    const ranks = shape.walk.map((_, i) => this.rank(shape.nameAt(i)))
    return shape.walk.slice().sort((a, b) => ranks[a] - ranks[b])
  }
}
