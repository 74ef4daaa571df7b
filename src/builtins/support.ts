/**
 * What the builtins of several families need (floor 4): forcing an argument late, shapes of fixed results, texts.
 */
import { NixError } from '../errors.ts'
import { coerceToString } from '../runtime/coerce.ts'
import { expectFunction } from '../runtime/expect.ts'
import { Frame, type Machine, type Step, WAIT } from '../runtime/machine.ts'
import { quoteName } from '../values/describe.ts'
import { Shape } from '../values/shape.ts'
import type { SymbolTable } from '../values/symbols.ts'
import { Attrs, isFunction, peek, type Slot, StringWithContext, type Value } from '../values/value.ts'

/** How `coerceToString` is asked for a string. */
export interface CoerceOptions {
  /** Also numbers, Booleans, null and lists, as `toString` does. */
  more: boolean
  copyToStore: boolean
  /** The trace line. */
  context: string
}

/** Coerces a slot to a string and hands the string to a function that does not wait. */
class CoercedFrame extends Frame {
  readonly slot: Slot
  readonly options: CoerceOptions
  readonly use: (m: Machine, s: string | StringWithContext) => Value
  constructor(slot: Slot, options: CoerceOptions, use: (m: Machine, s: string | StringWithContext) => Value) {
    super()
    this.slot = slot
    this.options = options
    this.use = use
  }
  step(m: Machine, answer: Value | undefined): Step {
    let s: Step | undefined = answer
    if (s === undefined) {
      s = coerceToString(m, this.slot, this.options)
      if (s === WAIT) return WAIT
    }
    return this.use(m, s as string | StringWithContext)
  }
}

/** The result of `use` on the string that `slot` coerces to; no frame when it is a string already. */
export function withCoerced(
  m: Machine,
  slot: Slot,
  options: CoerceOptions,
  use: (m: Machine, s: string | StringWithContext) => Value,
): Step {
  if (typeof slot === 'string' || slot instanceof StringWithContext) return use(m, slot)
  return m.push(new CoercedFrame(slot, options, use))
}

/** Forces a function argument that Nix looks at late, then goes on. */
class FunctionFrame extends Frame {
  readonly slot: Slot
  readonly context: string
  readonly use: (m: Machine, fn: Value) => Step
  state = 0
  constructor(slot: Slot, context: string, use: (m: Machine, fn: Value) => Step) {
    super()
    this.slot = slot
    this.context = context
    this.use = use
  }
  step(m: Machine, answer: Value | undefined): Step {
    if (this.state === 2) return answer as Value
    let fn: Step | undefined = answer
    if (fn === undefined) {
      this.state = 1
      fn = m.force(this.slot)
      if (fn === WAIT) return WAIT
    }
    this.state = 2
    expectFunction(m, fn, this.context)
    return this.use(m, fn)
  }
  override explain(_m: Machine, error: NixError): void {
    if (this.state === 1) error.addTrace(this.context)
  }
}

/** Forces `slot`, requires a function and goes on with `use`. The trace line is added to any error met on the way. */
export function withFunction(m: Machine, slot: Slot, context: string, use: (m: Machine, fn: Value) => Step): Step {
  const fn = peek(slot)
  if (fn !== undefined && isFunction(fn)) return use(m, fn)
  return m.push(new FunctionFrame(slot, context, use))
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
