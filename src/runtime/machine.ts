/**
 * The contract between the VM and everything that it runs (floor 3). Builtins know this file, never the VM.
 *
 * A piece of suspended work is a `Frame`. The machine calls `step` first with `undefined`, then with the answer to each
 * request. A step that returns a Value is done; a step that asked for something returns WAIT. Requests
 * (`m.force`, `m.call`, `m.push`, and the functions of coerce.ts and equal.ts) answer the value at once when they can,
 * so a step always looks like
 *
 *     const v = m.force(slot)
 *     if (v === WAIT) return WAIT      // the answer comes with the next step()
 *
 * At most one request may be under way; after a WAIT the step must return WAIT. An error that a request throws must be let
 * through (what it had begun is taken back by unwinding): a frame that wants to go on after it has a `recover`. Nearly every request answers at once; only when
 * the JavaScript stack has to be given up does it answer WAIT, and those whose steps are on it are put into the list.
 */

import { NixError } from '../errors.ts'
import type { Fetcher } from '../fetch/fetcher.ts'
import type { EvalIO } from '../io/io.ts'
import type { PosIdx, PosTable } from '../source.ts'
import type { DerivationTable } from '../store/derivation-table.ts'
import type { VirtualStore } from '../store/virtual-store.ts'
import { COUNT, counts } from '../values/counts.ts'
import type { SymbolTable } from '../values/symbols.ts'
import {
  ANY,
  type Attrs,
  Builtin,
  type Env,
  Param,
  type Slot,
  type Thunk,
  type Value,
} from '../values/value.ts'

export const WAIT: unique symbol = Symbol('WAIT')
export type Step = Value | typeof WAIT

/** How much is said, the most important first. Nix: logging.hh, Verbosity. */
export const VERBOSITY = { error: 0, warn: 1, info: 3, talkative: 4, chatty: 5, debug: 6 }

/** Whether so much is to be said. */
export function says({ settings }: Machine, verbosity: number): boolean {
  return settings.verbosity >= verbosity
}

/** What settings an evaluation depends on. */
export interface EvalSettings {
  features: ReadonlySet<string>
  pureEval: boolean
  restrictEval: boolean
  maxCallDepth: number
  traceVerbose: boolean
  /** VERBOSITY. */
  verbosity: number
  abortOnWarn: boolean
  allowImportFromDerivation: boolean
  showTrace: boolean
  /** Whether sets are walked in Nix's order from the start, and not only when something has failed (deep.ts). */
  inOrder: boolean
  system: string
  storeDir: string
  /** Search path entries, in order. */
  nixPath: readonly { prefix: string; path: string }[]
}

export interface Machine {
  readonly io: EvalIO
  readonly symbols: SymbolTable
  readonly positions: PosTable
  readonly settings: EvalSettings
  /** Functions of the evaluator that builtins reach through the machine (files, store); set by evaluator.ts. */
  readonly services: Services
  readonly emptyAttrs: Attrs
  /** Depth of the running frame, as Nix's callDepth counts it. */
  depth: number
  /** The set that was last found to be equal to itself, which it stays: all its attributes are forced. */
  sameAsItself: Attrs | null

  /** The value of a slot. */
  force(v: Slot): Step
  /**
   * The value of a slot that is not forced, one level down. `make` makes the frame that goes on with it when the machine has
   * to wait for it or forcing fails: begun, and with that level as its depth.
   */
  forceFor<T>(t: Thunk, make: (m: Machine, t: Thunk, what: T) => Frame, what: T): Step
  /** The value of a function applied to one, two, three arguments. */
  call(fn: Slot, a: Slot): Step
  call2(fn: Slot, a: Slot, b: Slot): Step
  /** Like `call2`, for what Nix makes as the application of an application: the first of the two calls runs one deeper. */
  callCurried(fn: Slot, a: Slot, b: Slot): Step
  /** Runs a frame; its result is the answer. */
  push(frame: Frame): Step
  /** The same for a frame whose `recover` may answer: an error that comes to it goes no further before it has been asked. */
  pushCatching(frame: Frame): Step
  /** The same for a frame that is to be stepped when the JavaScript stack is empty: it neither answers nor fails at once. */
  pushLater(frame: Frame): Step
  /** Suspends until the promise settles (fetches, daemon); its value is the answer. */
  wait(promise: Promise<Value>): Step
  /** Writes a line to standard error (`trace: …`, warnings); a byte string without the newline. */
  log(line: string): void
}

/** Things a builtin needs that live on higher floors. */
export interface Services {
  /** The derivations of this evaluation. */
  readonly derivations: DerivationTable
  /** What it has put into the store. */
  readonly virtualStore: VirtualStore
  /** What gets things from elsewhere. */
  readonly fetcher: Fetcher
  /** Throws NixError `restricted` for a URI that restricted evaluation does not allow. */
  checkUri(uri: string): void
  /** The function that makes a flake's value of its lock file (builtins/flakes-source.ts). */
  callFlake(m: Machine): Step
  /** Evaluates the file at a path (Nix: evalFile), once per resolved path. */
  importFile(m: Machine, path: string): Step
  /** `scopedImport`: never cached. */
  importScoped(m: Machine, scope: Attrs, path: string): Step
  /** Value of a global builtin by name. */
  builtin(name: string): Value
  /**
   * Copies a path to the (virtual) store; answers the store path as a string with context (Nix: copyPathToStore).
   */
  copyToStore(m: Machine, path: string): Step
  /** The place an entry of the search path names (downloads included), as a string, or null: there is none. */
  searchPathEntry(m: Machine, entry: string, context: readonly string[]): Step
  /** Turns a path that may lie in the virtual store into the real place to read, and builds what context asks for. */
  realise(m: Machine, path: string, context: readonly string[]): Step
}

