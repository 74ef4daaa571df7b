/**
 * The slow paths of opcodes (floor 4): everything that may wait, fail, or is too long for the switch.
 *
 * `slowStep` runs with the activation saved in the machine's fields; operands stand just before `vm.pc`. It answers the
 * new accumulator, or WAIT; MISSING: the jump of the opcode is to be made; REENTER: the loop is to be left and entered again.
 */

import { CONTEXT } from '../bytecode/contexts.ts'
import * as Op from '../bytecode/opcodes.ts'
import { NixError } from '../errors.ts'
import { type CoerceOptions, coerceToString } from '../runtime/coerce.ts'
import { assertEqual, lessThan } from '../runtime/compare.ts'
import { equalValues } from '../runtime/equal.ts'
import {
  contextError,
  expectAttrs,
  expectBool,
  expectList,
  kindError,
  matchesKind,
  typeError,
} from '../runtime/expect.ts'
import { firstMet, firstMissing } from '../runtime/first-met.ts'
import { Frame, type Step, WAIT } from '../runtime/machine.ts'
import { columnSlot, lineSlot } from '../runtime/place-values.ts'
import type { PosIdx } from '../source.ts'
import { mergeContext } from '../store/context.ts'
import { AttrsBuilder, attrsOf, extended, flat, has, lookup, positionOf, update } from '../values/attrs.ts'
import { canonical, DelayedClosure, type FormalsInfo, type LoadedChunk, type Proto } from '../values/code.ts'
import { lambdaOf, quoteName, showType } from '../values/describe.ts'
import { concatenated } from '../values/lists.ts'
import { add, div, mul, sub } from '../values/number.ts'
import { knownName } from '../values/shape.ts'
import { emptySlots } from '../values/slots.ts'
import { suggestions as suggest } from '../values/suggest.ts'
import {
  Attrs,
  type Builtin,
  Closure,
  type Context,
  type Env,
  Float,
  isForced,
  List,
  makeString,
  NO_CONTEXT,
  Path,
  type Slot,
  StringWithContext,
  Thunk,
  type Value,
} from '../values/value.ts'
import {
  type Activation,
  defaultedPath,
  dynamicForcePos,
  explainAttribute,
  explainDynamicStep,
  leftOperand,
  pathText,
  plusSign,
} from './explain.ts'
import { posOf } from './places.ts'
import { stackOverflow, type Vm } from './vm.ts'
import { withGet } from './with.ts'

/** What SELECT_DYN_OR answers when there is no such attribute: the jump is to be made. */
export const MISSING: unique symbol = Symbol('MISSING')
/** What RETURN answers when its turn has come to look up from work: the loop, entered again, runs in what V8 has compiled it to meanwhile. */
export const REENTER: unique symbol = Symbol('REENTER')

