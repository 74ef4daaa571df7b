/**
 * A chunk (floor 1): everything one source file compiles to, as plain data. No run-time value and no absolute path is
 * in it, so it can be stored and loaded under another name.
 */
import type { SourceWarning } from '../source.ts'
import type { StringList } from './strings.ts'

/** Layout of one row of `Chunk.units`. */
export const UNIT = {
  STRIDE: 6,
  /** Offset of the first instruction. */
  PC: 0,
  /** Slots of the environment made when the unit is called, the parent included; 0: a thunk without one. */
  ENV_SIZE: 1,
  /** Arguments taken at once; 0 for a thunk. */
  ARITY: 2,
  /** Offset of the formals table [count, ellipsis, argSlot, (name, pos, default unit or -1, slot)…], or -1. */
  FORMALS: 3,
  /** String index of the name the lambda is bound to, or -1; -2 - P: what the dynamic attribute at P was last called. */
  NAME: 4,
  /** Offset of the parameter table [(name or -1, pos of the lambda)…], one row per argument; -1 for a thunk. */
  PARAMS: 5,
} as const

/** The operand of CONST says its table by range: big integers below FLOAT_BASE. */
export const FLOAT_BASE: number = 1 << 28
export const PATH_BASE: number = 1 << 29

/** What the operand of a construct is evaluated for; the lines are in vm/explain.ts. */
export const REGION = {
  SUB: 0,
  MUL: 1,
  DIV: 2,
  LESS: 3,
  BRANCH: 4,
  AND_LEFT: 5,
  AND_RIGHT: 6,
  OR_LEFT: 7,
  OR_RIGHT: 8,
  IMPL_LEFT: 9,
  IMPL_RIGHT: 10,
  NOT: 11,
  UPDATE_LEFT: 12,
  UPDATE_RIGHT: 13,
  ASSERT: 14,
  /** The right operand of `+`: no line, but the left one's place for the operator. */
  PLUS: 15,
  /** The dynamic name of a later step of a selection. */
  SELECT: 16,
  /** The default of a selection; its steps end two words before. */
  DEFAULT: 17,
  /** PATH - k: the steps of a selection with a default, whose path is string k. */
  PATH: -1,
  /** BUILTIN + 4 * global + i: argument i of a builtin. */
  BUILTIN: 1024,
} as const

export interface Chunk {
  /** Instructions, and between them the tables they point to. Unit 0 is the file itself. */
  code: Int32Array
  units: Int32Array
  /** Pairs (pc of an instruction, byte offset in the source or -1), by pc. */
  spans: Int32Array
  /**
   * Rows (start, end, REGION, byte offset or -1), grouped by unit in the order of the code: while the pc of a suspended activation is in (start, end], an error that passes
   * gets the line of that region. Inner rows come first. Read only when something fails.
   */
  regions: Int32Array
  strings: StringList
  /** Constants of CONST, whose operand is an index here, FLOAT_BASE + an index, or PATH_BASE + an index. */
  bigInts: bigint[]
  floats: number[]
  /** Path literals as written. */
  paths: StringList
  /** Attribute-set literals. */
  siteCount: number
  /** Inline caches of selections. */
  cacheCount: number
  /** Where lines start; null until somebody asks (they follow from the source). */
  lineStarts: Int32Array | null
  sourceLength: number
  warnings: SourceWarning[]
  /**
   * Of a chunk that was kept while part of it had not been compiled: the units that had been, in their order, as pairs of
   * the number under which others mention one and the one under which its code is found (see Growth).
   */
  compiled: Int32Array | undefined
  /** Of a chunk that is still being compiled. */
  growth: Growth | undefined
}

/**
 * A chunk whose units are compiled when they are first asked for. A unit that has been put off has a row like every other,
 * but no code of its own: its row points behind the unit that mentions it. When it is compiled it gets another number, so that
 * the rows stay in the order of the code.
 */
export interface Growth {
  /** The chunk itself, or what it has become since. */
  readonly chunk: Chunk
  /** The rows of units, and room behind them. */
  readonly rows: Int32Array
  readonly unitCount: number
  /** Compiles a unit if it has been put off; answers the number under which its code is found. */
  compile(unit: number): number
  /** Compiles all that has been put off, and lets go of the tree. */
  complete(): void
  /** The chunk as it is now, to be kept, with `compiled`. */
  snapshot(): Chunk
}

/** The source offset of the instruction at `pc`, or -1. */
export function spanAt(chunk: Chunk, pc: number): number {
  const s = chunk.spans
  let lo = 0
  let hi = s.length / 2 - 1
  while (lo <= hi) {
    const mid = (lo + hi) >> 1
    const at = s[2 * mid]
    if (at === pc) return s[2 * mid + 1]
    if (at < pc) lo = mid + 1
    else hi = mid - 1
  }
  return -1
}
