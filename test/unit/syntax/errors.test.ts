import { assert, suite } from '../../support/suite.ts'
import { failure } from './parsing.ts'

const test = suite('syntax errors')

function expecting(cases: Record<string, string>): void {
  for (const [text, expected] of Object.entries(cases)) assert.is(failure(text), expected, text)
}

test('the innermost open bracket says what is expected', () => {
  expecting({
    '(1': "1:3 syntax error, unexpected end of file, expecting ')'",
    '(1; 2)': "1:3 syntax error, unexpected ';', expecting ')'",
    '1 }': "1:3 syntax error, unexpected '}', expecting end of file",
    '{ a = 1 }': "1:9 syntax error, unexpected '}', expecting ';'",
    'if a else b': "1:6 syntax error, unexpected 'else', expecting 'then'",
    'if a then b': "1:12 syntax error, unexpected end of file, expecting 'else'",
    'with a, b': "1:7 syntax error, unexpected ',', expecting ';'",
    '"${a': "1:5 syntax error, unexpected end of file, expecting '}'",
    '"a': "1:3 syntax error, unexpected end of file, expecting '\"'",
    "''a":
      "1:4 syntax error, unexpected end of file, expecting indented string or '${' or end of an indented string",
    '[ 1, 2 ]': "1:4 syntax error, unexpected ','",
  })
})

test('bindings say what may begin or follow them', () => {
  expecting({
    '{ 1 = 2; }': "1:3 syntax error, unexpected integer, expecting 'inherit'",
    'rec { 1 = 2; }': "1:7 syntax error, unexpected integer, expecting 'inherit' or '}'",
    'let a = 1; 2': "1:12 syntax error, unexpected integer, expecting 'in' or 'inherit'",
    '{ a b': "1:5 syntax error, unexpected identifier, expecting '.' or '='",
    'rec 1': "1:5 syntax error, unexpected integer, expecting '{'",
    '1 + let a = 1; in a': "1:9 syntax error, unexpected identifier, expecting '{'",
    '{ inherit 1; }': '1:11 syntax error, unexpected integer',
  })
})

test('attribute paths and formals say what they are made of', () => {
  expecting({
    'a.': "1:3 syntax error, unexpected end of file, expecting identifier or 'or' or '${' or '\"'",
    'a ? 1': "1:5 syntax error, unexpected integer, expecting identifier or 'or' or '${' or '\"'",
    '{ a, b }': "1:9 syntax error, unexpected end of file, expecting ':' or '@'",
    '{ a, 1 }: a': "1:6 syntax error, unexpected integer, expecting identifier or '...' or '}'",
    '{ a ? 1 ; }: a': "1:9 syntax error, unexpected ';', expecting '}' or ','",
    '{ a }@1: a': '1:7 syntax error, unexpected integer, expecting identifier',
    '{ a }@b a': "1:9 syntax error, unexpected identifier, expecting ':'",
    'a@b: a': "1:3 syntax error, unexpected identifier, expecting '{'",
    'a@{ b } c': "1:9 syntax error, unexpected identifier, expecting ':'",
  })
})

test('lists of more than four tokens are not shown', () => {
  expecting({
    '': '1:1 syntax error, unexpected end of file',
    '1 + ': '1:5 syntax error, unexpected end of file',
  })
})

test('the end of the file is reported where it is, but at a path that ends there', () => {
  expecting({
    '(1 # c': "1:7 syntax error, unexpected end of file, expecting ')'",
    '(1\n': "2:1 syntax error, unexpected end of file, expecting ')'",
    '(./x': "1:2 syntax error, unexpected end of file, expecting ')'",
  })
})

test('an error of meaning comes before a syntax error behind it', () => {
  expecting({
    '{ a = 1; a = 2; 1': "1:10 attribute 'a' already defined at /f.nix:1:3",
    '({ a, a }: 1 = 2)': "1:7 duplicate formal function argument 'a'",
    '{ inherit "${a}" |> ': '1:11 dynamic attributes not allowed in inherit',
    'let ${a} = 1; in 1 ;': '1:1 dynamic attributes not allowed in let',
  })
})

test.run()
