/**
 * The texts of a float (floor 2): a double comes in, one of Nix's three formats goes out.
 */
import { type Float, UNSIGNED_NAN } from './value.ts'

/** `x` to six places after the point, halves to even as C's printf does (JS rounds them away from zero). */
function fixed(x: number): string {
  if (x >= 1e21) return `${BigInt(x)}.000000`
  const text = x.toFixed(6)
  // A double that is an odd number of halves of 10^-6 is an odd number of 2^-7.
  if ((x * 128) % 2 !== 1) return text
  const last = text.length - 1
  const digit = text.charCodeAt(last) - 48
  return (digit & 1) === 0 ? text : text.slice(0, last) + (digit - 1)
}

/** Whether `x` lies in the middle between two numbers of six digits: JS rounds those away from zero, C's printf to even. */
function isHalf(x: number): boolean {
  // Then it has seven digits, the last of them a 5, and there is no shorter text for it.
  const short = x.toExponential()
  return short.indexOf('e') === 8 && short[7] === '5' && /^50*e/.test(x.toExponential(100).slice(7))
}

function special(x: number): string | undefined {
  // On x86 a NaN that arithmetic makes has its sign bit set; JS cannot tell the two apart.
  if (Number.isNaN(x)) return '-nan'
  if (x === Number.POSITIVE_INFINITY) return 'inf'
  if (x === Number.NEGATIVE_INFINITY) return '-inf'
  return undefined
}

function isNegative(x: number): boolean {
  return x < 0 || Object.is(x, -0)
}

/** `%f`: what `toString 1.5` gives (C++: std::to_string). */
export function formatF(x: number): string {
  const odd = special(x)
  if (odd !== undefined) return odd
  return (isNegative(x) ? '-' : '') + fixed(Math.abs(x))
}

/** `%g` with six digits: how values print (C++: ostream's default). */
export function formatG6(x: number): string {
  const odd = special(x)
  if (odd !== undefined) return odd
  const sign = isNegative(x) ? '-' : ''
  const a = Math.abs(x)
  if (a === 0) return `${sign}0`
  if (a < 1e6 && Number.isInteger(a)) return sign + String(a)
  const text = a.toExponential(5)
  const exponent = Number(text.slice(8))
  let digits = text[0] + text.slice(2, 7)
  const digit = text.charCodeAt(6) - 48
  if ((digit & 1) === 1 && isHalf(a)) digits = digits.slice(0, 5) + (digit - 1)
  if (exponent < -4 || exponent >= 6) {
    const fraction = digits.slice(1).replace(/0+$/, '')
    const size = Math.abs(exponent)
    const shown = size < 10 ? `0${size}` : String(size)
    return `${sign}${digits[0]}${fraction === '' ? '' : `.${fraction}`}e${exponent < 0 ? '-' : '+'}${shown}`
  }
  let whole: string
  let fraction: string
  if (exponent >= 0) {
    whole = digits.slice(0, exponent + 1)
    fraction = digits.slice(exponent + 1)
  } else {
    whole = '0'
    fraction = '0'.repeat(-exponent - 1) + digits
  }
  fraction = fraction.replace(/0+$/, '')
  return sign + whole + (fraction === '' ? '' : `.${fraction}`)
}

/** How a float prints. */
export function showFloat(v: Float): string {
  return v === UNSIGNED_NAN ? 'nan' : formatG6(v.value)
}

/** What `toString` makes of a float. */
export function floatToString(v: Float): string {
  return v === UNSIGNED_NAN ? 'nan' : formatF(v.value)
}

/**
 * The text of a float in JSON. nlohmann's library uses Grisu2, which is not always the shortest text and so differs
 * from JS's in about one number of a thousand; hashes of derivations depend on it.
 */
export function formatJson(x: number): string {
  if (!Number.isFinite(x)) return 'null'
  const sign = isNegative(x) ? '-' : ''
  const a = Math.abs(x)
  if (a === 0) return `${sign}0.0`
  if (a < 1e15 && Number.isInteger(a)) return `${sign}${a}.0`
  // With no more than ten binary places it has 15 digits at most, and no other decimal that short is as near.
  if (a < 1e5 && Number.isInteger(a * 1024)) return `${sign}${a}`
  const short = a >= 1e-4 && a < 1e15 ? shortDecimal(a) : undefined
  if (short !== undefined) return sign + short
  const { digits, exponent } = grisu2(a)
  const k = digits.length
  const n = k + exponent
  if (k <= n && n <= 15) return `${sign}${digits}${'0'.repeat(n - k)}.0`
  if (0 < n && n <= 15) return `${sign}${digits.slice(0, n)}.${digits.slice(n)}`
  if (-4 < n && n <= 0) return `${sign}0.${'0'.repeat(-n)}${digits}`
  const e = n - 1
  const size = Math.abs(e)
  const shown = size < 10 ? `0${size}` : String(size)
  return `${sign}${digits[0]}${k === 1 ? '' : `.${digits.slice(1)}`}e${e < 0 ? '-' : '+'}${shown}`
}

