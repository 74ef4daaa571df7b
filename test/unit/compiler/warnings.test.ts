import { compiled } from '../../support/compiled.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('compiler: warnings')

/** `code text`, in the order in which they are told. */
function warningsOf(text: string): string[] {
  return compiled(text).warnings.map((w) => `${w.code} ${text.slice(w.start, w.end)}`)
}

test('a binding of let that nobody uses', () => {
  assert.equal(warningsOf('let a = 1; b = 2; in a'), ['unused-binding b'])
  assert.equal(warningsOf('x: let a = x; in let b = a; in 1'), ['unused-binding b'])
})

test('bindings used by one another, by inherit or through with are used; an underscore excuses', () => {
  assert.equal(warningsOf('let a = b; b = a; in a'), [])
  assert.equal(warningsOf('let a = 1; in { inherit a; }'), [])
  assert.equal(warningsOf('let s = { }; in with s; x'), [])
  assert.equal(warningsOf('let _a = 1; in 2'), [])
})

test('attributes of rec and arguments need no use', () => {
  assert.equal(warningsOf('rec { a = 1; }'), [])
  assert.equal(warningsOf('{ a, b ? 1 }: x: 2'), [])
})

test('let inherit of a name that is known anyway', () => {
  assert.equal(warningsOf('x: let inherit x; in x'), ['useless-inherit x'])
  assert.equal(warningsOf('s: with s; let inherit y; in y'), [])
  assert.equal(warningsOf('s: let inherit (s) y; in y'), [])
})

test('a binding that hides a global', () => {
  assert.equal(warningsOf('map: map'), ['shadowed-global map'])
  assert.equal(warningsOf('let import = 1; in import'), ['shadowed-global import'])
  assert.equal(warningsOf('{ map ? 1 }: map'), ['shadowed-global map'])
  assert.equal(warningsOf('s: let inherit (s) map; in map'), [])
})

test('old and empty forms', () => {
  assert.equal(warningsOf('let { body = 1; }'), ['legacy-let let'])
  assert.equal(warningsOf('http://example.org/'), ['url-literal http://example.org/'])
  assert.equal(
    warningsOf('{ inherit; }').map((w) => w.split(' ')[0]),
    ['empty-inherit'],
  )
  assert.equal(warningsOf('let in 1'), ['empty-let let'])
})

test('what is never evaluated', () => {
  assert.equal(warningsOf('if true then 1 else 2'), ['dead-code 2'])
  assert.equal(warningsOf('if false then 1 else 2'), ['dead-code 1'])
  assert.equal(warningsOf('x: false && x'), ['dead-code x'])
  assert.equal(warningsOf('x: true || x'), ['dead-code x'])
  assert.equal(warningsOf('x: false -> x'), ['dead-code x'])
  assert.equal(warningsOf('assert false; 1'), ['dead-code 1'])
})

test('Boolean operations that change nothing', () => {
  assert.equal(warningsOf('x: true && x'), ['useless-bool true && x'])
  assert.equal(warningsOf('x: x || false'), ['useless-bool x || false'])
  assert.equal(warningsOf('!true'), ['useless-bool !true'])
  assert.equal(warningsOf('assert true; 1'), ['useless-bool assert true'])
  assert.equal(warningsOf('true: true && 1'), ['shadowed-global true'])
})

test('an attribute that takes the place of an output', () => {
  const text = 'derivation { name = "x"; outputs = [ "out" "dev" ]; dev = 1; }'
  assert.equal(warningsOf(text), ['shadowed-output dev'])
})

test('a unit that is compiled twice warns once, in the order of the text', () => {
  const text = 'let f = if true then let b = 1; in 2 else 3; g = f; in !true'
  assert.equal(warningsOf(text), [
    'unused-binding b',
    'dead-code 3',
    'unused-binding g',
    'useless-bool !true',
  ])
})

test('the chunk keeps them', () => {
  const { chunk } = compiled('let a = http://x/y; in 1')
  assert.equal(
    chunk.warnings.map((w) => w.code),
    ['url-literal', 'unused-binding'],
  )
})

test.run()