export function slowStep(vm: Vm, op: number, x: Slot, acc: Value): Step | typeof MISSING | typeof REENTER {
  const { chunk, pc } = vm
  const code = chunk.code
  switch (op) {
    case Op.CALL:
    case Op.TAIL_CALL: {
      const n = code[pc - 1]
      const { stack } = vm
      const sp = (vm.sp -= n)
      if (n === 1) return vm.callOne(acc, stack[sp], vm.depth, vm.nesting)
      const args = emptySlots(n) as Slot[]
      for (let i = 0; i < n; i++) args[i] = stack[sp + i]
      return vm.apply(acc, args)
    }
    case Op.RETURN:
      vm.tickAfter(acc)
      return REENTER
    case Op.BUILTIN_ENTER:
      throw stackOverflow(posOf(chunk, pc))
    case Op.CHECK_ARG: {
      const b = chunk.globals[code[pc - 2]] as Builtin
      const param = b.params[code[pc - 1]]
      if (matchesKind(param.kind, acc)) return acc
      throw kindError(vm, param, acc).addTrace(`while calling the '${b.name}' builtin`, posOf(chunk, pc))
    }
    case Op.WITH_GET:
      return withGet(vm, chunk.sym(code[pc - 3]), code[pc - 2], code[pc - 1])
    case Op.CUR_POS:
      return currentPosition(vm, chunk, code[pc - 1])
    case Op.BRANCH:
      return expectBool(vm, acc, 'while evaluating a branch condition', posOf(chunk, pc))
    case Op.AND:
      return expectBool(vm, acc, 'in the left operand of the AND (&&) operator', posOf(chunk, pc))
    case Op.OR:
      return expectBool(vm, acc, 'in the left operand of the OR (||) operator', posOf(chunk, pc))
    case Op.IMPL:
      return expectBool(vm, acc, 'in the left operand of the IMPL (->) operator', posOf(chunk, pc))
    case Op.CHECK_BOOL: {
      const which = code[pc - 1]
      const name = which === CONTEXT.AND ? 'AND (&&)' : which === CONTEXT.OR ? 'OR (||)' : 'IMPL (->)'
      return expectBool(vm, acc, `in the right operand of the ${name} operator`, posOf(chunk, pc))
    }
    case Op.NOT:
      return expectBool(vm, acc, 'in the argument of the not operator', posOf(chunk, pc))
    case Op.ASSERT: {
      expectBool(vm, acc, 'in the condition of the assert statement', posOf(chunk, pc))
      const text = vm.conditionText(chunk, code[pc - 2], code[pc - 1])
      throw new NixError('assert', `assertion '${text}' failed`, { pos: posOf(chunk, pc) })
    }
    case Op.ASSERT_EQ:
      return vm.pushHelper(new AssertFrame(vm, x as Value, acc, code[pc - 2], code[pc - 1]))
    case Op.ADDEND:
      return isAddend(acc) ? acc : vm.pushHelper(new AddendFrame(acc, chunk, pc))
    case Op.ADD:
      return addValues(vm, x as Value | Addend, acc)
    case Op.SUB:
      return arithmetic(vm, 'sub', sub, x as Value, acc)
    case Op.MUL:
      return arithmetic(vm, 'mul', mul, x as Value, acc)
    case Op.DIV:
      return arithmetic(vm, 'div', div, x as Value, acc)
    case Op.NEGATE:
      return arithmetic(vm, 'sub', sub, 0, acc)
    case Op.LESS:
      if (vm.depth > vm.settings.maxCallDepth) throw stackOverflow(posOf(chunk, pc))
      if (typeof x === 'string' && typeof acc === 'string') return x < acc
      return vm.pushHelper(new LessFrame(x as Value, acc, chunk, pc))
    case Op.EQUAL:
      return equalValues(vm, x as Value, acc)
    case Op.NOT_EQUAL: {
      const r = equalValues(vm, x as Value, acc)
      if (r !== WAIT) return !r
      vm.keep(new NotFrame(), null, vm.depth)
      return WAIT
    }
    case Op.COERCE:
      if (typeof acc === 'string' || acc instanceof StringWithContext) return acc
      return coerceToString(vm, acc, new SegmentOptions(code[pc - 1] === 1, chunk, pc))
    case Op.CONCAT:
      return concatStrings(vm, code[pc - 1])
    case Op.CONCAT_PATH:
      return concatPath(vm, code[pc - 1])
    case Op.CONCAT_LISTS:
      if (x instanceof List && acc instanceof List) return concatLists(vm, x, acc)
      return concatLists(
        vm,
        expectList(vm, x, 'while evaluating one of the elements to concatenate', posOf(chunk, pc)),
        expectList(vm, acc, 'while evaluating one of the elements to concatenate', posOf(chunk, pc)),
      )
    case Op.ATTRS_DYN:
      return dynamicAttrs(vm, chunk, acc as Attrs, code[pc - 2], code[pc - 1])
    case Op.OVERRIDES:
      return vm.pushHelper(new OverridesFrame(acc as Attrs, chunk, vm.env, code[pc - 1]))
    case Op.CHECK_ATTRS:
      return expectAttrs(vm, acc, 'in the right operand of the update (//) operator', posOf(chunk, pc))
    case Op.UPDATE:
      return update(
        expectAttrs(vm, acc, 'in the left operand of the update (//) operator', posOf(chunk, pc)),
        x as Attrs,
      )
    case Op.SELECT: {
      const sym = chunk.sym(code[pc - 3])
      if (!(acc instanceof Attrs))
        throw typeError(vm, 'a set', acc, 'while selecting an attribute', posOf(chunk, pc), false)
      throw missingAttribute(vm, acc, sym, posOf(chunk, pc))
    }
    case Op.SELECT_DYN: {
      const sym = vm.symbols.intern(acc as string)
      const slot = x instanceof Attrs ? lookup(x, sym) : undefined
      if (slot === undefined) {
        const error =
          x instanceof Attrs
            ? missingAttribute(vm, x, sym, posOf(chunk, pc))
            : typeError(vm, 'a set', x, 'while selecting an attribute', posOf(chunk, pc), false)
        throw explainDynamicStep(vm, { chunk, pc, env: vm.env }, error, acc as string)
      }
      if (isForced(slot)) return slot instanceof Thunk ? (slot.payload as Value) : slot
      return forceSelected(vm, slot as Thunk, x as Attrs, sym, acc as string)
    }
    case Op.SELECT_DYN_OR: {
      const sym = vm.symbols.find(acc as string)
      const slot = x instanceof Attrs && sym >= 0 ? lookup(x, sym) : undefined
      if (slot === undefined) return MISSING
      if (isForced(slot)) return slot instanceof Thunk ? (slot.payload as Value) : slot
      return forceSelected(vm, slot as Thunk, x as Attrs, sym, acc as string)
    }
    case Op.HAS_DYN: {
      const sym = vm.symbols.find(acc as string)
      return x instanceof Attrs && sym >= 0 && has(x, sym)
    }
    case Op.DYN_NAME: {
      if (typeof acc === 'string' || (acc === null && code[pc - 1] === 1)) return acc
      const what =
        code[pc - 1] === 1
          ? 'while evaluating the name of a dynamic attribute'
          : 'while evaluating an attribute name'
      if (acc instanceof StringWithContext) throw contextError(vm, acc).addTrace(what, posOf(chunk, pc))
      throw typeError(vm, 'a string', acc, what, posOf(chunk, pc))
    }
    case Op.FAIL:
      throw new NixError(
        'undefined-variable',
        `undefined variable '${quoteName(chunk.string(code[pc - 1]))}'`,
        {
          pos: posOf(chunk, pc),
        },
      )
    default:
      throw new Error(`no slow path for opcode ${op}`)
  }
}

