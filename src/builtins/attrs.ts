/**
 * Builtins on attribute sets (floor 4). Nix: primops.cc, "Sets".
 */
import type { NixError } from '../errors.ts'
import { expectAttrs, expectPlainString } from '../runtime/expect.ts'
import { builtin, Frame, type Machine, param, type Step, WAIT } from '../runtime/machine.ts'
import type { PosIdx } from '../source.ts'
import { attrsOf, flat, has, lookup, positionOf, slotAt } from '../values/attrs.ts'
import { determinePos } from '../values/describe.ts'
import { Shape } from '../values/shape.ts'
import {
  ATTRS,
  Attrs,
  type Builtin,
  Deferred,
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
import { byteOrder } from './lists.ts'
import { FixedShape, missingAttribute, resultOf } from './support.ts'

function attrNames(a: Attrs): List {
  const { syms, symbols } = flat(a).shape
  const n = syms.length
  const items: Slot[] = new Array(n)
  for (let i = 0; i < n; i++) items[i] = symbols.names[syms[i]]
  return list(items)
}

/** All values of a set, in the order of its names. */
function slotsOf(a: Attrs): Slot[] {
  const { vals } = flat(a)
  const n = vals.length
  const items: Slot[] = new Array(n)
  for (let i = 0; i < n; i++) {
    const v = vals[i]
    items[i] = v !== undefined ? v : slotAt(a, i)
  }
  return items
}

/**
 * `f name value` for each attribute of a set, put off: what `mapAttrs` and `zipAttrsWith` fill their results with. One
 * for the whole result; the payload of a thunk is the index of its attribute.
 */
class NamedCalls extends Deferred {
  readonly fn: Slot
  readonly shape: Shape
  readonly slots: readonly Slot[]
  /** Whether the function had been forced when the calls were made. */
  readonly forced: boolean
  constructor(fn: Slot, shape: Shape, slots: readonly Slot[], forced: boolean) {
    super()
    this.fn = fn
    this.shape = shape
    this.slots = slots
    this.forced = forced
  }
  start(m: Machine, i: number): Step {
    return m.call2(this.fn, this.shape.nameAt(i), this.slots[i])
  }
  override lambdaPos(): PosIdx {
    return this.forced ? determinePos(this.fn) : 0
  }
}

/** A set of that shape (without positions) whose values are `fn name slot`, not yet called. */
function namedCalls(fn: Slot, shape: Shape, slots: readonly Slot[], forced: boolean): Attrs {
  const calls = new NamedCalls(fn, shape, slots, forced)
  const n = slots.length
  const vals: Slot[] = new Array(n)
  for (let i = 0; i < n; i++) vals[i] = new Thunk(calls, i)
  return new Attrs(shape, vals, null, null)
}

function mapAttrs(fn: Slot, a: Attrs): Attrs {
  const slots = slotsOf(a)
  return namedCalls(fn, a.shape.bare, slots, false)
}

/** An upper bound of the size, without flattening. */
function roughSize(a: Attrs): number {
  let n = 0
  for (let l: Attrs | null = a; l !== null; l = l.base) n += l.vals.length
  return n
}

/** The attributes of `right` whose names `left` has; the smaller set is walked. */
function intersectAttrs(m: Machine, left: Attrs, right: Attrs): Attrs {
  const syms: number[] = []
  const vals: Slot[] = []
  const positions: PosIdx[] = []
  let placed = false
  if (roughSize(left) < roughSize(right)) {
    const names = flat(left).shape.syms
    for (let k = 0; k < names.length; k++) {
      const sym = names[k]
      for (let l: Attrs | null = right; l !== null; l = l.base) {
        const i = l.shape.find(sym)
        if (i < 0) continue
        const v = l.vals[i]
        const pos = l.shape.positionAt(i)
        syms.push(sym)
        vals.push(v !== undefined ? v : slotAt(l, i))
        positions.push(pos)
        if (pos !== 0) placed = true
        break
      }
    }
  } else {
    const { shape } = flat(right)
    for (let i = 0; i < shape.syms.length; i++) {
      const sym = shape.syms[i]
      if (!has(left, sym)) continue
      const v = right.vals[i]
      const pos = shape.positionAt(i)
      syms.push(sym)
      vals.push(v !== undefined ? v : slotAt(right, i))
      positions.push(pos)
      if (pos !== 0) placed = true
    }
  }
  if (syms.length === 0) return m.emptyAttrs
  return attrsOf(m.symbols, syms, vals, placed ? positions : null)
}

/** What is left of a shape without some names: the shape and the indices that stay. */
interface Remainder {
  shape: Shape
  kept: number[]
}

/** Remainders of shapes that will be seen again, one table per evaluator. */
class RemainderCache {
  readonly #known = new WeakMap<Shape, Map<string, Remainder>>()
  of(shape: Shape, removed: readonly number[]): Remainder {
    if (!shape.shared) return remainder(shape, removed)
    let known = this.#known.get(shape)
    if (known === undefined) this.#known.set(shape, (known = new Map()))
    const key = removed.join()
    let r = known.get(key)
    if (r === undefined) {
      r = remainder(shape, removed)
      if (known.size < 64) known.set(key, r)
    }
    return r
  }
}

function remainder(shape: Shape, removed: readonly number[]): Remainder {
  const gone = new Set<number>()
  for (const sym of removed) {
    const i = shape.find(sym)
    if (i >= 0) gone.add(i)
  }
  const kept: number[] = []
  for (let i = 0; i < shape.syms.length; i++) if (!gone.has(i)) kept.push(i)
  if (gone.size === 0) return { shape, kept }
  const syms = kept.map((i) => shape.syms[i])
  const places = shape.placed ? kept.map((i) => shape.positionAt(i)) : null
  return { shape: new Shape(shape.symbols, syms, places, null, shape.shared), kept }
}

function removeSyms(a: Attrs, removed: readonly number[], cache: RemainderCache): Attrs {
  flat(a)
  const { shape, kept } = cache.of(a.shape, removed)
  // A set of its own even when nothing goes, as in Nix; values that nobody has asked for yet stay so.
  if (shape === a.shape) return new Attrs(shape, a.vals, a.env, null)
  const vals: Slot[] = new Array(kept.length)
  for (let i = 0; i < kept.length; i++) {
    const k = kept[i]
    const v = a.vals[k]
    vals[i] = v !== undefined ? v : slotAt(a, k)
  }
  return new Attrs(shape, vals, null, null)
}

const REMOVED_NAME = 'while evaluating the values of the second argument passed to builtins.removeAttrs'

class RemoveAttrsFrame extends Frame {
  readonly a: Attrs
  readonly names: List
  readonly cache: RemainderCache
  readonly removed: number[] = []
  i = 0
  forcing = false
  constructor(a: Attrs, names: List, cache: RemainderCache) {
    super()
    this.a = a
    this.names = names
    this.cache = cache
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
      if (this.i === names.length) return removeSyms(this.a, this.removed, this.cache)
      this.forcing = true
      r = m.force(names.items[names.start + this.i])
      if (r === WAIT) return WAIT
    }
  }
  override explain(_m: Machine, error: NixError): void {
    if (this.forcing) error.addTrace(REMOVED_NAME)
  }
}

