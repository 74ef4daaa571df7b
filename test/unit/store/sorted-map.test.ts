import { SortedMap } from '../../../src/store/sorted-map.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('store/sorted-map')

/** Its entries, in the order in which it gives them. */
function entriesOf(map: SortedMap<string>): [string, string][] {
  return map.names.map((name, i) => [name, map.values[i]])
}

test('entries come in the order of their names, however they were put in', () => {
  const map = new SortedMap<string>()
  for (const name of ['b', 'd', 'a', 'e', 'c', 'B']) map.set(name, name.repeat(2))
  assert.equal(entriesOf(map), [
    ['B', 'BB'],
    ['a', 'aa'],
    ['b', 'bb'],
    ['c', 'cc'],
    ['d', 'dd'],
    ['e', 'ee'],
  ])
  assert.is(map.size, 6)
})

test('a name that is there already gets another text', () => {
  const map = SortedMap.of([
    ['x', '1'],
    ['y', '2'],
  ])
  map.set('x', '3')
  map.set('y', '4')
  assert.equal(entriesOf(map), [
    ['x', '3'],
    ['y', '4'],
  ])
})

test('names are found, and others are not', () => {
  const map = SortedMap.of([
    ['b', '1'],
    ['d', ''],
  ])
  assert.equal(
    ['a', 'b', 'c', 'd', 'e'].map((name) => map.get(name)),
    [undefined, '1', undefined, '', undefined],
  )
  assert.equal(
    ['a', 'b', 'c', 'd', 'e'].map((name) => map.has(name)),
    [false, true, false, true, false],
  )
  assert.is(new SortedMap<string>().get('a'), undefined)
})

test.run()