/** Forces the attribute that a dynamic name has selected. Its frame is made only when it has to wait or fails. */
function forceSelected(vm: Vm, slot: Thunk, set: Attrs, sym: number, name: string): Step {
  const { chunk, pc, env, nesting, depth } = vm
  const frame = (): SelectedFrame => new SelectedFrame(slot, set, sym, name, { chunk, pc, env })
  if (nesting >= vm.maxNesting) return vm.keepLater(frame(), null)
  vm.nesting = nesting + 1
  let r: Step
  try {
    r = vm.forceThunk(slot)
  } catch (error) {
    vm.keep(frame(), null, depth)
    throw error
  }
  if (r === WAIT) {
    vm.keep(frame(), null, depth)
    return WAIT
  }
  vm.nesting = nesting
  vm.depth = depth
  return r
}

class SelectedFrame extends Frame {
  readonly slot: Slot
  readonly set: Attrs
  readonly sym: number
  readonly name: string
  /** After the SELECT_DYN or SELECT_DYN_OR. */
  readonly place: Activation
  constructor(slot: Slot, set: Attrs, sym: number, name: string, place: Activation) {
    super()
    this.slot = slot
    this.set = set
    this.sym = sym
    this.name = name
    this.place = place
  }
  override step(vm: Vm, answer: Value | undefined): Step {
    return answer !== undefined ? answer : vm.force(this.slot)
  }
  override sitePos(): PosIdx {
    return dynamicForcePos(this.place, positionOf(this.set, this.sym))
  }
  override explain(vm: Vm, error: NixError): void {
    const { chunk, pc } = this.place
    const at = pc - 2
    const path =
      chunk.code[at] === Op.SELECT_DYN
        ? pathText(this.place, at, chunk.code[at + 1], this.name)
        : defaultedPath(this.place, at, this.name)
    if (path !== undefined) explainAttribute(vm, error, path, positionOf(this.set, this.sym))
  }
}

