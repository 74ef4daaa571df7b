import { invalidUtf8, quoteJson, writtenOfInvalid } from '../../../src/values/json-text.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('values/json-text')

test('quoteJson escapes control bytes and keeps UTF-8', () => {
  assert.is(quoteJson('plain'), '"plain"')
  assert.is(quoteJson('"\\/\b\t\n\f\r\x01\x1f\x7f'), '"\\"\\\\/\\b\\t\\n\\f\\r\\u0001\\u001f\x7f"')
  assert.is(quoteJson('\xc3\xa9"\xf0\x9f\x98\x80'), '"\xc3\xa9\\"\xf0\x9f\x98\x80"')
})

test('quoteJson writes every byte as nlohmann does', () => {
  const short: Record<number, string> = { 8: 'b', 9: 't', 10: 'n', 12: 'f', 13: 'r', 34: '"', 92: '\\' }
  for (let byte = 0; byte < 256; byte++) {
    const c = String.fromCharCode(byte)
    const letters = short[byte] ?? (byte < 32 ? `u00${byte.toString(16).padStart(2, '0')}` : undefined)
    assert.is(quoteJson(`${c}"`), `"${letters === undefined ? c : `\\${letters}`}\\""`)
  }
})

test('invalidUtf8 finds bytes that are not UTF-8', () => {
  const prefix = '[json.exception.type_error.316] '
  const cases = [
    ['\xc3', 'incomplete UTF-8 string; last byte: 0xC3'],
    ['a\xc3b', 'invalid UTF-8 byte at index 2: 0x62'],
    ['\xff', 'invalid UTF-8 byte at index 0: 0xFF'],
    ['ab\xed\xa0\x80', 'invalid UTF-8 byte at index 3: 0xA0'],
  ]
  for (const [bytes, message] of cases) assert.is(invalidUtf8(bytes), prefix + message)
  assert.is(invalidUtf8('\xc3\xa9'), null)
})

test('of a text that is not UTF-8 full buffers have been written', () => {
  assert.is(writtenOfInvalid('\xff\xfe'), '"')
  assert.is(writtenOfInvalid(`${'a'.repeat(505)}\xff`), `"${'a'.repeat(500)}`)
  assert.is(writtenOfInvalid(`${'"'.repeat(200)}${'\xc3\xa9'.repeat(300)}\xff`).length, 1001)
})

test.run()
