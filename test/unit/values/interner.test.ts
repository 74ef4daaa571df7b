import { Interner } from '../../../src/values/interner.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('interner')

test('numbers are given in the order of first sight', () => {
  const table = new Interner(16)
  assert.equal(
    ['b', 'a', 'b', '', 'a', ''].map((name) => table.intern(name)),
    [0, 1, 0, 2, 1, 2],
  )
  assert.equal(table.names, ['b', 'a', ''])
})

test('what has not been seen is not found', () => {
  const table = new Interner(16)
  assert.is(table.find('a'), -1)
  table.intern('a')
  assert.equal([table.find('a'), table.find('b'), table.find('')], [0, -1, -1])
})

test('numbers stay when the table grows', () => {
  const table = new Interner(4)
  // Numbered names lie side by side; the others have the same last byte, or all bytes there are.
  const names: string[] = []
  for (let i = 0; i < 20000; i++) names.push(`k${i}`, `${i}x`)
  for (let i = 0; i < 256; i++) names.push(`byte ${String.fromCharCode(i)}`)
  names.forEach((name, i) => {
    assert.is(table.intern(name), i)
  })
  names.forEach((name, i) => {
    assert.is(table.find(name), i)
  })
  assert.is(table.names.length, names.length)
})

test.run()
