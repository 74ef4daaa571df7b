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

test.run()
