/**
 * What a counting build (`node scripts/build.mjs --count`) counts (floor 2): how much the machine does, exactly and the same
 * on every machine, where times are neither. scripts/bench-counts.mjs compares the figures with those of bench/counts.json.
 * In other builds COUNT is false and nothing of this is in the code.
 */
declare const __COUNT__: boolean

/** Whether this is a counting build. */
export const COUNT: boolean = typeof __COUNT__ !== 'undefined' && __COUNT__

/** The figures of the process; a counting build serves one evaluation, so this is the one module that may hold state. */
export interface Counts {
  /** How often each opcode was executed, by its number. */
  readonly opcodes: Float64Array
  /** Saved activations of bytecode. */
  codeFrames: number
  /** Frames of builtins and of the machine itself. */
  nativeFrames: number
  thunks: number
  environments: number
  /** Slots copied from one set or list to another by `//`, `++`, flattening and concatenation. */
  copied: number
}

export const counts: Counts = {
  opcodes: /* @__PURE__ */ new Float64Array(256),
  codeFrames: 0,
  nativeFrames: 0,
  thunks: 0,
  environments: 0,
  copied: 0,
}
