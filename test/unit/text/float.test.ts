import { formatF, formatG6, formatJson, parseFloatLiteral } from '../../../src/builtins/text/float.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('text/float')

test('formatG6 keeps six significant digits', () => {
  const cases: [number, string][] = [
    [1, '1'],
    [0, '0'],
    [-0, '-0'],
    [-1.5, '-1.5'],
    [1e10, '1e+10'],
    [1e6, '1e+06'],
    [100000, '100000'],
    [999999.5, '1e+06'],
    [1 / 3, '0.333333'],
    [123456789, '1.23457e+08'],
    [1e-5, '1e-05'],
    [0.0001, '0.0001'],
    [1e300, '1e+300'],
    [1234565, '1.23456e+06'],
    [1234575, '1.23458e+06'],
    [0.5, '0.5'],
    [Number.POSITIVE_INFINITY, 'inf'],
    [Number.NEGATIVE_INFINITY, '-inf'],
    [Number.NaN, '-nan'],
  ]
  for (const [d, text] of cases) assert.is(formatG6(d), text, text)
})

test('formatF prints six decimals and every digit before them', () => {
  const cases: [number, string][] = [
    [1.5, '1.500000'],
    [1e10, '10000000000.000000'],
    [1e-7, '0.000000'],
    [-1e-9, '-0.000000'],
    [-0, '-0.000000'],
    [1 / 128, '0.007812'],
    [3 / 128, '0.023438'],
    [0.1, '0.100000'],
    [1e22, '10000000000000000000000.000000'],
    [2 ** 60 + 256, '1152921504606847232.000000'],
    [Number.POSITIVE_INFINITY, 'inf'],
    [Number.NaN, '-nan'],
  ]
  for (const [d, text] of cases) assert.is(formatF(d), text, text)
  assert.is(formatF(1e300).length, 308)
})

test('formatJson prints Grisu2 digits', () => {
  const cases: [number, string][] = [
    [3, '3.0'],
    [-0, '-0.0'],
    [1e10, '10000000000.0'],
    [1e14, '100000000000000.0'],
    [1e15, '1e+15'],
    [3e22, '3e+22'],
    [1e-5, '1e-05'],
    [0.0001, '0.0001'],
    [0.1 + 0.2, '0.30000000000000004'],
    [5e-324, '5e-324'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
    [-1.5, '-1.5'],
    [Number.NaN, 'null'],
    [Number.NEGATIVE_INFINITY, 'null'],
  ]
  for (const [d, text] of cases) assert.is(formatJson(d), text, text)
})

test('parseFloatLiteral refuses what strtod calls out of range', () => {
  assert.is(parseFloatLiteral('1.'), 1)
  assert.is(parseFloatLiteral('.5e3'), 500)
  assert.is(parseFloatLiteral('.0e-999'), 0)
  assert.is(parseFloatLiteral('1.7976931348623157e308'), Number.MAX_VALUE)
  assert.is(parseFloatLiteral('2.2250738585072014e-308'), 2 ** -1022)
  for (const text of ['1.e400', '1.e-400', '5.e-324', '1.e-310', '2.2250738585072012e-308']) {
    assert.is(parseFloatLiteral(text), undefined, text)
  }
})

test('parseFloatLiteral takes a denormal number that is exact', () => {
  const digits = (5n ** 1074n).toString().padStart(1074, '0')
  assert.is(parseFloatLiteral(`.${digits}`), 5e-324)
})

test.run()
