/** In which order names have been met (src/runtime/first-met.ts), and what is read to know it. */

import { firstMet, orderOf } from '../../../src/runtime/first-met.ts'
import { PosTable, Source } from '../../../src/source.ts'
import { SymbolTable } from '../../../src/values/symbols.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('first-met')

/** A program of these files; `reads`: how often each has been read. */
function program(texts: readonly string[]) {
  const symbols = new SymbolTable()
  const positions = new PosTable()
  const reads: number[] = []
  const add = (text: string): void => {
    const k = reads.push(0) - 1
    const load = (): string => {
      reads[k]++
      return text
    }
    positions.add(new Source('file', `/f${k}`, load), text.length)
  }
  for (const text of texts) add(text)
  return { symbols, positions, reads, add }
}

test('the name that stands first in the sources is the one met first', () => {
  const m = program(['{ apple = pear; }', '{ plum = apple; cherry = 1; }'])
  assert.is(firstMet(m, ['cherry', 'plum', 'pear']), 'pear')
  assert.is(firstMet(m, ['cherry', 'plum']), 'plum')
})

test('what every program knows comes before what stands in its sources', () => {
  assert.is(firstMet(program(['{ apple = 1; }']), ['apple', 'outPath']), 'outPath')
})

test('names that stand in no source come last', () => {
  const m = program(['{ apple = 1; }'])
  assert.is(firstMet(m, ['made', 'apple']), 'apple')
  assert.is(firstMet(m, ['made', 'up']), undefined)
  assert.ok(orderOf(m).rank('apple') < orderOf(m).rank('made'))
})

test('files are read up to the names asked for, and once', () => {
  const m = program(['{ apple = 1; }', '{ plum = 2; }', '{ cherry = 3; }'])
  firstMet(m, ['plum', 'cherry'])
  assert.equal(m.reads, [1, 1, 0])
  firstMet(m, ['apple', 'plum'])
  orderOf(m).rank('plum')
  assert.equal(m.reads, [1, 1, 0])
  orderOf(m).rank('made')
  orderOf(m).rank('cherry')
  assert.equal(m.reads, [1, 1, 1])
})

test('a file that was opened since is read as well', () => {
  const m = program(['{ apple = 1; }'])
  assert.is(firstMet(m, ['plum', 'cherry']), undefined)
  m.add('{ cherry = plum; }')
  assert.is(firstMet(m, ['plum', 'cherry']), 'cherry')
  assert.equal(m.reads, [1, 1])
})

test('a file that can no longer be read is left out', () => {
  const m = program(['{ plum = 1; apple = 2; }'])
  m.positions.add(new Source('file', '/gone', () => undefined), 10)
  m.add('{ cherry = 1; }')
  assert.is(firstMet(m, ['cherry', 'made']), 'cherry')
})

test.run()
