/**
 * Order, and what a failed `assert a == b` says (floor 3). Nix: CompareValues (primops.cc), assertEqValues (eval.cc).
 */
import { NixError } from '../errors.ts'
import type { PosIdx } from '../source.ts'
import { flat, has, lookup, positionOf, slotAt } from '../values/attrs.ts'
import { describeValue, quoteName, showType } from '../values/describe.ts'
import { SYM } from '../values/symbols.ts'
import {
  Attrs,
  Float,
  isFunction,
  isString,
  List,
  Path,
  peek,
  type Slot,
  textOf,
  type Value,
} from '../values/value.ts'
import { equalForced, equalSlots, equalValues, isDerivation, type Walk, walkOf } from './equal.ts'
import { orderOf } from './first-met.ts'
import { type Machine, type Step, WAIT } from './machine.ts'
import { Walker } from './walker.ts'

/** `a < b` of two numbers, strings or paths; undefined for anything else. */
function plainLess(a: Value, b: Value): boolean | undefined {
  if (typeof a === 'number' && typeof b === 'number') return a < b
  if (typeof a === 'string' && typeof b === 'string') return a < b
  const x = numberOf(a)
  if (x !== undefined) {
    const y = numberOf(b)
    if (y === undefined) return undefined
    // An integer beside a float is converted to double, with its loss.
    return a instanceof Float || b instanceof Float ? Number(x) < Number(y) : x < y
  }
  if (isString(a)) return isString(b) ? textOf(a) < textOf(b) : undefined
  return a instanceof Path && b instanceof Path ? a.path < b.path : undefined
}

/** The same; undefined for two lists alone. @throws NixError `cannot compare T with T; …` */
function atoms(m: Machine, a: Value, b: Value): boolean | undefined {
  const less = plainLess(a, b)
  if (less !== undefined || (a instanceof List && b instanceof List)) return less
  const shown = (v: Value): string => describeValue(v, m.positions)
  const types = `cannot compare ${showType(a)} with ${showType(b)}`
  if (typeName(a) !== typeName(b))
    throw new NixError('type', `${types}; values are ${shown(a)} and ${shown(b)}`)
  const message = `${types}; values of that type are incomparable (values are ${shown(a)} and ${shown(b)})`
  throw new NixError('type', message)
}

function numberOf(v: Value): number | bigint | undefined {
  if (typeof v === 'number' || typeof v === 'bigint') return v
  return v instanceof Float ? v.value : undefined
}

/** A name for each of Nix's types, with functions of all kinds as one. */
function typeName(v: Value): string {
  if (isFunction(v)) return 'function'
  if (isString(v)) return 'string'
  return showType(v)
}

/**
 * `a < b` for forced values: answers a Boolean. `context`: trace line for every error; '' for none.
 * @throws NixError `cannot compare T with T; …`, and what forcing list elements throws
 */
export function lessThan(m: Machine, a: Value, b: Value, context = ''): Step {
  const less = a instanceof List && b instanceof List ? listLess(a, b) : plainLess(a, b)
  if (less !== undefined) return less
  return new Ordering(m, a, b, context).start(m)
}

/** `a < b` where all that decides is there: two integers, or two strings; undefined where it is not. */
function listLess(a: List, b: List): boolean | undefined {
  for (let i = 0; ; i++) {
    if (i === b.length) return false
    if (i === a.length) return true
    const x = a.settle(i, a.at(i))
    const y = b.settle(i, b.at(i))
    const alike =
      (typeof x === 'number' && typeof y === 'number') || (typeof x === 'string' && typeof y === 'string')
    if (!alike) return undefined
    if (x !== y) return x < y
  }
}

const OF_ELEMENTS = 'while comparing two list elements'

class Ordering extends Walker {
  readonly #context: string
  #a: Value
  #b: Value
  /** Index of the elements under comparison, -1 before the first. */
  #i = -1
  #nested = 0

  constructor(m: Machine, a: Value, b: Value, context: string) {
    super(m)
    this.#a = a
    this.#b = b
    this.#context = context
  }

