/**
 * What a bytecode activation adds to the trace of an error that passes through it (floor 4). On the error path only:
 * the running code keeps no notes for it.
 */
import { REGION, spanAt, UNIT } from '../bytecode/chunk.ts'
import * as Op from '../bytecode/opcodes.ts'
import type { NixError } from '../errors.ts'
import { quoteName } from '../quote.ts'
import { coerceError } from '../runtime/coerce.ts'
import { DERIVATION_NAME, type PosIdx } from '../source.ts'
import * as T from '../syntax/lexer.ts'
import { has, lookup, positionOf } from '../values/attrs.ts'
import { type LoadedChunk, Proto } from '../values/code.ts'
import { isNumber } from '../values/number.ts'
import type { Shape } from '../values/shape.ts'
import { SYM } from '../values/symbols.ts'
import {
  Attrs,
  type Builtin,
  type Env,
  isString,
  list,
  Path,
  peek,
  type Thunk,
  textOf,
  type Value,
} from '../values/value.ts'
import { envAt } from './env.ts'
import { type CodePlace, instructionBefore, posOf, spanPos, unitAt } from './places.ts'
import type { Vm } from './vm.ts'
import { foundByWith } from './with.ts'

/** The first row of `regions` that belongs to code at or after `pc`. */
function firstRegion(regions: Int32Array, pc: number): number {
  let lo = 0
  let hi = regions.length / 4
  while (lo < hi) {
    const mid = (lo + hi) >> 1
    if (regions[4 * mid] < pc) lo = mid + 1
    else hi = mid
  }
  return 4 * lo
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
  const unit = chunk.chunk.units[unitAt(chunk, at) * UNIT.STRIDE + UNIT.PC]
  for (let i = firstRegion(regions, unit); i < regions.length && regions[i] <= at; i += 4) {
    if (regions[i + 1] === at && regions[i + 2] === REGION.PLUS) return chunk.posBase + regions[i + 3]
  }
  return 0
}

/** A place with the environment that the code runs in. */
export interface Activation extends CodePlace {
  env: Env
}

/** Shows the constructs whose operand is being evaluated, the innermost first: REGION, where its code starts, position. */
function regionsAround(
  { chunk, pc }: CodePlace,
  visit: (kind: number, start: number, pos: PosIdx) => void,
): void {
  const { regions, units } = chunk.chunk
  const unit = unitAt(chunk, pc - 1)
  const start = units[unit * UNIT.STRIDE + UNIT.PC]
  const next = (unit + 1) * UNIT.STRIDE
  const end = next < units.length ? units[next + UNIT.PC] : chunk.code.length
  for (let i = firstRegion(regions, start); i < regions.length && regions[i] < end; i += 4) {
    if (regions[i] >= pc || pc > regions[i + 1]) continue
    visit(regions[i + 2], regions[i], regions[i + 3] < 0 ? 0 : chunk.posBase + regions[i + 3])
  }
}

/** Where the `+` between two operands stands. */
export function plusSign(vm: Vm, left: PosIdx, right: PosIdx): PosIdx {
  const text = vm.positions.resolve(left)?.source.text
  const from = vm.positions.resolve(left)?.offset ?? 0
  if (text === undefined) return right
  const lexer = new T.Lexer(text.slice(from, from + right - left), true)
  let found = right
  for (lexer.next(); lexer.token !== T.EOF; lexer.next())
    if (lexer.token === T.PLUS) found = left + lexer.start
  return found
}

/** The constant that the code before `at` loads: its word is one only if the text at `pos` says the same. */
function constantBefore(vm: Vm, chunk: LoadedChunk, at: number, pos: PosIdx): Value | undefined {
  const place = vm.positions.resolve(pos)
  const text = place?.source.text
  if (place === undefined || text === undefined) return undefined
  const said = /^[\s(]*(true|false|null|\[\s*\])[\s)]*\+/.exec(
    text.slice(place.offset, place.offset + 80),
  )?.[1]
  const op = chunk.code[at - 1]
  if (said === 'true' && op === Op.TRUE) return true
  if (said === 'false' && op === Op.FALSE) return false
  if (said === 'null' && op === Op.NULL) return null
  return said?.startsWith('[') === true && op === Op.EMPTY_LIST ? list([]) : undefined
}