export function missingAttribute(vm: Vm, set: Attrs, sym: number, pos: PosIdx): NixError {
  const name = vm.symbols.names[sym]
  const known = flat(set).shape.syms.map((s) => vm.symbols.names[s])
  return new NixError('missing-attribute', `attribute '${quoteName(name)}' missing`, {
    pos,
    suggestions: suggest(name, known),
  })
}

function arithmetic(
  vm: Vm,
  name: string,
  fn: (a: Value, b: Value, positions: Vm['positions']) => Value,
  a: Value,
  b: Value,
): Value {
  const { chunk, pc } = vm
  if (vm.depth > vm.settings.maxCallDepth) throw stackOverflow(posOf(chunk, pc))
  try {
    return fn(a, b, vm.positions)
  } catch (error) {
    if (error instanceof NixError) {
      error.addTrace(`while calling the '${name}' builtin`, posOf(chunk, pc))
    }
    throw error
  }
}

/** Compares with `<` what takes more than a look. */
export class LessFrame extends Frame {
  readonly a: Value
  readonly b: Value
  readonly chunk: LoadedChunk
  readonly pc: number
  constructor(a: Value, b: Value, chunk: LoadedChunk, pc: number) {
    super()
    this.a = a
    this.b = b
    this.chunk = chunk
    this.pc = pc
  }
  override step(vm: Vm, answer: Value | undefined): Step {
    return answer !== undefined ? answer : lessThan(vm, this.a, this.b)
  }
  override explain(_vm: Vm, error: NixError): void {
    error.addTrace("while calling the 'lessThan' builtin", posOf(this.chunk, this.pc))
  }
}

/** Gets a truth value, and answers the other one. */
class NotFrame extends Frame {
  override step(_vm: Vm, answer: Value): Step {
    return !answer
  }
}

/** `assert a == b`: when they differ, says how. */
class AssertFrame extends Frame {
  readonly a: Value
  readonly b: Value
  readonly text: () => string
  readonly pos: PosIdx
  #explaining = false
  constructor(vm: Vm, a: Value, b: Value, start: number, end: number) {
    super()
    this.a = a
    this.b = b
    const { chunk } = vm
    this.pos = posOf(chunk, vm.pc)
    this.text = () => vm.conditionText(chunk, start, end)
  }
  override step(vm: Vm, answer: Value | undefined): Step {
    let r: Step = answer === undefined ? WAIT : answer
    if (!this.#explaining) {
      if (answer === undefined) {
        r = equalValues(vm, this.a, this.b)
        if (r === WAIT) return WAIT
      }
      if (r === true) return true
      this.#explaining = true
      r = assertEqual(vm, this.a, this.b)
      if (r === WAIT) return WAIT
    }
    throw new NixError('assert', `assertion '${this.text()}' failed`, { pos: this.pos })
  }
  override explain(_vm: Vm, error: NixError): void {
    if (this.#explaining) {
      error.addTrace(`while evaluating the condition of the assertion '${this.text()}'`, this.pos)
    } else error.addTrace('in the condition of the assert statement', this.pos)
  }
}

// ---------------------------------------------------------------- strings

/** A left operand of `+` that was made text: what is added to it is so as well, but no path is copied to the store for it. */
class Addend {
  readonly value: string | StringWithContext
  constructor(value: string | StringWithContext) {
    this.value = value
  }
}

/** Whether a left operand of `+` stays as it is. */
function isAddend(v: Value): boolean {
  switch (typeof v) {
    case 'string':
    case 'number':
    case 'bigint':
      return true
    default:
      return v instanceof StringWithContext || v instanceof Path || v instanceof Float
  }
}

