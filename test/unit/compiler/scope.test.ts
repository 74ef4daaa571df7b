import {
  type Binding,
  EnvScope,
  hopsTo,
  isRepeated,
  LexScope,
  newBinding,
  resolve,
} from '../../../src/compiler/scope.ts'
import { compiled } from '../../support/compiled.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('compiler/scope')

const GLOBALS: ReadonlyMap<string, number> = new Map([['map', 7]])

/** Scopes within each other: the i-th binds `x<i>` and what `more` says, or is a `with`. */
function nested(n: number, more: (i: number) => string[] = () => []): { lex: LexScope; bindings: Binding[] } {
  const env = new EnvScope(null)
  let lex: LexScope | null = null
  const bindings: Binding[] = []
  for (let i = 0; i < n; i++) {
    const binding = newBinding({ env, slot: i + 1 }, 0, false)
    bindings.push(binding)
    const names = new Map<string, Binding>()
    for (const name of [`x${i}`, ...more(i)]) names.set(name, binding)
    lex = new LexScope(lex, names)
  }
  return { lex: lex as LexScope, bindings }
}

test('a name is found however many scopes lie between', () => {
  const { lex, bindings } = nested(1000)
  for (let i = 0; i < 1000; i++)
    assert.is((resolve(lex, `x${i}`, GLOBALS) as { binding: Binding }).binding, bindings[i])
  assert.equal(resolve(lex, 'map', GLOBALS), { kind: 'global', index: 7 })
  assert.equal(resolve(lex, 'nothing', GLOBALS), { kind: 'none' })
})

test('of many bindings of a name the innermost counts, from each scope', () => {
  const { lex, bindings } = nested(1000, (i) => (i % 37 === 0 ? ['y'] : []))
  let s: LexScope | null = lex
  for (let i = 999; i >= 0; i--) {
    assert.is(s?.find('y'), bindings[i - (i % 37)])
    s = (s as LexScope).parent
  }
})

test('bindings count before the sets of with, which may lie between them', () => {
  let { lex, bindings } = nested(300)
  for (let i = 0; i < 300; i++) lex = new LexScope(lex, null, { binding: null, global: i, pos: 0 })
  assert.is((resolve(lex, 'x3', GLOBALS) as { binding: Binding }).binding, bindings[3])
  const y = resolve(lex, 'y', GLOBALS)
  assert.is(y.kind === 'with' && y.sources.length, 300)
})

test('environments count those between them, and whether a call lies there', () => {
  const outer = new EnvScope(null, true)
  const middle = new EnvScope(outer)
  const inner = new EnvScope(middle, true)
  assert.is(hopsTo(inner, outer), 2)
  assert.is(hopsTo(middle, middle), 0)
  assert.ok(!isRepeated(middle, outer))
  assert.ok(isRepeated(inner, middle))
  assert.ok(!isRepeated(inner, inner))
})

test('a unit that is nothing but a let is compiled once', () => {
  // Else its constants stood in the table twice.
  assert.equal(compiled('let a = ./a; b = ./b; in [ a b ]').chunk.paths.length, 2)
  assert.equal(compiled('rec { a = ./a; b = a; }').chunk.paths.length, 1)
})

test('more strings than are known again are there all the same', () => {
  const text = `[ ${Array.from({ length: 70_000 }, (_, i) => `"s${i}"`).join(' ')} "s1" "s69999" ]`
  const { strings } = compiled(text).chunk
  assert.is(strings.at(0), 's0')
  assert.is(strings.length, 70_001)
  assert.is(strings.at(70_000), 's69999')
})

test.run()
