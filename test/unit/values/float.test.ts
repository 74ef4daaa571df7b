import { formatF, formatG6, formatJson } from '../../../src/values/float.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('float texts')

test('printing uses six significant digits', () => {
  assert.equal(
    [1, 1e10, 1e6, 100000, 1 / 3, 123456789.5, 1e-5, 0.0001, -0, 1.5, 100000.5, 0.1 + 0.2, 999999.5].map(
      formatG6,
    ),
    [
      '1',
      '1e+10',
      '1e+06',
      '100000',
      '0.333333',
      '1.23457e+08',
      '1e-05',
      '0.0001',
      '-0',
      '1.5',
      '100000',
      '0.3',
      '1e+06',
    ],
  )
})

test('toString uses six places, halves to even', () => {
  assert.equal([1.5, 1e10, 1e-7, 0.0078125, -0, 0.5, 2.5, 1e22].map(formatF), [
    '1.500000',
    '10000000000.000000',
    '0.000000',
    '0.007812',
    '-0.000000',
    '0.500000',
    '2.500000',
    '10000000000000000000000.000000',
  ])
})

test('JSON uses the shortest text, as Grisu2 finds it', () => {
  assert.equal(
    [
      3,
      1e10,
      1e-5,
      3e22,
      1e15,
      1e14,
      0.1 + 0.2,
      -0,
      0.0001,
      1.5e-9,
      123.456,
      5e-324,
      1.7976931348623157e308,
    ].map(formatJson),
    [
      '3.0',
      '10000000000.0',
      '1e-05',
      '3e+22',
      '1e+15',
      '100000000000000.0',
      '0.30000000000000004',
      '-0.0',
      '0.0001',
      '1.5e-09',
      '123.456',
      '5e-324',
      '1.7976931348623157e+308',
    ],
  )
  assert.is(formatJson(Number.POSITIVE_INFINITY), 'null')
})

test('infinities and NaN print as the C library prints them', () => {
  assert.equal([Infinity, -Infinity, NaN].map(formatG6), ['inf', '-inf', '-nan'])
  assert.equal([Infinity, -Infinity, NaN].map(formatF), ['inf', '-inf', '-nan'])
})

test('floats with a short text have it in JSON, but for some that lie at the edge of what is read as them', () => {
  for (const text of ['2.74', '12.000001', '0.1234', '-0.0001234', '123456789012.345', '999999999999999.9'])
    assert.is(formatJson(Number(text)), text)
  assert.equal([74.3179617086655, 5099781.19078551, 0.189496146702387, 20.8760834902829].map(formatJson), [
    '74.31796170866551',
    '5099781.1907855105',
    '0.18949614670238701',
    '20.876083490282898',
  ])
})

test('floats with few binary places are written in JSON as they look', () => {
  for (const text of [
    '1.5',
    '-2.25',
    '0.0009765625',
    '-0.001953125',
    '99999.9990234375',
    '12345.6875',
    '0.1',
  ])
    assert.is(formatJson(Number(text)), text)
})

/** Doubles of every size, and decimals of few digits, always the same. */
function samples(count: number): number[] {
  const view = new DataView(new ArrayBuffer(8))
  const found: number[] = []
  let seed = 1
  const next = (): number => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0)
  while (found.length < count) {
    view.setUint32(0, next() & 0x7fffffff)
    view.setUint32(4, next())
    const x = view.getFloat64(0)
    if (x > 0 && x < Number.POSITIVE_INFINITY) found.push(x)
    found.push(
      (next() % 1e6) * 1.1,
      (next() % 1e7) / 10 ** (next() % 12),
      (next() >>> 8) / 2 ** (next() % 40),
    )
  }
  for (let e = -1074; e < 1024; e++) found.push(e < -1022 ? 2 ** (e + 1074) * 5e-324 : 2 ** e)
  return found
}

test('toString rounds as the exact value of the double says', () => {
  for (const x of samples(4000)) {
    if (x >= 1e21) continue
    // Millionths, from all the binary places that there can be.
    const scaled = x < 2 ** -60 ? 0n : BigInt(x * 2 ** 113)
    const one = 1n << 113n
    let millionths = (scaled * 1000000n) / one
    const rest = (scaled * 1000000n) % one
    if (rest * 2n > one || (rest * 2n === one && (millionths & 1n) === 1n)) millionths++
    const digits = String(millionths).padStart(7, '0')
    assert.is(formatF(x), `${digits.slice(0, -6)}.${digits.slice(-6)}`)
  }
})

test('printing rounds as the exact value of the double says', () => {
  for (const x of samples(4000)) {
    const exact = x.toExponential(100)
    const kept = exact[0] + exact.slice(2, 7)
    const rest = exact.slice(7, exact.indexOf('e'))
    const half = `5${'0'.repeat(rest.length - 1)}`
    const up = rest > half || (rest === half && Number(kept) % 2 === 1)
    const exponent = Number(exact.slice(exact.indexOf('e') + 1))
    assert.is(Number(formatG6(x)), Number(`${Number(kept) + (up ? 1 : 0)}e${exponent - 5}`))
  }
})

test('JSON has the digits that Grisu2 gives in exact arithmetic', () => {
  for (const x of samples(4000)) {
    const { digits, exponent } = grisu2(x)
    const text = formatJson(x)
    assert.is(Number(text), Number(`${digits}e${exponent}`))
    const shown = text.replace(/e.*$/, '').replace('.', '').replace(/^0+/, '').replace(/0+$/, '')
    assert.is(shown, digits.replace(/0+$/, ''))
  }
})

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

test.run()