/** Decimals of so many digits are never two that are read as one double. */
const UNIQUE_DIGITS = 15
/** Grisu2 looks between the neighbours of a double, less what its 64 bits are not sure of. */
const SURE = 0.98

/**
 * The text of a double that is no integer, from 10^-4 to 10^15, if it is what Grisu2 finds too; undefined when that is not certain.
 * JS has the shortest text. Has it 15 digits at most, then nothing else that short is read as this double: Grisu2, whose digits are
 * always read as the double, finds it unless it lies at the very edge of what is.
 */
function shortDecimal(x: number): string | undefined {
  const text = String(x)
  const point = text.indexOf('.')
  const places = text.length - point - 1
  // Zeros in front of a number below 1 are not digits.
  const whole = x < 1 ? 0 : point
  if (whole + places > (x < 1 ? UNIQUE_DIGITS + 3 : UNIQUE_DIGITS)) return undefined
  const decimal = Number(text.slice(0, point) + text.slice(point + 1))
  if (decimal >= 1e15) return undefined
  // How far the decimal is from the double, exactly: in units of its last place.
  const power = 10 ** places
  const product = x * power
  const distance = Math.abs(product - decimal + productError(x, power, product))
  // The neighbours' middles are at least so far.
  if (distance <= product * (SURE * 2 ** -54)) return text
  let binade = 2 ** Math.floor(Math.log2(x))
  if (binade > x) binade /= 2
  else if (binade * 2 <= x) binade *= 2
  // Below a power of two, neighbours are nearer.
  return x !== binade && distance <= binade * power * (SURE * 2 ** -53) ? text : undefined
}

/** What rounding has taken off a product (Dekker's way). */
function productError(x: number, y: number, product: number): number {
  const xs = x * SPLIT
  const xh = xs - (xs - x)
  const xl = x - xh
  const ys = y * SPLIT
  const yh = ys - (ys - y)
  const yl = y - yh
  return xh * yh - product + xh * yl + xl * yh + xl * yl
}

const SPLIT = 2 ** 27 + 1

/** A number of 64 bits, in two halves. */
interface Wide {
  readonly high: number
  readonly low: number
}

const HALF = 2 ** 32

/** The upper half of the product of two numbers of 32 bits. */
function upper(a: number, b: number): number {
  const low = a * (b & 0xffff)
  return Math.floor((a * (b >>> 16) + Math.floor(low / 65536)) / 65536)
}

function lower(a: number, b: number): number {
  return Math.imul(a, b) >>> 0
}

/** The upper half of the product of two numbers of 64 bits, rounded. */
function product(x: Wide, y: Wide): Wide {
  const middle = upper(x.low, y.low) + lower(x.low, y.high) + lower(x.high, y.low) + HALF / 2
  const low = lower(x.high, y.high) + upper(x.high, y.low) + upper(x.low, y.high) + Math.floor(middle / HALF)
  return { high: upper(x.high, y.high) + Math.floor(low / HALF), low: low >>> 0 }
}

function minus(x: Wide, y: Wide): Wide {
  return wide(x.high - y.high, x.low - y.low)
}

/** From halves that may be out of their range. */
function wide(high: number, low: number): Wide {
  const carry = Math.floor(low / HALF)
  return { high: high + carry, low: low - carry * HALF }
}

function isLess(x: Wide, y: Wide): boolean {
  return x.high < y.high || (x.high === y.high && x.low < y.low)
}

