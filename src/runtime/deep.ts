/**
 * Deep forcing (floor 3): everything that can be reached from a slot is evaluated. Nix: forceValueDeep (eval.cc).
 */
import type { NixError } from '../errors.ts'
import type { PosIdx } from '../source.ts'
import { flat, slotAt } from '../values/attrs.ts'
import { determinePos, quoteName } from '../values/describe.ts'
import { Attrs, List, peek, type Slot, type Value } from '../values/value.ts'
import { type Machine, type Step, WAIT } from './machine.ts'
import { Walker } from './walker.ts'

/**
 * Forces a slot and everything in it; answers the slot's value. Cycles are walked once.
 * @throws NixError what forcing throws, with a trace line per level; stack overflow below max-call-depth levels
 */
export function deepForce(m: Machine, slot: Slot): Step {
  const v = peek(slot)
  if (v !== undefined && !(v instanceof Attrs) && !(v instanceof List)) return v
  return new DeepForce(m, slot).start(m)
}

class DeepForce extends Walker {
  readonly #seen = new Set<Attrs | List>()
  readonly #stack: (Attrs | List)[] = []
  readonly #next: number[] = []
  #slot: Slot
  #root: Value | undefined = undefined

  constructor(m: Machine, slot: Slot) {
    super(m)
    this.#slot = slot
  }

  protected run(m: Machine, answer: Value | undefined): Step {
    let got: Step | undefined = answer
    const stack = this.#stack
    const next = this.#next
    for (;;) {
      const level = stack.length
      if (got === undefined) {
        this.enter(m, level, determinePos(this.#slot))
        got = this.get(m, this.#slot, level + 1)
        if (got === WAIT) return WAIT
      }
      const v = got as Value
      got = undefined
      if (this.#root === undefined) this.#root = v
      if ((v instanceof Attrs || v instanceof List) && !this.#seen.has(v)) {
        this.#seen.add(v)
        if (v instanceof Attrs) flat(v)
        stack.push(v)
        next.push(0)
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
          continue
        }
        const slot = top instanceof List ? top.at(i) : slotAt(top, top.shape.walk[i])
        if (typeof slot === 'object' && slot !== null) {
          this.#slot = slot
          break
        }
        this.enter(m, at + 1)
      }
    }
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
        const k = shape.walk[i]
        error.addTrace(`while evaluating the attribute '${quoteName(shape.nameAt(k))}'`, shape.positionAt(k))
      }
    }
  }
}
