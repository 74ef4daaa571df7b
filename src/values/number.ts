/**
 * Arithmetic (floor 2): two forced values in, a forced number out. Builtins and the VM's slow paths share it.
 *
 * Nix integers have 64 bits. Here an integer is a number while it is a safe one and a bigint beyond that, never both
 * for one value, and never -0; `makeInt` restores that form. Nix: primops.cc, prim_add and its neighbours.
 */
import { NixError } from '../errors.ts'
import type { PosTable } from '../source.ts'
import { describeValue, showType } from './describe.ts'
import { Float, type Value } from './value.ts'

export type Int = number | bigint

const INT_MIN = -(1n << 63n)
const INT_MAX = (1n << 63n) - 1n

export function isInt(v: unknown): v is Int {
  return typeof v === 'number' || typeof v === 'bigint'
}

export function isNumber(v: unknown): v is Int | Float {
  return typeof v === 'number' || v instanceof Float || typeof v === 'bigint'
}

/** The canonical form of an integer within 64 bits. */
export function makeInt(i: bigint): Int {
  return i >= -9007199254740991n && i <= 9007199254740991n ? Number(i) : i
}

const THOUSAND = 1000
/** The texts of 0 to 999 as far as they have been asked for, and the same in three digits. */
const heads: string[] = /* @__PURE__ */ new Array(THOUSAND).fill('')
const tails: string[] = /* @__PURE__ */ new Array(THOUSAND).fill('')

function head(n: number): string {
  const text = heads[n]
  return text !== '' ? text : (heads[n] = String(n))
}

function tail(n: number): string {
  const text = tails[n]
  return text !== '' ? text : (tails[n] = String(n + THOUSAND).slice(1))
}

/**
 * The decimal text of an integer. V8's own way remembers the last 16,000 texts, which its collector copies about each time
 * in a program that makes many.
 */
export function intText(v: Int): string {
  if (typeof v !== 'number' || v < 0 || v >= THOUSAND * THOUSAND) return String(v)
  const high = (v / THOUSAND) | 0
  return high === 0 ? head(v) : head(high) + tail(v - high * THOUSAND)
}

/** The double nearest to a number. */
function toDouble(v: Int | Float): number {
  return typeof v === 'number' ? v : typeof v === 'bigint' ? Number(v) : v.value
}

/** The canonical form of a sum, difference, product or quotient, or the error that it does not fit. */
function checked(i: bigint, verb: string, a: Int, sign: string, b: Int): Int {
  if (i < INT_MIN || i > INT_MAX)
    throw new NixError('overflow', `integer overflow in ${verb} ${a} ${sign} ${b}`)
  return makeInt(i)
}

/** Throws `overflow`. */
export function addInts(a: Int, b: Int): Int {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b
    if (Number.isSafeInteger(sum)) return sum
  }
  return checked(BigInt(a) + BigInt(b), 'adding', a, '+', b)
}

/** Throws `overflow`. */
export function subInts(a: Int, b: Int): Int {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b
    if (Number.isSafeInteger(difference)) return difference
  }
  return checked(BigInt(a) - BigInt(b), 'subtracting', a, '-', b)
}

/** Throws `overflow`. */
export function mulInts(a: Int, b: Int): Int {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b
    // `+ 0` turns -0 into 0.
    if (Number.isSafeInteger(product)) return product + 0
  }
  return checked(BigInt(a) * BigInt(b), 'multiplying', a, '*', b)
}

/** Truncates towards zero. Throws `eval` for a zero divisor and `overflow`. */
export function divInts(a: Int, b: Int): Int {
  if (b === 0) throw divisionByZero()
  // The quotient of two safe integers, rounded to a double and truncated, is exact.
  if (typeof a === 'number' && typeof b === 'number') return Math.trunc(a / b) + 0
  return checked(BigInt(a) / BigInt(b), 'dividing', a, '/', b)
}

function divisionByZero(): NixError {
  return new NixError('eval', 'division by zero')
}

/** `expected an integer but found …`, with the trace line that names the operand. */
function notA(what: string, v: Value, context: string, positions: PosTable): NixError {
  const message = `expected ${what} but found ${showType(v)}: ${describeValue(v, positions)}`
  return new NixError('type', message).addTrace(context)
}

function intOperand(v: Value, context: string, positions: PosTable): Int {
  if (isInt(v)) return v
  throw notA('an integer', v, context, positions)
}

function floatOperand(v: Value, context: string, positions: PosTable): number {
  if (isNumber(v)) return toDouble(v)
  throw notA('a float', v, context, positions)
}

/** `builtins.add`. Throws `type` and `overflow`. */
export function add(a: Value, b: Value, positions: PosTable): Value {
  if (a instanceof Float || b instanceof Float) {
    const x = floatOperand(a, 'while evaluating the first argument of the addition', positions)
    return new Float(x + floatOperand(b, 'while evaluating the second argument of the addition', positions))
  }
  const x = intOperand(a, 'while evaluating the first argument of the addition', positions)
  return addInts(x, intOperand(b, 'while evaluating the second argument of the addition', positions))
}

/** `a - b`, which is `__sub a b`. Throws `type` and `overflow`. */
export function sub(a: Value, b: Value, positions: PosTable): Value {
  if (a instanceof Float || b instanceof Float) {
    const x = floatOperand(a, 'while evaluating the first argument of the subtraction', positions)
    return new Float(
      x - floatOperand(b, 'while evaluating the second argument of the subtraction', positions),
    )
  }
  const x = intOperand(a, 'while evaluating the first argument of the subtraction', positions)
  return subInts(x, intOperand(b, 'while evaluating the second argument of the subtraction', positions))
}

/** `a * b`, which is `__mul a b`. Throws `type` and `overflow`. */
export function mul(a: Value, b: Value, positions: PosTable): Value {
  if (a instanceof Float || b instanceof Float) {
    // Nix leaves the word "argument" out here.
    const x = floatOperand(a, 'while evaluating the first of the multiplication', positions)
    return new Float(
      x * floatOperand(b, 'while evaluating the second argument of the multiplication', positions),
    )
  }
  const x = intOperand(a, 'while evaluating the first argument of the multiplication', positions)
  return mulInts(x, intOperand(b, 'while evaluating the second argument of the multiplication', positions))
}

/** `a / b`, which is `__div a b`. The divisor is looked at first. Throws `type`, `eval` (zero) and `overflow`. */
export function div(a: Value, b: Value, positions: PosTable): Value {
  const divisor = floatOperand(b, 'while evaluating the second operand of the division', positions)
  if (divisor === 0) throw divisionByZero()
  if (a instanceof Float || b instanceof Float) {
    return new Float(
      floatOperand(a, 'while evaluating the first operand of the division', positions) / divisor,
    )
  }
  return divInts(intOperand(a, 'while evaluating the first operand of the division', positions), b as Int)
}
