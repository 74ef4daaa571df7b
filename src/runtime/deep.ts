/**
 * Deep forcing (floor 3): everything that can be reached from a slot is evaluated. Nix: forceValueDeep (eval.cc).
 *
 * Nix goes through a set in the order in which it has met the names. Which that is shows only when something fails, so it
 * is not asked before: a walk that has failed begins again, in that order, to find the failure that Nix finds first. What
 * has been evaluated already is only passed.
 *
 * That order is another one if the first walk has read files that Nix would not have read by then, or not in that order;
 * what has been evaluated at one depth is not found too deep at another; and what several parts of a set share fails only once,
 * with the trace of the part that came first. Such an error is doubtful: a program that ends with it is run once more, in order
 * from the start (`inOrder`).
 */
import type { NixError } from '../errors.ts'
import type { PosIdx } from '../source.ts'
import { flat, slotAt } from '../values/attrs.ts'
import { determinePos, quoteName } from '../values/describe.ts'
import { Attrs, List, peek, type Slot, Thunk, type Value } from '../values/value.ts'
import { type NameOrder, orderOf } from './first-met.ts'
import { type Machine, type Step, WAIT } from './machine.ts'
import { AGAIN, WALK_STRETCH, Walker } from './walker.ts'

/**
 * Forces a slot and everything in it; answers the slot's value. Cycles are walked once.
 * @throws NixError what forcing throws, with a trace line per level; stack overflow below max-call-depth levels
 */
export function deepForce(m: Machine, slot: Slot): Step {
  const v = peek(slot)
  if (v !== undefined && !(v instanceof Attrs) && !(v instanceof List)) return v
  return new DeepForce(m, slot).start(m)
}

/** Whether another order may meet another error: an infinite recursion has failed everything that takes part in it. */
export function isOfOrder(error: NixError): boolean {
  return !error.passing && error.kind !== 'infinite-recursion'
}

const NONE: readonly number[] = []

/** Whether there is nothing in it to be evaluated. */
export function isDone(slot: Slot): boolean {
  const v = peek(slot)
  return v !== undefined && !(v instanceof Attrs) && !(v instanceof List)
}

/** So few parts are looked at again sooner than that they have been is remembered. */
const FEW = 8

/** Whether it is a list or a set of few parts with nothing in them to be evaluated. */
function isLeaf(v: Attrs | List): boolean {
  if (v instanceof List) {
    if (v.length === 0 || v.length > FEW) return false
    for (let i = 0; i < v.length; i++) if (!isDone(v.at(i))) return false
    return true
  }
  if (v.base !== null) return false
  const { vals } = v
  if (vals.length === 0 || vals.length > FEW) return false
  for (let i = 0; i < vals.length; i++) if (!isDone(slotAt(v, i))) return false
  return true
}

class DeepForce extends Walker {
  /** What has been walked. As Nix goes by cells, so does the walk in its order, for each thunk that has the same set or list. */
  readonly #seen = new Set<Slot>()
  readonly #stack: (Attrs | List)[] = []
  readonly #next: number[] = []
  /** The order of slots, by level; of lists, nothing. */
  readonly #walks: (readonly number[])[] = []
  readonly #from: Slot
  #slot: Slot
  #root: Value | undefined = undefined
  #order: NameOrder | undefined
  /** How many files had been read before. */
  readonly #sources: number
  #again = false
  /** What the first walk failed with, and at what. */
  #first: NixError | undefined
  #failed: Slot = null

  constructor(m: Machine, slot: Slot) {
    super(m)
    this.#order = m.settings.inOrder ? orderOf(m) : undefined
    this.#sources = m.positions.sources.length
    this.#from = slot
    this.#slot = slot
  }

  protected run(m: Machine, answer: Value | undefined): Step | typeof AGAIN {
    let got: Step | undefined = answer
    const stack = this.#stack
    const next = this.#next
    const walks = this.#walks
    let left = WALK_STRETCH
    for (;;) {
      const level = stack.length
      if (got === undefined) {
        if (this.tooDeep(m, level)) this.enter(m, level, determinePos(this.#slot))
        got = this.get(m, this.#slot, level + 1)
        if (got === WAIT) return WAIT
      }
      const v = got as Value
      got = undefined
      if (this.#root === undefined) this.#root = v
      const holds = v instanceof Attrs || v instanceof List
      const cell = this.#order !== undefined && this.#slot instanceof Thunk ? this.#slot : v
      if (holds && (this.tooDeep(m, level + 1) || !isLeaf(v)) && !this.#seen.has(cell)) {
        this.#seen.add(cell)
        if (v instanceof Attrs) flat(v)
        stack.push(v)
        next.push(0)
        walks.push(v instanceof Attrs ? this.#walk(v) : NONE)
      }
      // On to the next slot that is not an atom already.
      for (;;) {
        const at = stack.length - 1
        if (at < 0) return this.#root
        const top = stack[at]
        const i = next[at]++
        if (i >= (top instanceof List ? top.length : top.shape.size)) {
          stack.pop()
          next.pop()
          walks.pop()
          continue
        }
        const slot = top instanceof List ? top.at(i) : slotAt(top, walks[at][i])
        // An atom may be looked at once more.
        if (--left <= 0) {
          this.#slot = slot
          return AGAIN
        }
        if (typeof slot === 'object' && slot !== null) {
          this.#slot = slot
          break
        }
        this.enter(m, at + 1)
      }
    }
  }

  #walk(set: Attrs): readonly number[] {
    const { shape } = set
    const order = this.#order
    if (order === undefined) return shape.walk
    // Where one thing alone is left to be evaluated, the order is nobody's business.
    const isLeft = (i: number): boolean => !isDone(slotAt(set, i))
    let left = 0
    for (let i = 0; i < shape.size && left < 2; i++) if (isLeft(i)) left++
    return left < 2 ? shape.walk : order.walk(shape, isLeft)
  }

  override recover(m: Machine, error: NixError): Step | undefined {
    if (!isOfOrder(error)) return undefined
    if (this.#order !== undefined) {
      if (
        this.#again &&
        (this.#isOfFirst(error) ||
          m.positions.sources.length > this.#sources ||
          error.kind === 'stack-overflow')
      )
        error.isDoubtful = true
      return undefined
    }
    this.#again = true
    this.#first = error
    this.#failed = this.#slot
    error.untold = true
    this.#order = orderOf(m)
    this.#seen.clear()
    for (const levels of [this.#stack, this.#next, this.#walks]) levels.length = 0
    this.#root = undefined
    this.#slot = this.#from
    return this.go(m, undefined)
  }

  /** Whether it is the first walk's failure, met by another way: who forces what fails for the first time is told in the trace. */
  #isOfFirst(error: NixError): boolean {
    return error === this.#first && this.#slot !== this.#failed
  }

  override sitePos(_m: Machine, lambda: PosIdx): PosIdx {
    return lambda
  }

  override explain(_m: Machine, error: NixError): void {
    for (let at = this.#stack.length - 1; at >= 0; at--) {
      const top = this.#stack[at]
      const i = this.#next[at] - 1
      if (i < 0) continue
      if (top instanceof List) error.addTrace(`while evaluating list element at index ${i}`)
      else {
        const { shape } = top
        const k = this.#walks[at][i]
        error.addTrace(`while evaluating the attribute '${quoteName(shape.nameAt(k))}'`, shape.positionAt(k))
      }
    }
  }
}
