/**
 * What a bytecode activation adds to the trace of an error that passes through it (floor 4). On the error path only:
 * the running code keeps no notes for it.
 */
import { REGION, spanAt, UNIT } from '../bytecode/chunk.ts'
import * as Op from '../bytecode/opcodes.ts'
import type { NixError } from '../errors.ts'
import type { PosIdx } from '../source.ts'
import type { LoadedChunk } from '../values/code.ts'
import type { Builtin } from '../values/value.ts'

/** The pc of the last instruction with a position before `pc`, or -1. */
function instructionBefore(chunk: LoadedChunk, pc: number): number {
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

/** Position of the instruction that has just been fetched (its operands perhaps too) when the pc is `pc`. */
export function posOf(chunk: LoadedChunk, pc: number): PosIdx {
  const at = instructionBefore(chunk, pc)
  return at < 0 ? 0 : chunk.posBase + spanAt(chunk.chunk, at)
}

/** The unit whose code contains `pc`. */
export function unitAt(chunk: LoadedChunk, pc: number): number {
  const { units } = chunk.chunk
  let best = 0
  let start = -1
  for (let u = 0; u * UNIT.STRIDE < units.length; u++) {
    const at = units[u * UNIT.STRIDE + UNIT.PC]
    if (at <= pc && at > start) {
      start = at
      best = u
    }
  }
  return best
}

const LINES: readonly string[] = lines()

function lines(): string[] {
  const text: string[] = []
  text[REGION.SUB] = "while calling the 'sub' builtin"
  text[REGION.MUL] = "while calling the 'mul' builtin"
  text[REGION.DIV] = "while calling the 'div' builtin"
  text[REGION.LESS] = "while calling the 'lessThan' builtin"
  text[REGION.BRANCH] = 'while evaluating a branch condition'
  text[REGION.AND_LEFT] = 'in the left operand of the AND (&&) operator'
  text[REGION.AND_RIGHT] = 'in the right operand of the AND (&&) operator'
  text[REGION.OR_LEFT] = 'in the left operand of the OR (||) operator'
  text[REGION.OR_RIGHT] = 'in the right operand of the OR (||) operator'
  text[REGION.IMPL_LEFT] = 'in the left operand of the IMPL (->) operator'
  text[REGION.IMPL_RIGHT] = 'in the right operand of the IMPL (->) operator'
  text[REGION.NOT] = 'in the argument of the not operator'
  text[REGION.UPDATE_LEFT] = 'in the left operand of the update (//) operator'
  text[REGION.UPDATE_RIGHT] = 'in the right operand of the update (//) operator'
  text[REGION.ASSERT] = 'in the condition of the assert statement'
  return text
}

/** Where the left operand of the `+` before `pc` stands; 0 when the table does not say. */
export function leftOperand(chunk: LoadedChunk, pc: number): PosIdx {
  const at = instructionBefore(chunk, pc)
  const { regions } = chunk.chunk
  for (let i = 0; i < regions.length; i += 4) {
    if (regions[i + 1] === at && regions[i + 2] === REGION.PLUS) return chunk.posBase + regions[i + 3]
  }
  return 0
}

/** Adds the lines of the constructs whose operand was being evaluated, the innermost first. */
function explainRegions(place: CodePlace, error: NixError): void {
  const { regions } = place.chunk.chunk
  const { pc } = place
  for (let i = 0; i < regions.length; i += 4) {
    if (regions[i] < pc && pc <= regions[i + 1] && regions[i + 2] !== REGION.PLUS) {
      error.addTrace(LINES[regions[i + 2]], place.chunk.posBase + regions[i + 3])
    }
  }
}

export interface CodePlace {
  chunk: LoadedChunk
  pc: number
}

/**
 * Adds trace lines for the activation `place`. `forcing`: it was forcing a thunk; `native`: the builtin it was calling;
 * `callee`: the activation directly above it, when that is the body of a function it has called.
 */
export function explainCode(
  place: CodePlace,
  error: NixError,
  forcing: boolean,
  native: Builtin | null,
  callee: CodePlace | null,
  showCalls: boolean,
): void {
  explainInstruction(place, error, forcing, native, callee, showCalls)
  explainRegions(place, error)
}

function explainInstruction(
  place: CodePlace,
  error: NixError,
  forcing: boolean,
  native: Builtin | null,
  callee: CodePlace | null,
  showCalls: boolean,
): void {
  const { chunk, pc } = place
  const at = instructionBefore(chunk, pc)
  if (at < 0) return
  const pos = chunk.posBase + spanAt(chunk.chunk, at)
  const op = chunk.code[at]
  if (native !== null) {
    if (native.name !== 'addErrorContext') error.addTrace(`while calling the '${native.name}' builtin`, pos)
    return
  }
  switch (op) {
    case Op.SELECT: {
      if (!forcing) return
      const cache = chunk.code[at + 2]
      const shape = chunk.icShapes[cache]
      const path = chunk.code[at + 3]
      const defined = shape === undefined ? 0 : shape.positionAt(chunk.icSlots[cache])
      if (defined === 0) return
      error.addTrace(
        `while evaluating the attribute '${chunk.string(path < 0 ? chunk.code[at + 1] : path)}'`,
        defined,
      )
      return
    }
    case Op.SUB:
    case Op.MUL:
    case Op.DIV:
    case Op.NEGATE:
    case Op.LESS:
      return
    case Op.CALL:
    case Op.TAIL_CALL: {
      if (!showCalls || callee === null) return
      const proto = callee.chunk.proto(unitAt(callee.chunk, callee.pc))
      if (proto.arity === 0) return
      const params = proto.params
      const name = proto.name
      error.addTrace(
        name === '' ? 'while calling anonymous lambda' : `while calling '${name}'`,
        params[params.length - 1].pos,
      )
      error.addTrace('from call site', pos)
      return
    }
  }
}
