import { Evaluator } from '../../../src/evaluator.ts'
import { MemoryIO } from '../../../src/io/memory.ts'
import { compiled } from '../../support/compiled.ts'
import { evalSettings } from '../../support/settings.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('compiler/with')

function times(n: number, piece: (i: number) => string): string {
  return Array.from({ length: n }, (_, i) => piece(i)).join(' ')
}

test('names that stand together share the table of the sets round them', () => {
  const words = (n: number): number =>
    compiled(`${times(n, (i) => `with { k${i} = ${i}; };`)} [ ${times(n, (i) => `k${i}`)} ]`).chunk.code
      .length
  assert.ok(words(400) < 2.5 * words(200))
})

test('what is compiled again in between has a table of its own', () => {
  const evaluator = new Evaluator({
    io: new MemoryIO({ files: {} }),
    settings: evalSettings(),
    log: () => {},
  })
  const list =
    '[ a (let c = b; in [ c a (x: b + x) ]) b ((x: a + x + b) 1) (let z = a; in b + z) (a + b) { inherit a; c = b + a; } b ]'
  const text = `with { a = 1; }; with { b = 2; }; builtins.toJSON (map (x: if builtins.isList x then builtins.head x else x) ${list})`
  const value = evaluator.evalText(text, { origin: 'string', baseDir: '/' })
  assert.is(value, '[1,2,2,4,3,3,{"a":1,"c":3},2]')
})

test.run()
