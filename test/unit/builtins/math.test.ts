/** Builtins on numbers: 64-bit integers, floats, texts of overflow. */

import { addInts, divInts, makeInt, mulInts, subInts } from '../../../src/values/number.ts'
import { assert, suite } from '../../support/suite.ts'
import { fails, gives } from './support.ts'

const test = suite('builtins: numbers')

test('integers are exact beyond the safe ones, and canonical again below', () => {
  gives('9007199254740991 + 1', '9007199254740992')
  gives('9007199254740993 - 2', '9007199254740991')
  gives('94906267 * 94906267', '9007199515875289')
  assert.is(subInts(9007199254740993n, 2), 9007199254740991)
  assert.is(typeof addInts(9007199254740991, 1), 'bigint')
  assert.is(makeInt(5n), 5)
})

test('no integer is -0', () => {
  assert.ok(Object.is(mulInts(0, -5), 0))
  assert.ok(Object.is(divInts(0, -5), 0))
  assert.ok(Object.is(divInts(-1, 2), 0))
})

test('overflow is an error with both operands', () => {
  fails('9223372036854775807 + 1', 'integer overflow in adding 9223372036854775807 + 1')
  fails('(-9223372036854775807) - 2', 'integer overflow in subtracting -9223372036854775807 - 2')
  fails('3037000500 * 3037000500', 'integer overflow in multiplying 3037000500 * 3037000500')
  fails(
    '(-9223372036854775807 - 1) / (-1)',
    'integer overflow in dividing -9223372036854775808 / -1',
    "while calling the 'div' builtin",
  )
})

test('division truncates and refuses zero of either kind', () => {
  gives('(-7) / 2', '-3')
  gives('7 / (-2)', '-3')
  gives('7 / 2.0', '3.5')
  fails('1 / 0', 'division by zero')
  fails('1.0 / 0', 'division by zero')
  fails('1 / 0.0', 'division by zero')
})

test('the wrong operand is named, as a float when the other is one', () => {
  fails(
    '1 - "a"',
    'expected an integer but found a string: "a"',
    'while evaluating the second argument of the subtraction',
  )
  fails(
    '"a" * 1.0',
    'expected a float but found a string: "a"',
    'while evaluating the first of the multiplication',
  )
  fails('"a" / 0', 'division by zero')
  fails(
    '1 / "a"',
    'expected a float but found a string: "a"',
    'while evaluating the second operand of the division',
  )
})

test('bit operations work on 64 bits in two’s complement', () => {
  gives('builtins.bitAnd 12 10', '8')
  gives('builtins.bitOr 12 10', '14')
  gives('builtins.bitXor (-1) 10', '-11')
  gives('builtins.bitAnd (-1) 9223372036854775807', '9223372036854775807')
  gives('builtins.bitAnd 4294967295 4294967294', '4294967294')
})

test('floor and ceil refuse what a double cannot hold', () => {
  gives(
    '[ (builtins.floor 1.5) (builtins.floor (-1.5)) (builtins.ceil 1.5) (builtins.ceil (-0.5)) ]',
    '[ 1 -2 2 0 ]',
  )
  fails('builtins.floor 1.5e300', 'NixFloat argument 1.5e+300 is not in the range of NixInt')
  fails(
    'builtins.ceil 9007199254740993',
    'Due to a bug (see https://github.com/NixOS/nix/issues/12899) a loss of precision occurred in previous Nix versions because the NixInt argument 9007199254740993 was rounded to 9007199254740992.\n\tFuture Nix versions might implement the correct behavior.',
  )
  fails(
    'builtins.floor 9223372036854775807',
    'Due to a bug (see https://github.com/NixOS/nix/issues/12899) the NixInt argument 9223372036854775807 caused undefined behavior in previous Nix versions.\n\tFuture Nix versions might implement the correct behavior.',
  )
})

test.run()
