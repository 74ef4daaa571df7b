import { lineStartsOf, PosTable, Source } from '../../src/source.ts'
import { assert, suite } from '../support/suite.ts'

const test = suite('source')

test('lines end at LF, CR and CRLF', () => {
  assert.equal([...lineStartsOf('a\nb\rc\r\nd')], [0, 2, 4, 7])
})

test('a text that ends in a newline has a last empty line', () => {
  assert.equal([...lineStartsOf('a\n')], [0, 2])
})

test('columns count bytes from 1', () => {
  const source = new Source('file', '/x.nix', 'ab\ncd')
  assert.equal(source.lineColumn(4), { line: 2, column: 2 })
})

test('a position finds the source it was registered with', () => {
  const table = new PosTable()
  const a = new Source('file', '/a.nix', 'aaa')
  const b = new Source('file', '/b.nix', 'b\nb')
  const baseA = table.add(a, 3)
  const baseB = table.add(b, 3)
  assert.is(table.resolve(baseA + 3)?.source, a)
  assert.is(table.resolve(baseB)?.source, b)
  assert.is(table.resolve(baseB + 2)?.line, 2)
  assert.is(table.resolve(0), undefined)
})

test('a source without a readable text has no text', () => {
  assert.is(new Source('file', '/gone.nix', () => undefined).text, undefined)
})

test('a file of <nix> is shown as it is written', () => {
  assert.is(new Source('internal', '<nix/fetchurl.nix>', '').display, '<nix/fetchurl.nix>')
})

test.run()
