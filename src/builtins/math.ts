/**
 * Builtins on numbers (floor 4). Nix: primops.cc, "Integer arithmetic", prim_ceil and prim_floor.
 */
import { NixError } from '../errors.ts'
import { lessThan } from '../runtime/compare.ts'
import { builtin, param } from '../runtime/machine.ts'
import { formatG6 } from '../values/float.ts'
import { add, div, type Int, makeInt, mul, sub } from '../values/number.ts'
import { ANY, type Builtin, Float, INTEGER, NUMBER, type Value } from '../values/value.ts'

const TWO_63 = 2 ** 63
const BUG = 'Due to a bug (see https://github.com/NixOS/nix/issues/12899)'
const FUTURE = '\n\tFuture Nix versions might implement the correct behavior.'

/** `floor` and `ceil` go by way of a double even for integers, and refuse those that this would change. */
function rounded(v: Int | Float, round: (x: number) => number): Int {
  if (typeof v === 'number') return v
  const x = round(v instanceof Float ? v.value : Number(v))
  if (!(x >= -TWO_63 && x < TWO_63)) {
    if (v instanceof Float) {
      throw new NixError('eval', `NixFloat argument ${formatG6(v.value)} is not in the range of NixInt`)
    }
    const message = `${BUG} the NixInt argument ${v} caused undefined behavior in previous Nix versions.${FUTURE}`
    throw new NixError('eval', message)
  }
  const result = makeInt(BigInt(x))
  if (typeof v === 'bigint' && result !== v) {
    const loss = 'a loss of precision occurred in previous Nix versions because the NixInt argument'
    throw new NixError('eval', `${BUG} ${loss} ${v} was rounded to ${result}.${FUTURE}`)
  }
  return result
}

/** Bits of two integers in two's complement of 64 bits; within 32 bits the numbers' own operators do. */
function bits(
  a: Int,
  b: Int,
  small: (a: number, b: number) => number,
  big: (a: bigint, b: bigint) => bigint,
): Int {
  if (typeof a === 'number' && typeof b === 'number' && (a | 0) === a && (b | 0) === b) return small(a, b)
  return makeInt(BigInt.asIntN(64, big(BigInt(a), BigInt(b))))
}

/** The builtins of this file. */
export function mathBuiltins(): Builtin[] {
  return [
    builtin({
      name: 'add',
      params: [param(ANY, ''), param(ANY, '')],
      call: (m, a: Value, b: Value) => add(a, b, m.positions),
    }),
    builtin({
      name: 'sub',
      params: [param(ANY, ''), param(ANY, '')],
      call: (m, a: Value, b: Value) => sub(a, b, m.positions),
    }),
    builtin({
      name: 'mul',
      params: [param(ANY, ''), param(ANY, '')],
      call: (m, a: Value, b: Value) => mul(a, b, m.positions),
    }),
    builtin({
      name: 'div',
      params: [param(ANY, ''), param(ANY, '')],
      call: (m, a: Value, b: Value) => div(a, b, m.positions),
    }),
    builtin({
      name: 'lessThan',
      params: [param(ANY, ''), param(ANY, '')],
      start: (m, a: Value, b: Value) => lessThan(m, a, b),
    }),
    builtin({
      name: 'bitAnd',
      params: [param(INTEGER), param(INTEGER)],
      call: (_m, a: Int, b: Int) =>
        bits(
          a,
          b,
          (x, y) => x & y,
          (x, y) => x & y,
        ),
    }),
    builtin({
      name: 'bitOr',
      params: [param(INTEGER), param(INTEGER)],
      call: (_m, a: Int, b: Int) =>
        bits(
          a,
          b,
          (x, y) => x | y,
          (x, y) => x | y,
        ),
    }),
    builtin({
      name: 'bitXor',
      params: [param(INTEGER), param(INTEGER)],
      call: (_m, a: Int, b: Int) =>
        bits(
          a,
          b,
          (x, y) => x ^ y,
          (x, y) => x ^ y,
        ),
    }),
    builtin({ name: 'floor', params: [param(NUMBER)], call: (_m, v: Int | Float) => rounded(v, Math.floor) }),
    builtin({ name: 'ceil', params: [param(NUMBER)], call: (_m, v: Int | Float) => rounded(v, Math.ceil) }),
  ]
}
