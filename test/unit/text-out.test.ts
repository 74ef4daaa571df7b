import { TextOut } from '../../src/text-out.ts'
import { assert, suite } from '../support/suite.ts'

const test = suite('text-out')

test('a text is what was added to it, at once or handed on, however long', () => {
  for (const count of [0, 1, 3, 700, 40_000]) {
    const pieces = Array.from({ length: count }, (_, i) => `${i},`.repeat(1 + (i % 3)))
    const all = pieces.join('')
    const kept = new TextOut()
    for (const piece of pieces) kept.add(piece)
    assert.is(kept.text, all)
    assert.is(kept.text, all, 'as often as it is asked for')
    const written: string[] = []
    const handed = new TextOut((piece) => written.push(piece))
    for (const piece of pieces) handed.add(piece)
    assert.is(handed.text, '')
    assert.is(written.join(''), all)
    assert.ok(written.length <= 1 + all.length / (1 << 16), 'in few pieces')
    const drained: string[] = []
    kept.drain((piece) => drained.push(piece))
    assert.is(drained.join(''), all)
    for (const piece of pieces) kept.add(piece)
    const long = 'x'.repeat(100_000)
    kept.add(long)
    kept.add('end')
    assert.is(kept.text, `${all}${long}end`)
  }
})

test.run()
