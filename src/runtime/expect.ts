/**
 * Type checks with Nix's words (floor 3): a forced value and what asks for it come in; the value, narrowed, goes out,
 * or a NixError of kind `type` is thrown. Nix: EvalState::forceInt, forceList, forceFunction and their like.
 */
import { NixError } from '../errors.ts'
import type { PosIdx } from '../source.ts'
import { showElement } from '../store/context.ts'
import { has } from '../values/attrs.ts'
import { describeValue, showType } from '../values/describe.ts'
import { SYM } from '../values/symbols.ts'
import {
  ANY,
  ATTRS,
  Attrs,
  BOOL,
  type Builtin,
  type Closure,
  Float,
  FUNCTION,
  INTEGER,
  isFunction,
  isString,
  LIST,
  List,
  NUMBER,
  OFFSET,
  type Param,
  type Partial,
  PLAIN_STRING,
  type Slot,
  STRING,
  StringWithContext,
} from '../values/value.ts'
import type { Machine } from './machine.ts'

/** `expected a set but found T: V`, with the line of who asked. `at`: the error itself has the position, too. */
export function typeError(
  m: Machine,
  wanted: string,
  v: Slot,
  context: string,
  pos: PosIdx = 0,
  at = true,
): NixError {
  const message = `expected ${wanted} but found ${showType(v)}: ${describeValue(v, m.positions)}`
  const error = new NixError('type', message, { pos: at ? pos : 0 })
  return context === '' ? error : error.addTrace(context, pos)
}

/** @throws NixError `expected a Boolean but found …` */
export function expectBool(m: Machine, v: Slot, context: string, pos: PosIdx = 0): boolean {
  if (typeof v === 'boolean') return v
  throw typeError(m, 'a Boolean', v, context, pos)
}

/** @throws NixError `expected a string but found …` */
export function expectString(
  m: Machine,
  v: Slot,
  context: string,
  pos: PosIdx = 0,
): string | StringWithContext {
  if (typeof v === 'string' || v instanceof StringWithContext) return v
  throw typeError(m, 'a string', v, context, pos)
}

/**
 * A string that refers to no store path (Nix: forceStringNoCtx).
 * @throws NixError `expected a string …`, or the one of `contextError`
 */
export function expectPlainString(m: Machine, v: Slot, context: string, pos: PosIdx = 0): string {
  if (typeof v === 'string') return v
  if (!(v instanceof StringWithContext)) throw typeError(m, 'a string', v, context, pos)
  const error = contextError(m, v)
  throw context === '' ? error : error.addTrace(context, pos)
}

/** @throws NixError `expected a list but found …` */
export function expectList(m: Machine, v: Slot, context: string, pos: PosIdx = 0): List {
  if (v instanceof List) return v
  throw typeError(m, 'a list', v, context, pos, false)
}

/** @throws NixError `expected a set but found …` */
export function expectAttrs(m: Machine, v: Slot, context: string, pos: PosIdx = 0): Attrs {
  if (v instanceof Attrs) return v
  throw typeError(m, 'a set', v, context, pos, false)
}

/** Something that can be called: a function, or a set with `__functor`. @throws NixError `expected a function …` */
export function expectFunction(
  m: Machine,
  v: Slot,
  context: string,
  pos: PosIdx = 0,
): Closure | Builtin | Partial | Attrs {
  if (isFunction(v)) return v
  if (v instanceof Attrs && isFunctor(v)) return v
  throw typeError(m, 'a function', v, context, pos)
}

/** Whether a set can be called. */
function isFunctor(v: Attrs): boolean {
  return has(v, SYM.FUNCTOR)
}

const TAKEN: readonly string[] = [
  '',
  '',
  'an integer',
  'a float',
  'a Boolean',
  'a string',
  'a string',
  'a list',
  'a set',
  'a function',
  'an integer',
]

/** Whether a forced value is what a parameter's kind asks for. */
export function matchesKind(kind: number, v: Slot): boolean {
  switch (kind) {
    case INTEGER:
      return typeof v === 'number' || typeof v === 'bigint'
    case OFFSET:
      return (typeof v === 'number' || typeof v === 'bigint') && v >= 0
    case NUMBER:
      return typeof v === 'number' || typeof v === 'bigint' || v instanceof Float
    case BOOL:
      return typeof v === 'boolean'
    case STRING:
      return isString(v)
    case PLAIN_STRING:
      return typeof v === 'string'
    case LIST:
      return v instanceof List
    case ATTRS:
      return v instanceof Attrs
    case FUNCTION:
      return isFunction(v) || (v instanceof Attrs && isFunctor(v))
    case ANY:
      return true
    default:
      return true
  }
}

/** The error for an argument that `matchesKind` refuses, with the parameter's trace line. */
export function kindError(m: Machine, param: Param, v: Slot): NixError {
  if (param.kind === PLAIN_STRING && v instanceof StringWithContext) {
    const error = contextError(m, v)
    return param.context === '' ? error : error.addTrace(param.context)
  }
  if (param.kind === OFFSET && matchesKind(INTEGER, v)) {
    return new NixError('eval', "negative start position in 'substring'")
  }
  return typeError(m, TAKEN[param.kind], v, param.context)
}

/** `the string 'S' is not allowed to refer to a store path (such as '…')`. */
export function contextError(_m: Machine, v: StringWithContext): NixError {
  const such = showElement(v.context[0])
  return new NixError(
    'eval',
    `the string '${v.text}' is not allowed to refer to a store path (such as '${such}')`,
  )
}
