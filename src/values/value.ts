/**
 * Every shape a Nix program can compute (floor 2), declared in one file so that no import circle forms.
 * The rest of `values/` is functions over these. Nothing here evaluates.
 *
 * | Nix          | here                                                                                   |
 * |--------------|----------------------------------------------------------------------------------------|
 * | int          | number (a safe integer), or bigint outside ±(2^53-1); never both for one value          |
 * | float        | Float                                                                                   |
 * | bool, null   | true, false, null                                                                       |
 * | string       | string (latin1 byte string); StringWithContext when it refers to store paths            |
 * | path         | Path                                                                                    |
 * | list         | List (a view on an array: `tail` is O(1))                                               |
 * | set          | Attrs (values beside a Shape; possibly layered on another set)                          |
 * | function     | Closure, Partial (some arguments given), Builtin; a set with `__functor` can be called  |
 * | not yet      | Thunk, in any place that holds a `Slot`                                                 |
 *
 * `Value` is forced (weak head normal form). `Slot` is what environments, lists and sets hold: a Value or a Thunk.
 * A Slot's identity is the identity of Nix's value cell: pointer equality inside lists and sets compares Slots.
 */

import type { NixError } from '../errors.ts'
import type { PosIdx } from '../source.ts'
import type { LoadedChunk, Proto } from './code.ts'
import { COUNT, counts } from './counts.ts'
import type { Shape } from './shape.ts'
import { emptySlots } from './slots.ts'

export type Value =
  | number
  | bigint
  | string
  | boolean
  | null
  | Float
  | StringWithContext
  | Path
  | List
  | Attrs
  | Closure
  | Partial
  | Builtin

export type Slot = Value | Thunk

/** [parent environment, slot 1, slot 2, …]; `undefined` in a slot: a binding nobody has asked for yet. */
// biome-ignore lint/suspicious/noExplicitAny: element 0 is an Env, the others are Slots; a tuple type would cost casts at every access in the VM
export type Env = any[]

export class Float {
  readonly value: number
  constructor(value: number) {
    this.value = value
  }
}

/**
 * A NaN without a sign, which prints `nan` where others print `-nan`: JS cannot tell the two apart, so it is known by its identity.
 * `fromTOML` alone gives it; what is computed from it is a NaN like any other.
 */
export const UNSIGNED_NAN: Float = new Float(Number.NaN)

/** String context: sorted, without duplicates, in Nix's encoding (`/nix/store/…`, `!out!/nix/store/….drv`, `=….drv`). */
export type Context = readonly string[]

export class StringWithContext {
  readonly text: string
  /** Never empty. */
  readonly context: Context
  constructor(text: string, context: Context) {
    this.text = text
    this.context = context
  }
}

/** An absolute, canonical path (byte string). */
export class Path {
  readonly path: string
  constructor(path: string) {
    this.path = path
  }
}

/**
 * `items[start .. start+length)`. An element that nobody has asked for yet may be missing: `maker` then makes it. Before
 * anybody has asked for one there may be no array either (`NO_ITEMS`). After a List on them is shared, items are written only to
 * put such an element there, or the value of one that has been forced (`settle`); what `++` has made is lengthened beyond its
 * ends (lists.ts).
 */
export class List {
  items: (Slot | undefined)[]
  readonly start: number
  readonly length: number
  readonly maker: ElementMaker | null
  constructor(items: (Slot | undefined)[], start: number, length: number, maker: ElementMaker | null = null) {
    this.items = items
    this.start = start
    this.length = length
    this.maker = maker
  }
  /** The slot of an element; the same one every time, but for `settle`. */
  at(i: number): Slot {
    const v = this.items[this.start + i]
    return v !== undefined ? v : this.#make(i)
  }
  #make(i: number): Slot {
    if (i < 0 || i >= this.length) throw new Error(`no element ${i} in a list of ${this.length}`)
    if (this.items === NO_ITEMS) this.items = emptySlots(this.length)
    const k = this.start + i
    return (this.items[k] = (this.maker as ElementMaker).slot(k))
  }
  /** The slot of an element that nobody will ask for again: it need not be kept. */
  pass(i: number): Slot {
    const v = this.items[this.start + i]
    return v !== undefined ? v : (this.maker as ElementMaker).passing(this.start + i)
  }
  /** The elements from the i-th on. */
  from(i: number): List {
    if (this.items === NO_ITEMS) this.items = emptySlots(this.length)
    return new List(this.items, this.start + i, this.length - i, this.maker)
  }
  /** Puts the value of a forced element in the place of its thunk, which can go then, as `settled` does. */
  settle(i: number, slot: Slot): Slot {
    const v = settled(slot)
    return v === slot ? slot : (this.items[this.start + i] = v)
  }
}

/** The items of a list whose maker makes them all, before the first one is kept. */
export const NO_ITEMS: Slot[] = []

