/** What a run that begins again prints (src/cli/said.ts). */
import { fromWord, Said, wordOf } from '../../../src/cli/said.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('cli/said')

const again = (held: string): string => `differs(${held})`

/** What is printed of the pieces. */
function printed(said: Said, ...pieces: string[]): string {
  return pieces.map((piece) => said.next(piece, again)).join('')
}

test('a first run prints all it says', () => {
  const said = new Said(true)
  assert.is(printed(said, 'a', '', 'bc'), 'abc')
  assert.is(said.rest(), '')
})

test('a run that begins again prints what comes after that which was printed before', () => {
  const said = new Said(true)
  printed(said, 'a', 'bc')
  said.begin(said.delivered)
  assert.is(printed(said, 'a'), '')
  assert.is(printed(said, 'bc', 'd', 'e'), 'de')
  assert.is(said.rest(), '')
})

test('one that stops before it has come that far has printed no more, and the next goes on from there', () => {
  const said = new Said(true)
  printed(said, 'a', 'bc', 'd')
  said.begin(said.delivered)
  assert.is(printed(said, 'a', 'bc'), '')
  said.begin(said.delivered)
  assert.is(printed(said, 'a', 'bc', 'd', 'e'), 'e')
})

test('one that says something else is told so, with all it has said', () => {
  for (const pieces of [
    ['a', 'bd'],
    ['b', 'bc'],
    ['ab', 'c'],
  ]) {
    const said = new Said(true)
    printed(said, 'a', 'bc')
    said.begin(said.delivered)
    assert.is(printed(said, ...pieces), `differs(${pieces.join('')})`)
    assert.is(printed(said, 'x'), 'x')
  }
})

test('one that ends before it has come that far has something left', () => {
  const said = new Said(true)
  printed(said, 'a', 'bc')
  said.begin(said.delivered)
  assert.ok(said.isBehind)
  printed(said, 'z')
  assert.ok(said.isBehind)
  assert.is(said.rest(), 'z')
  assert.not(said.isBehind)
})

test('what is not to be printed in any case is not kept', () => {
  const said = new Said(false)
  printed(said, 'a', 'bc')
  said.begin(said.delivered)
  assert.is(printed(said, 'a', 'bd'), 'differs()')
})

test('what was printed goes to another process as a word', () => {
  const out = new Said(true)
  printed(out, 'x'.repeat(100_000), 'y')
  const err = new Said(true)
  const word = wordOf(out.delivered, err.delivered)
  assert.equal(fromWord(word), [out.delivered, err.delivered])
  const nothing = new Said(true).delivered
  for (const wrong of [undefined, '', 'x', '1:2', '1:2:3:4,'])
    assert.equal(fromWord(wrong), [nothing, nothing])
})

test.run()
