import { quoteString } from '../../src/quote.ts'
import { assert, suite } from '../support/suite.ts'

const test = suite('quote')

const SHORT: Record<string, string> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** Byte by byte, as Nix does it. */
function written(s: string): string {
  let out = '"'
  for (let i = 0; i < s.length; i++) {
    const c = s[i]
    out += c === '$' && s[i + 1] === '{' ? '\\$' : (SHORT[c] ?? c)
  }
  return `${out}"`
}

test('every byte is written as Nix writes it, beside each that has an escape', () => {
  for (const beside of ['', 'a', '"', '\\', '\n', '\t', '${', '$', '$$', '{', '\x01', '\x7f', '\xff'])
    for (let byte = 0; byte < 256; byte++) {
      const c = String.fromCharCode(byte)
      for (const s of [c + beside, beside + c, `${beside}${c}{${beside}`])
        assert.is(quoteString(s), written(s))
    }
})

test.run()
