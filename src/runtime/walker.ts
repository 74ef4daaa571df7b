/**
 * Frames that walk over values (floor 3): equality, coercion, deep forcing, printing. A walker runs as a plain object
 * until something has to be evaluated; only then it becomes a frame of the machine. Usually that never happens.
 *
 * How one is written: `run(m, answer)` is a state machine over explicit stacks. Where it needs a value it calls
 * `get` (or `ask`), and returns WAIT when that answers WAIT; `run` is then called again with the answer.
 */
import { NixError } from '../errors.ts'
import type { PosIdx } from '../source.ts'
import { type Slot, Thunk, type Value } from '../values/value.ts'
import { Frame, type Machine, type Step, WAIT } from './machine.ts'

/** What `run` answers when it is to be called again, and nothing has been asked for. */
export const AGAIN: unique symbol = Symbol('AGAIN')

/**
 * So many steps a walk over what may be big takes before it answers AGAIN: V8 does not replace the code of a loop that runs by
 * that of its best compiler, only that of a function that is called anew.
 */
export const WALK_STRETCH = 2048

export abstract class Walker extends Frame {
  /** Nix's call depth where the walk began. */
  readonly base: number
  private pushed: boolean
  /** What was asked for before this was a frame: a slot, or another request. */
  private slot: Slot | undefined
  private request: ((m: Machine) => Step) | null
  private askedLevel: number

  constructor(m: Machine) {
    super()
    this.base = m.depth
    this.pushed = false
    this.slot = undefined
    this.request = null
    this.askedLevel = 0
  }

  /** Goes on with the walk: `answer` is undefined at the start, then what was asked for. */
  protected abstract run(m: Machine, answer: Value | undefined): Step | typeof AGAIN

  /** Goes on until there is an answer. */
  protected go(m: Machine, answer: Value | undefined): Step {
    let r = this.run(m, answer)
    while (r === AGAIN) r = this.run(m, undefined)
    return r
  }

  /** Begins the walk; the answer is the walk's result. */
  start(m: Machine): Step {
    let r: Step
    try {
      r = this.go(m, undefined)
    } catch (error) {
      if (error instanceof NixError) this.explain?.(m, error)
      throw error
    }
    return r === WAIT ? this.startAsFrame(m) : r
  }

  /** The same where it is known that something has to be evaluated: it is a frame from the start. */
  protected startAsFrame(m: Machine): Step {
    this.pushed = true
    return this.recover === undefined ? m.push(this) : m.pushCatching(this)
  }

  /** Makes it a frame that has asked for a slot, one level down (see Machine.forceFor). */
  protected begun(slot: Slot): this {
    this.pushed = true
    this.slot = slot
    this.askedLevel = 1
    this.depth = this.base + 1
    return this
  }

  override step(m: Machine, answer: Value | undefined): Step {
    let v = answer
    // Of a frame from the start nothing has been asked yet.
    if (v === undefined && (this.slot !== undefined || this.request !== null)) {
      m.depth = this.depth = this.base + this.askedLevel
      const request = this.request
      this.request = null
      const r = request === null ? m.force(this.slot as Slot) : request(m)
      this.slot = undefined
      if (r === WAIT) return WAIT
      v = r
    }
    const r = this.go(m, v)
    if (r !== WAIT) m.depth = this.base
    return r
  }

  /** The value of a slot, forced at `level` below the start (Nix: callDepth while it is forced). */
  protected get(m: Machine, slot: Slot, level: number): Step {
    if (!(slot instanceof Thunk)) return slot
    if (slot.code === null) return slot.payload as Value
    if (!this.pushed) {
      this.slot = slot
      this.askedLevel = level
      return WAIT
    }
    m.depth = this.depth = this.base + level
    return m.force(slot)
  }

  /** The answer of any other request. */
  protected ask(m: Machine, level: number, request: (m: Machine) => Step): Step {
    if (!this.pushed) {
      this.request = request
      this.askedLevel = level
      return WAIT
    }
    m.depth = this.depth = this.base + level
    return request(m)
  }

  /** Whether `enter` would throw: for those whose position costs something. */
  protected tooDeep(m: Machine, levels: number): boolean {
    return this.base + levels > m.settings.maxCallDepth
  }

  /** Nix's addCallDepth, `levels` below the start. @throws NixError stack overflow */
  protected enter(m: Machine, levels: number, pos: PosIdx = 0): void {
    if (this.tooDeep(m, levels)) {
      throw new NixError('stack-overflow', 'stack overflow; max-call-depth exceeded', { pos })
    }
  }
}