/** Makes such an operand text: a set may know how. */
class AddendFrame extends Frame {
  readonly a: Value
  readonly chunk: LoadedChunk
  readonly pc: number
  constructor(a: Value, chunk: LoadedChunk, pc: number) {
    super()
    this.a = a
    this.chunk = chunk
    this.pc = pc
  }
  override step(vm: Vm, answer: Value | undefined): Step {
    const r = answer ?? coerceToString(vm, this.a, new SegmentOptions(false, this.chunk, this.pc))
    // Nobody but ADD gets to see it.
    return r === WAIT ? WAIT : (new Addend(r as string | StringWithContext) as unknown as Value)
  }
}

/** `a + b` (Nix: ExprConcatStrings with forceString = false): the first operand decides. */
function addValues(vm: Vm, a: Value | Addend, b: Value): Step {
  const { chunk, pc } = vm
  if (typeof a === 'string' || a instanceof StringWithContext) {
    if (typeof b === 'string' || b instanceof StringWithContext) {
      return makeString(textIn(a) + textIn(b), mergeContext(contextIn(a), contextIn(b)))
    }
  } else if (typeof a === 'number' || typeof a === 'bigint' || a instanceof Float) {
    const number = typeof b === 'number' || typeof b === 'bigint' || b instanceof Float
    try {
      if (number) return add(a, b, vm.positions)
    } catch (error) {
      if (error instanceof NixError && error.pos === 0) error.pos = posOf(chunk, pc)
      throw error
    }
    const kind = a instanceof Float ? 'a float' : 'an integer'
    throw new NixError('type', `cannot add ${showType(b)} to ${kind}`, { pos: posOf(chunk, pc) })
  } else if (a instanceof Path && typeof b === 'string') return new Path(canonical(a.path + b))
  return vm.pushHelper(new AddFrame(a as string | StringWithContext | Path | Addend, b, chunk, pc))
}

