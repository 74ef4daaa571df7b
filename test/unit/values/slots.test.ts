import { emptySlots, emptyTable, lengthen } from '../../../src/values/slots.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('slots')

test('new slots are all there, and nothing is in them', () => {
  for (const n of [0, 1, 8, 9, 256, 257]) {
    const slots = emptySlots(n)
    assert.is(slots.length, n)
    assert.ok(slots.every((slot, i) => slot === undefined && i in slots))
  }
})

test('a table is lengthened in place by few entries or many, and never shortened', () => {
  for (const [from, to] of [
    [0, 0],
    [0, 1],
    [3, 300],
    [5, 5 + 256],
    [0, 20_001],
    [9, 4],
  ]) {
    const table: (string | undefined)[] = emptyTable(from)
    for (let i = 0; i < from; i++) table[i] = `${i}`
    lengthen(table, to, 'new')
    assert.is(table.length, Math.max(from, to))
    assert.ok(table.every((entry, i) => entry === (i < from ? `${i}` : 'new')))
  }
})

test.run()
