/**
 * Floating-point numbers as text and back (floor 4, pure). Nix prints floats in three ways, each with digits of its
 * own; none of them is JavaScript's. A NaN that a program computes has its sign bit set on the machines Nix runs
 * on, and JavaScript does not keep that bit: so NaN is `-nan` here unless the caller knows better.
 */

const LEAST_NORMAL = 2.2250738585072014e-308

function isNegative(d: number): boolean {
  return d < 0 || Object.is(d, -0)
}

function special(d: number): string {
  if (Number.isNaN(d)) return '-nan'
  return d > 0 ? 'inf' : '-inf'
}

/** Digits of `d` > 0 as `D.DDDDDe±X`, `places` behind the point; exact ties go to the even digit, as in C. */
function scientific(d: number, places: number): string {
  const text = d.toExponential(places)
  // JavaScript rounds ties up. A tie ends in a 5 followed by nothing, and 60 places show whether there is nothing.
  const long = d.toExponential(60)
  const cut = places + 2
  const exponent = long.indexOf('e')
  if (long[cut] !== '5' || /[^0]/.test(long.slice(cut + 1, exponent))) return text
  return (long.charCodeAt(cut - 1) & 1) === 0 ? long.slice(0, cut) + long.slice(exponent) : text
}

/**
 * A float as values and XML are printed: six significant digits, C's `%g`.
 * `1` for 1.0, `1e+06`, `0.333333`, `1e-05`, `inf`, `-nan`.
 */
