/**
 * Who watches a running program (floor 4): told of what the machine does, as it does it. Only a trace build
 * (`node scripts/build.mjs --trace`) has the calls; in others the constant TRACE is false and they are not in the code.
 */
import type { Frame } from '../runtime/machine.ts'
import type { Proto } from '../values/code.ts'
import type { Builtin, Thunk } from '../values/value.ts'

declare const __TRACE__: boolean

/** Whether this is a trace build. */
export const TRACE: boolean = typeof __TRACE__ !== 'undefined' && __TRACE__

/** `depth` is the logical depth at which it happens. Nothing that is told may be kept or changed. */
export interface RuntimeObserver {
  /** A native frame is put on top. */
  frame(frame: Frame, depth: number): void
  /** A function is entered: `fn` is its unit. */
  call(fn: Proto, depth: number): void
  /** The same, in the memory of the frame of the caller. */
  tailCall(fn: Proto, depth: number): void
  builtin(builtin: Builtin, depth: number): void
  /** A thunk is forced that has no value yet. */
  force(thunk: Thunk, depth: number): void
}
