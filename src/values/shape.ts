/**
 * Shapes: the names, order and positions that many attribute sets share (floor 2).
 *
 * A literal's sets share one shape; so do the results of `//` on sets of the same two shapes, through a cached merge
 * plan. Names are in byte order, so iterating in Nix's order needs no sorting.
 */
import type { PosIdx } from '../source.ts'
import type { LoadedChunk } from './code.ts'
import type { SymbolTable } from './symbols.ts'

/** How `a // b` is made for two shapes: source[i] >= 0 takes a's value at that slot, otherwise b's at ~source[i]. */
export interface MergePlan {
  readonly left: Shape
  readonly right: Shape
  readonly source: number[]
  readonly shape: Shape
}

/** The literal a shape comes from; `descs[i]` is the pc of the one instruction that loads attribute i unforced. */
export class Site {
  readonly chunk: LoadedChunk
  readonly descs: number[]
  constructor(chunk: LoadedChunk, descs: number[]) {
    this.chunk = chunk
    this.descs = descs
  }
}

const LINEAR = 8

export class Shape {
  readonly symbols: SymbolTable
  /** Names, in byte order of what they are called. */
  readonly syms: readonly number[]
  /** Position of each attribute, the plan that says where to look for it, or null when none has one. */
  readonly #positions: readonly PosIdx[] | MergePlan | null
  readonly site: Site | null
  /** Comes from a literal, or from plans over such shapes: it will be seen again, so plans are worth keeping. */
  readonly shared: boolean
  #index: Int32Array | null = null
  #plans: Map<Shape, MergePlan> | null = null
  #bare: Shape | null = null
  #walk: readonly number[] | null = null
  /** The shape that this is the bare form of. */
  #placed: Shape | null = null

  constructor(
    symbols: SymbolTable,
    syms: readonly number[],
    positions: readonly PosIdx[] | ((shape: Shape) => MergePlan) | null,
    site: Site | null,
    shared: boolean,
  ) {
    this.symbols = symbols
    this.syms = syms
    this.#positions = typeof positions === 'function' ? positions(this) : positions
    this.site = site
    this.shared = shared
  }

  get size(): number {
    return this.syms.length
  }

  nameAt(i: number): string {
    return this.symbols.names[this.syms[i]]
  }

  /** Whether any attribute has a position. */
  get placed(): boolean {
    return this.#positions !== null
  }

  positionAt(i: number): PosIdx {
    let places = this.#positions
    while (places !== null && 'source' in places) {
      const s: number = places.source[i]
      i = s < 0 ? ~s : s
      places = s < 0 ? places.right.#positions : places.left.#positions
    }
    return places === null ? 0 : places[i]
  }

  /** The slot of a symbol, or -1. */
  find(sym: number): number {
    const syms = this.syms
    const n = syms.length
    if (n <= LINEAR) {
      for (let i = 0; i < n; i++) if (syms[i] === sym) return i
      return -1
    }
    let index = this.#index
    if (index === null) index = this.#index = buildIndex(syms)
    const mask = index.length - 1
    let h = Math.imul(sym, 0x9e3779b1) >>> 7
    for (;;) {
      const slot = index[h & mask] - 1
      if (slot < 0) return -1
      if (syms[slot] === sym) return slot
      h++
    }
  }

  /**
   * The slots in the order in which Nix walks a set where the order of names does not matter: that in which it has met
   * the names. Names that it knows from the start come first; of the others, the order of their definitions is taken.
   */
  get walk(): readonly number[] {
    if (this.#walk === null) this.#walk = this.#placed === null ? walkOrder(this) : this.#placed.walk
    return this.#walk
  }

  /** The same names without positions or site (mapAttrs and its like). */
  get bare(): Shape {
    if (this.#positions === null && this.site === null) return this
    if (this.#bare === null) {
      this.#bare = new Shape(this.symbols, this.syms, null, null, this.shared)
      this.#bare.#placed = this
    }
    return this.#bare
  }

  /** How to make `this // right`. */
  plan(right: Shape): MergePlan {
    let plans = this.#plans
    if (plans !== null) {
      const known = plans.get(right)
      if (known !== undefined) return known
    }
    const plan = makePlan(this, right)
    if (this.shared && right.shared) {
      if (plans === null) plans = this.#plans = new Map()
      if (plans.size < 256) plans.set(right, plan)
    }
    return plan
  }
}

/** Names that Nix has symbols for before it reads anything, in their order (eval.hh, StaticEvalSymbols). */
const KNOWN_NAMES =
  'outPath drvPath type meta name value system __overrides outputs outputName __ignoreNulls file line column __functor ' +
  '__toString right wrong __structuredAttrs __json allowedReferences allowedRequisites disallowedReferences ' +
  'disallowedRequisites maxSize maxClosureSize builder args __contentAddressed __impure outputHash outputHashAlgo ' +
  'outputHashMode recurseForDerivations description self startSet operator key path prefix outputSpecified ' +
  'requiredSystemFeatures or body'
const KNOWN: ReadonlyMap<string, number> = new Map(KNOWN_NAMES.split(' ').map((name, i) => [name, i - 1000]))

function walkOrder(shape: Shape): readonly number[] {
  const ranks = shape.syms.map((_, i) => KNOWN.get(shape.nameAt(i)) ?? shape.positionAt(i))
  return ranks.map((_, i) => i).sort((a, b) => ranks[a] - ranks[b])
}

function buildIndex(syms: readonly number[]): Int32Array {
  let size = 16
  while (size < syms.length * 2) size *= 2
  const index = new Int32Array(size)
  const mask = size - 1
  for (let i = 0; i < syms.length; i++) {
    let h = Math.imul(syms[i], 0x9e3779b1) >>> 7
    while (index[h & mask] !== 0) h++
    index[h & mask] = i + 1
  }
  return index
}

function makePlan(left: Shape, right: Shape): MergePlan {
  const names = left.symbols.names
  const ls = left.syms
  const rs = right.syms
  const syms: number[] = []
  const source: number[] = []
  let i = 0
  let j = 0
  while (i < ls.length || j < rs.length) {
    let takeRight: boolean
    if (i === ls.length) takeRight = true
    else if (j === rs.length) takeRight = false
    else if (ls[i] === rs[j]) {
      i++
      takeRight = true
    } else takeRight = names[rs[j]] < names[ls[i]]
    if (takeRight) {
      syms.push(rs[j])
      source.push(~j)
      j++
    } else {
      syms.push(ls[i])
      source.push(i)
      i++
    }
  }
  // A package tree has very many shapes: their arrays are as long as need be, shared where they are the same, and
  // positions are looked up where they come from.
  const n = syms.length
  const own = n === ls.length ? ls : n === rs.length ? rs : syms.slice()
  const shared = left.shared && right.shared && n <= 4096
  let plan!: MergePlan
  const follow = (shape: Shape): MergePlan => (plan = { left, right, source: source.slice(), shape })
  const placed = left.placed || right.placed
  const shape = new Shape(left.symbols, own, placed ? follow : null, null, shared)
  return placed ? plan : follow(shape)
}
