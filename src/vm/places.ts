/** Where an instruction stands (floor 4): in the source, and in which unit of its chunk. */
import { spanAt, UNIT } from '../bytecode/chunk.ts'
import type { PosIdx } from '../source.ts'
import type { LoadedChunk } from '../values/code.ts'

/** An instruction that has been fetched: the pc stands behind it. */
export interface CodePlace {
  chunk: LoadedChunk
  pc: number
}

/** The pc of the last instruction with a position before `pc`, or -1. */
export function instructionBefore(chunk: LoadedChunk, pc: number): number {
  const s = chunk.chunk.spans
  let lo = 0
  let hi = s.length / 2 - 1
  let found = -1
  while (lo <= hi) {
    const mid = (lo + hi) >> 1
    if (s[2 * mid] < pc) {
      found = s[2 * mid]
      lo = mid + 1
    } else hi = mid - 1
  }
  return found
}

/** The position that the table gives for the instruction at `at`. */
export function spanPos(chunk: LoadedChunk, at: number): PosIdx {
  const offset = at < 0 ? -1 : spanAt(chunk.chunk, at)
  return offset < 0 ? 0 : chunk.posBase + offset
}

/** Position of the instruction that has just been fetched (its operands perhaps too) when the pc is `pc`. */
export function posOf(chunk: LoadedChunk, pc: number): PosIdx {
  return spanPos(chunk, instructionBefore(chunk, pc))
}

/** The unit whose code contains `pc`; units stand in the code in their order. */
export function unitAt(chunk: LoadedChunk, pc: number): number {
  const { units } = chunk.chunk
  let lo = 0
  let hi = units.length / UNIT.STRIDE - 1
  while (lo < hi) {
    const mid = (lo + hi + 1) >> 1
    if (units[mid * UNIT.STRIDE + UNIT.PC] <= pc) lo = mid
    else hi = mid - 1
  }
  return lo
}
