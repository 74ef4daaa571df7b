/**
 * Builtins on attribute sets (floor 4). Nix: primops.cc, "Sets".
 */
import type { NixError } from '../errors.ts'
import { expectAttrs, expectPlainString } from '../runtime/expect.ts'
import { bothForms, builtin, Frame, type Machine, param, type Step, WAIT } from '../runtime/machine.ts'
import { columnSlot, lineSlot } from '../runtime/place-values.ts'
import type { PosIdx } from '../source.ts'
import { allSlots, attrsOf, flat, has, lookup, positionOf, slotAt, sortedByName } from '../values/attrs.ts'
import { determinePos, filePathOf } from '../values/describe.ts'
import { type Shape, shapeOf, type Union, without } from '../values/shape.ts'
import { emptySlots, filled, room, trimmed } from '../values/slots.ts'
import { SYM } from '../values/symbols.ts'
import {
  ATTRS,
  Attrs,
  type Builtin,
  Deferral,
  FUNCTION,
  LAZY,
  LIST,
  type List,
  list,
  PLAIN_STRING,
  peek,
  type Slot,
  Thunk,
  type Value,
} from '../values/value.ts'
import { FixedShape, LoopFrame, MORE, missingAttribute, resultOf } from './support.ts'

function attrNames(a: Attrs): List {
  const { shape } = flat(a)
  const { known } = shape
  if (known !== null && known.strings !== null) return list(known.strings as Slot[])
  const { syms } = shape
  const n = syms.length
  const all = shape.symbols.names
  const items: string[] = new Array(n)
  for (let i = 0; i < n; i++) items[i] = all[syms[i]]
  if (known !== null) known.strings = items
  return list(items as Slot[])
}

/**
 * `f name value` for each attribute of a set, put off: what `mapAttrs` and `zipAttrsWith` fill their results with. One
 * for the whole result; the payload of a thunk is the index of its attribute.
 */