/** The symbols of a list of forced strings, null when one is anything else. */
function plainSyms(m: Machine, names: List): number[] | null {
  const removed: number[] = []
  const end = names.start + names.length
  for (let i = names.start; i < end; i++) {
    const name = peek(names.items[i])
    if (typeof name !== 'string') return null
    const sym = m.symbols.find(name)
    if (sym >= 0) removed.push(sym)
  }
  return removed
}

const PAIR_NAME =
  'while evaluating the `name` attribute of an element of the list passed to builtins.listToAttrs'
const PAIR = 'in a {name=...; value=...;} pair'

class ListToAttrsFrame extends Frame {
  readonly pairs: List
  readonly nameSym: number
  readonly valueSym: number
  /** The first pair of each name. */
  readonly first = new Map<number, Attrs>()
  i = 0
  /** The pair whose name is being forced, and where the name is. */
  pair: Attrs | null = null
  pos: PosIdx = 0
  constructor(pairs: List, nameSym: number, valueSym: number) {
    super()
    this.pairs = pairs
    this.nameSym = nameSym
    this.valueSym = valueSym
  }
  step(m: Machine, answer: Value | undefined): Step {
    const { pairs, nameSym, first } = this
    const n = pairs.length
    let i = this.i
    let r: Step | undefined = answer
    let pair = this.pair
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
        const name = lookup(pair, nameSym)
        if (name === undefined) throw missingAttribute('name', PAIR)
        if (typeof name === 'string') r = name
        else {
          this.pair = pair
          this.pos = positionOf(pair, nameSym)
          r = m.force(name)
          if (r === WAIT) {
            this.i = i
            return WAIT
          }
          this.pair = null
        }
      }
      if (r !== undefined && pair !== null) {
        this.pair = null
        const name = typeof r === 'string' ? r : expectPlainString(m, r as Value, PAIR_NAME, this.pos)
        const sym = m.symbols.intern(name)
        if (!first.has(sym)) first.set(sym, pair)
        pair = null
        i++
      }
      if (i === n) return this.result(m)
      r = m.force(pairs.items[pairs.start + i])
      if (r === WAIT) {
        this.i = i
        return WAIT
      }
    }
  }
  override explain(_m: Machine, error: NixError): void {
    if (this.pair !== null) error.addTrace(PAIR_NAME, this.pos)
  }
  result(m: Machine): Attrs {
    const { names } = m.symbols
    const { first, valueSym } = this
    if (first.size === 0) return m.emptyAttrs
    const syms = [...first.keys()].sort((a, b) => byteOrder(names[a], names[b]))
    const vals: Slot[] = new Array(syms.length)
    const positions: PosIdx[] = new Array(syms.length)
    let placed = false
    for (let i = 0; i < syms.length; i++) {
      const pair = first.get(syms[i]) as Attrs
      const value = lookup(pair, valueSym)
      if (value === undefined) throw missingAttribute('value', PAIR)
      vals[i] = value
      const pos = positionOf(pair, valueSym)
      positions[i] = pos
      if (pos !== 0) placed = true
    }
    return attrsOf(m.symbols, syms, vals, placed ? positions : null)
  }
}