/** The value of a forced thunk, where nobody can tell it from the thunk: identity counts for sets, lists, functions and floats. */
export function settled(slot: Slot): Slot {
  if (typeof slot !== 'object' || slot === null || (slot as Thunk).code !== null) return slot
  const v = (slot as Thunk).payload as Value
  return typeof v === 'object' && v !== null ? slot : v
}

/** How many makers may stand behind each other. */
const MAKERS = 4

/**
 * Makes the elements of a list, one application each: of a function to the element of another list (`map`), or to its
 * index (`genList`).
 */
export class ElementMaker {
  readonly fn: Value
  /** null: there is none, or none is needed any more. */
  #from: List | null
  /** Nobody else has it. */
  readonly #owning: boolean
  #left: number
  readonly #depth: number
  constructor(fn: Value, from: List | null, length: number, owning = false) {
    this.fn = fn
    this.#from = from
    this.#owning = owning
    this.#left = length
    this.#depth = from === null || from.maker === null ? 1 : from.maker.#depth + 1
  }
  slot(k: number): Slot {
    const made = this.passing(k)
    if (--this.#left === 0) this.#from = null
    return made
  }
  /** The same for one that is not kept: should what goes through the list fail and be begun anew, it is made anew. */
  passing(k: number): Slot {
    const from = this.#from
    return new Thunk(this.fn, from === null ? k : this.#owning ? from.pass(k) : from.at(k))
  }
  /** Whether another one may stand before it: asking for an element must not go as deep as a program likes. */
  get deep(): boolean {
    return this.#depth >= MAKERS
  }
}

/**
 * Work put off that is not a piece of bytecode, e.g. the application that `mapAttrs` makes.
 * `start(machine, payload)` gets the thunk's payload and answers a Step.
 */
export abstract class Deferred {
  // biome-ignore lint/suspicious/noExplicitAny: declared where the Machine is known
  abstract start(m: any, payload: any): any
  /** Where the function stands that it applies, if Nix knows that before (Value::determinePos). */
  // biome-ignore lint/suspicious/noExplicitAny: whatever it wants
  lambdaPos?(payload: any): PosIdx
}

/**
 * What a builtin has put off for the attributes of its result (`mapAttrs`): makes the slot of one when it is asked for.
 */
export abstract class Deferral extends Deferred {
  abstract slot(i: number): Slot
}

/**
 * An attribute set. `vals[i]` belongs to `shape.syms[i]`; `undefined`: an attribute that nobody has asked for yet, to be
 * made from `env` with `shape.site` if the set comes from a literal, or by the builtin whose `Deferral` stands in `env`.
 * With a `base`, the set is `base // this layer`.
 * Use the functions of attrs.ts; the fields are open for the VM's inline caches.
 */
export class Attrs {
  shape: Shape
  vals: (Slot | undefined)[]
  env: Env | Deferral | null
  base: Attrs | null
  constructor(shape: Shape, vals: (Slot | undefined)[], env: Env | Deferral | null, base: Attrs | null) {
    this.shape = shape
    this.vals = vals
    this.env = env
    this.base = base
  }
}

export class Closure {
  readonly proto: Proto
  readonly env: Env
  constructor(proto: Proto, env: Env) {
    this.proto = proto
    this.env = env
  }
}

/** A function that wants more arguments than it has been given. Mostly it has been given one: that takes no array. */
export class Partial {
  readonly fn: Closure | Builtin
  readonly first: Slot
  /** What it has been given after that. */
  readonly more: readonly Slot[]
  constructor(fn: Closure | Builtin, first: Slot, more: readonly Slot[] = NO_MORE) {
    this.fn = fn
    this.first = first
    this.more = more
  }
  /** How many arguments it has been given: at least one. */
  get given(): number {
    return this.more.length + 1
  }
  /** What it has been given, and more, in one array. */
  with(args: readonly Slot[]): Slot[] {
    const { more } = this
    const all = emptySlots(1 + more.length + args.length) as Slot[]
    all[0] = this.first
    let n = 1
    for (let i = 0; i < more.length; i++) all[n++] = more[i]
    for (let i = 0; i < args.length; i++) all[n++] = args[i]
    return all
  }
}

const NO_MORE: readonly Slot[] = []

/** What an argument of a builtin must be; the VM forces and checks before the builtin runs. LAZY: handed over as it is. */
export const LAZY = 0
export const ANY = 1
export const INTEGER = 2
/** An integer or a float. */
export const NUMBER = 3
export const BOOL = 4
/** A string, with or without context. */
export const STRING = 5
/** A string; one with context is refused with Nix's error. */
export const PLAIN_STRING = 6
export const LIST = 7
export const ATTRS = 8
/** A closure, builtin, partial application, or set with `__functor`. */
export const FUNCTION = 9
/** An integer from 0 on: where `substring` begins. */
export const OFFSET = 10

/** What a builtin says of one of its parameters. A class, for V8 has objects without one share the types of their fields by name. */
export class Param {
  readonly kind: number
  /** The trace line for it, e.g. `while evaluating the first argument passed to builtins.map`; '' for none. */
  readonly context: string
  /** Whether the line is added to any error met while forcing the argument, or only to the wrong type. */
  readonly always: boolean
  constructor(kind: number, context: string, always: boolean) {
    this.kind = kind
    this.context = context
    this.always = always
  }
}

/** The part of a builtin that values need to know; `run` is typed in runtime/machine.ts. */
/** What a builtin does about lists that one builtin makes and one other goes through, so that nobody else looks at them. */
export interface BuiltinForms {
  /** Its result is a list that nobody else has. */
  readonly fresh?: boolean
  /** It, when its last argument is such a list: it asks for each element once, by `List.pass`. */
  readonly owning?: Builtin
}

export class Builtin {
  readonly name: string
  readonly arity: number
  readonly params: readonly Param[]
  /** Order in which arguments are forced and checked, as indices; usually 0, 1, 2. */
  readonly order: readonly number[]
  /** (machine, a, b, c) => Step; see runtime/machine.ts. */
  // biome-ignore lint/suspicious/noExplicitAny: declared where the Machine is known
  readonly run: (m: any, a: any, b: any, c: any) => any
  /** May answer WAIT. A builtin that does not wait is called without saving a frame. */
  readonly waits: boolean
  readonly forms: BuiltinForms
  constructor(
    name: string,
    params: readonly Param[],
    // biome-ignore lint/suspicious/noExplicitAny: see `run`
    run: (m: any, a: any, b: any, c: any) => any,
    waits: boolean,
    order: readonly number[],
    forms: BuiltinForms = {},
  ) {
    this.name = name
    this.arity = params.length
    this.params = params
    this.order = order
    this.run = run
    this.waits = waits
    this.forms = forms
  }
}

/**
 * A thunk that failed: forced again, it throws the same error anew, with the trace that the error got on its first way out,
 * past this thunk too (Nix: tFailed).
 */
export class Failed extends Deferred {
  readonly error: NixError
  /** How many lines of the trace are of what was done for this thunk. */
  readonly lines: number
  constructor(error: NixError) {
    super()
    this.error = error
    this.lines = error.trace.length
  }
  start(): never {
    const { error } = this
    if (!error.untold) throw error.copy()
    error.untold = false
    error.trace.length = this.lines
    throw error
  }
}

/** A thunk being forced. `code` is what the thunk goes back to if forcing fails. */
export class Hole {
  readonly code: Proto | Deferred | Value
  constructor(code: Proto | Deferred | Value) {
    this.code = code
  }
}

/**
 * States of a thunk:
 *
 *   code === null        forced, `payload` is the Value
 *   code: Proto          suspended bytecode, `payload` is its Env
 *   code: a function     suspended application, `payload` is the argument (a Slot)
 *   code: Deferred       suspended work of a builtin, `payload` is whatever it wants
 *   code: Hole           being forced (black hole)
 *   code: Failed         forcing it has failed (a Deferred that throws)
 */
export class Thunk {
  code: Proto | Deferred | Hole | Value
  payload: Env | Slot
  constructor(code: Proto | Deferred | Value, payload: Env | Slot) {
    this.code = code
    this.payload = payload
    if (COUNT) counts.thunks++
  }
}

export const EMPTY_LIST: List = new List([], 0, 0)

export function list(items: Slot[]): List {
  return items.length === 0 ? EMPTY_LIST : new List(items, 0, items.length)
}

/** Makes a string value; plain when the context is empty. */
export function makeString(text: string, context: Context): string | StringWithContext {
  return context.length === 0 ? text : new StringWithContext(text, context)
}

export function isString(v: Slot): v is string | StringWithContext {
  return typeof v === 'string' || v instanceof StringWithContext
}

export function textOf(v: string | StringWithContext): string {
  return typeof v === 'string' ? v : v.text
}

export const NO_CONTEXT: Context = []

export function contextOf(v: string | StringWithContext): Context {
  return typeof v === 'string' ? NO_CONTEXT : v.context
}

/** Whether a slot's value is there already; a forced Thunk counts. */
export function isForced(v: Slot): boolean {
  return !(v instanceof Thunk) || v.code === null
}

/** The value of a slot that is known to be forced, undefined when it is not. */
export function peek(v: Slot): Value | undefined {
  if (!(v instanceof Thunk)) return v
  return v.code === null ? (v.payload as Value) : undefined
}

/** A closure, builtin or partial application: what `builtins.isFunction` says yes to. */
export function isFunction(v: Slot): v is Closure | Builtin | Partial {
  return v instanceof Closure || v instanceof Builtin || v instanceof Partial
}

export type { LoadedChunk, Proto, Shape }