  protected run(m: Machine, answer: Value | undefined): Step {
    let got: Step | undefined = answer
    for (;;) {
      if (this.#i < 0) {
        const done = atoms(m, this.#a, this.#b)
        if (done !== undefined) return done
        this.#i = 0
      }
      const left = this.#a as List
      const right = this.#b as List
      const i = this.#i
      if (got === undefined) {
        if (i === right.length) return false
        if (i === left.length) return true
        const x = left.at(i)
        const y = right.at(i)
        got = equalForced(m, x, y)
        if (got === undefined) {
          got = this.ask(m, 0, (machine) => equalSlots(machine, x, y))
          if (got === WAIT) return WAIT
        }
      }
      if (got === true) this.#i++
      else {
        this.#a = peek(left.at(i)) as Value
        this.#b = peek(right.at(i)) as Value
        this.#i = -1
        this.#nested++
      }
      got = undefined
    }
  }

  override explain(_m: Machine, error: NixError): void {
    for (let i = 0; i < this.#nested; i++) error.addTrace(OF_ELEMENTS)
    if (this.#context !== '') error.addTrace(this.#context)
  }
}

/**
 * Throws what makes two values differ; answers null when they do not. Follows `equal` step by step.
 * `pos`: of the `==`. @throws NixError of kind `assert`
 */
export function assertEqual(m: Machine, a: Slot, b: Slot, pos: PosIdx = 0): Step {
  return new Difference(m, a, b, pos).start(m)
}

/** Two lists, two sets or two `outPath`s being compared. */
interface Pair {
  left: List | Attrs | null
  right: List | Attrs | null
  /** Of two sets: the indices of their attributes in Nix's order. */
  walk: Walk | null
  i: number
}

const LEFT = 0
const RIGHT = 1
const LEFT_TYPE = 2
const RIGHT_TYPE = 3

class Difference extends Walker {
  readonly #pos: PosIdx
  readonly #pairs: Pair[] = []
  #a: Slot
  #b: Slot
  #x: Value = null
  #y: Value = null
  #state = LEFT

  constructor(m: Machine, a: Slot, b: Slot, pos: PosIdx) {
    super(m)
    this.#a = a
    this.#b = b
    this.#pos = pos
  }

  protected run(m: Machine, answer: Value | undefined): Step {
    let got: Step | undefined = answer
    for (;;) {
      const level = this.#pairs.length
      if (this.#state === LEFT) {
        if (got === undefined) {
          this.enter(m, level, this.#pos)
          got = this.get(m, this.#a, level + 1)
          if (got === WAIT) return WAIT
        }
        this.#x = got as Value
        got = undefined
        this.#state = RIGHT
      } else if (this.#state === RIGHT) {
        if (got === undefined) {
          got = this.get(m, this.#b, level + 1)
          if (got === WAIT) return WAIT
        }
        this.#y = got as Value
        got = undefined
        this.#state = LEFT
        const x = this.#x
        const same = level > 0 && this.#a === this.#b
        if (!same) {
          this.#compare(m, x, this.#y)
          if (x instanceof Attrs) {
            this.#state = LEFT_TYPE
            continue
          }
          if (x instanceof List) this.#pairs.push({ left: x, right: this.#y as List, walk: null, i: -1 })
        }
        if (!this.#advance(m)) return null
      } else {
        const set = (this.#state === LEFT_TYPE ? this.#x : this.#y) as Attrs
        const type = lookup(set, SYM.TYPE)
        if (type !== undefined) {
          if (got === undefined) {
            got = this.get(m, type, level + 1)
            if (got === WAIT) return WAIT
          }
          got = undefined
        }
        const is = isDerivation(set) === true
        if (is && this.#state === LEFT_TYPE) this.#state = RIGHT_TYPE
        else {
          this.#state = LEFT
          if (!this.#enterSets(m, this.#x as Attrs, this.#y as Attrs, is)) continue
          if (!this.#advance(m)) return null
        }
      }
    }
  }

  /** Throws for values that differ by themselves. */
  #compare(m: Machine, x: Value, y: Value): void {
    const fail = (message: string): never => {
      throw new NixError('assert', message)
    }
    const shown = (v: Value): string => describeValue(v, m.positions)
    const number = numberOf(x)
    if (number !== undefined && numberOf(y) !== undefined) {
      if (equalValues(m, x, y) !== true) {
        fail(
          `${showType(x)} with value '${shown(x)}' is not equal to ${showType(y)} with value '${shown(y)}'`,
        )
      }
      return
    }
    if (typeName(x) !== typeName(y)) {
      fail(`${showType(x)} of value '${shown(x)}' is not equal to ${showType(y)} of value '${shown(y)}'`)
    }
    if (isFunction(x)) {
      fail('distinct functions and immediate comparisons of identical functions compare as unequal')
    }
    if (x instanceof List) {
      const other = y as List
      if (x.length === other.length) return
      fail(
        `list of size '${x.length}' is not equal to list of size '${other.length}', ` +
          `left hand side is '${shown(x)}', right hand side is '${shown(y)}'`,
      )
    }
    if (x instanceof Attrs || equalValues(m, x, y) === true) return
    const kind = typeof x === 'boolean' ? 'boolean' : x instanceof Path ? 'path' : 'string'
    fail(`${kind} '${shown(x)}' is not equal to ${kind} '${shown(y)}'`)
  }

  /** Pushes two sets; false when the next slots have been set already. */
  #enterSets(m: Machine, a: Attrs, b: Attrs, derivations: boolean): boolean {
    if (derivations) {
      const i = lookup(a, SYM.OUT_PATH)
      const j = lookup(b, SYM.OUT_PATH)
      if (i !== undefined && j !== undefined) {
        this.#pairs.push({ left: null, right: null, walk: null, i: 0 })
        this.#a = i
        this.#b = j
        return false
      }
    }
    flat(a)
    flat(b)
    if (a.shape.size !== b.shape.size) {
      const sides = `'${describeValue(a, m.positions)}' differs from attribute set '${describeValue(b, m.positions)}'`
      throw new NixError('assert', `attribute names of attribute set ${sides}`)
    }
    const walk = a.shape.size > 1 ? walkOf(orderOf(m), a, b) : null
    this.#pairs.push({ left: a, right: b, walk, i: -1 })
    return true
  }

  #advance(m: Machine): boolean {
    const pairs = this.#pairs
    while (pairs.length > 0) {
      const top = pairs[pairs.length - 1]
      const i = ++top.i
      const { left, right, walk } = top
      if (left instanceof List) {
        if (i < left.length) {
          this.#a = left.at(i)
          this.#b = (right as List).at(i)
          return true
        }
      } else if (left !== null) {
        const b = right as Attrs
        if (i < left.shape.size) {
          const j = walk === null ? i : walk.left[i]
          const k = walk === null ? i : walk.right[i]
          if (left.shape.syms[j] !== b.shape.syms[k]) this.#namesDiffer(m, left, b, j, k)
          this.#a = slotAt(left, j)
          this.#b = slotAt(b, k)
          return true
        }
      }
      pairs.pop()
    }
    return false
  }

  #namesDiffer(m: Machine, a: Attrs, b: Attrs, i: number, k: number): never {
    // The line "while comparing attribute" is for values only.
    this.#pairs.pop()
    const left = describeValue(a, m.positions)
    const right = describeValue(b, m.positions)
    const message = has(b, a.shape.syms[i])
      ? `attribute name '${quoteName(b.shape.nameAt(k))}' is missing in '${left}', but is contained in '${right}'`
      : `attribute name '${quoteName(a.shape.nameAt(i))}' is contained in '${left}', but not in '${right}'`
    throw new NixError('assert', message)
  }

  override explain(_m: Machine, error: NixError): void {
    for (let n = this.#pairs.length - 1; n >= 0; n--) {
      const { left, right, walk, i } = this.#pairs[n]
      if (i < 0) continue
      if (left === null) error.addTrace("while comparing a derivation by its 'outPath' attribute", this.#pos)
      else if (left instanceof List) error.addTrace(`while comparing list element ${i}`, this.#pos)
      else {
        const k = walk === null ? i : walk.left[i]
        const sym = left.shape.syms[k]
        const there = positionOf(right as Attrs, sym)
        if (there !== 0) error.addTrace('where right hand side is', there)
        const here = positionOf(left, sym)
        if (here !== 0) error.addTrace('where left hand side is', here)
        error.addTrace(`while comparing attribute '${quoteName(left.shape.nameAt(k))}'`, this.#pos)
      }
    }
  }
}
