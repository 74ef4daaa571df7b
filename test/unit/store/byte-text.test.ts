import { latin1String } from '../../../src/latin1.ts'
import { ByteText } from '../../../src/store/byte-text.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('store/byte-text')

/** All bytes, short and long. */
const EVERY = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('')

test('what is put comes out, however long', () => {
  const text = new ByteText()
  let all = ''
  for (const piece of ['', 'a', 'short', 'rather longer than short', EVERY, 'x'.repeat(40000), 'y']) {
    text.put(piece)
    all += piece
  }
  assert.is(text.length, all.length)
  assert.ok(latin1String(text.since(0)) === all)
  assert.is(latin1String(text.since(all.length - 2)), 'xy')
})

test('pieces of texts are put together, however many', () => {
  const text = new ByteText()
  let expected = ''
  for (let i = 0; i < 250; i++) {
    text.put(EVERY.slice(i % 7, i))
    text.put('x')
    expected += `${EVERY.slice(i % 7, i)}x`
  }
  assert.is(latin1String(text.since(0)), expected)
})

test('what is set back is overwritten', () => {
  const text = new ByteText()
  text.put('shared,')
  const end = text.length
  text.put('first text')
  text.length = end
  text.put('other')
  assert.is(latin1String(text.since(0)), 'shared,other')
  text.clear()
  text.put('new')
  assert.is(latin1String(text.since(0)), 'new')
})

test('what has been put can be put again, also when there is no room for it yet', () => {
  const text = new ByteText()
  text.put('ab')
  for (let i = 0; i < 16; i++) text.repeat(0, text.length)
  assert.ok(latin1String(text.since(0)) === 'ab'.repeat(1 << 16))
})

test('what ends a string of an ATerm is escaped, in short texts and in long ones', () => {
  const escaped = (s: string): string =>
    s.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t')
  const texts = ['', '"', '\n', 'a"b', '\\\\\\\\\\\\\\\\\\\\\\', '"""""""""""""""""""', EVERY]
  texts.push('nothing to be escaped here', 'at the end\n', '\tat the beginning', '"'.repeat(20000))
  const text = new ByteText()
  for (const s of texts) {
    const start = text.length
    text.putEscaped(s)
    assert.ok(latin1String(text.since(start)) === escaped(s), JSON.stringify(s.slice(0, 40)))
  }
  assert.ok(latin1String(text.since(0)) === texts.map(escaped).join(''))
})

test.run()