/**
 * The right operand of the `+` whose region starts at `start` has failed: what Nix says if the left one, which it makes a string
 * before, is nothing that can be one.
 */
function leftFault(vm: Vm, { chunk, env }: Activation, start: number, pos: PosIdx): NixError | undefined {
  let v = loadedBefore(chunk, env, start - 1)
  if (v === undefined) v = constantBefore(vm, chunk, start - 1, pos)
  if (v === undefined || isString(v) || v instanceof Path || isNumber(v)) return undefined
  if (v instanceof Attrs && (has(v, SYM.TO_STRING) || has(v, SYM.OUT_PATH))) return undefined
  return coerceError(vm, v, 'while evaluating a path segment', pos)
}

/** Adds the lines of the constructs whose operand was being evaluated; answers the error that Nix would have met before. */
function explainRegions(vm: Vm, place: Activation, thrown: NixError): NixError {
  const { chunk, env } = place
  let error = thrown
  regionsAround(place, (kind, start, pos) => {
    if (kind === REGION.PLUS && !error.passing) error = leftFault(vm, place, start, pos) ?? error
    if (kind >= REGION.BUILTIN) {
      const builtin = builtinOf(chunk, kind)
      const param = builtin.params[(kind - REGION.BUILTIN) & 3]
      if (param.always && param.context !== '') error.addTrace(param.context)
      if (builtin.name !== 'addErrorContext')
        error.addTrace(`while calling the '${builtin.name}' builtin`, pos)
    } else if (kind === REGION.SELECT) explainStepBefore(vm, chunk, env, start, pos, error)
    else if (kind === REGION.DEFAULT) explainDefault(vm, place, start, error)
    else if (kind >= 0 && kind !== REGION.PLUS) error.addTrace(LINES[kind], pos)
  })
  return error
}

/** The builtin whose argument a region is. */
function builtinOf(chunk: LoadedChunk, kind: number): Builtin {
  return chunk.globals[(kind - REGION.BUILTIN) >> 2] as Builtin
}

/** The builtins that operators stand for, by REGION; Nix's parser makes calls of them. */
const OPERATORS: readonly string[] = ['sub', 'mul', 'div', 'lessThan']

/**
 * Shows the builtins whose arguments are being evaluated at a place, the innermost first, by name and the position of the
 * call: no frame stands for them. Operators that are calls for Nix count.
 */
export function callsAround(place: CodePlace, visit: (name: string, pos: PosIdx) => void): void {
  regionsAround(place, (kind, _start, pos) => {
    if (kind >= REGION.BUILTIN) visit(builtinOf(place.chunk, kind).name, pos)
    else if (kind >= 0 && kind < OPERATORS.length) visit(OPERATORS[kind], pos)
  })
}

/**
 * The text of an attribute path for a trace line: string `path`, of a selection with an instruction at `at`. Dynamic names are
 * those that the selection took, as far as that can be seen once more; the one that has just been taken is `name`.
 */
export function pathText({ chunk, env }: Activation, at: number, path: number, name: string): string {
  if (path < 0) return quoteName(name)
  const parts = chunk.string(path).split('\0')
  if (parts.length === 1) return parts[0]
  const names = dynamicNames(chunk, env, at)
  for (let i = 1; i < parts.length; i += 2) {
    const known = names[(i - 1) / 2]
    if (known !== undefined) parts[i] = quoteName(known)
    else if (parts.length === 3 && name !== '') parts[1] = quoteName(name)
  }
  return parts.join('')
}

/** The names that the selection with an instruction at `at` computes, in their order; undefined for one that is not at hand. */
function dynamicNames(chunk: LoadedChunk, env: Env, at: number): (string | undefined)[] {
  const { spans, units } = chunk.chunk
  const pos = spanPos(chunk, at)
  const unit = unitAt(chunk, at)
  const start = units[unit * UNIT.STRIDE + UNIT.PC]
  const next = (unit + 1) * UNIT.STRIDE
  const end = next < units.length ? units[next + UNIT.PC] : chunk.code.length
  const names: (string | undefined)[] = []
  for (let i = 0; i < spans.length && spans[i] < end; i += 2) {
    const pc = spans[i]
    if (pc < start) continue
    const op = chunk.code[pc]
    if ((op !== Op.SELECT_DYN && op !== Op.SELECT_DYN_OR) || spanPos(chunk, pc) !== pos) continue
    names.push(textBefore(chunk, env, pc - 2)?.text)
  }
  return names
}

