/**
 * Equality (floor 3): two slots come in, a Boolean goes out. Nix: EvalState::eqValues (eval.cc).
 *
 * Identity counts inside lists and sets only: two slots that are one cell are equal once forced, even if they hold a
 * function; `==` itself gets values, and a function is not equal to itself.
 *
 * Nix goes through two sets in the order in which it has met the names. As in deep.ts that is not asked before something has
 * failed: what is begun anew then may find what differs before what fails.
 */
import { NixError } from '../errors.ts'
import { flat, has, lookup, slotAt } from '../values/attrs.ts'
import { SYM } from '../values/symbols.ts'
import {
  Attrs,
  Float,
  isFunction,
  List,
  Path,
  peek,
  type Slot,
  StringWithContext,
  type Thunk,
  type Value,
} from '../values/value.ts'
import { isDone, isOfOrder } from './deep.ts'
import { type NameOrder, orderOf } from './first-met.ts'
import { type Frame, type Machine, type Step, WAIT } from './machine.ts'
import { AGAIN, WALK_STRETCH, Walker } from './walker.ts'

/** Both are lists, or both are sets: their parts decide. */
const PARTS = 2

/** 0, 1, or PARTS. */
function shallow(a: Value, b: Value): number {
  switch (typeof a) {
    case 'string':
      if (typeof b === 'string') return a === b ? 1 : 0
      return b instanceof StringWithContext && b.text === a ? 1 : 0
    case 'number':
      if (typeof b === 'number') return a === b ? 1 : 0
      return b instanceof Float && b.value === a ? 1 : 0
    case 'boolean':
      return a === b ? 1 : 0
    case 'bigint':
      if (b instanceof Float) return b.value === Number(a) ? 1 : 0
      return a === b ? 1 : 0
    default:
  }
  if (a === null) return b === null ? 1 : 0
  if (a instanceof Attrs) return b instanceof Attrs ? PARTS : 0
  if (a instanceof List) return b instanceof List ? PARTS : 0
  if (a instanceof StringWithContext) {
    if (typeof b === 'string') return a.text === b ? 1 : 0
    return b instanceof StringWithContext && a.text === b.text ? 1 : 0
  }
  if (a instanceof Float) {
    if (b instanceof Float) return a.value === b.value ? 1 : 0
    return (typeof b === 'number' || typeof b === 'bigint') && a.value === Number(b) ? 1 : 0
  }
  if (a instanceof Path) return b instanceof Path && a.path === b.path ? 1 : 0
  return 0
}

/** Whether a value and a slot's value are one thing that only identity makes equal to itself. */
function sameThing(x: Value, y: Value): boolean {
  return x === y && (isFunction(x) || x instanceof Float)
}

/** Levels that the fast path may recurse. */
const FAST_LEVELS = 100
const UNKNOWN = -1

/** Compares what is forced already; UNKNOWN when something has to be evaluated, or is very deep. */
function fast(m: Machine, a: Slot, b: Slot, levels: number): number {
  const x = peek(a)
  if (x === undefined) return UNKNOWN
  const y = peek(b)
  if (y === undefined) return UNKNOWN
  const r = shallow(x, y)
  if (r === 1) return 1
  if (a === b) return 1
  return r === 0 ? 0 : fastParts(m, x, y, levels - 1)
}

/** Sets smaller than this are gone through as fast as they are remembered. */
const MANY = 8

function fastParts(m: Machine, a: Value, b: Value, levels: number): number {
  if (levels <= 0) return UNKNOWN
  // Each derivation of nixpkgs asks whether the platform it is built on is the one it runs on. They are one set of fifty.
  if (a === b && a === m.sameAsItself) return 1
  if (a instanceof List) {
    const l = b as List
    if (a.length !== l.length) return 0
    for (let i = 0; i < a.length; i++) {
      const r = fast(m, a.at(i), l.at(i), levels)
      if (r !== 1) return r
    }
    return 1
  }
  const x = flat(a as Attrs)
  const y = flat(b as Attrs)
  const first = isDerivation(x)
  const second = first === true ? isDerivation(y) : first
  if (second === undefined) return UNKNOWN
  if (second) {
    const i = lookup(x, SYM.OUT_PATH)
    const j = lookup(y, SYM.OUT_PATH)
    if (i !== undefined && j !== undefined) return fast(m, i, j, levels)
  }
  const xs = x.shape
  const ys = y.shape
  const n = xs.size
  if (n !== ys.size) return 0
  for (let i = 0; i < n; i++) {
    if (xs !== ys && xs.syms[i] !== ys.syms[i]) return 0
    const r = fast(m, slotAt(x, i), slotAt(y, i), levels)
    if (r !== 1) return r
  }
  if (a === b && n > MANY) m.sameAsItself = a as Attrs
  return 1
}