/** How an operand of `+` or a part of an interpolation is coerced; its place is looked up only for an error. */
class SegmentOptions implements CoerceOptions {
  readonly more = false
  readonly copyToStore: boolean
  readonly context = 'while evaluating a path segment'
  readonly #chunk: LoadedChunk
  readonly #pc: number
  constructor(copyToStore: boolean, chunk: LoadedChunk, pc: number) {
    this.copyToStore = copyToStore
    this.#chunk = chunk
    this.#pc = pc
  }
  get pos(): PosIdx {
    return posOf(this.#chunk, this.#pc)
  }
}

/** Adds what has to become a string first. */
class AddFrame extends Frame {
  readonly a: string | StringWithContext | Path | Addend
  readonly b: Value
  readonly chunk: LoadedChunk
  readonly pc: number
  constructor(a: string | StringWithContext | Path | Addend, b: Value, chunk: LoadedChunk, pc: number) {
    super()
    this.a = a
    this.b = b
    this.chunk = chunk
    this.pc = pc
  }
  override step(vm: Vm, answer: Value | undefined): Step {
    const { a, chunk, pc } = this
    const left = a instanceof Addend ? a.value : a
    const copyToStore = left === a && !(a instanceof Path)
    const r = answer ?? coerceToString(vm, this.b, new SegmentOptions(copyToStore, chunk, pc))
    if (r === WAIT) return WAIT
    const text = (left instanceof Path ? left.path : textIn(left)) + textIn(r)
    const context = mergeContext(contextIn(left), contextIn(r))
    if (!(left instanceof Path)) return makeString(text, context)
    if (context.length > 0) throw pathWithContext(plusSign(vm, leftOperand(chunk, pc), posOf(chunk, pc)))
    return new Path(canonical(text))
  }
}

function pathWithContext(pos: PosIdx): NixError {
  return new NixError('eval', 'a string that refers to a store path cannot be appended to a path', { pos })
}

function textIn(v: Value): string {
  return typeof v === 'string' ? v : (v as StringWithContext).text
}
function contextIn(v: Value): Context {
  return v instanceof StringWithContext ? v.context : NO_CONTEXT
}

function concatStrings(vm: Vm, n: number): Value {
  const from = vm.sp - n
  let text = ''
  let context: Context = NO_CONTEXT
  for (let i = from; i < vm.sp; i++) {
    const part = vm.stack[i]
    if (part instanceof StringWithContext) {
      text += part.text
      context = mergeContext(context, part.context)
    } else text += part as string
  }
  vm.sp = from
  return makeString(text, context)
}

function concatPath(vm: Vm, n: number): Value {
  const from = vm.sp - n
  let text = (vm.stack[from] as Path).path
  let context: Context = NO_CONTEXT
  for (let i = from + 1; i < vm.sp; i++) {
    const part = vm.stack[i] as Value
    text += textIn(part)
    context = mergeContext(context, contextIn(part))
  }
  vm.sp = from
  if (context.length > 0) throw pathWithContext(posOf(vm.chunk, vm.pc))
  return new Path(canonical(text))
}

/** Copying so many elements counts as a while of running: the next return asks whether there is memory left. */
const MANY_ELEMENTS = 1 << 18

/** `a ++ b`. */
export function concatLists(vm: Vm, a: List, b: List): List {
  const all = concatenated(a, b)
  if (all.length > MANY_ELEMENTS && all.items !== a.items && all.items !== b.items) vm.ticks = 0
  return all
}

// ---------------------------------------------------------------- sets

/** `set` with the `n` attributes whose names and values are on the stack; a name that is null makes none. */
function dynamicAttrs(vm: Vm, chunk: LoadedChunk, set: Attrs, n: number, table: number): Value {
  const from = vm.sp - 2 * n
  vm.sp = from
  if (n === 1) {
    const name = vm.stack[from] as string | null
    if (name === null) return set
    const { names } = vm.symbols
    const before = names.length
    const sym = vm.symbols.intern(name)
    const offset = chunk.code[table]
    const pos = chunk.posBase + offset
    if (has(set, sym)) throw definedTwice(vm, name, positionOf(set, sym), pos)
    const slot = namedSlot(chunk, offset, name, vm.stack[from + 1] as Slot)
    const fresh = names.length > before
    const single = fresh ? null : knownName(vm.symbols, sym)
    if (single === null) {
      const all = extended(set, sym, slot, pos, fresh)
      if (all !== undefined) return all
    }
    const vals = emptySlots(1) as Slot[]
    vals[0] = slot
    return update(set, attrsOf(vm.symbols, single ?? [sym], vals, pos))
  }
  const builder = new AttrsBuilder(vm.symbols)
  for (let i = 0; i < n; i++) {
    const name = vm.stack[from + 2 * i] as string | null
    if (name === null) continue
    const sym = vm.symbols.intern(name)
    const offset = chunk.code[table + i]
    if (has(set, sym)) throw definedTwice(vm, name, positionOf(set, sym), chunk.posBase + offset)
    if (builder.has(sym)) throw definedTwice(vm, name, builder.positionOf(sym), chunk.posBase + offset)
    builder.set(
      sym,
      namedSlot(chunk, offset, name, vm.stack[from + 2 * i + 1] as Slot),
      chunk.posBase + offset,
    )
  }
  return update(set, builder.build())
}

/** The slot of a dynamic attribute. A lambda is called what it is bound to; the name is the code's, and so the last one counts (Nix: Expr::setName). */
function namedSlot(chunk: LoadedChunk, offset: number, name: string, slot: Slot): Slot {
  if (slot instanceof Thunk && slot.code instanceof DelayedClosure) {
    chunk.computedNames ??= new Map()
    chunk.computedNames.set(offset, name)
  }
  return slot
}

function definedTwice(vm: Vm, name: string, first: PosIdx, pos: PosIdx): NixError {
  return new NixError(
    'eval',
    `dynamic attribute '${quoteName(name)}' already defined at ${vm.showPos(first)}`,
    { pos },
  )
}

/** `rec { __overrides = …; }` (Nix: ExprAttrs::eval). */
class OverridesFrame extends Frame {
  readonly set: Attrs
  readonly chunk: LoadedChunk
  readonly env: Env
  readonly table: number
  constructor(set: Attrs, chunk: LoadedChunk, env: Env, table: number) {
    super()
    this.set = set
    this.chunk = chunk
    this.env = env
    this.table = table
  }
  override step(vm: Vm, answer: Value | undefined): Step {
    if (answer === undefined) {
      const r = vm.force(lookup(this.set, vm.symbols.intern('__overrides')) as Slot)
      if (r === WAIT) return WAIT
      answer = r
    }
    const overrides = expectAttrs(
      vm,
      answer,
      'while evaluating the `__overrides` attribute',
      answer instanceof Closure ? (lambdaOf(answer)?.pos ?? 0) : 0,
    )
    const code = this.chunk.code
    const n = code[this.table]
    for (let i = 0; i < n; i++) {
      const slot = lookup(overrides, this.chunk.sym(code[this.table + 1 + 2 * i]))
      if (slot !== undefined) this.env[code[this.table + 2 + 2 * i]] = slot
    }
    return update(this.set, overrides)
  }
}

function currentPosition(vm: Vm, chunk: LoadedChunk, offset: number): Value {
  if (chunk.file === null) return null
  const pos = chunk.posBase + offset
  return new AttrsBuilder(vm.symbols)
    .setName('file', chunk.file)
    .setName('line', lineSlot(pos))
    .setName('column', columnSlot(pos))
    .build()
}

// ---------------------------------------------------------------- formals

/** Throws unless the set fits the formals of a lambda (Nix: EvalState::callFunction). */
export function checkFormals(vm: Vm, p: Proto, arg: Value): void {
  const formals = p.formals
  if (formals === null) return
  if (!(arg instanceof Attrs)) {
    const what = 'while evaluating the value passed for the lambda argument'
    const error = typeError(vm, 'a set', arg, what, formalsPos(p), false)
    error.site = 'line'
    throw error
  }
  if (arg.base === null && formals.fits === arg.shape.syms) return
  const { list } = formals
  let found = 0
  for (let i = 0; i < list.length; i++) {
    if (has(arg, list[i].sym)) found++
    else if (list[i].fallback === 0) throw missingArgument(vm, p, formals, arg, formalsPos(p))
  }
  if (!formals.ellipsis && flat(arg).shape.size !== found)
    throw unexpectedArgument(vm, p, formals, arg, formalsPos(p))
  if (arg.base === null) formals.fits = arg.shape.syms
}

/** Where the `{ … }` of a lambda stands. */
function formalsPos(p: Proto): PosIdx {
  const { params } = p
  return params[params.length - 1].pos
}

/** The machine puts the line in. */
function calledFrom(error: NixError): NixError {
  error.site = 'caller'
  return error
}

function missingArgument(vm: Vm, p: Proto, formals: FormalsInfo, arg: Attrs, pos: PosIdx): NixError {
  const { name } = firstMissing(vm, formals, arg)
  const text = `function '${lambdaName(p)}' called without required argument '${quoteName(name)}'`
  return calledFrom(new NixError('type', text, { pos }))
}

function unexpectedArgument(vm: Vm, p: Proto, formals: FormalsInfo, arg: Attrs, pos: PosIdx): NixError {
  const { shape } = arg
  const unexpected: string[] = []
  for (const i of shape.walk) {
    const sym = shape.syms[i]
    if (formals.shape.find(sym) < 0) unexpected.push(vm.symbols.names[sym])
  }
  const name = firstMet(vm, unexpected) ?? unexpected[0]
  const text = `function '${lambdaName(p)}' called with unexpected argument '${quoteName(name)}'`
  const suggestions = suggest(
    name,
    formals.list.map((l) => l.name),
  )
  return calledFrom(new NixError('type', text, { pos, suggestions }))
}

function lambdaName(p: Proto): string {
  return p.name ?? 'anonymous lambda'
}