/** The digits of one power of ten in eight, from 10^-300 to 10^324, as 64-bit fractions rounded to nearest, in two halves. */
const POWERS: readonly number[] = [
  0xab70fe17, 0xc79ac6ca, 0xff77b1fc, 0xbebcdc4f, 0xbe5691ef, 0x416bd60c, 0x8dd01fad, 0x907ffc3c, 0xd3515c28,
  0x31559a83, 0x9d71ac8f, 0xada6c9b5, 0xea9c2277, 0x23ee8bcb, 0xaecc4991, 0x4078536d, 0x823c1279, 0x5db6ce57,
  0xc2109436, 0x4dfb5637, 0x9096ea6f, 0x3848984f, 0xd77485cb, 0x25823ac7, 0xa086cfcd, 0x97bf97f4, 0xef340a98,
  0x172aace5, 0xb23867fb, 0x2a35b28e, 0x84c8d4df, 0xd2c63f3b, 0xc5dd4427, 0x1ad3cdba, 0x936b9fce, 0xbb25c996,
  0xdbac6c24, 0x7d62a584, 0xa3ab6658, 0x0d5fdaf6, 0xf3e2f893, 0xdec3f126, 0xb5b5ada8, 0xaaff80b8, 0x87625f05,
  0x6c7c4a8b, 0xc9bcff60, 0x34c13053, 0x964e858c, 0x91ba2655, 0xdff97724, 0x70297ebd, 0xa6dfbd9f, 0xb8e5b88f,
  0xf8a95fcf, 0x88747d94, 0xb9447093, 0x8fa89bcf, 0x8a08f0f8, 0xbf0f156b, 0xcdb02555, 0x653131b6, 0x993fe2c6,
  0xd07b7fac, 0xe45c10c4, 0x2a2b3b06, 0xaa242499, 0x697392d3, 0xfd87b5f2, 0x8300ca0e, 0xbce50864, 0x92111aeb,
  0x8cbccc09, 0x6f5088cc, 0xd1b71758, 0xe219652c, 0x9c400000, 0x00000000, 0xe8d4a510, 0x00000000, 0xad78ebc5,
  0xac620000, 0x813f3978, 0xf8940984, 0xc097ce7b, 0xc90715b3, 0x8f7e32ce, 0x7bea5c70, 0xd5d238a4, 0xabe98068,
  0x9f4f2726, 0x179a2245, 0xed63a231, 0xd4c4fb27, 0xb0de6538, 0x8cc8ada8, 0x83c7088e, 0x1aab65db, 0xc45d1df9,
  0x42711d9a, 0x924d692c, 0xa61be758, 0xda01ee64, 0x1a708dea, 0xa26da399, 0x9aef774a, 0xf209787b, 0xb47d6b85,
  0xb454e4a1, 0x79dd1877, 0x865b8692, 0x5b9bc5c2, 0xc83553c5, 0xc8965d3d, 0x952ab45c, 0xfa97a0b3, 0xde469fbd,
  0x99a05fe3, 0xa59bc234, 0xdb398c25, 0xf6c69a72, 0xa3989f5c, 0xb7dcbf53, 0x54e9bece, 0x88fcf317, 0xf22241e2,
  0xcc20ce9b, 0xd35c78a5, 0x98165af3, 0x7b2153df, 0xe2a0b5dc, 0x971f303a, 0xa8d9d153, 0x5ce3b396, 0xfb9b7cd9,
  0xa4a7443c, 0xbb764c4c, 0xa7a44410, 0x8bab8eef, 0xb6409c1a, 0xd01fef10, 0xa657842c, 0x9b10a4e5, 0xe9913129,
  0xe7109bfb, 0xa19c0c9d, 0xac2820d9, 0x623bf429, 0x80444b5e, 0x7aa7cf85, 0xbf21e440, 0x03acdd2d, 0x8e679c2f,
  0x5e44ff8f, 0xd433179d, 0x9c8cb841, 0x9e19db92, 0xb4e31ba9,
]

/** The binary exponent of such a fraction of 10^k. */
function powerExponent(k: number): number {
  return Math.floor((k * 1741647) / 2 ** 19) - 63
}

/** A mantissa of 53 bits at most in 64, with the highest bit set if `shift` is right. */
function shifted(mantissa: number, shift: number): Wide {
  // Exact: nothing is lost of a double by multiplying it with a power of two.
  const scaled = mantissa * 2 ** shift
  const high = Math.floor(scaled / HALF)
  return { high, low: scaled - high * HALF }
}