/** Whether a set says `type = "derivation"`; undefined when that has to be evaluated first. */
export function isDerivation(a: Attrs): boolean | undefined {
  const slot = lookup(a, SYM.TYPE)
  if (slot === undefined) return false
  const v = peek(slot)
  if (v === undefined) return undefined
  return v === 'derivation' || (v instanceof StringWithContext && v.text === 'derivation')
}

/** How many levels the fast path may go before Nix's limit could matter. */
function fastLevels(m: Machine): number {
  return Math.min(FAST_LEVELS, m.settings.maxCallDepth - m.depth)
}

/**
 * `a == b` for forced values: answers a Boolean. @throws NixError stack overflow, and what forcing throws
 */
export function equalValues(m: Machine, a: Value, b: Value): Step {
  const r = shallow(a, b)
  if (r !== PARTS) return r === 1
  const quick = fastParts(m, a, b, fastLevels(m))
  if (quick !== UNKNOWN) return quick === 1
  // As in most cases that come here: two sets, neither of which is a derivation.
  if (a instanceof Attrs && m.depth <= m.settings.maxCallDepth) {
    const other = b as Attrs
    if (isDerivation(a) === false && severalLeft(a, other)) return new SetEquality(m, a, other).begin(m)
  }
  return new Equality(m, a, b, OPERANDS).begin(m)
}

/**
 * Equality of two slots as parts of something (order of lists): answers a Boolean.
 * @throws NixError stack overflow, and what forcing throws
 */
export function equalSlots(m: Machine, a: Slot, b: Slot): Step {
  const quick = fast(m, a, b, fastLevels(m))
  if (quick !== UNKNOWN) return quick === 1
  return new Equality(m, a, b, PARTS_OF).begin(m)
}

/**
 * Equality of an argument, whose cell is not known any more, and a slot (`builtins.elem`): answers a Boolean. A
 * function is equal to a slot that holds it.
 * @throws NixError stack overflow, and what forcing throws
 */
export function equal(m: Machine, a: Slot, b: Slot): Step {
  const x = peek(a)
  let y = peek(b)
  if (x !== undefined && y === undefined && m.depth <= m.settings.maxCallDepth) {
    // Of a list of sets, each is most often not there yet, and differs from all others.
    const r = m.forceFor(b as Thunk, heldForced, a)
    if (r === WAIT) return WAIT
    y = r
  }
  if (x !== undefined && y !== undefined && sameThing(x, y)) return true
  const quick = fast(m, a, b, fastLevels(m))
  if (quick !== UNKNOWN) return quick === 1
  return new Equality(m, a, b, HELD).begin(m)
}

const heldForced = (m: Machine, b: Thunk, a: Slot): Frame => new Equality(m, a, b, HELD).forcesRight()

/** The same without evaluating: undefined when something is not forced yet. */
export function equalForced(m: Machine, a: Slot, b: Slot): boolean | undefined {
  const quick = fast(m, a, b, fastLevels(m))
  return quick === UNKNOWN ? undefined : quick === 1
}

/** What the two slots of a comparison are: operands of `==`, a held value and a slot, or parts of something. */
const OPERANDS = 0
const HELD = 1
const PARTS_OF = 2

/** The indices of two sets' attributes in the order in which they are compared. */
export interface Walk {
  left: readonly number[]
  right: readonly number[]
}