/**
 * The string that the instructions right before `at` have made, if they read variables and attributes, or join such, and where
 * these instructions start.
 */
function textBefore(chunk: LoadedChunk, env: Env, at: number): { text: string; start: number } | undefined {
  const { code } = chunk
  if (code[at - 2] !== Op.CONCAT || instructionBefore(chunk, at) !== at - 2) {
    const { value, start } = readBefore(chunk, env, at)
    return value !== undefined && isString(value) ? { text: textOf(value), start } : undefined
  }
  let text = ''
  let start = at - 2
  for (let count = code[at - 1]; count > 0; count--) {
    // Each piece is pushed; before that it was a literal, or something was made a string.
    if (code[start - 1] !== Op.PUSH) return undefined
    if (code[start - 3] === Op.STR) {
      text = chunk.string(code[start - 2]) + text
      start -= 3
    } else if (code[start - 3] === Op.COERCE) {
      const piece = readBefore(chunk, env, start - 3)
      if (piece.value === undefined || !isString(piece.value)) return undefined
      text = textOf(piece.value) + text
      start = piece.start
    } else return undefined
  }
  return { text, start }
}

/** The line of a selected attribute. Nix has none for those of derivation-internal.nix. */
export function explainAttribute(vm: Vm, error: NixError, path: string, defined: PosIdx): void {
  if (defined === 0 || vm.positions.resolve(defined)?.source.name === DERIVATION_NAME) return
  error.addTrace(`while evaluating the attribute '${path}'`, defined)
}

/**
 * A step of a selection at `pos` has failed: names the attribute that the SELECT right before `at` had reached, if that is a
 * step of the same selection.
 */
function explainStepBefore(
  vm: Vm,
  chunk: LoadedChunk,
  env: Env,
  at: number,
  pos: PosIdx,
  error: NixError,
  name = '',
): void {
  const before = instructionBefore(chunk, at)
  if (before < 0 || spanPos(chunk, before) !== pos) return
  if (chunk.code[before] === Op.SELECT && before + 4 === at)
    explainAttribute(vm, error, selectedPath(chunk, env, before, name), selectedPos(chunk, env, before, null))
  else if (chunk.code[before] === Op.SELECT_DYN && before + 2 === at) {
    const taken = textBefore(chunk, env, before - 2)
    const set = taken === undefined ? undefined : loadedBefore(chunk, env, taken.start - 1)
    const place = { chunk, pc: at, env }
    if (taken !== undefined && set instanceof Attrs)
      explainAttribute(
        vm,
        error,
        pathText(place, before, chunk.code[before + 1], taken.text),
        positionOf(set, vm.symbols.find(taken.text)),
      )
  }
}

function selectedPath(chunk: LoadedChunk, env: Env, at: number, name = ''): string {
  const path = chunk.code[at + 3]
  return path < 0
    ? quoteName(chunk.string(chunk.code[at + 1]))
    : pathText({ chunk, pc: at, env }, at, path, name)
}

/** The default that begins at `start` has failed: Nix names the last attribute that the selection had found before. */
function explainDefault(vm: Vm, { chunk, env }: Activation, start: number, error: NixError): void {
  const { regions, spans } = chunk.chunk
  const { code } = chunk
  for (
    let i = firstRegion(regions, chunk.chunk.units[unitAt(chunk, start) * UNIT.STRIDE + UNIT.PC]);
    i < regions.length;
    i += 4
  ) {
    if (regions[i] >= start) return
    if (regions[i + 1] !== start - 2 || regions[i + 2] >= 0) continue
    const last = instructionBefore(chunk, regions[i + 1])
    let value = loadedBefore(chunk, env, regions[i])
    let found = 0
    for (let k = 0; k < spans.length && spans[k] <= last && value instanceof Attrs; k += 2) {
      const at = spans[k]
      if (at < regions[i] || spans[k + 1] !== spanAt(chunk.chunk, last)) continue
      let sym: number
      if (code[at] === Op.SELECT_OR) sym = chunk.sym(code[at + 1])
      else if (code[at] === Op.SELECT_DYN_OR)
        sym = chunk.symbols.find(textBefore(chunk, env, at - 2)?.text ?? '')
      else continue
      const slot = lookup(value, sym)
      if (slot === undefined) break
      found = positionOf(value, sym)
      value = peek(slot)
    }
    const path = REGION.PATH - regions[i + 2]
    explainAttribute(vm, error, pathText({ chunk, pc: start, env }, last, path, ''), found)
    return
  }
}

