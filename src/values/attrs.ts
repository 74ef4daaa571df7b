/**
 * Attribute sets (floor 2): look-up, `//`, building and iterating, over the layered representation of value.ts.
 *
 * A literal's values are made when somebody asks (`materialise`); `big // small` puts a layer on top of the big set
 * and is flattened when somebody iterates.
 */
import * as Op from '../bytecode/opcodes.ts'
import type { PosIdx } from '../source.ts'
import type { LoadedChunk } from './code.ts'
import { COUNT, counts } from './counts.ts'
import { type Names, passingShape, Shape, shapeOf } from './shape.ts'
import { emptySlots } from './slots.ts'
import type { SymbolTable } from './symbols.ts'
import {
  Attrs,
  Closure,
  type Deferral,
  EMPTY_LIST,
  type Env,
  Hole,
  type Slot,
  settled,
  Thunk,
} from './value.ts'

/**
 * Runs the one raw-load instruction at `desc` in `env`, which is the environment that owns the slot. No evaluation:
 * the answer is a constant, another slot, a new closure or a new thunk.
 *
 * A binding may stand for another one that nobody has asked for either (`inherit x`, an argument handed on): the chain
 * is followed here in a loop, every place on the way gets the same slot, and a circle becomes a black hole.
 */
export function materialise(chunk: LoadedChunk, desc: number, env: Env): Slot {
  let code = chunk.code
  // The first place that waits for the slot, and all of them once there are two.
  let first: (Slot | undefined)[] | null = null
  let firstIndex = 0
  let places: Chain | null = null
  let made: Slot
  for (;;) {
    let holder: (Slot | undefined)[]
    let index: number
    switch (code[desc]) {
      case Op.GET0:
        holder = env
        index = code[desc + 1]
        made = holder[index] as Slot
        desc = code[desc + 2]
        break
      case Op.GET1:
        env = env[0]
        holder = env
        index = code[desc + 1]
        made = holder[index] as Slot
        desc = code[desc + 2]
        break
      case Op.GETN:
        for (let hops = code[desc + 1]; hops > 0; hops--) env = env[0]
        holder = env
        index = code[desc + 2]
        made = holder[index] as Slot
        desc = code[desc + 3]
        break
      case Op.FORMAL: {
        const sym = chunk.sym(code[desc + 1])
        let layer: Attrs | null = env[code[desc + 3]] as Attrs
        index = -1
        while (layer !== null) {
          index = layer.shape.find(sym)
          if (index >= 0) break
          layer = layer.base
        }
        if (layer === null) {
          desc = code[desc + 2]
          continue
        }
        holder = layer.vals
        made = holder[index] as Slot
        if (made === undefined) {
          const { site } = layer.shape
          if (site === null) {
            made = slotAt(layer, index)
            break
          }
          chunk = site.chunk
          code = chunk.code
          desc = site.descs[index]
          env = layer.env as Env
        }
        break
      }
      default:
        made = load(chunk, desc, env)
        if (places !== null) places.fill(made)
        else if (first !== null) first[firstIndex] = made
        return made
    }
    if (made === undefined) {
      if (first === null) {
        first = holder
        firstIndex = index
        continue
      }
      if (places === null) {
        places = new Chain()
        places.add(first, firstIndex)
      }
      if (places.add(holder, index)) continue
      // It stands for itself: whoever forces it finds a black hole.
      made = new Thunk(null, null)
      made.code = new Hole(null)
    }
    if (places !== null) places.fill(made)
    else if (first !== null) first[firstIndex] = made
    return made
  }
}

/** The same for a slot that is forced at once: a lambda needs no thunk then. */
export function materialiseForced(chunk: LoadedChunk, desc: number, env: Env): Slot {
  const { code } = chunk
  return code[desc] === Op.CLOSURE_RAW
    ? new Closure(chunk.proto(code[desc + 1]), env)
    : materialise(chunk, desc, env)
}

/** Places that will all hold the same slot. */
class Chain {
  readonly #holders: (Slot | undefined)[][] = []
  readonly #indices: number[] = []
  #mark = 0

