/**
 * Shapes: the names, order and positions that many attribute sets share (floor 2).
 *
 * A literal's sets share one shape; so do the results of `//` on sets of the same two shapes, through a cached merge
 * plan. Names are in byte order, so iterating in Nix's order needs no sorting.
 *
 * What depends on nothing but the names (their index, how two lists of names become one) hangs on `Names`, of which
 * there is one for every list of names that is met again and is not very long, however many shapes have these names.
 */
import type { PosIdx } from '../source.ts'
import type { LoadedChunk } from './code.ts'
import { zeroed } from './interner.ts'
import { KNOWN_COUNT, type SymbolTable } from './symbols.ts'

/** How `a // b` is made for two shapes: source[i] >= 0 takes a's value at that slot, otherwise b's at ~source[i]. */
export class MergePlan {
  readonly left: Shape
  readonly right: Shape
  readonly source: readonly number[]
  /** How many plans one may have to go through from here to find a position. */
  readonly depth: number
  shape: Shape
  constructor(left: Shape, right: Shape, source: readonly number[]) {
    this.left = left
    this.right = right
    this.source = source
    this.depth = 1 + Math.max(left.planDepth, right.planDepth)
    this.shape = left
  }
}

/** The literal a shape comes from; `descs[i]` is the pc of the one instruction that loads attribute i unforced. */
export class Site {
  readonly chunk: LoadedChunk
  readonly descs: number[]
  /** Where the literal stands. */
  readonly pos: PosIdx
  constructor(chunk: LoadedChunk, descs: number[], pos: PosIdx) {
    this.chunk = chunk
    this.descs = descs
    this.pos = pos
  }
}

const LINEAR = 8

/** Two lists of names that are longer than this together are made one in another way. */
const LONG = 256
/** Lists of names that are no longer become known when they are met again. */
const SHORT = 32
/** So often the shape of a set of which no more was known takes part in a `//` before it is seen to be shared. */
const MEETINGS = 4
/** Longer lists of names are not looked for among the known ones. */
const KNOWN_LENGTH = 1 << 14
/**
 * And once the known ones take this much (in symbols), no new one joins them: a program may make sets of any names. Long lists have
 * room of their own; they are few, and short ones do more.
 */
const KNOWN_WEIGHT = 1 << 20
const NAMES_WEIGHT = 12
/** Unions of so many names are kept as a matter of course; of more only till they take this much, in names. */
const SMALL_UNION = 1 << 12
const UNION_WEIGHT = 1 << 21
/** Shapes with these names that differ in their positions, at most, that are found again. */
const PLACED_SHAPES = 8
/** After so many plans on top of each other the positions are written down. */
const PLAN_DEPTH = 32

/** The union of two lists of names, and where each name is taken from (see MergePlan). */
export interface Union {
  readonly names: Names
  readonly source: readonly number[]
}

/** What is kept with a list of names that is found again. */
export class Known {
  /** The next list with the same hash. */
  readonly next: Names | null
  /** What they are called, once `attrNames` has asked. */
  strings: string[] | null = null
  /** The shape without positions; shapes with some. */
  plain: Shape | null = null
  placed: Shape[] | null = null
  right: Names | null = null
  union: Union | null = null
  unions: Map<Names, Union> | null = null

  constructor(next: Names | null) {
    this.next = next
  }
}

/** A sorted list of names. */
export class Names {
  readonly symbols: SymbolTable
  readonly syms: readonly number[]
  /** Not null: this is the only list of these names. Most lists of names that a program makes up are met once, and have nothing. */
  readonly known: Known | null
  /** From symbols to slots plus one (0: none), once somebody has looked for one: see `buildIndex`. */
  index: number[] | Int32Array | null = null
  /** The symbol that `index` begins with; -1: it is a hash table. */
  base = -1

  constructor(symbols: SymbolTable, syms: readonly number[], known: Known | null) {
    this.symbols = symbols
    this.syms = syms
    this.known = known
  }