/** The path of the selection with a default that has an instruction at `at`; undefined when it only asks (`?`). */
export function defaultedPath(place: Activation, at: number, name = ''): string | undefined {
  let path: string | undefined
  regionsAround(place, (kind) => {
    if (kind < 0) path ??= pathText(place, at, REGION.PATH - kind, name)
  })
  return path
}

/** What the instructions right before `at` have loaded for it, as far as that can be seen once more. */
function loadedBefore(chunk: LoadedChunk, env: Env, at: number): Value | undefined {
  return readBefore(chunk, env, at).value
}

/** The same, with where these instructions start. */
function readBefore(chunk: LoadedChunk, env: Env, at: number): { value: Value | undefined; start: number } {
  const { code } = chunk
  const steps: number[] = []
  let value: Value | undefined
  let start = at
  for (;;) {
    const before = instructionBefore(chunk, start)
    const op = before < 0 ? -1 : code[before]
    if ((op === Op.SELECT || op === Op.SELECT_OR) && before + 4 === start) {
      steps.push(chunk.sym(code[before + 1]))
      start = before
      continue
    }
    if ((op === Op.SELECT_DYN || op === Op.SELECT_DYN_OR) && before + 2 === start) {
      // The set was pushed, then its name was made.
      const name = textBefore(chunk, env, before - 2)
      if (name === undefined || code[name.start - 1] !== Op.PUSH) break
      steps.push(chunk.symbols.find(name.text))
      start = name.start - 1
      continue
    }
    if (op === Op.GET0F && before + 3 === start) value = peek(env[code[before + 1]])
    else if (op === Op.GET1F && before + 3 === start) value = peek(env[0][code[before + 1]])
    else if (op === Op.GETNF && before + 4 === start) {
      value = peek(envAt(env, code[before + 1])[code[before + 2]])
    } else if (op === Op.WITH_GET && before + 4 === start)
      value = foundByWith(chunk, env, chunk.sym(code[before + 1]), code[before + 2])
    else break
    start = before
    break
  }
  while (steps.length > 0 && value instanceof Attrs) {
    const slot = lookup(value, steps.pop() as number)
    value = slot === undefined ? undefined : peek(slot)
  }
  return { value: steps.length > 0 ? undefined : value, start }
}

/**
 * Where the attribute that the SELECT or SELECT_OR at `at` has found was defined: the set tells, if it is at hand, else the
 * inline cache. The same instruction may have found another one since: then what the thunk does that it forced tells, if
 * the attribute was defined by code.
 */
function selectedPos(chunk: LoadedChunk, env: Env, at: number, work: Thunk['code']): PosIdx {
  const set = loadedBefore(chunk, env, at)
  if (set instanceof Attrs) return positionOf(set, chunk.sym(chunk.code[at + 1]))
  const cache = chunk.code[at + 2]
  const shape = chunk.icShapes[cache]
  if (shape === undefined) return 0
  const i = chunk.icSlots[cache]
  if (!(work instanceof Proto) || work.arity !== 0 || makes(shape, i, work)) return shape.positionAt(i)
  const sym = chunk.sym(chunk.code[at + 1])
  for (const other of work.chunk.shapes) {
    const k = other === undefined ? -1 : other.find(sym)
    if (k >= 0 && makes(other as Shape, k, work)) return (other as Shape).positionAt(k)
  }
  return shape.positionAt(i)
}

/** Whether the literal behind a shape makes thunks of that unit for its i-th attribute. */
function makes(shape: Shape, i: number, proto: Proto): boolean {
  const { site } = shape
  if (site === null || site.chunk !== proto.chunk) return false
  const { code } = site.chunk
  let desc = site.descs[i]
  for (let n = 0; n < 100; n++) {
    if (code[desc] === Op.THUNK) return code[desc + 1] === proto.unit
    if (code[desc] === Op.GET0 || code[desc] === Op.GET1) desc = code[desc + 2]
    else if (code[desc] === Op.GETN) desc = code[desc + 3]
    else return false
  }
  return false
}

