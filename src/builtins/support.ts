/**
 * What the builtins of several families need (floor 4): forcing an argument late, shapes of fixed results, texts.
 */
import { NixError } from '../errors.ts'
import { type CoerceOptions, coerceToString, forceBelow } from '../runtime/coerce.ts'
import { expectFunction, expectString } from '../runtime/expect.ts'
import { Frame, type Machine, type Step, WAIT } from '../runtime/machine.ts'
import type { PosIdx } from '../source.ts'
import { quoteName } from '../values/describe.ts'
import { Shape } from '../values/shape.ts'
import type { SymbolTable } from '../values/symbols.ts'
import {
  Attrs,
  isFunction,
  isString,
  type List,
  peek,
  type Slot,
  type StringWithContext,
  type Value,
} from '../values/value.ts'

/** What `LoopFrame.stretch` answers when it has come to the end of the stretch, and there is more. */
export const MORE: unique symbol = Symbol('MORE')
/** How much is done in one. */
export const STRETCH = 2048

/**
 * Goes through a list, calling back or forcing, a stretch at a time: V8 does not replace the code of a loop that runs by that of
 * its best compiler, only that of a function that is called anew.
 */
export abstract class LoopFrame extends Frame {
  readonly xs: List
  /** Nobody else has the list, and each element is asked for once (values/value.ts, BuiltinForms). */
  readonly owning: boolean
  /** The element that is looked at; of those before it all is known. */
  i = 0
  constructor(xs: List, owning = false) {
    super()
    this.xs = xs
    this.owning = owning
  }
  step(m: Machine, answer: Value | undefined): Step {
    const n = this.xs.length
    let r = answer
    for (;;) {
      const s = this.stretch(m, r, Math.min(this.i + STRETCH, n))
      if (s !== MORE) return s
      r = undefined
    }
  }
  /** Goes on from `i` (with the answer to what was asked about it) to `end`; answers the result when that is the end of the list. */
  protected abstract stretch(m: Machine, answer: Value | undefined, end: number): Step | typeof MORE
}

/** Coerces a slot to a string and goes on with the string; what it does then does not wait. */
export abstract class CoercingFrame extends Frame {
  readonly slot: Slot
  readonly options: CoerceOptions
  /** The slot has been forced, and is being coerced. */
  forced: boolean
  constructor(slot: Slot, options: CoerceOptions) {
    super()
    this.slot = slot
    this.options = options
    this.forced = false
  }
  step(m: Machine, answer: Value | undefined): Step {
    let s: Step | undefined = answer
    if (!this.forced) {
      if (s === undefined) {
        s = peek(this.slot)
        if (s === undefined) s = forceBelow(m, this.slot)
        if (s === WAIT) return WAIT
      }
      this.forced = true
      s = coerceToString(m, s as Value, this.options)
      if (s === WAIT) return WAIT
    }
    return this.use(m, s as string | StringWithContext)
  }
  protected abstract use(m: Machine, s: string | StringWithContext): Value
}

class CoercedFrame extends CoercingFrame {
  readonly apply: (m: Machine, s: string | StringWithContext) => Value
  constructor(
    slot: Slot,
    options: CoerceOptions,
    apply: (m: Machine, s: string | StringWithContext) => Value,
  ) {
    super(slot, options)
    this.apply = apply
  }
  protected override use(m: Machine, s: string | StringWithContext): Value {
    return this.apply(m, s)
  }
}

/** The result of `use` on the string that `slot` coerces to; no frame when it is a string already. */
export function withCoerced(
  m: Machine,
  slot: Slot,
  options: CoerceOptions,
  use: (m: Machine, s: string | StringWithContext) => Value,
): Step {
  const s = peek(slot)
  if (s !== undefined && isString(s)) return use(m, s)
  return m.push(new CoercedFrame(slot, options, use))
}

/** A builtin's last request: the frame keeps the builtin in the trace. */
class ResultFrame extends Frame {
  readonly slot: Slot
  constructor(slot: Slot) {
    super()
    this.slot = slot
  }
  step(m: Machine, answer: Value | undefined): Step {
    return answer !== undefined ? answer : m.force(this.slot)
  }
}

/** The value of a slot, as the result of the builtin that is starting. */
export function resultOf(m: Machine, slot: Slot): Step {
  const v = peek(slot)
  return v !== undefined ? v : m.push(new ResultFrame(slot))
}

type Check<T> = (m: Machine, v: Value, context: string, pos?: PosIdx) => T

/** Forces an argument that Nix looks at late, checks it, then goes on. */
class LateFrame<T> extends Frame {
  readonly slot: Slot
  readonly context: string
  readonly check: Check<T>
  readonly use: (m: Machine, v: T) => Step
  state = 0
  constructor(slot: Slot, context: string, check: Check<T>, use: (m: Machine, v: T) => Step) {
    super()
    this.slot = slot
    this.context = context
    this.check = check
    this.use = use
  }
  step(m: Machine, answer: Value | undefined): Step {
    if (this.state === 2) return answer as Value
    let v: Step | undefined = answer
    if (v === undefined) {
      this.state = 1
      v = m.force(this.slot)
      if (v === WAIT) return WAIT
    }
    this.state = 2
    return this.use(m, this.check(m, v as Value, this.context))
  }
  override explain(_m: Machine, error: NixError): void {
    if (this.state === 1) error.addTrace(this.context)
  }
}

/** Forces `slot`, requires a function and goes on with `use`. The trace line is added to any error met on the way. */
export function withFunction(
  m: Machine,
  slot: Slot,
  context: string,
  use: (m: Machine, fn: Value) => Step,
): Step {
  const fn = peek(slot)
  if (fn !== undefined && isFunction(fn)) return use(m, fn)
  return m.push(new LateFrame<Value>(slot, context, expectFunction, use))
}

/** Forces `slot`, requires a string and goes on with `use`. The trace line is added to any error met on the way. */
export function withString(
  m: Machine,
  slot: Slot,
  context: string,
  use: (m: Machine, s: string | StringWithContext) => Step,
): Step {
  const s = peek(slot)
  if (s !== undefined && isString(s)) return use(m, s)
  return m.push(new LateFrame(slot, context, expectString, use))
}

/** The shape of a result that always has the same attributes; made when first asked for. */
export class FixedShape {
  readonly #names: readonly string[]
  #shape: Shape | null = null
  /** `names`: in byte order. */
  constructor(...names: string[]) {
    this.#names = names
  }
  shape(symbols: SymbolTable): Shape {
    let shape = this.#shape
    if (shape === null || shape.symbols !== symbols) {
      const syms = this.#names.map((name) => symbols.intern(name))
      shape = this.#shape = new Shape(symbols, syms, null, null, true)
    }
    return shape
  }
  /** A set with these values, in the order of the names. */
  make(symbols: SymbolTable, ...vals: Slot[]): Attrs {
    return new Attrs(this.shape(symbols), vals, null, null)
  }
}

/** `attribute 'x' missing`, as builtins say it: without position or suggestions. */
export function missingAttribute(name: string, context: string): NixError {
  return new NixError('missing-attribute', `attribute '${quoteName(name)}' missing`).addTrace(context)
}
