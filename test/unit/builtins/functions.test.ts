/** functionArgs, genericClosure, and the questions about types. */
import { suite } from '../../support/suite.ts'
import { fails, gives } from './support.ts'

const test = suite('builtins: functions and types')

test('typeOf', () => {
  gives(
    'map builtins.typeOf [ 1 1.0 "a" true null { } [ ] (x: x) map (map 1) /a 9223372036854775807 ]',
    '[ "int" "float" "string" "bool" "null" "set" "list" "lambda" "lambda" "lambda" "path" "int" ]',
  )
})

test('a set with __functor is no function', () => {
  gives('map builtins.isFunction [ (x: x) map (map 1) { __functor = s: x: x; } ]', '[ true true true false ]')
})

test('functionArgs tells which formals have a default', () => {
  gives('builtins.functionArgs ({ x, y ? 1, ... }: x)', '{ x = false; y = true; }')
  gives('builtins.functionArgs (x: x)', '{ }')
  gives('builtins.functionArgs map', '{ }')
})

test('functionArgs of a curried function sees the parameter that comes next', () => {
  gives('builtins.functionArgs (x: { y }: x)', '{ }')
  gives('builtins.functionArgs ((x: { y }: x) 1)', '{ y = false; }')
})

test('functionArgs refuses functors and other values', () => {
  fails('builtins.functionArgs { __functor = s: { x }: x; }', "'functionArgs' requires a function")
})

test('genericClosure visits each key once, in the order found', () => {
  gives(
    'map (x: x.key) (builtins.genericClosure { startSet = [ { key = 5; } ]; operator = x: [ { key = if x.key / 2 * 2 == x.key then x.key / 2 else 3 * x.key + 1; } ]; })',
    '[ 5 16 8 4 2 1 ]',
  )
})

test('genericClosure of nothing does not look at the operator', () => {
  gives('builtins.genericClosure { startSet = [ ]; operator = throw "o"; }', '[ ]')
})

test('genericClosure takes equal integers and floats, and equal lists, for one key', () => {
  gives(
    'map (x: x.key) (builtins.genericClosure { startSet = map (key: { inherit key; }) [ 1 1.0 2.5 2 2.5 ]; operator = x: [ ]; })',
    '[ 1 2.5 2 ]',
  )
  gives(
    'map (x: x.key) (builtins.genericClosure { startSet = map (key: { inherit key; }) [ [ 1 2 ] [ 1 ] [ 1 2 ] ]; operator = x: [ ]; })',
    '[ [ 1 2 ] [ 1 ] ]',
  )
})

test('genericClosure names the elements whose keys cannot be compared', () => {
  fails(
    'builtins.genericClosure { startSet = [ { key = 1; } { key = "a"; } ]; operator = x: [ ]; }',
    'cannot compare a string with an integer; values are "a" and 1',
    "while calling the 'genericClosure' builtin",
    'while comparing element { key = "a"; }',
    'with element { key = 1; }',
  )
})

test('genericClosure names the element at fault', () => {
  fails(
    'builtins.genericClosure { startSet = [ { } ]; operator = x: [ ]; }',
    "attribute 'key' missing",
    'in genericClosure element { }',
  )
  fails(
    'builtins.genericClosure { startSet = [ { key = 1; } ]; operator = x: throw "a"; }',
    'a',
    'while calling operator on genericClosure element { key = 1; }',
  )
})

test('genericClosure over a long chain', () => {
  gives(
    'builtins.length (builtins.genericClosure { startSet = [ { key = 0; } ]; operator = x: if x.key == 20000 then [ ] else [ { key = x.key + 1; } ]; })',
    '20001',
  )
})

test.run()