/** Digits and decimal exponent of a positive double. After F. Loitsch, "Printing floating-point numbers quickly". */
function grisu2(x: number): { digits: string; exponent: number } {
  // x = mantissa * 2^e, the mantissa of 53 bits unless x is too small for that.
  let e = Math.max(Math.floor(Math.log2(x)) - 52, -1074)
  let mantissa = times(x, -e)
  if (mantissa >= 2 ** 53) mantissa = times(x, -++e)
  else if (mantissa < 2 ** 52 && e > -1074) mantissa = times(x, -(--e))
  const size = 32 - Math.clz32(Math.floor(mantissa / HALF))
  const bits = size > 0 ? size + 32 : 32 - Math.clz32(mantissa)
  const shift = 64 - bits
  // Half way to the neighbours; the one below is nearer where the mantissa is a power of two.
  const w = shifted(mantissa, shift)
  const half = shifted(1, shift - 1)
  const nearer = mantissa === 2 ** 52 && e > -1074
  const above = wide(w.high + half.high, w.low + half.low)
  const below = minus(w, nearer ? shifted(1, shift - 2) : half)
  const binary = e - shift
  // The power of ten that brings the exponent between -60 and -32.
  const f = -61 - binary
  const k = Math.trunc((f * 78913) / 2 ** 18) + (f > 0 ? 1 : 0)
  const index = Math.trunc((307 + k) / 8)
  const decimal = 8 * index - 300
  const power: Wide = { high: POWERS[2 * index], low: POWERS[2 * index + 1] }
  const low = product(below, power)
  const high = product(above, power)
  return digitsOf(
    wide(low.high, low.low + 1),
    product(w, power),
    wide(high.high, high.low - 1),
    -(binary + powerExponent(decimal) + 64),
    -decimal,
  )
}

/** x * 2^n, where either power alone may be out of range. */
function times(x: number, n: number): number {
  return n > 1000 ? x * 2 ** 1000 * 2 ** (n - 1000) : x * 2 ** n
}

/** The shortest digits between `low` and `top`, near `w`; all three have `shift` binary places, 32 at least. */
function digitsOf(low: Wide, w: Wide, top: Wide, shift: number, exponent: number) {
  const delta = minus(top, low)
  const dist = minus(top, w)
  const one = 2 ** (shift - 32)
  let whole = Math.floor(top.high / one)
  // What is left below the point. In variables, not objects: there is a new one for each digit.
  let restHigh = top.high % one
  let restLow = top.low
  const digits: number[] = []
  let n = String(whole).length
  let pow10 = 10 ** (n - 1)
  while (n > 0) {
    digits.push(Math.floor(whole / pow10))
    whole %= pow10
    n--
    const high = whole * one + restHigh
    if (high < delta.high || (high === delta.high && restLow <= delta.low)) {
      approach(digits, dist, delta, { high, low: restLow }, pow10 * one)
      return { digits: digits.join(''), exponent: exponent + n }
    }
    pow10 /= 10
  }
  let deltaHigh = delta.high
  let deltaLow = delta.low
  let distHigh = dist.high
  let distLow = dist.low
  let m = 0
  do {
    restLow *= 10
    const restCarry = Math.floor(restLow / HALF)
    restLow -= restCarry * HALF
    restHigh = restHigh * 10 + restCarry
    const digit = Math.floor(restHigh / one)
    digits.push(digit)
    restHigh -= digit * one
    deltaLow *= 10
    const deltaCarry = Math.floor(deltaLow / HALF)
    deltaLow -= deltaCarry * HALF
    deltaHigh = deltaHigh * 10 + deltaCarry
    distLow *= 10
    const distCarry = Math.floor(distLow / HALF)
    distLow -= distCarry * HALF
    distHigh = distHigh * 10 + distCarry
    m++
  } while (restHigh > deltaHigh || (restHigh === deltaHigh && restLow > deltaLow))
  const wanted: Wide = { high: distHigh, low: distLow }
  const most: Wide = { high: deltaHigh, low: deltaLow }
  approach(digits, wanted, most, { high: restHigh, low: restLow }, one)
  return { digits: digits.join(''), exponent: exponent - m }
}

/** Makes the last digit smaller, each time by a unit whose upper half is `high` and the lower nothing, as long as that comes nearer. */
function approach(digits: number[], dist: Wide, delta: Wide, from: Wide, high: number): void {
  const unit: Wide = { high, low: 0 }
  let rest = from
  while (isLess(rest, dist) && !isLess(minus(delta, rest), unit)) {
    const next: Wide = { high: rest.high + high, low: rest.low }
    if (!isLess(next, dist) && !isLess(minus(next, dist), minus(dist, rest))) return
    digits[digits.length - 1]--
    rest = next
  }
}
