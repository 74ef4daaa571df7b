import { STRING } from '../../../src/syntax/ast.ts'
import { assert, suite } from '../../support/suite.ts'
import { shown, tree } from './parsing.ts'

const test = suite('indented strings')

function text(literal: string): string {
  const node = tree(literal)
  if (node.kind !== STRING) throw new Error(`not a plain string: ${literal}`)
  return node.value
}

test('the smallest indentation goes', () => {
  assert.is(text("''\n  a\n    b\n  c\n''"), 'a\n  b\nc\n')
})

test('the first line goes when it is only spaces', () => {
  assert.is(text("''   \n  a''"), 'a')
  assert.is(text("''  a\n   b''"), 'a\n b')
  assert.is(text("''a\n  b''"), 'a\n  b')
})

test('only spaces are indentation', () => {
  assert.is(text("''\n\ta\n  b\n''"), '\ta\n  b\n')
})

test('lines of nothing but spaces do not count, and keep what they have more', () => {
  assert.is(text("''\n  a\n \n     \n  b\n''"), 'a\n\n   \nb\n')
  assert.is(text("''\n  \n   \n''"), '\n\n')
})

test('the last line goes when it is only spaces', () => {
  assert.is(text("''\n    a\n  ''"), 'a\n')
  assert.is(text("'' ''"), '')
  assert.is(text("''''"), '')
})

test('escapes', () => {
  assert.is(text("''$''"), '$')
  assert.is(text("''$$ $x'y''"), "$$ $x'y")
  assert.is(shown("''a''' b''$ c''\\n d''\\x''"), '("a" + "\'\'" + " b" + "$" + " c" + "\\n" + " d" + "x")')
})

test('an escape ends the indentation of its line', () => {
  assert.is(shown("''\n    a\n  ''$b\n''"), '("  a\\n" + "$" + "b\\n")')
})

test('carriage returns stay', () => {
  assert.is(text("''\n  a\r\n  b\r\n''"), 'a\r\nb\r\n')
  assert.is(text("''\r\n  a''"), '\r\n  a')
})

test('an interpolation counts for the indentation', () => {
  assert.is(shown("''\n    a\n  ${x}\n   b\n''"), '("  a\\n" + x + "\\n b\\n")')
  assert.is(shown("''${x}''"), '(x)')
})

test('one literal is a plain string, an interpolated one too', () => {
  assert.is(text("''${\"a\"}''"), 'a')
  assert.is(shown('"${"a"}"'), '("a")')
})

test.run()