/** What native frames and the VM's saved bytecode activations have in common. */
export interface Link {
  /** The frame that gets the answer. */
  parent: Link | null
  /** The thunk whose value this frame has asked for, to be updated before the answer is handed over. */
  thunk: Thunk | null
  /** Logical depth at which the frame runs. */
  depth: number
}

/**
 * Work under way that is no bytecode. What a frame needs in the list stands on the prototype until it is put there: nearly
 * every frame is done before, and a constructor that dozens of classes share is slow at setting fields.
 */
export abstract class Frame implements Link {
  declare parent: Link | null
  declare thunk: Thunk | null
  declare depth: number
  /** Set on the first frame of a builtin: its name goes into the trace. */
  declare builtin: Builtin | null
  /** Height of the operand stack to go back to when the frame recovers. */
  declare sp: number
  /** The last thing that it has asked for answers in its place: it is not to be in the list any more. */
  declare replaced: boolean

  static {
    Object.assign(Frame.prototype, {
      parent: null,
      thunk: null,
      depth: 0,
      builtin: null,
      sp: 0,
      replaced: false,
    })
  }

  constructor() {
    if (COUNT) counts.nativeFrames++
  }

  abstract step(m: Machine, answer: Value | undefined): Step

  /**
   * Gets an error that passes; a Step stops the unwinding (tryEval), undefined lets it go on. A frame that may answer is
   * begun by `pushCatching` or `pushLater`, or by nobody but the caller of the machine.
   */
  recover?(m: Machine, error: NixError): Step | undefined
  /** Adds what the frame knows to the trace of an error that passes through it. */
  explain?(m: Machine, error: NixError): void
  /** Whether the frame only carries out what the one below it has asked for: calls it makes are that one's. */
  passes?(): boolean
  /**
   * The position at which Nix makes the frame's calls and forces its thunks; `lambda`: that of the function called (Nix:
   * Value::determinePos), or 0. Without it there is none.
   */
  sitePos?(m: Machine, lambda: PosIdx): PosIdx
}

/** What a builtin's function looks like. `call` never waits; `start` may. */
export interface BuiltinSpec {
  name: string
  params: readonly Param[]
  /** Order of forcing and checking when it is not left to right. */
  order?: readonly number[]
  // biome-ignore lint/suspicious/noExplicitAny: arguments have the kinds that `params` declares
  call?: (m: Machine, a: any, b: any, c: any) => Value
  // biome-ignore lint/suspicious/noExplicitAny: as above
  start?: (m: Machine, a: any, b: any, c: any) => Step
  /** Its result is a list that nobody else has (values/value.ts, BuiltinForms). */
  fresh?: boolean
  // biome-ignore lint/suspicious/noExplicitAny: as above
  owning?: (m: Machine, a: any, b: any, c: any) => Step
}

/** The forms of a builtin that goes through a list, its last argument, once: for a list that others have, and not (BuiltinForms). */
export function bothForms(
  make: (owning: boolean) => NonNullable<BuiltinSpec['start']>,
): Pick<BuiltinSpec, 'start' | 'owning'> {
  return { start: make(false), owning: make(true) }
}

const ORDINALS = ['first', 'second', 'third']

/** A parameter. `context`: the trace line; by default `while evaluating the first argument passed to builtins.NAME`. */
export function param(kind: number, context?: string, always?: boolean): Param {
  return new Param(kind, context ?? '\0', always ?? (kind !== 7 && kind !== 8 && kind !== ANY))
}

export function builtin(spec: BuiltinSpec): Builtin {
  const params = spec.params.map((p, i) =>
    p.context === '\0'
      ? new Param(
          p.kind,
          `while evaluating the ${ORDINALS[i]} argument passed to builtins.${spec.name}`,
          p.always,
        )
      : p,
  )
  const run = spec.call ?? spec.start
  if (run === undefined) throw new Error(`builtin ${spec.name} does nothing`)
  const { name, order = params.map((_, i) => i), fresh, owning } = spec
  return new Builtin(name, params, run, spec.start !== undefined, order, {
    ...(fresh === undefined ? {} : { fresh }),
    ...(owning === undefined ? {} : { owning: new Builtin(name, params, owning, true, order) }),
  })
}

/** Throws Nix's "stack overflow" when a walk has gone `levels` below the running frame. */
export function checkDepth(m: Machine, levels: number, pos: PosIdx = 0): void {
  if (m.depth + levels > m.settings.maxCallDepth) {
    throw new NixError('stack-overflow', 'stack overflow; max-call-depth exceeded', { pos })
  }
}

export type { Env }
