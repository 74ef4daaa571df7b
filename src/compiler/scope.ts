/**
 * What names mean while compiling (floor 3). Two chains: `EnvScope` mirrors the environments that exist at run time,
 * `LexScope` the places where names are introduced; several of the latter may share one of the former.
 */
import type * as A from '../syntax/ast.ts'

/** An environment that will exist at run time. Slot 0 is its parent. */
export class EnvScope {
  readonly parent: EnvScope | null
  /** How many it stands in. */
  readonly depth: number
  /** How many of them, and it, there is one of for each call of a function. */
  readonly lambdas: number
  size = 1
  constructor(parent: EnvScope | null, ofLambda = false) {
    this.parent = parent
    this.depth = parent === null ? 0 : parent.depth + 1
    this.lambdas = (parent === null ? 0 : parent.lambdas) + (ofLambda ? 1 : 0)
  }
  /** A new slot in it. */
  slot(): number {
    return this.size++
  }
}

export interface Binding {
  readonly env: EnvScope
  readonly slot: number
  /** Offset of the instruction that fills the slot the first time; 0 when it is filled from the start. */
  desc: number
  used: boolean
  /** The global it certainly is (`inherit (builtins) map`), or -1. */
  alias: number
  /** What a name of it means; made when it is first met. */
  meaning: Resolved | null
  /** Of a `let` whose value is a call: where that is to be found. */
  call: LetCall | null
}

/** A call whose value a name of a `let` has. */
export interface LetCall {
  readonly node: A.CallNode
  readonly lex: LexScope
  readonly let: A.LetNode
  /** Whether the name stands in one place only; undefined: not looked at yet. */
  once: boolean | undefined
}

export function newBinding(place: { env: EnvScope; slot: number }, desc: number, used: boolean): Binding {
  return { env: place.env, slot: place.slot, desc, used, alias: -1, meaning: null, call: null }
}

/** A set that `with` brings in: a slot, or a global. `pos`: where the `with` stands. */
export type WithSource =
  | { binding: Binding; global: -1; pos: number }
  | { binding: null; global: number; pos: number }

/** Scopes within each other from a certain depth on are gone through so many at once: a program says how many there are. */
const FLIGHT = 64
const DEEP = 2 * FLIGHT

export class LexScope {
  readonly parent: LexScope | null
  readonly names: Map<string, Binding> | null
  readonly with: WithSource | null
  /** What a name that only `with` can give means here; null until one is met. */
  rest: Resolved | null = null
  readonly #depth: number
  /** What names mean that it and the scopes round it bind, up to the next landing. */
  #flight: Map<string, Binding> | null = null
  #landing: LexScope | null = null
  constructor(
    parent: LexScope | null,
    names: Map<string, Binding> | null,
    withSource: WithSource | null = null,
  ) {
    this.parent = parent
    this.names = names
    this.with = withSource
    this.#depth = parent === null ? 0 : parent.#depth + 1
  }

  /** The innermost binding of a name. */
  find(name: string): Binding | undefined {
    let s: LexScope | null = this
    while (s !== null) {
      if (s.#depth % FLIGHT === 0 && s.#depth >= DEEP) {
        const binding = s.#merged().get(name)
        if (binding !== undefined) return binding
        s = s.#landing
      } else {
        const binding = s.names?.get(name)
        if (binding !== undefined) return binding
        s = s.parent
      }
    }
    return undefined
  }

  #merged(): Map<string, Binding> {
    if (this.#flight !== null) return this.#flight
    const flight = new Map<string, Binding>()
    let s: LexScope | null = this
    for (let i = 0; i < FLIGHT && s !== null; i++, s = s.parent) {
      if (s.names !== null)
        for (const [name, binding] of s.names) if (!flight.has(name)) flight.set(name, binding)
    }
    this.#landing = s
    this.#flight = flight
    return flight
  }
}

export type Resolved =
  | { kind: 'local'; binding: Binding }
  | { kind: 'global'; index: number }
  | { kind: 'with'; sources: readonly WithSource[] }
  | { kind: 'none' }

/** Nix's rule: the innermost lexical binding, then globals, then the enclosing `with`s (nixexpr.cc, ExprVar::bindVars). */
export function resolve(
  scope: LexScope | null,
  name: string,
  globals: ReadonlyMap<string, number>,
): Resolved {
  const binding = scope?.find(name)
  if (binding !== undefined) return (binding.meaning ??= { kind: 'local', binding })
  const index = globals.get(name)
  if (index !== undefined) return { kind: 'global', index }
  if (scope === null) return NONE
  if (scope.rest === null) scope.rest = restOf(scope)
  return scope.rest
}

const NONE: Resolved = { kind: 'none' }

/** The `with`s round a place, innermost first. A big set is full of names that come from the same ones. */
function restOf(scope: LexScope): Resolved {
  const sources: WithSource[] = []
  for (let s: LexScope | null = scope; s !== null; s = s.parent) {
    if (s.names === null && s.with !== null) sources.push(s.with)
  }
  return sources.length === 0 ? NONE : { kind: 'with', sources }
}

/** Whether what runs in one environment may run several times for each of another, which it stands in. */
export function isRepeated(inner: EnvScope, outer: EnvScope): boolean {
  return inner.lambdas > outer.lambdas
}

/** How many environments lie between one and another, which it stands in. */
export function hopsTo(from: EnvScope, to: EnvScope): number {
  return from.depth - to.depth
}