class CatAttrsFrame extends Frame {
  readonly sym: number
  readonly sets: List
  readonly found: Slot[] = []
  i = 0
  constructor(sym: number, sets: List) {
    super()
    this.sym = sym
    this.sets = sets
  }
  step(m: Machine, answer: Value | undefined): Step {
    const { sets, sym, found } = this
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
      if (i === sets.length) return list(found)
      r = m.force(sets.items[sets.start + i])
      if (r === WAIT) {
        this.i = i
        return WAIT
      }
    }
  }
}

class ZipAttrsWithFrame extends Frame {
  readonly fn: Value
  readonly sets: List
  readonly values = new Map<number, Slot[]>()
  i = 0
  constructor(fn: Value, sets: List) {
    super()
    this.fn = fn
    this.sets = sets
  }
  step(m: Machine, answer: Value | undefined): Step {
    const { sets } = this
    let i = this.i
    let r: Step | undefined = answer
    for (;;) {
      if (r !== undefined) {
        this.collect(
          r instanceof Attrs
            ? r
            : expectAttrs(
                m,
                r as Value,
                'while evaluating a value of the list passed as second argument to builtins.zipAttrsWith',
              ),
        )
        i++
      }
      if (i === sets.length) return this.result(m)
      r = m.force(sets.items[sets.start + i])
      if (r === WAIT) {
        this.i = i
        return WAIT
      }
    }
  }
  collect(a: Attrs): void {
    const { syms } = flat(a).shape
    for (let i = 0; i < syms.length; i++) {
      const v = a.vals[i]
      const slot = v !== undefined ? v : slotAt(a, i)
      const known = this.values.get(syms[i])
      if (known === undefined) this.values.set(syms[i], [slot])
      else known.push(slot)
    }
  }
  result(m: Machine): Attrs {
    const { names } = m.symbols
    if (this.values.size === 0) return m.emptyAttrs
    const syms = [...this.values.keys()].sort((a, b) => byteOrder(names[a], names[b]))
    const slots = syms.map((sym) => list(this.values.get(sym) as Slot[]))
    return namedCalls(this.fn, new Shape(m.symbols, syms, null, null, false), slots, true)
  }
}

/** Line and column of a position, worked out when somebody asks; the payload is the PosIdx. */
class LineOfPos extends Deferred {
  start(m: Machine, pos: PosIdx): Value {
    return m.positions.resolve(pos)?.line ?? 0
  }
}
class ColumnOfPos extends Deferred {
  start(m: Machine, pos: PosIdx): Value {
    return m.positions.resolve(pos)?.column ?? 0
  }
}

/** The builtins of this file, as a table of their own for each evaluator. */
export function attrsBuiltins(): Builtin[] {
  const remainders = new RemainderCache()
  const position = new FixedShape('column', 'file', 'line')
  const lineOfPos = new LineOfPos()
  const columnOfPos = new ColumnOfPos()
  return [
    builtin({
      name: 'attrNames',
      params: [param(ATTRS, 'while evaluating the argument passed to builtins.attrNames')],
      call: (_m, a: Attrs) => attrNames(a),
    }),
    builtin({
      name: 'attrValues',
      params: [param(ATTRS, 'while evaluating the argument passed to builtins.attrValues')],
      call: (_m, a: Attrs) => list(slotsOf(a)),
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
        if (place === undefined || place.source.origin !== 'file') return null
        return position.make(
          m.symbols,
          new Thunk(columnOfPos, pos),
          place.source.name,
          new Thunk(lineOfPos, pos),
        )
      },
    }),
    builtin({
      name: 'removeAttrs',
      params: [param(ATTRS), param(LIST)],
      start: (m, a: Attrs, names: List) => {
        const removed = plainSyms(m, names)
        if (removed !== null) return removeSyms(a, removed, remainders)
        return m.push(new RemoveAttrsFrame(a, names, remainders))
      },
    }),
    builtin({
      name: 'listToAttrs',
      params: [param(LIST, 'while evaluating the argument passed to builtins.listToAttrs')],
      start: (m, pairs: List) =>
        m.push(new ListToAttrsFrame(pairs, m.symbols.intern('name'), m.symbols.intern('value'))),
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
      call: (_m, fn: Slot, a: Attrs) => mapAttrs(fn, a),
    }),
    builtin({
      name: 'zipAttrsWith',
      params: [param(FUNCTION), param(LIST)],
      start: (m, fn: Value, sets: List) => m.push(new ZipAttrsWithFrame(fn, sets)),
    }),
  ]
}