export function formatG6(d: number): string {
  if (!Number.isFinite(d)) return special(d)
  const sign = isNegative(d) ? '-' : ''
  if (d === 0) return `${sign}0`
  const text = scientific(Math.abs(d), 5)
  const e = text.indexOf('e')
  const exponent = Number(text.slice(e + 1))
  const digits = text[0] + text.slice(2, e).replace(/0+$/, '')
  const significant = digits.replace(/0+$/, '')
  const count = significant.length
  if (exponent < -4 || exponent >= 6) {
    const point = count > 1 ? `.${significant.slice(1)}` : ''
    return `${sign}${significant[0]}${point}e${exponentText(exponent)}`
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${significant}`
  if (count <= exponent + 1) return `${sign}${significant}${'0'.repeat(exponent + 1 - count)}`
  return `${sign}${significant.slice(0, exponent + 1)}.${significant.slice(exponent + 1)}`
}

function exponentText(exponent: number): string {
  const size = Math.abs(exponent)
  return `${exponent < 0 ? '-' : '+'}${size < 10 ? '0' : ''}${size}`
}

/** A float as `toString` gives it: C's `%f`, six decimals, every digit of a huge value. */
export function formatF(d: number): string {
  if (!Number.isFinite(d)) return special(d)
  const sign = isNegative(d) ? '-' : ''
  const size = Math.abs(d)
  // A tie at the seventh decimal is a multiple of 1/128; these are rounded here, exactly, half to even.
  const scaled = size * 128
  if (scaled >= 2 ** 53 && size >= 2 ** 53) return `${sign}${BigInt(size)}.000000`
  if (Number.isInteger(scaled)) {
    const whole = Math.floor(size)
    const tenMillionths = (scaled - whole * 128) * 78125
    let millionths = Math.floor(tenMillionths / 10)
    const rest = tenMillionths % 10
    if (rest > 5 || (rest === 5 && millionths % 2 === 1)) millionths++
    return `${sign}${whole}.${String(millionths).padStart(6, '0')}`
  }
  return sign + size.toFixed(6)
}

/**
 * A float as JSON (`toJSON`, `--json`, structured attributes): the digits of Grisu2, which are nearly always the
 * shortest, laid out as the library Nix uses does. `3.0`, `1e-05`, `3e+22`; NaN and the infinities are `null`.
 */
export function formatJson(d: number): string {
  if (!Number.isFinite(d)) return 'null'
  const sign = isNegative(d) ? '-' : ''
  const size = Math.abs(d)
  if (Number.isInteger(size) && size < 1e15) return `${sign}${size}.0`
  const { digits, exponent } = grisu2(size)
  const count = digits.length
  // Where the decimal point stands, counted from the first digit.
  const point = count + exponent
  if (exponent >= 0 && point <= 15) return `${sign}${digits}${'0'.repeat(exponent)}.0`
  if (point > 0 && point <= 15) return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
  if (point > -4 && point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  const fraction = count > 1 ? `.${digits.slice(1)}` : ''
  return `${sign}${digits[0]}${fraction}e${exponentText(point - 1)}`
}

/** The 64 leading bits of 10^k, rounded, and the power of two they are to be multiplied with. */
function powerOfTen(k: number): { bits: bigint; exponent: number } {
  if (k >= 0) {
    const power = 10n ** BigInt(k)
    const exponent = power.toString(2).length - 64
    if (exponent <= 0) return { bits: power << BigInt(-exponent), exponent }
    const shift = BigInt(exponent)
    return { bits: (power + (1n << (shift - 1n))) >> shift, exponent }
  }
  const power = 10n ** BigInt(-k)
  const exponent = -power.toString(2).length - 63
  const quotient = ((1n << BigInt(1 - exponent)) / power + 1n) >> 1n
  return { bits: quotient, exponent }
}

/** The upper 64 bits of a product, rounded. */
function multiplyHigh(a: bigint, b: bigint): bigint {
  return (a * b + (1n << 63n)) >> 64n
}

/**
 * Grisu2 (Florian Loitsch, "Printing floating-point numbers quickly and accurately with integers", 2010) for a
 * finite `d` > 0. Digits and the power of ten of the last one. Not always the shortest text, so no substitute for
 * it may be taken: derivation hashes depend on these digits.
 */
function grisu2(d: number): { digits: string; exponent: number } {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, d)
  const raw = view.getBigUint64(0)
  const rawExponent = Number(raw >> 52n)
  const fraction = raw & ((1n << 52n) - 1n)
  const f = rawExponent === 0 ? fraction : fraction | (1n << 52n)
  const e = rawExponent === 0 ? -1074 : rawExponent - 1075

  // The boundaries half-way to the neighbours and the value itself, with 64 bits and one exponent.
  const upper = 2n * f + 1n
  const shift = 64 - upper.toString(2).length
  const e2 = e - 1 - shift
  const closer = fraction === 0n && rawExponent > 1
  const high = upper << BigInt(shift)
  const low = closer ? (4n * f - 1n) << BigInt(shift - 1) : (2n * f - 1n) << BigInt(shift)
  const value = f << BigInt(shift + 1)

  // A power of ten that brings the exponent between -60 and -32.
  const wanted = -60 - e2 - 1
  const k = Math.trunc((wanted * 78913) / 2 ** 18) + (wanted > 0 ? 1 : 0)
  const tenExponent = -300 + Math.trunc((300 + k + 7) / 8) * 8
  const ten = powerOfTen(tenExponent)
  const scaled = multiplyHigh(value, ten.bits)
  const scaledLow = multiplyHigh(low, ten.bits) + 1n
  const scaledHigh = multiplyHigh(high, ten.bits) - 1n
  const scaledExponent = e2 + ten.exponent + 64

  let exponent = -tenExponent
  let delta = scaledHigh - scaledLow
  let distance = scaledHigh - scaled
  const point = BigInt(-scaledExponent)
  const one = 1n << point
  let whole = Number(scaledHigh >> point)
  let part = scaledHigh & (one - 1n)
  const digits: number[] = []
  let left = String(whole).length
  let place = 10 ** (left - 1)
  while (left > 0) {
    digits.push(Math.floor(whole / place))
    whole %= place
    left--
    const rest = (BigInt(whole) << point) + part
    if (rest <= delta) {
      exponent += left
      roundLast(digits, distance, delta, rest, BigInt(place) << point)
      return { digits: digits.join(''), exponent }
    }
    place /= 10
  }
  do {
    part *= 10n
    digits.push(Number(part >> point))
    part &= one - 1n
    exponent--
    delta *= 10n
    distance *= 10n
  } while (part > delta)
  roundLast(digits, distance, delta, part, one)
  return { digits: digits.join(''), exponent }
}

/** Lowers the last digit as long as that brings the number nearer to the value and keeps it inside the interval. */
function roundLast(digits: number[], distance: bigint, delta: bigint, start: bigint, unit: bigint): void {
  let rest = start
  while (
    rest < distance &&
    delta - rest >= unit &&
    (rest + unit < distance || distance - rest > rest + unit - distance)
  ) {
    digits[digits.length - 1]--
    rest += unit
  }
}

/**
 * The value of a float literal (digits, `.`, exponent; no sign), or `undefined` where C's strtod reports a range
 * error: too large, too small, or a denormal number that the text is not exactly. Nix: lexer.l, FLOAT.
 */
export function parseFloatLiteral(text: string): number | undefined {
  const d = Number(text)
  if (d === Number.POSITIVE_INFINITY) return undefined
  if (d > LEAST_NORMAL) return d
  const e = text.search(/[eE]/)
  const mantissa = e === -1 ? text : text.slice(0, e)
  if (!/[1-9]/.test(mantissa)) return d
  if (d === 0) return undefined
  // text = digits * 10^-places, and d = bits * 2^-1074, compared exactly.
  const dot = mantissa.indexOf('.')
  const digits = BigInt(mantissa.replace('.', ''))
  const places = (dot === -1 ? 0 : mantissa.length - dot - 1) - (e === -1 ? 0 : Number(text.slice(e + 1)))
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, d)
  const bits = view.getBigUint64(0)
  // `places` is positive for numbers this small.
  const tens = 10n ** BigInt(places)
  if (d < LEAST_NORMAL) return digits << 1074n === bits * tens ? d : undefined
  // Rounded up to the least normal number from so far below that 53 bits of it would be less: still an error.
  return digits << 1076n >= ((bits << 2n) - 1n) * tens ? d : undefined
}