  /** Answers false when the place is on the chain already (Brent's way of finding circles). */
  add(holder: (Slot | undefined)[], index: number): boolean {
    const n = this.#holders.length
    if (n > 0 && this.#holders[this.#mark] === holder && this.#indices[this.#mark] === index) return false
    this.#holders.push(holder)
    this.#indices.push(index)
    if ((n & (n + 1)) === 0) this.#mark = n
    return true
  }
  fill(v: Slot): void {
    for (let i = 0; i < this.#holders.length; i++) this.#holders[i][this.#indices[i]] = v
  }
}

/** The raw loads that look at no other slot. */
function load(chunk: LoadedChunk, desc: number, env: Env): Slot {
  const code = chunk.code
  switch (code[desc]) {
    case Op.THUNK:
      return new Thunk(chunk.proto(code[desc + 1]), env)
    case Op.CLOSURE:
      return new Closure(chunk.proto(code[desc + 1]), env)
    case Op.CLOSURE_RAW:
      return new Thunk(chunk.proto(code[desc + 1]).delayed, env)
    case Op.INT:
      return code[desc + 1]
    case Op.STR:
      return chunk.string(code[desc + 1])
    case Op.CONST:
      return chunk.constant(code[desc + 1])
    case Op.TRUE:
      return true
    case Op.FALSE:
      return false
    case Op.NULL:
      return null
    case Op.EMPTY_LIST:
      return EMPTY_LIST
    case Op.GLOBAL:
      return chunk.globals[code[desc + 1]]
    default:
      throw new Error(`not a raw load at ${desc}`)
  }
}

/** The slot of an environment, made now if nobody has asked before. */
export function getSlot(chunk: LoadedChunk, env: Env, slot: number, desc: number): Slot {
  const v = env[slot]
  if (v !== undefined) return v
  const made = materialise(chunk, desc, env)
  env[slot] = made
  return made
}

/** The slot at index `i` of a set without layers (or of the top layer). */
export function slotAt(a: Attrs, i: number): Slot {
  const v = a.vals[i]
  if (v !== undefined) return v
  const { site } = a.shape
  const { env } = a
  let made: Slot
  if (site !== null) made = materialise(site.chunk, site.descs[i], env as Env)
  else if (env !== null) made = (env as Deferral).slot(i)
  else throw new Error('a set without a value')
  a.vals[i] = made
  return made
}

/** The slot of an attribute, or undefined when the set has none. */
export function lookup(a: Attrs, sym: number): Slot | undefined {
  for (let layer: Attrs | null = a; layer !== null; layer = layer.base) {
    const i = layer.shape.find(sym)
    if (i >= 0) {
      const v = layer.vals[i]
      return v !== undefined ? v : slotAt(layer, i)
    }
  }
  return undefined
}

export function has(a: Attrs, sym: number): boolean {
  for (let layer: Attrs | null = a; layer !== null; layer = layer.base)
    if (layer.shape.find(sym) >= 0) return true
  return false
}

/**
 * Puts the values of forced attributes of the top layer in the place of their thunks, as `settled` does, where there are few; with
 * the last one the environment goes.
 */
export function settleAttrs(a: Attrs): void {
  const { vals } = a
  if (vals.length > SETTLED) return
  let left = 0
  for (let k = 0; k < vals.length; k++) {
    const slot = vals[k]
    if (slot === undefined) left++
    else vals[k] = settled(slot)
  }
  if (left === 0) a.env = null
}

/** More attributes than this are not looked through each time. */
const SETTLED = 16

/** Where an attribute was defined; 0 when unknown or missing. */
export function positionOf(a: Attrs, sym: number): PosIdx {
  for (let layer: Attrs | null = a; layer !== null; layer = layer.base) {
    const i = layer.shape.find(sym)
    if (i >= 0) return layer.shape.positionAt(i)
  }
  return 0
}

/** Merges all layers into one, in place; afterwards `shape` and `slotAt` describe the whole set. */
export function flat(a: Attrs): Attrs {
  if (a.base === null) return a
  const layers: Attrs[] = []
  for (let l: Attrs | null = a; l !== null; l = l.base) layers.push(l)
  // The small layers on top first, so that the big set at the bottom is copied once.
  let top = layers[0]
  let shape = top.shape
  let vals = allSlots(top)
  for (let i = 1; i < layers.length; i++) {
    const below = layers[i]
    const plan = below.shape.plan(shape)
    vals = runPlan(below, plan.source, vals)
    shape = plan.shape
  }
  top = a
  a.shape = shape
  a.vals = vals
  a.env = null
  a.base = null
  return a
}

export function size(a: Attrs): number {
  return flat(a).shape.syms.length
}

/** The slots of a set without layers (or of the top layer); not to be written to. */
export function allSlots(a: Attrs): Slot[] {
  const vals = a.vals
  if (a.env !== null) for (let i = 0; i < vals.length; i++) if (vals[i] === undefined) slotAt(a, i)
  return vals as Slot[]
}

function runPlan(left: Attrs, source: readonly number[], right: readonly Slot[]): Slot[] {
  const n = source.length
  const vals = emptySlots(n) as Slot[]
  if (COUNT) counts.copied += n
  const lv = left.vals
  for (let i = 0; i < n; i++) {
    const s = source[i]
    if (s < 0) vals[i] = right[~s]
    else {
      const v = lv[s]
      vals[i] = v !== undefined ? v : slotAt(left, s)
    }
  }
  return vals
}

/** Sets at least this large get layers instead of being copied. */
const LAYER_MIN = 24
/** And so large, what a small set on the left adds to them is put on top. */
const UNDERLAY_MIN = 128
const MAX_LAYERS = 6

/** `left // right`. */
export function update(left: Attrs, right: Attrs): Attrs {
  if (left.base === null && left.vals.length === 0) return right
  if (right.base === null && right.vals.length === 0) return left
  // How many layers a side has, how many attributes it has at most, and how many are in the one at the bottom.
  let layers = 0
  let most = 0
  let below = 0
  for (let l: Attrs | null = left; l !== null; l = l.base) {
    layers++
    below = l.vals.length
    most += below
  }
  let rightLayers = 0
  let rightMost = 0
  let rightBelow = 0
  for (let l: Attrs | null = right; l !== null; l = l.base) {
    rightLayers++
    rightBelow = l.vals.length
    rightMost += rightBelow
  }
  if (below >= LAYER_MIN && rightMost * 2 <= below) {
    flat(right)
    if (layers < MAX_LAYERS) return new Attrs(right.shape, right.vals, right.env, left)
    return pile(left, right)
  }
  if (rightBelow >= UNDERLAY_MIN && most * 2 <= rightBelow) return underlay(left, right, rightLayers)
  flat(left)
  flat(right)
  if (left.shape.syms === right.shape.syms) return new Attrs(right.shape, right.vals, right.env, null)
  // Both are asked: each is one meeting further.
  const known = left.shape.meet()
  if ((!right.shape.meet() || !known) && left.vals.length + right.vals.length <= ONCE)
    return mergedOnce(left, right)
  const plan = left.shape.plan(right.shape)
  // Nothing is left of the left side: the same attributes, in a set of its own.
  if (plan.source.length === right.vals.length) return new Attrs(right.shape, right.vals, right.env, null)
  return new Attrs(plan.shape, runPlan(left, plan.source, allSlots(right)), null, null)
}

/** `left // right` for two flat sets of so many attributes in all, of shapes that may not meet again: without a plan. */
const ONCE = 64

function mergedOnce(left: Attrs, right: Attrs): Attrs {
  const { symbols, syms: ls } = left.shape
  const { syms: rs } = right.shape
  const { names } = symbols
  const ln = ls.length
  const rn = rs.length
  let n = ln + rn
  for (let i = 0; i < ln; i++) if (right.shape.findOnce(ls[i]) >= 0) n--
  if (n === rn) return new Attrs(right.shape, right.vals, right.env, null)
  const rv = allSlots(right)
  const placed = left.shape.placed || right.shape.placed
  const syms: number[] = new Array(n)
  const vals = emptySlots(n) as Slot[]
  const positions: PosIdx[] | null = placed ? new Array(n) : null
  let i = 0
  let j = 0
  let inPlace = n === ln && left.shape.site === null
  for (let k = 0; k < n; k++) {
    const l = i < ln ? ls[i] : -1
    const r = j < rn ? rs[j] : -1
    if (r < 0 || (l >= 0 && l !== r && names[l] < names[r])) {
      syms[k] = l
      vals[k] = slotAt(left, i)
      if (positions !== null) positions[k] = left.shape.positionAt(i)
      i++
    } else {
      syms[k] = r
      vals[k] = rv[j]
      if (positions !== null) {
        const pos = right.shape.positionAt(j)
        positions[k] = pos
        if (inPlace && left.shape.positionAt(k) !== pos) inPlace = false
      }
      if (l === r) i++
      j++
    }
  }
  const shape =
    n > ln
      ? shapeOf(symbols, syms, positions)
      : inPlace && placed
        ? left.shape
        : left.shape.overridden(positions)
  return new Attrs(shape, vals, null, null)
}

/** `left // right` for a big set on the right, of so many layers: a layer on top of it with what it does not have. */
function underlay(left: Attrs, right: Attrs, layers: number): Attrs {
  const { shape } = flat(left)
  const n = shape.syms.length
  const syms: number[] = []
  const vals: Slot[] = []
  const positions: PosIdx[] = []
  for (let i = 0; i < n; i++) {
    if (has(right, shape.syms[i])) continue
    syms.push(shape.syms[i])
    vals.push(slotAt(left, i))
    positions.push(shape.positionAt(i))
  }
  if (syms.length === 0) return new Attrs(right.shape, right.vals, right.env, right.base)
  const added =
    syms.length === n
      ? new Attrs(shape, left.vals, left.env, null)
      : new Attrs(shapeOf(shape.symbols, syms, shape.placed ? positions : null), vals, null, null)
  if (layers >= MAX_LAYERS) return pile(right, added)
  added.base = right
  return added
}

/** Adds a layer to a full stack: layers are merged from the top until each is less than half of the one below. */
function pile(left: Attrs, right: Attrs): Attrs {
  let shape = right.shape
  let vals = allSlots(right)
  let base: Attrs | null = left
  let depth = 0
  for (let l: Attrs | null = left; l !== null; l = l.base) depth++
  while (base !== null && (depth >= MAX_LAYERS || vals.length * 2 > base.vals.length)) {
    const plan = base.shape.plan(shape)
    vals = runPlan(base, plan.source, vals)
    shape = plan.shape
    base = base.base
    depth--
  }
  return new Attrs(shape, vals, null, base)
}

/**
 * `set` and an attribute that it does not have. `fresh`: no set has had the name yet. Shapes with it are not worth knowing then,
 * and where programs make names up there are very many. Undefined for sets that get layers.
 */
export function extended(
  set: Attrs,
  sym: number,
  slot: Slot,
  pos: PosIdx,
  fresh: boolean,
): Attrs | undefined {
  const { shape } = set
  const { symbols, syms } = shape
  const n = syms.length
  if (n >= LAYER_MIN || set.base !== null) return undefined
  const { names } = symbols
  const name = names[sym]
  let at = n
  while (at > 0 && names[syms[at - 1]] > name) at--
  const all: number[] = new Array(n + 1)
  const vals = emptySlots(n + 1) as Slot[]
  const positions: PosIdx[] = new Array(n + 1)
  for (let i = 0, k = 0; k <= n; k++) {
    if (k === at) {
      all[k] = sym
      vals[k] = slot
      positions[k] = pos
      continue
    }
    all[k] = syms[i]
    vals[k] = slotAt(set, i)
    positions[k] = shape.positionAt(i++)
  }
  // That the one name alone is not known has been asked before.
  const made =
    n === 0 || fresh
      ? passingShape(symbols, all, n === 0 ? pos : positions)
      : shapeOf(symbols, all, positions)
  return new Attrs(made, vals, null, null)
}

/** Above so many attributes a builder looks them up in a map. */
const FEW = 12

/** Collects attributes in any order and makes a set of them. */
export class AttrsBuilder {
  readonly #symbols: SymbolTable
  readonly #syms: number[] = []
  readonly #slots: Slot[] = []
  readonly #places: PosIdx[] = []
  /** Where each symbol stands, once there are many. */
  #at: Map<number, number> | null = null

  constructor(symbols: SymbolTable) {
    this.#symbols = symbols
  }
  #find(sym: number): number {
    return this.#at === null ? this.#syms.indexOf(sym) : (this.#at.get(sym) ?? -1)
  }
  has(sym: number): boolean {
    return this.#find(sym) >= 0
  }
  get(sym: number): Slot | undefined {
    const i = this.#find(sym)
    return i < 0 ? undefined : this.#slots[i]
  }
  positionOf(sym: number): PosIdx {
    const i = this.#find(sym)
    return i < 0 ? 0 : this.#places[i]
  }
  /** A later value for the same name replaces the earlier one. */
  set(sym: number, slot: Slot, pos: PosIdx = 0): this {
    const known = this.#find(sym)
    if (known >= 0) {
      this.#slots[known] = slot
      this.#places[known] = pos
      return this
    }
    const syms = this.#syms
    const n = syms.push(sym)
    this.#slots.push(slot)
    this.#places.push(pos)
    if (this.#at !== null) this.#at.set(sym, n - 1)
    else if (n > FEW) {
      this.#at = new Map()
      for (let i = 0; i < n; i++) this.#at.set(syms[i], i)
    }
    return this
  }
  setName(name: string, slot: Slot, pos: PosIdx = 0): this {
    return this.set(this.#symbols.intern(name), slot, pos)
  }
  build(): Attrs {
    return attrsOfAny(this.#symbols, this.#syms, this.#slots, this.#places)
  }
}

/** Assigns every field of a set that may change, in one made for it (see Vm, #showChanges). `empty`: the empty set. */
export function showChanges(empty: Attrs): void {
  const set = new Attrs(empty.shape, empty.vals, null, null)
  set.shape = new Shape(empty.shape.symbols, empty.shape.names, null, null, false)
  set.vals = []
  set.env = []
  set.base = empty
}

/** Indices in the byte order of the names; of one that is there several times, in their own order. */
export function sortedByName(symbols: SymbolTable, syms: ArrayLike<number>): ArrayLike<number> {
  const { names } = symbols
  const n = syms.length
  if (n > 16) return mergedByName(names, syms)
  const order: number[] = new Array(n)
  for (let i = 0; i < n; i++) {
    const name = names[syms[i]]
    let j = i - 1
    while (j >= 0 && names[syms[order[j]]] > name) {
      order[j + 1] = order[j]
      j--
    }
    order[j + 1] = i
  }
  return order
}

/**
 * The same for many: a merge sort that begins with the runs that are there, of which numbered names make a few long ones. Array's
 * own sort copies the elements twice into memory that has never been touched, which takes as long as the sorting.
 */
function mergedByName(names: readonly string[], syms: ArrayLike<number>): Int32Array {
  const n = syms.length
  let from = new Int32Array(n)
  /** Where each run begins, and the end. */
  let starts = [0]
  for (let i = 1; i < n; i++) {
    from[i] = i
    if (names[syms[i]] < names[syms[i - 1]]) starts.push(i)
  }
  starts.push(n)
  if (starts.length === 2) return from
  let to = new Int32Array(n)
  while (starts.length > 2) {
    const merged = [0]
    let k = 2
    for (; k < starts.length; k += 2) {
      mergeRuns(names, syms, from, to, starts[k - 2], starts[k - 1], starts[k])
      merged.push(starts[k])
    }
    if (k === starts.length) {
      to.set(from.subarray(starts[k - 2], n), starts[k - 2])
      merged.push(n)
    }
    starts = merged
    const before = from
    from = to
    to = before
  }
  return from
}

/** Merges `from[start .. middle)` and `from[middle .. end)` into the same place of `to`. */
function mergeRuns(
  names: readonly string[],
  syms: ArrayLike<number>,
  from: Int32Array,
  to: Int32Array,
  start: number,
  middle: number,
  end: number,
): void {
  let i = start
  let j = middle
  let at = start
  let left = names[syms[from[i]]]
  let right = names[syms[from[j]]]
  for (;;) {
    if (right < left) {
      to[at++] = from[j++]
      if (j === end) break
      right = names[syms[from[j]]]
    } else {
      to[at++] = from[i++]
      if (i === middle) break
      left = names[syms[from[i]]]
    }
  }
  while (i < middle) to[at++] = from[i++]
  while (j < end) to[at++] = from[j++]
}

/** A set of different names in any order, with the values and positions (0: none; null: no positions) beside them. */
export function attrsOfAny(
  symbols: SymbolTable,
  syms: readonly number[],
  slots: readonly Slot[],
  places: readonly PosIdx[] | null,
): Attrs {
  const order = sortedByName(symbols, syms)
  const n = order.length
  const sorted: number[] = new Array(n)
  const vals = emptySlots(n) as Slot[]
  const positions: PosIdx[] = new Array(places === null ? 0 : n)
  let placed = false
  for (let i = 0; i < n; i++) {
    const k = order[i]
    sorted[i] = syms[k]
    vals[i] = slots[k]
    if (places === null) continue
    const pos = places[k]
    positions[i] = pos
    if (pos !== 0) placed = true
  }
  return new Attrs(shapeOf(symbols, sorted, placed ? positions : null), vals, null, null)
}

/** A set whose names are those of `syms` (already in byte order) with the values beside them. */
export function attrsOf(
  symbols: SymbolTable,
  syms: readonly number[] | Names,
  vals: Slot[],
  positions: readonly PosIdx[] | PosIdx | null = null,
): Attrs {
  return new Attrs(shapeOf(symbols, syms, positions), vals, null, null)
}
