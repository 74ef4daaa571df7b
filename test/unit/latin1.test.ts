import { latin1Bytes, latin1String, putLatin1 } from '../../src/latin1.ts'
import { assert, suite } from '../support/suite.ts'

const test = suite('latin1')

const EVERY = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i))

test('byte strings go to bytes and back, of any length', () => {
  for (const text of ['', 'a', '\xff\0', EVERY, EVERY.repeat(40), EVERY.repeat(9000)]) {
    assert.is(latin1Bytes(text).length, text.length)
    assert.ok(latin1String(latin1Bytes(text)) === text)
  }
  assert.equal([...latin1Bytes(EVERY, 254)], [254, 255])
  assert.equal([...latin1Bytes(EVERY, 9, 11)], [9, 10])
})

test('a text is put where it belongs, and what stands round it stays', () => {
  for (const text of ['', '\xe9', 'elevenchars', 'twelve chars', EVERY]) {
    const bytes = new Uint8Array(text.length + 4).fill(7)
    putLatin1(bytes, text, 2)
    assert.equal([...bytes], [7, 7, ...latin1Bytes(text), 7, 7])
  }
  // Ropes and parts of other texts as well.
  const rope = ['left of the rope ', 'and right'].reduce((a, b) => a + b, '')
  const bytes = new Uint8Array(64)
  putLatin1(bytes, rope, 0)
  putLatin1(bytes, rope.slice(3, 20), rope.length)
  assert.is(latin1String(bytes.subarray(0, rope.length + 17)), rope + rope.slice(3, 20))
})

test.run()
