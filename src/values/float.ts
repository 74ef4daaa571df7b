/**
 * The texts of a float (floor 2): a double comes in, one of Nix's three formats goes out.
 */
import { type Float, UNSIGNED_NAN } from './value.ts'

/** `x` to `digits` places after the point, halves to even as C's printf does (JS rounds them away from zero). */
function fixed(x: number, digits: number): string {
  if (x >= 1e21) {
    const whole = BigInt(x).toString()
    return digits === 0 ? whole : `${whole}.${'0'.repeat(digits)}`
  }
  const exact = x.toFixed(100)
  const cut = exact.length - 100 + digits
  // More than 100 places only ever follow a tiny number, which no half is near to.
  if (exact.charCodeAt(cut) === 53 && /^50*$/.test(exact.slice(cut))) {
    const down = exact.slice(0, cut)
    if ((down.charCodeAt(cut - 1) & 1) === 0) return down
  }
  return x.toFixed(digits)
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
  return (isNegative(x) ? '-' : '') + fixed(Math.abs(x), 6)
}

/** `%g` with six digits: how values print (C++: ostream's default). */
export function formatG6(x: number): string {
  const odd = special(x)
  if (odd !== undefined) return odd
  const sign = isNegative(x) ? '-' : ''
  const a = Math.abs(x)
  if (a === 0) return `${sign}0`
  if (a < 1e6 && Number.isInteger(a)) return sign + String(a)
  // Six digits, and what would follow, to see a half.
  const long = a.toExponential(100)
  const e = long.indexOf('e')
  let digits = long[0] + long.slice(2, 7)
  let exponent = Number(long.slice(e + 1))
  const rest = long.slice(7, e)
  const half = rest[0] === '5' && /^50*$/.test(rest)
  if (half ? (digits.charCodeAt(5) & 1) === 1 : rest[0] >= '5') {
    digits = String(Number(digits) + 1)
    if (digits.length === 7) {
      digits = digits.slice(0, 6)
      exponent++
    }
  }
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

/** A number f * 2^e. */
interface Fp {
  f: bigint
  e: number
}

const MASK64 = (1n << 64n) - 1n

function bits(n: bigint): number {
  return n.toString(2).length
}

function normalize(x: Fp): Fp {
  const shift = 64 - bits(x.f)
  return { f: x.f << BigInt(shift), e: x.e - shift }
}

/** The upper half of the product, rounded. */
function mul(x: Fp, y: Fp): Fp {
  return { f: (x.f * y.f + (1n << 63n)) >> 64n, e: x.e + y.e + 64 }
}

/** 10^k as a 64-bit fraction, rounded to nearest. */
function power(k: number): Fp {
  let num = 1n
  let den = 1n
  if (k >= 0) num = 10n ** BigInt(k)
  else den = 10n ** BigInt(-k)
  let e = bits(num) - bits(den) - 64
  let f = scaled(num, den, e)
  if (f > MASK64) f = scaled(num, den, ++e)
  else if (f < 1n << 63n) f = scaled(num, den, --e)
  return { f, e }
}

function scaled(num: bigint, den: bigint, e: number): bigint {
  const n = e < 0 ? num << BigInt(-e) : num
  const d = e < 0 ? den : den << BigInt(e)
  return (2n * n + d) / (2n * d)
}

function cachedPower(e: number): { c: Fp; k: number } {
  const f = -60 - e - 1
  const k = Math.trunc((f * 78913) / (1 << 18)) + (f > 0 ? 1 : 0)
  const index = Math.trunc((300 + k + 7) / 8)
  const decimal = -300 + index * 8
  return { c: power(decimal), k: decimal }
}

/** Digits and decimal exponent of a positive double. After F. Loitsch, "Printing floating-point numbers quickly". */
function grisu2(x: number): { digits: string; exponent: number } {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, x)
  const raw = view.getBigUint64(0)
  const E = Number(raw >> 52n)
  const F = raw & ((1n << 52n) - 1n)
  const v: Fp = E === 0 ? { f: F, e: -1074 } : { f: F + (1n << 52n), e: E - 1075 }
  const closer = F === 0n && E > 1
  const plus = normalize({ f: 2n * v.f + 1n, e: v.e - 1 })
  const minus0: Fp = closer ? { f: 4n * v.f - 1n, e: v.e - 2 } : { f: 2n * v.f - 1n, e: v.e - 1 }
  const minus: Fp = { f: minus0.f << BigInt(minus0.e - plus.e), e: plus.e }
  const { c, k } = cachedPower(plus.e)
  const w = mul(normalize(v), c)
  const low = mul(minus, c).f + 1n
  const high = mul(plus, c)
  const top = high.f - 1n
  return digitGen(low, w.f, top, -high.e, -k)
}

function digitGen(low: bigint, w: bigint, top: bigint, shift: number, exponent: number) {
  let delta = top - low
  let dist = top - w
  const s = BigInt(shift)
  const one = 1n << s
  let p1 = top >> s
  let p2 = top & (one - 1n)
  const digits: number[] = []
  let n = p1.toString().length
  let pow10 = 10n ** BigInt(n - 1)
  const round = (rest: bigint, tenK: bigint): void => {
    while (rest < dist && delta - rest >= tenK && (rest + tenK < dist || dist - rest > rest + tenK - dist)) {
      digits[digits.length - 1]--
      rest += tenK
    }
  }
  while (n > 0) {
    digits.push(Number(p1 / pow10))
    p1 %= pow10
    n--
    const rest = (p1 << s) + p2
    if (rest <= delta) {
      round(rest, pow10 << s)
      return { digits: digits.join(''), exponent: exponent + n }
    }
    pow10 /= 10n
  }
  let m = 0
  do {
    p2 *= 10n
    digits.push(Number(p2 >> s))
    p2 &= one - 1n
    m++
    delta *= 10n
    dist *= 10n
  } while (p2 > delta)
  round(p2, one)
  return { digits: digits.join(''), exponent: exponent - m }
}