class NamedCalls extends Deferral {
  readonly fn: Slot
  /** The values, in a flat set of the result's names. */
  readonly from: Attrs
  /** Whether the function had been forced when the calls were put off. */
  readonly forced: boolean
  /** Else the first call that was made, which forces it; -1: none. */
  #first = -1
  constructor(fn: Slot, from: Attrs, forced: boolean) {
    super()
    this.fn = fn
    this.from = from
    this.forced = forced
  }
  slot(i: number): Slot {
    return new Thunk(this, i)
  }
  start(m: Machine, i: number): Step {
    const { from } = this
    if (this.#first < 0) this.#first = i
    const v = from.vals[i]
    return m.callCurried(this.fn, from.shape.nameAt(i), v !== undefined ? v : slotAt(from, i))
  }
  override lambdaPos(i: number): PosIdx {
    return this.forced || (this.#first >= 0 && this.#first !== i) ? determinePos(this.fn) : 0
  }
}

/** A set of those names whose values are `fn name value`, not yet called. */
function namedCalls(fn: Slot, from: Attrs, forced: boolean): Attrs {
  return new Attrs(from.shape.bare, emptySlots(from.vals.length), new NamedCalls(fn, from, forced), null)
}

/**
 * The same calls of `zipAttrsWith` for two sets, which is what `recursiveUpdate` of nixpkgs' lib does at each level. The list
 * of the values of a name is made when its call begins: a set that grows step by step has most names from the step before,
 * and nobody asks for those on the way.
 */
class PairCalls extends Deferral {
  readonly fn: Slot
  readonly left: Attrs
  readonly right: Attrs
  readonly union: Union
  constructor(fn: Slot, left: Attrs, right: Attrs, union: Union) {
    super()
    this.fn = fn
    this.left = left
    this.right = right
    this.union = union
  }
  slot(i: number): Slot {
    return new Thunk(this, i)
  }
  start(m: Machine, i: number): Step {
    const sym = this.union.names.syms[i]
    return m.callCurried(this.fn, m.symbols.names[sym], list(this.#values(sym, this.union.source[i])))
  }
  /** `from`: where the union has the name from. What it has from the right may be on the left as well. */
  #values(sym: number, from: number): Slot[] {
    const { left, right } = this
    if (from >= 0) return [slotAt(left, from)]
    const k = left.shape.find(sym)
    return k < 0 ? [slotAt(right, ~from)] : [slotAt(left, k), slotAt(right, ~from)]
  }
  override lambdaPos(): PosIdx {
    return determinePos(this.fn)
  }
}

/** A set of those names whose values are `fn name [ values… ]`, not yet called. */
function pairCalls(m: Machine, fn: Slot, left: Attrs, right: Attrs): Attrs {
  const union = flat(left).shape.names.union(flat(right).shape.names)
  const { names } = union
  if (names.syms.length === 0) return m.emptyAttrs
  const calls = new PairCalls(fn, left, right, union)
  return new Attrs(shapeOf(m.symbols, names, null), emptySlots(names.syms.length), calls, null)
}

/** An upper bound of the size, without flattening. */
function roughSize(a: Attrs): number {
  let n = 0
  for (let l: Attrs | null = a; l !== null; l = l.base) n += l.vals.length
  return n
}

/** The attributes of `right` whose names `left` has; the smaller set is walked. */
function intersectAttrs(m: Machine, left: Attrs, right: Attrs): Attrs {
  const few = roughSize(left) < roughSize(right)
  const { shape } = flat(few ? left : right)
  const names = shape.syms
  const vals = room(names.length) as Slot[]
  const syms: number[] = new Array(vals.length)
  const positions: PosIdx[] = new Array(vals.length)
  let placed = false
  let n = 0
  for (let k = 0; k < names.length; k++) {
    const sym = names[k]
    let from = right
    let i = k
    if (few) {
      i = from.shape.find(sym)
      while (i < 0 && from.base !== null) {
        from = from.base
        i = from.shape.find(sym)
      }
      if (i < 0) continue
    } else if (!has(left, sym)) continue
    const v = from.vals[i]
    const pos = from.shape.positionAt(i)
    syms[n] = sym
    vals[n] = v !== undefined ? v : slotAt(from, i)
    positions[n++] = pos
    if (pos !== 0) placed = true
  }
  if (n === 0)
    return roughSize(few ? left : right) === 0
      ? m.emptyAttrs
      : new Attrs(shapeOf(m.symbols, [], null), [], null, null)
  const places = placed ? filled(positions, n) : null
  const made = n === names.length ? shape.placedAt(places) : shapeOf(m.symbols, filled(syms, n), places)
  return new Attrs(made, filled(vals, n), null, null)
}

/** Above so many, the indices of names are not put in order one by one. */
const FEW_GONE = 16

/** The indices of those of the names that are there, each once, in rising order. */
function indicesOf(shape: Shape, syms: readonly number[]): number[] {
  const found: number[] = []
  if (syms.length <= FEW_GONE) {
    for (let i = 0; i < syms.length; i++) {
      const k = shape.findOnce(syms[i])
      if (k < 0 || found.includes(k)) continue
      let at = found.push(k) - 1
      for (; at > 0 && found[at - 1] > k; at--) found[at] = found[at - 1]
      found[at] = k
    }
    return found
  }
  const marks = new Uint8Array(shape.size)
  for (let i = 0; i < syms.length; i++) {
    const k = shape.find(syms[i])
    if (k >= 0) marks[k] = 1
  }
  for (let k = 0; k < marks.length; k++) if (marks[k] === 1) found.push(k)
  return found
}

function removeSyms(a: Attrs, removed: readonly number[]): Attrs {
  const { shape, vals } = flat(a)
  const gone = indicesOf(shape, removed)
  // A set of its own even when nothing goes, as in Nix; values that nobody has asked for yet stay so.
  if (gone.length === 0) return new Attrs(shape, vals, a.env, null)
  const rest = shape.without(gone)
  if (a.env === null) return new Attrs(rest.shape, without(vals as Slot[], gone), null, null)
  const left = emptySlots(rest.shape.size) as Slot[]
  let next = 0
  for (let i = 0; i < vals.length; i++) {
    if (i === gone[next]) {
      next++
      continue
    }
    const v = vals[i]
    left[i - next] = v !== undefined ? v : slotAt(a, i)
  }
  return new Attrs(rest.shape, left, null, null)
}

const REMOVED_NAME = 'while evaluating the values of the second argument passed to builtins.removeAttrs'

class RemoveAttrsFrame extends Frame {
  readonly a: Attrs
  readonly names: List
  readonly removed: number[] = []
  i = 0
  forcing = false
  constructor(a: Attrs, names: List) {
    super()
    this.a = a
    this.names = names
  }
  step(m: Machine, answer: Value | undefined): Step {
    const { names } = this
    let r: Step | undefined = answer
    for (;;) {
      if (r !== undefined) {
        this.forcing = false
        const name = typeof r === 'string' ? r : expectPlainString(m, r as Value, REMOVED_NAME)
        // A name that no set has yet cannot be in this one.
        const sym = m.symbols.find(name)
        if (sym >= 0) this.removed.push(sym)
        this.i++
      }
      if (this.i === names.length) return removeSyms(this.a, this.removed)
      this.forcing = true
      r = m.force(names.at(this.i))
      if (r === WAIT) return WAIT
    }
  }
  override explain(_m: Machine, error: NixError): void {
    if (this.forcing) error.addTrace(REMOVED_NAME)
  }
}

/** The symbols of a list of forced strings, null when one is anything else. `known`: only those that there are already. */
function plainSyms({ symbols }: Machine, names: List, known: boolean): number[] | null {
  const removed: number[] = []
  for (let i = 0; i < names.length; i++) {
    const name = peek(names.at(i))
    if (typeof name !== 'string') return null
    const sym = known ? symbols.find(name) : symbols.intern(name)
    if (sym >= 0) removed.push(sym)
  }
  return removed
}

/** Longer lists are not remembered. */
const LIST_OF_NAMES = 64
/** And no more than so many. */
const NAME_LISTS = 8

/**
 * The symbols in the lists of names that came last: what each package is rid of is one list, said once for all of them. A list is
 * remembered when it comes the second time.
 */
class NameLists {
  readonly #lists: (List | null)[] = new Array(NAME_LISTS).fill(null)
  readonly #syms: (number[] | null)[] = new Array(NAME_LISTS).fill(null)
  #next = 0

  /** See `plainSyms`. */
  symsOf(m: Machine, names: List): number[] | null {
    const lists = this.#lists
    for (let i = 0; i < NAME_LISTS; i++) {
      if (lists[i] === names) return (this.#syms[i] ??= plainSyms(m, names, false))
    }
    if (names.length > 0 && names.length <= LIST_OF_NAMES) {
      lists[this.#next] = names
      this.#syms[this.#next] = null
      this.#next = (this.#next + 1) % NAME_LISTS
    }
    return plainSyms(m, names, true)
  }
}

const PAIR_NAME =
  'while evaluating the `name` attribute of an element of the list passed to builtins.listToAttrs'
const PAIR = 'in a {name=...; value=...;} pair'

class ListToAttrsFrame extends LoopFrame {
  /** The name of each pair so far, and its value: that there is none is told when all names are known. */
  readonly #syms: number[] | Int32Array
  readonly #values: (Slot | undefined)[]
  /** Where the values are bound: the place of all so far, or of each. */
  #place: PosIdx = 0
  #places: PosIdx[] | null = null
  /** The pair whose name is being forced, and where the name is. */
  #pair: Attrs | null = null
  #pos: PosIdx = 0
  constructor(pairs: List, owning: boolean) {
    super(pairs, owning)
    // A typed array takes long to make, and half the room.
    this.#syms = pairs.length < 64 ? new Array(pairs.length) : new Int32Array(pairs.length)
    this.#values = emptySlots(pairs.length)
  }
  override stretch(m: Machine, answer: Value | undefined, end: number): Step | typeof MORE {
    const { xs, owning } = this
    const syms = this.#syms
    const values = this.#values
    let { i } = this
    let pair = this.#pair
    let r: Step | undefined = answer
    // Pairs are nearly always of one shape.
    let shape: Shape | null = null
    let nameAt = 0
    let valueAt = 0
    for (;;) {
      if (r !== undefined && pair === null) {
        pair =
          r instanceof Attrs
            ? r
            : expectAttrs(
                m,
                r as Value,
                'while evaluating an element of the list passed to builtins.listToAttrs',
              )
        let name: Slot | undefined
        if (pair.shape === shape) {
          name = pair.vals[nameAt]
          if (name === undefined) name = slotAt(pair, nameAt)
        } else {
          name = lookup(pair, SYM.NAME)
          if (name === undefined) throw missingAttribute('name', PAIR)
        }
        if (typeof name === 'string') r = name
        else {
          this.i = i
          this.#pair = pair
          this.#pos = positionOf(pair, SYM.NAME)
          r = m.force(name)
          if (r === WAIT) return WAIT
          this.#pair = null
          // The thunk can go: that a string is the same one, nobody can tell.
          if (typeof r === 'string' && pair.shape === shape) pair.vals[nameAt] = r
        }
      }
      if (r !== undefined && pair !== null) {
        this.#pair = null
        const name = typeof r === 'string' ? r : expectPlainString(m, r as Value, PAIR_NAME, this.#pos)
        syms[i] = m.symbols.intern(name)
        let value: Slot | undefined
        if (pair.shape === shape) {
          value = pair.vals[valueAt]
          if (value === undefined) value = slotAt(pair, valueAt)
        } else {
          value = lookup(pair, SYM.VALUE)
          this.#placed(i, positionOf(pair, SYM.VALUE))
          shape = plainPair(pair) ? pair.shape : null
          if (shape !== null) {
            nameAt = shape.find(SYM.NAME)
            valueAt = shape.find(SYM.VALUE)
          }
        }
        if (this.#places !== null && this.#places.length === i) this.#places.push(this.#places[i - 1])
        values[i] = value
        // With both slots made, the pair needs its environment no more.
        if (shape !== null) pair.env = null
        pair = null
        i++
      }
      if (i === end) {
        if (end === xs.length) return this.#result(m)
        this.i = i
        return MORE
      }
      r = m.force(owning ? xs.pass(i) : xs.at(i))
      if (r === WAIT) {
        this.i = i
        return WAIT
      }
    }
  }
  override explain(_m: Machine, error: NixError): void {
    if (this.#pair !== null) error.addTrace(PAIR_NAME, this.#pos)
  }
  /** The value of the i-th pair is bound at `pos`, and those that follow, up to the next one that is told. */
  #placed(i: number, pos: PosIdx): void {
    if (i === 0) this.#place = pos
    else if (this.#places === null && pos !== this.#place)
      this.#places = new Array<PosIdx>(i).fill(this.#place)
    this.#places?.push(pos)
  }
  #result(m: Machine): Attrs {
    const given = this.#syms
    const values = this.#values
    const places = this.#places
    if (given.length === 0) return m.emptyAttrs
    const order = sortedByName(m.symbols, given)
    const n = order.length
    const syms: number[] = new Array(n)
    const vals = emptySlots(n) as Slot[]
    const positions: PosIdx[] | null = places === null ? null : []
    let size = 0
    let last = -1
    for (let i = 0; i < n; i++) {
      const k = order[i]
      const sym = given[k]
      // The first pair of a name counts.
      if (sym === last) continue
      last = sym
      const value = values[k]
      if (value === undefined) throw missingAttribute('value', PAIR)
      syms[size] = sym
      vals[size++] = value
      if (positions !== null) positions.push((places as PosIdx[])[k])
    }
    if (size < n) {
      syms.length = size
      vals.length = size
    }
    return attrsOf(m.symbols, syms, vals, positions ?? (this.#place === 0 ? null : this.#place))
  }
}

/** Whether a pair is a name and a value and nothing else, in one layer. */
function plainPair(pair: Attrs): boolean {
  return pair.base === null && pair.shape.syms.length === 2
}

class CatAttrsFrame extends LoopFrame {
  readonly sym: number
  readonly found: Slot[] = []
  constructor(sym: number, sets: List) {
    super(sets)
    this.sym = sym
  }
  override stretch(m: Machine, answer: Value | undefined, end: number): Step | typeof MORE {
    const { xs, sym, found } = this
    let i = this.i
    let r: Step | undefined = answer
    for (;;) {
      if (r !== undefined) {
        const a =
          r instanceof Attrs
            ? r
            : expectAttrs(
                m,
                r as Value,
                'while evaluating an element in the list passed as second argument to builtins.catAttrs',
              )
        const v = lookup(a, sym)
        if (v !== undefined) found.push(v)
        i++
      }
      if (i === end) {
        if (end === xs.length) return list(trimmed(found))
        this.i = i
        return MORE
      }
      r = m.force(xs.at(i))
      if (r === WAIT) {
        this.i = i
        return WAIT
      }
    }
  }
}

/** Up to so many names, each is looked for among all of them. */
const FEW_NAMES = 16

/** By name, the values of the sets so far that have it, in the order of the sets: these can go. */
class Zipped {
  readonly #syms: number[] = []
  readonly #lists: Slot[][] = []
  /** Where each name stands, once there are many. */
  #at: Map<number, number> | null = null
  /** The set with the most names. */
  #largest: Shape | null = null
  /** The shape of the last set, and where its names stand: sets that are zipped are often alike. */
  #last: Shape | null = null
  #places: number[] = []

  take(set: Attrs): void {
    const { shape } = flat(set)
    const n = shape.syms.length
    if (shape !== this.#last) this.#meet(shape)
    const places = this.#places
    const lists = this.#lists
    for (let i = 0; i < n; i++) {
      const v = set.vals[i]
      const at = places[i]
      if (at < lists.length) lists[at].push(v !== undefined ? v : slotAt(set, i))
      else lists.push([v !== undefined ? v : slotAt(set, i)])
    }
  }

  #meet(shape: Shape): void {
    if (this.#largest === null || shape.size > this.#largest.size) this.#largest = shape
    this.#last = shape
    const { syms } = shape
    const n = syms.length
    const all = this.#syms
    const places: number[] = new Array(n)
    // The names that are there already: those of one set are all different.
    const known = all.length
    for (let i = 0; i < n; i++) {
      let at = this.#find(syms[i], known)
      if (at < 0) {
        at = all.push(syms[i]) - 1
        this.#at?.set(syms[i], at)
      }
      places[i] = at
    }
    this.#places = places
    if (this.#at === null && all.length > FEW_NAMES) {
      this.#at = new Map()
      for (let i = 0; i < all.length; i++) this.#at.set(all[i], i)
    }
  }

  #find(sym: number, known: number): number {
    if (this.#at !== null) return this.#at.get(sym) ?? -1
    const syms = this.#syms
    for (let i = 0; i < known; i++) if (syms[i] === sym) return i
    return -1
  }

  /** A set of the lists; null: there is no name. */
  result(m: Machine): Attrs | null {
    const syms = this.#syms
    const lists = this.#lists
    const n = syms.length
    if (n === 0) return null
    const vals = emptySlots(n) as Slot[]
    // One of the sets has all names.
    const largest = this.#largest as Shape
    if (largest.size === n) {
      if (this.#last !== largest) this.#meet(largest)
      const places = this.#places
      for (let i = 0; i < n; i++) vals[i] = list(trimmed(lists[places[i]]))
      return new Attrs(largest.placedAt(null), vals, null, null)
    }
    const order = sortedByName(m.symbols, syms)
    const sorted: number[] = new Array(n)
    for (let i = 0; i < n; i++) {
      const k = order[i]
      sorted[i] = syms[k]
      vals[i] = list(trimmed(lists[k]))
    }
    return attrsOf(m.symbols, sorted, vals)
  }
}

class ZipAttrsWithFrame extends Frame {
  readonly fn: Value
  readonly sets: List
  readonly owning: boolean
  /** The two, where there are two. */
  readonly found: Attrs[] = []
  /** Else what they have. */
  readonly zipped: Zipped | null
  i = 0
  constructor(fn: Value, sets: List, owning: boolean) {
    super()
    this.fn = fn
    this.sets = sets
    this.owning = owning
    this.zipped = sets.length === 2 ? null : new Zipped()
  }
  step(m: Machine, answer: Value | undefined): Step {
    const { sets, owning, found, zipped } = this
    let i = this.i
    let r: Step | undefined = answer
    for (;;) {
      if (r !== undefined) {
        const set =
          r instanceof Attrs
            ? r
            : expectAttrs(
                m,
                r as Value,
                'while evaluating a value of the list passed as second argument to builtins.zipAttrsWith',
              )
        if (zipped === null) found.push(set)
        else zipped.take(set)
        i++
      }
      if (i === sets.length) {
        if (zipped === null) return pairCalls(m, this.fn, found[0], found[1])
        const all = zipped.result(m)
        return all === null ? m.emptyAttrs : namedCalls(this.fn, all, true)
      }
      r = m.force(owning ? sets.pass(i) : sets.at(i))
      if (r === WAIT) {
        this.i = i
        return WAIT
      }
    }
  }
}

/** The builtins of this file, as a table of their own for each evaluator. */
export function attrsBuiltins(): Builtin[] {
  const nameLists = new NameLists()
  const position = new FixedShape('column', 'file', 'line')
  return [
    builtin({
      name: 'attrNames',
      params: [param(ATTRS, 'while evaluating the argument passed to builtins.attrNames')],
      call: (_m, a: Attrs) => attrNames(a),
    }),
    builtin({
      name: 'attrValues',
      params: [param(ATTRS, 'while evaluating the argument passed to builtins.attrValues')],
      call: (_m, a: Attrs) => list(allSlots(flat(a))),
    }),
    builtin({
      name: 'getAttr',
      params: [param(PLAIN_STRING), param(ATTRS)],
      start: (m, name: string, a: Attrs) => {
        const sym = m.symbols.find(name)
        const slot = sym < 0 ? undefined : lookup(a, sym)
        if (slot === undefined) throw missingAttribute(name, 'in the attribute set under consideration')
        return resultOf(m, slot)
      },
    }),
    builtin({
      name: 'hasAttr',
      params: [param(PLAIN_STRING), param(ATTRS)],
      call: (m, name: string, a: Attrs) => {
        const sym = m.symbols.find(name)
        return sym >= 0 && has(a, sym)
      },
    }),
    builtin({
      name: 'unsafeGetAttrPos',
      params: [param(PLAIN_STRING), param(ATTRS)],
      call: (m, name: string, a: Attrs) => {
        const sym = m.symbols.find(name)
        const pos = sym < 0 ? 0 : positionOf(a, sym)
        const place = m.positions.resolve(pos)
        const file = place === undefined ? undefined : filePathOf(place.source)
        if (file === undefined) return null
        return position.make(m.symbols, columnSlot(pos), file, lineSlot(pos))
      },
    }),
    builtin({
      name: 'removeAttrs',
      params: [param(ATTRS), param(LIST)],
      start: (m, a: Attrs, names: List) => {
        const removed = nameLists.symsOf(m, names)
        return removed !== null ? removeSyms(a, removed) : m.push(new RemoveAttrsFrame(a, names))
      },
    }),
    builtin({
      name: 'listToAttrs',
      params: [param(LIST, 'while evaluating the argument passed to builtins.listToAttrs')],
      ...bothForms((owning) => (m, pairs: List) => m.push(new ListToAttrsFrame(pairs, owning))),
    }),
    builtin({
      name: 'intersectAttrs',
      params: [param(ATTRS), param(ATTRS)],
      call: (m, left: Attrs, right: Attrs) => intersectAttrs(m, left, right),
    }),
    builtin({
      name: 'catAttrs',
      params: [param(PLAIN_STRING), param(LIST)],
      start: (m, name: string, sets: List) => m.push(new CatAttrsFrame(m.symbols.intern(name), sets)),
    }),
    builtin({
      name: 'mapAttrs',
      params: [param(LAZY), param(ATTRS)],
      call: (m, fn: Slot, a: Attrs) => (flat(a).vals.length === 0 ? m.emptyAttrs : namedCalls(fn, a, false)),
    }),
    builtin({
      name: 'zipAttrsWith',
      params: [param(FUNCTION), param(LIST)],
      ...bothForms((owning) => (m, fn: Value, sets: List) => m.push(new ZipAttrsWithFrame(fn, sets, owning))),
    }),
  ]
}