  /** `this` and `right` in one. */
  union(right: Names): Union {
    const { known } = this
    if (known === null || right.known === null) return makeUnion(this, right)
    if (known.right === right) return known.union as Union
    let { unions } = known
    if (unions !== null) {
      const found = unions.get(right)
      if (found !== undefined) return found
    }
    const union = makeUnion(this, right)
    if (known.right === null) {
      known.right = right
      known.union = union
    } else {
      if (unions === null) unions = known.unions = new Map()
      if (unions.size < 256) unions.set(right, union)
    }
    return union
  }
}

/**
 * The list with these names, in byte order. A short one is known when it comes the second time, or at once if it is `lasting`: a
 * program may make a set of other names each time, and then none of them is met again. `way`: of which of the ways to such a list the
 * second time counts.
 */
function namesOf(symbols: SymbolTable, syms: readonly number[], lasting: boolean, way = 0): Names | null {
  const n = syms.length
  if (n > KNOWN_LENGTH) return null
  let hash = n
  for (let i = 0; i < n; i++) hash = Math.imul(hash ^ syms[i], 0x9e3779b1) ^ (hash >>> 15)
  // A hash that is no small integer would be an object of its own in the map.
  hash &= 0x3fffffff
  const lists = symbols.nameLists
  const first = lists.get(hash)
  for (let names: Names | null = first ?? null; names !== null; names = (names.known as Known).next)
    if (sameNumbers(names.syms, syms)) return names
  if (!lasting && n <= SHORT && !symbols.metBefore(hash ^ way)) return null
  if (n > LONG) {
    if (symbols.longListWeight >= KNOWN_WEIGHT) return null
    symbols.longListWeight += n
  } else {
    if (symbols.nameListWeight >= KNOWN_WEIGHT) return null
    symbols.nameListWeight += n + NAMES_WEIGHT
  }
  const names = new Names(symbols, syms, new Known(first ?? null))
  lists.set(hash, names)
  return names
}

/** See `Shape.overridden`. */
const OVERRIDDEN = 0x2aaaaaaa

function listOf(symbols: SymbolTable, syms: readonly number[], lasting: boolean): Names {
  return namesOf(symbols, syms, lasting) ?? new Names(symbols, syms, null)
}

/** The list of this one name, if it is known or has been asked for before. */
export function knownName(symbols: SymbolTable, sym: number): Names | null {
  return namesOf(symbols, [sym], false)
}

/** What is left of a shape without some names: the shape, and the indices that go, in order. */
export interface Remainder {
  readonly shape: Shape
  readonly gone: readonly number[]
}

/** So many remainders of one shape are kept. */
const REMAINDERS = 64
/** Those of many names only till they take this much, in names: a loop may take them off a big set one by one. */
const REMAINDER_WEIGHT = 1 << 20

/** What few shapes have. */
class Rare {
  /** The first plan that was made, and what is on its right: nearly all shapes have no other. */
  right: Shape | null = null
  plan: MergePlan | null = null
  plans: Map<Shape, MergePlan> | null = null
  /** The first remainder that was asked for, and the others by a hash of what is gone. */
  remainder: Remainder | null = null
  remainders: Map<number, Remainder> | null = null
  bare: Shape | null = null
  walk: readonly number[] | null = null
}

/** Where the attributes of a shape stand; the shape that a bare one has its order of walking from. */
type Positions = readonly PosIdx[] | PosIdx | MergePlan | Shape | null

export class Shape {
  /** Names, in byte order of what they are called. */
  readonly syms: readonly number[]
  readonly symbols: SymbolTable
  /** null: nobody has asked, and they are not known. Most shapes of sets whose names are data have none. */
  #names: Names | null
  /**
   * Position of each attribute, the one that all have, the plan that says where to look for it, or null when none has one;
   * a shape: none has one, this is the bare form of that shape.
   */
  readonly #positions: Positions
  readonly site: Site | null
  /** How often it has been met; see `shared`. */
  #met: number
  #rare: Rare | null = null