/** Whether the step at `at`, with the next instruction at `next`, is not the last one of its selection. */
function isStep(chunk: LoadedChunk, at: number, next: number): boolean {
  const op = chunk.code[next]
  if (op === Op.SELECT || op === Op.SELECT_OR) return spanAt(chunk.chunk, next) === spanAt(chunk.chunk, at)
  const { regions } = chunk.chunk
  for (let i = firstRegion(regions, at); i < regions.length && regions[i] <= next; i += 4) {
    if (regions[i] === next && regions[i + 2] === REGION.SELECT) return true
  }
  return false
}

/**
 * The position at which Nix forces what the instruction before `pc` forces. What a selection ends with is forced where it was
 * defined, what it goes through where the selection stands.
 */
export function forcePos(place: Activation, work: Thunk['code']): PosIdx {
  const { chunk, pc, env } = place
  const at = instructionBefore(chunk, pc)
  const op = at < 0 ? -1 : chunk.code[at]
  const selects = op === Op.SELECT || (op === Op.SELECT_OR && defaultedPath(place, at) !== undefined)
  const defined = selects && !isStep(chunk, at, at + 4) ? selectedPos(chunk, env, at, work) : 0
  return defined === 0 ? spanPos(chunk, at) : defined
}

/** The same for the SELECT_DYN or SELECT_DYN_OR before `pc`, which has selected what was defined at `defined`. */
export function dynamicForcePos(place: Activation, defined: PosIdx): PosIdx {
  const { chunk, pc } = place
  const at = pc - 2
  const selects = chunk.code[at] === Op.SELECT_DYN || defaultedPath(place, at) !== undefined
  return defined !== 0 && selects && !isStep(chunk, at, pc) ? defined : posOf(chunk, pc)
}

/**
 * The lines of a function whose body the error has left (Nix: callFunction); `site`: where the call was made. Only
 * with --show-trace.
 */
export function explainCall(callee: CodePlace, site: PosIdx, error: NixError): void {
  const proto = callee.chunk.proto(unitAt(callee.chunk, callee.pc - 1))
  if (proto.arity === 0) return
  const { name, params } = proto
  error.addTrace(
    name === null ? 'while calling anonymous lambda' : `while calling '${name}'`,
    params[params.length - 1].pos,
  )
  if (site !== 0) error.addTrace('from call site', site)
}

/**
 * Adds the trace lines of the activation `place` itself: of the instruction that it was at, and of the constructs round it.
 * `forcing`: it was forcing a thunk, which does `work`. Answers the error that goes on: the same, or one that Nix would have met
 * before it.
 */
export function explainCode(
  vm: Vm,
  place: Activation,
  error: NixError,
  forcing: boolean,
  work: Thunk['code'],
): NixError {
  const { chunk, pc, env } = place
  const at = instructionBefore(chunk, pc)
  if (at < 0) return error
  if (chunk.code[at] === Op.SELECT) {
    if (forcing) explainAttribute(vm, error, selectedPath(chunk, env, at), selectedPos(chunk, env, at, work))
    else if (pc > at) explainStepBefore(vm, chunk, env, at, spanPos(chunk, at), error)
  } else if (chunk.code[at] === Op.SELECT_OR && forcing) {
    const path = defaultedPath(place, at)
    if (path !== undefined) explainAttribute(vm, error, path, selectedPos(chunk, env, at, work))
  }
  return explainRegions(vm, place, error)
}

/** A missing attribute, or no set, at the SELECT_DYN before `pc`: its region tells where its step begins. */
export function explainDynamicStep(
  vm: Vm,
  { chunk, pc, env }: Activation,
  error: NixError,
  name: string,
): NixError {
  const at = instructionBefore(chunk, pc)
  const { regions, units } = chunk.chunk
  const start = units[unitAt(chunk, at) * UNIT.STRIDE + UNIT.PC]
  for (let i = firstRegion(regions, start); i < regions.length && regions[i] < at; i += 4) {
    if (regions[i + 1] === at && regions[i + 2] === REGION.SELECT)
      explainStepBefore(vm, chunk, env, regions[i], spanPos(chunk, at), error, name)
  }
  return error
}