/** That of Nix for two sets. */
export function walkOf(order: NameOrder, a: Attrs, b: Attrs): Walk {
  return { left: order.walk(a.shape), right: order.walk(b.shape) }
}

const LEFT = 0
const RIGHT = 1
const LEFT_TYPE = 2
const RIGHT_TYPE = 3
/** Two sets have been handed to a frame of their own. */
const HANDED = 4

/** Two lists of one length, or two sets. */
class Level {
  readonly left: List | Attrs
  readonly right: List | Attrs
  /** What goes through sets in Nix's order; null: in that of the shapes. */
  readonly walk: Walk | null
  readonly outer: Level | null
  /** The index of the next part. */
  next = 0

  constructor(left: List | Attrs, right: List | Attrs, walk: Walk | null, outer: Level | null) {
    this.left = left
    this.right = right
    this.walk = walk
    this.outer = outer
  }
}

class Equality extends Walker {
  /** The lists or sets under comparison, innermost; null at the top. */
  #level: Level | null = null
  #levels = 0
  #a: Slot
  #b: Slot
  #role: number
  #x: Value = null
  #y: Value = null
  #state = LEFT

  constructor(m: Machine, a: Slot, b: Slot, role: number) {
    super(m)
    this.#a = a
    this.#b = b
    this.#role = role
  }

  /** Begins, where something has to be evaluated, or is very deep. */
  begin(m: Machine): Step {
    return this.startAsFrame(m)
  }