  /** `syms`: for a shape that is not shared, names that are not known, or need not be. */
  constructor(
    symbols: SymbolTable,
    syms: readonly number[] | Names,
    positions: Positions,
    site: Site | null,
    shared: boolean,
  ) {
    let names = syms instanceof Names ? syms : shared ? namesOf(symbols, syms, true) : null
    // Those that have an index share it.
    if (names === null && (syms as readonly number[]).length > LINEAR)
      names = new Names(symbols, syms as readonly number[], null)
    this.syms = names === null ? (syms as readonly number[]) : names.syms
    this.symbols = symbols
    this.#names = names
    this.#positions = positions
    this.site = site
    this.#met = shared ? MEETINGS : 0
  }

  /**
   * Comes from a literal, or from plans over such shapes, or has been met often: it will be seen again, so plans are worth
   * keeping.
   */
  get shared(): boolean {
    return this.#met >= MEETINGS
  }

  /** Says that it takes part in a `//`; whether it is shared. */
  meet(): boolean {
    if (this.#met >= MEETINGS) return true
    this.#met++
    return false
  }

  /** Two shapes have the same list of names if they have the same `syms`, which does not have this made. */
  get names(): Names {
    const names = this.#names
    if (names !== null) return names
    return (this.#names = new Names(this.symbols, this.syms, null))
  }

  /** What is kept with these names, if they are known. */
  get known(): Known | null {
    const names = this.#names
    return names === null ? null : names.known
  }

  get size(): number {
    return this.syms.length
  }

  nameAt(i: number): string {
    return this.symbols.names[this.syms[i]]
  }

  /** Whether any attribute has a position. */
  get placed(): boolean {
    const positions = this.#positions
    return positions !== null && !(positions instanceof Shape)
  }

  /** How many plans one may have to go through to find a position. */
  get planDepth(): number {
    const positions = this.#positions
    return positions instanceof MergePlan ? positions.depth : 0
  }

  positionAt(i: number): PosIdx {
    let places = this.#positions
    while (places instanceof MergePlan) {
      const s: number = places.source[i]
      i = s < 0 ? ~s : s
      places = s < 0 ? places.right.#positions : places.left.#positions
    }
    if (typeof places === 'number') return places
    return places === null || places instanceof Shape ? 0 : places[i]
  }

  /** The slot of a symbol, or -1. */
  find(sym: number): number {
    const syms = this.syms
    const n = syms.length
    if (n <= LINEAR) {
      for (let i = 0; i < n; i++) if (syms[i] === sym) return i
      return -1
    }
    const { names } = this
    let { index } = names
    if (index === null) index = buildIndex(names)
    if (names.base >= 0) {
      const k = sym - names.base
      return k >= 0 && k < index.length ? index[k] - 1 : -1
    }
    const mask = index.length - 1
    let h = Math.imul(sym, 0x9e3779b1) >>> 7
    for (;;) {
      const slot = index[h & mask] - 1
      if (slot < 0) return -1
      if (syms[slot] === sym) return slot
      h++
    }
  }

  /** The same for names that may never be looked for again: no index is made for it. */
  findOnce(sym: number): number {
    const { syms } = this
    const names = this.#names
    if (syms.length <= LINEAR || (names !== null && names.index !== null)) return this.find(sym)
    const texts = this.symbols.names
    const text = texts[sym]
    let low = 0
    let high = syms.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (texts[syms[middle]] < text) low = middle + 1
      else high = middle
    }
    return syms[low] === sym ? low : -1
  }

  /**
   * The slots in the order in which Nix walks a set where the order of names does not matter: that in which it has met
   * the names. Names that it knows from the start come first; of the others, the order of their definitions is taken.
   */
  get walk(): readonly number[] {
    const rare = this.#more()
    const positions = this.#positions
    if (rare.walk === null) rare.walk = positions instanceof Shape ? positions.walk : walkOrder(this)
    return rare.walk
  }

  /** The same names without positions or site (mapAttrs and its like). */
  get bare(): Shape {
    if (!this.placed && this.site === null) return this
    const { shared } = this
    // One that will not be seen again is not kept.
    if (!shared) return new Shape(this.symbols, this.#names ?? this.syms, this, null, false)
    const rare = this.#more()
    if (rare.bare === null) rare.bare = new Shape(this.symbols, this.names, this, null, true)
    return rare.bare
  }

  /** A shape of these names with other positions. */
  placedAt(positions: readonly PosIdx[] | PosIdx | null): Shape {
    return this.known !== null
      ? shapeOf(this.symbols, this.names, positions)
      : passingShape(this.symbols, this.#names ?? this.syms, positions)
  }

  /** The same where attributes have been overridden: a shape that is found again if they are overridden again and again. */
  overridden(positions: readonly PosIdx[] | null): Shape {
    if (this.known !== null) return shapeOf(this.symbols, this.names, positions)
    const again = namesOf(this.symbols, this.syms, false, OVERRIDDEN)
    return again === null ? this.placedAt(positions) : shapeOf(this.symbols, again, positions)
  }

  #more(): Rare {
    if (this.#rare === null) this.#rare = new Rare()
    return this.#rare
  }

  /** Whether these are the positions, if they are written down. */
  hasPositions(positions: readonly PosIdx[] | PosIdx): boolean {
    const own = this.#positions
    if (typeof positions === 'number') return own === positions
    if (!Array.isArray(own)) return false
    return sameNumbers(own, positions as readonly PosIdx[])
  }

  /** The positions without those at some indices, which are in rising order. */
  positionsWithout(gone: readonly number[]): readonly PosIdx[] | PosIdx | MergePlan | null {
    const positions = this.#positions
    if (positions === null || positions instanceof Shape) return null
    if (typeof positions === 'number') return positions
    if (!(positions instanceof MergePlan)) return keptPositions(this.symbols, without(positions, gone))
    const kept = without(
      this.syms.map((_, i) => i),
      gone,
    )
    // Positions are looked up where they come from.
    return positions.depth < PLAN_DEPTH
      ? new MergePlan(this, this, kept)
      : kept.map((i) => this.positionAt(i))
  }

  /** How to make `this // right`. */
  plan(right: Shape): MergePlan {
    const known = this.#rare
    if (known !== null) {
      if (known.right === right) return known.plan as MergePlan
      if (known.plans !== null) {
        const found = known.plans.get(right)
        if (found !== undefined) return found
      }
    }
    const plan = makePlan(this, right)
    if (this.shared && right.shared) {
      const rare = this.#more()
      if (rare.right === null) {
        rare.right = right
        rare.plan = plan
      } else {
        if (rare.plans === null) rare.plans = new Map()
        if (rare.plans.size < 256) rare.plans.set(right, plan)
      }
    }
    return plan
  }

  /** What is left without the names at some indices, which are in rising order. */
  without(gone: readonly number[]): Remainder {
    if (!this.shared) return makeRemainder(this, gone)
    const rare = this.#more()
    if (rare.remainder === null) return (rare.remainder = makeRemainder(this, gone))
    if (sameNumbers(rare.remainder.gone, gone)) return rare.remainder
    rare.remainders ??= new Map()
    let key = 0
    for (let i = 0; i < gone.length; i++) key = (Math.imul(key, 31) + gone[i] + 1) & 0x3fffffff
    const known = rare.remainders.get(key)
    if (known !== undefined && sameNumbers(known.gone, gone)) return known
    const made = makeRemainder(this, gone)
    if (known === undefined && rare.remainders.size < REMAINDERS) rare.remainders.set(key, made)
    return made
  }
}

function makeRemainder(shape: Shape, gone: readonly number[]): Remainder {
  const { symbols, syms } = shape
  const left = without(syms, gone)
  const many = left.length > LONG
  let { shared } = shape
  if (shared && many) {
    symbols.remainderWeight += left.length
    shared = symbols.remainderWeight <= REMAINDER_WEIGHT
  }
  // Many names of which there is no list that is known are not looked for again.
  const sought = !many || shape.known !== null
  const rest = sought ? listOf(symbols, left, shared) : new Names(symbols, left, null)
  // An empty set that was made so is one of its own.
  const again = shared && left.length > 0
  return { shape: new Shape(symbols, rest, shape.positionsWithout(gone), null, again), gone }
}

/** What is in a list but for some indices, which are in rising order. */
export function without<T>(items: readonly T[], gone: readonly number[]): T[] {
  if (gone.length === 1) {
    // V8 copies and moves these as a whole.
    const left = items.slice()
    left.splice(gone[0], 1)
    return left
  }
  const left: T[] = new Array(items.length - gone.length)
  let next = 0
  for (let i = 0; i < items.length; i++) {
    if (i === gone[next]) next++
    else left[i - next] = items[i]
  }
  return left
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/**
 * The shape of a set made by a builtin: of these names, in byte order, with these positions, or this one for all. A shape that has been
 * made before is found again, as far as such shapes are kept.
 */
export function shapeOf(
  symbols: SymbolTable,
  syms: readonly number[] | Names,
  positions: readonly PosIdx[] | PosIdx | null,
): Shape {
  const names = syms instanceof Names ? syms : namesOf(symbols, syms, false)
  // The empty set that is one of a kind is the machine's own.
  if (names === null || names.known === null || names.syms.length === 0)
    return passingShape(symbols, names ?? syms, positions)
  const { known } = names
  if (positions === null) {
    if (known.plain === null) known.plain = new Shape(symbols, names, null, null, true)
    return known.plain
  }
  const { placed } = known
  if (placed !== null)
    for (let i = 0; i < placed.length; i++) if (placed[i].hasPositions(positions)) return placed[i]
  const few = placed === null || placed.length < PLACED_SHAPES
  const shape = new Shape(symbols, names, keptPositions(symbols, positions), null, few)
  if (placed === null) known.placed = [shape]
  else if (few) placed.push(shape)
  return shape
}

/** A shape that may not be met again, of names that are not known, or are not worth asking for. */
export function passingShape(
  symbols: SymbolTable,
  syms: readonly number[] | Names,
  positions: readonly PosIdx[] | PosIdx | null,
): Shape {
  return new Shape(symbols, syms, keptPositions(symbols, positions), null, false)
}

/** The same positions, in the array that was made for others before, if it is one of the last few. */
function keptPositions(
  symbols: SymbolTable,
  positions: readonly PosIdx[] | PosIdx | null,
): readonly PosIdx[] | PosIdx | null {
  if (positions === null || typeof positions === 'number' || positions.length > SHORT) return positions
  const lists = symbols.positionLists
  let hash = positions.length
  for (let i = 0; i < positions.length; i++) hash = Math.imul(hash, 31) + positions[i]
  const at = hash & (lists.length - 1)
  const known = lists[at]
  if (sameNumbers(known, positions)) return known
  lists[at] = positions
  return positions
}

function walkOrder(shape: Shape): readonly number[] {
  const ranks = shape.syms.map((sym, i) => (sym < KNOWN_COUNT ? sym - 1000 : shape.positionAt(i)))
  return ranks.map((_, i) => i).sort((a, b) => ranks[a] - ranks[b])
}

/**
 * What the indices of most sets are cut from. Plain arrays: V8 makes a typed array of more than 64 bytes with a buffer beside
 * it in memory of the system's, which costs more than what is looked up in it later.
 */
const ZEROS: readonly number[] = new Array(256).fill(0)

/** A table of slots by symbol where the symbols are close together, as those of big sets are; else a hash table. */
function buildIndex(names: Names): number[] | Int32Array {
  const { syms } = names
  let low = syms[0]
  let high = low
  for (let i = 1; i < syms.length; i++) {
    const sym = syms[i]
    if (sym < low) low = sym
    else if (sym > high) high = sym
  }
  let size = 16
  while (size < syms.length * 2) size *= 2
  if (high - low < size) {
    const room = high - low + 1
    const table = room <= ZEROS.length ? ZEROS.slice(0, room) : new Int32Array(room)
    for (let i = 0; i < syms.length; i++) table[syms[i] - low] = i + 1
    names.index = table
    names.base = low
    return table
  }
  const index = size <= ZEROS.length ? ZEROS.slice(0, size) : zeroed(size)
  names.index = index
  const mask = size - 1
  for (let i = 0; i < syms.length; i++) {
    let h = Math.imul(syms[i], 0x9e3779b1) >>> 7
    while (index[h & mask] !== 0) h++
    index[h & mask] = i + 1
  }
  return index
}

function makeUnion(left: Names, right: Names): Union {
  const names = left.symbols.names
  const ls = left.syms
  const rs = right.syms
  const ln = ls.length
  const rn = rs.length
  if (ln + rn > LONG) return makeBigUnion(left, right)
  const syms: number[] = []
  const source: number[] = []
  let i = 0
  let j = 0
  while (i < ln && j < rn) {
    const l = ls[i]
    const r = rs[j]
    if (l === r) {
      i++
      syms.push(r)
      source.push(~j++)
    } else if (names[r] < names[l]) {
      syms.push(r)
      source.push(~j++)
    } else {
      syms.push(l)
      source.push(i++)
    }
  }
  for (; i < ln; i++) {
    syms.push(ls[i])
    source.push(i)
  }
  for (; j < rn; j++) {
    syms.push(rs[j])
    source.push(~j)
  }
  // A package tree has very many of these: their arrays are as long as need be.
  const n = syms.length
  const lasting = left.known !== null && right.known !== null
  const union = n === ln ? left : n === rn ? right : listOf(left.symbols, syms.slice(), lasting)
  return { names: union, source: source.slice() }
}

/** The same for many names, which arrays that grow would be copied several times for. */
function makeBigUnion(left: Names, right: Names): Union {
  const names = left.symbols.names
  const ls = left.syms
  const rs = right.syms
  const ln = ls.length
  const rn = rs.length
  const from = new Int32Array(ln + rn)
  let n = 0
  let i = 0
  let j = 0
  while (i < ln && j < rn) {
    const l = ls[i]
    const r = rs[j]
    if (l === r) {
      i++
      from[n++] = ~j++
    } else from[n++] = names[r] < names[l] ? ~j++ : i++
  }
  while (i < ln) from[n++] = i++
  while (j < rn) from[n++] = ~j++
  const source: number[] = new Array(n)
  for (let k = 0; k < n; k++) source[k] = from[k]
  if (n === ln || n === rn) return { names: n === ln ? left : right, source }
  const syms: number[] = new Array(n)
  for (let k = 0; k < n; k++) syms[k] = source[k] < 0 ? rs[~source[k]] : ls[source[k]]
  return { names: listOf(left.symbols, syms, true), source }
}

function makePlan(left: Shape, right: Shape): MergePlan {
  const { names, source } = left.names.union(right.names)
  const plan = new MergePlan(left, right, source)
  plan.shape = shapeOfPlan(plan, names)
  return plan
}

/**
 * Whether a union of so many names is to be found again; it counts then. The packages for one version of a language are thousands
 * of names, and are put together from the same literals whenever a program has wishes of its own.
 */
function mayKeep(symbols: SymbolTable, names: number): boolean {
  if (names <= SMALL_UNION) return true
  symbols.unionWeight += names
  return symbols.unionWeight <= UNION_WEIGHT
}

/**
 * The shape of what a plan makes. A loop that overrides attributes of what it has made (`acc // { n = …; }`) must come back to
 * shapes that it has met: else it would make one each time, each on top of the one before, and no plan would be found again.
 */
function shapeOfPlan(plan: MergePlan, names: Names): Shape {
  const { left, right, source } = plan
  const { symbols } = left
  const shared = left.shared && right.shared && mayKeep(symbols, source.length)
  if (!left.placed && !right.placed)
    return shared && names.known !== null
      ? shapeOf(symbols, names, null)
      : new Shape(symbols, names, null, null, shared)
  if (names === left.names && left.site === null && overridesInPlace(plan)) return left
  // Positions are looked up where they come from.
  const shape = new Shape(symbols, names, plan, null, shared)
  if (plan.depth < PLAN_DEPTH) return shape
  const positions: PosIdx[] = new Array(source.length)
  for (let i = 0; i < positions.length; i++) positions[i] = shape.positionAt(i)
  return shapeOf(symbols, names, positions)
}

/** Whether each attribute on the right stands where the one of this name on the left does. */
function overridesInPlace(plan: MergePlan): boolean {
  const { left, right, source } = plan
  for (let i = 0; i < source.length; i++) {
    const s = source[i]
    if (s < 0 && left.positionAt(i) !== right.positionAt(~s)) return false
  }
  return true
}
