import { eachName } from '../../../src/syntax/names.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('names')

/** The names of a text, each where it comes first. */
function met(text: string): string {
  const names = new Set<string>()
  eachName(text, (name) => {
    names.add(name)
    return false
  })
  return [...names].join(' ')
}

test('variables and attributes come in the order of the text', () => {
  assert.is(met('{ b = a.c; inherit (e) d; } // f ? "g h"'), 'b a c e d f g h')
})

test('quoted names count where a name is meant, texts do not', () => {
  assert.is(met('{ "a" = "b"; c."d" = "${e}f"; }'), 'a c d e')
})

test('a plain string that stands for a name is one', () => {
  assert.is(met('{ ${"a"} = 1; b.${(\'\'c\'\')} = d ? ${"e"}; }'), 'a b c d e')
  assert.is(met('{ ${"a" + f} = "${"b"}"; ${"c${g}"} = 1; }'), 'f g')
})

test('the parameter of a lambda comes after its body', () => {
  assert.is(met('[ (x: y) (z: w: x2) ] ++ [ v ]'), 'y x x2 w z v')
  assert.is(met('{ f = x: with e; g; k = 1; }'), 'f e g x k')
  assert.is(met('let f = x: if a then y: b else c; in d'), 'f a b y c x d')
  assert.is(met('x: let a = 1; in b'), 'a b x')
  assert.is(met('a @ { b }: c'), 'b c a')
  assert.is(met('{ b } @ a: c'), 'b c a')
})

test('a formal comes after its default', () => {
  assert.is(met('{ a ? b, c ? { d ? e }: f, g }: h'), 'b a e d f c g h')
})

test('a default that is a text is no name, what a default asks for is one', () => {
  assert.is(met('{ a ? "b", c ? d ? "e" }: f'), 'a d e c f')
})

test('nothing is read beyond what is wanted', () => {
  const names: string[] = []
  eachName('a b c', (name) => {
    names.push(name)
    return name === 'b'
  })
  assert.equal(names, ['a', 'b'])
})

test.run()