  /** Makes it a frame that has asked for the right operand; the left one is there. */
  forcesRight(): this {
    this.#x = peek(this.#a) as Value
    this.#state = RIGHT
    return this.begun(this.#b)
  }

  /** Whether sets whose order may matter are another frame's. */
  protected hands(): boolean {
    return true
  }

  /** Null as long as nothing has failed. */
  protected order(): NameOrder | null {
    return null
  }

  /** Begins anew with two sets. */
  protected again(m: Machine, a: Attrs, b: Attrs): Step {
    this.#level = null
    this.#levels = 0
    this.#a = a
    this.#b = b
    this.#role = OPERANDS
    this.#state = LEFT
    this.#result = true
    return this.go(m, undefined)
  }

  protected run(m: Machine, answer: Value | undefined): Step | typeof AGAIN {
    let got: Step | undefined = answer
    let left = WALK_STRETCH
    for (;;) {
      const level = this.#levels
      switch (this.#state) {
        case LEFT: {
          if (--left < 0 && got === undefined) return AGAIN
          if (got === undefined) {
            this.enter(m, level)
            got = this.get(m, this.#a, level + 1)
            if (got === WAIT) return WAIT
          }
          this.#x = got as Value
          got = undefined
          this.#state = RIGHT
          break
        }
        case RIGHT: {
          if (got === undefined) {
            got = this.get(m, this.#b, level + 1)
            if (got === WAIT) return WAIT
          }
          this.#y = got as Value
          got = undefined
          const x = this.#x
          const r = shallow(x, this.#y)
          if (r !== 1 && !this.#identical(x, this.#y)) {
            if (r === 0) return false
            if (x instanceof Attrs) {
              this.#state = LEFT_TYPE
              break
            }
            if ((x as List).length !== (this.#y as List).length) return false
            this.#descend(x as List, this.#y as List)
          }
          if (!this.advance()) return this.#result
          break
        }
        case LEFT_TYPE:
        case RIGHT_TYPE: {
          const set = (this.#state === LEFT_TYPE ? this.#x : this.#y) as Attrs
          let is = false
          const type = lookup(set, SYM.TYPE)
          if (type !== undefined) {
            if (got === undefined) {
              got = this.get(m, type, level + 1)
              if (got === WAIT) return WAIT
            }
            got = undefined
            is = isDerivation(set) === true
          }
          if (is && this.#state === LEFT_TYPE) {
            this.#state = RIGHT_TYPE
            break
          }
          const a = this.#x as Attrs
          const b = this.#y as Attrs
          if (!(is && has(a, SYM.OUT_PATH) && has(b, SYM.OUT_PATH)) && this.hands() && severalLeft(a, b)) {
            this.#state = HANDED
            got = this.ask(m, level, (machine) => new SetEquality(machine, a, b).begin(machine))
            if (got === WAIT) return WAIT
            break
          }
          if (!this.enterSets(a, b, is)) return false
          if (!this.advance()) return this.#result
          break
        }
        case HANDED:
          if (got === false) return false
          got = undefined
          if (!this.advance()) return this.#result
          break
        default:
          throw new NixError('internal', 'equality in an unknown state')
      }
    }
  }

  #result = true

  #identical(x: Value, y: Value): boolean {
    if (this.#role === PARTS_OF) return this.#a === this.#b
    return this.#role === HELD && sameThing(x, y)
  }

  #descend(a: List | Attrs, b: List | Attrs): void {
    const order = a instanceof Attrs ? this.order() : null
    const walk = order === null ? null : walkOf(order, a as Attrs, b as Attrs)
    this.#level = new Level(a, b, walk, this.#level)
    this.#levels++
  }

  /** Pushes what has to be equal of two sets; false when they cannot be. */
  protected enterSets(a: Attrs, b: Attrs, derivations: boolean): boolean {
    this.#state = LEFT
    if (derivations) {
      const i = lookup(a, SYM.OUT_PATH)
      const j = lookup(b, SYM.OUT_PATH)
      if (i !== undefined && j !== undefined) {
        this.#descend(new List([i], 0, 1), new List([j], 0, 1))
        return true
      }
    }
    flat(a)
    flat(b)
    if (a.shape.size !== b.shape.size) return false
    this.#descend(a, b)
    return true
  }

  /** Takes the next two slots; false at the end, with the result in `#result`. */
  protected advance(): boolean {
    this.#state = LEFT
    this.#role = PARTS_OF
    for (let level = this.#level; level !== null; level = level.outer) {
      const { left, right } = level
      const i = level.next++
      if (left instanceof List) {
        if (i < left.length) {
          this.#a = left.at(i)
          this.#b = (right as List).at(i)
          return true
        }
      } else {
        const b = right as Attrs
        if (i < left.shape.size) {
          const { walk } = level
          const j = walk === null ? i : walk.left[i]
          const k = walk === null ? i : walk.right[i]
          if (left.shape.syms[j] !== b.shape.syms[k]) {
            this.#result = false
            return false
          }
          this.#a = slotAt(left, j)
          this.#b = slotAt(b, k)
          return true
        }
      }
      this.#level = level.outer
      this.#levels--
    }
    return false
  }
}

/**
 * Whether it matters which attribute of two sets comes first: one is still to be evaluated, and there is another such one, or
 * one that differs.
 */
function severalLeft(a: Attrs, b: Attrs): boolean {
  flat(a)
  flat(b)
  if (a.shape.size !== b.shape.size || a.shape.size < 2) return false
  let left = 0
  let done = true
  for (let i = 0; i < a.shape.size; i++) {
    const x = slotAt(a, i)
    const y = slotAt(b, i)
    const both = isDone(x) && isDone(y)
    if (!both) done = false
    else if (shallow(peek(x) as Value, peek(y) as Value) === 1) continue
    if (++left > 1 && !done) return true
  }
  return false
}

/** Equality of two such sets. */
class SetEquality extends Equality {
  readonly #left: Attrs
  readonly #right: Attrs
  #order: NameOrder | null = null

  constructor(m: Machine, a: Attrs, b: Attrs) {
    super(m, a, b, OPERANDS)
    this.#left = a
    this.#right = b
  }

  /** Begins with their attributes: what they are has been asked already. */
  override begin(m: Machine): Step {
    this.enterSets(this.#left, this.#right, false)
    return this.advance() ? this.startAsFrame(m) : false
  }

  protected override hands(): boolean {
    return false
  }

  protected override order(): NameOrder | null {
    return this.#order
  }

  override recover(m: Machine, error: NixError): Step | undefined {
    if (this.#order !== null || !isOfOrder(error)) return undefined
    error.untold = true
    this.#order = orderOf(m)
    return this.again(m, this.#left, this.#right)
  }
}
