/** Strings as JSON (floor 2): byte strings in and out. What JSON writes is in runtime/to-json.ts. */

/** Whether a text stands in JSON as it is, between quotes. */
export function isPlainJson(text: string): boolean {
  return !/[^\x20\x21\x23-\x5b\x5d-\x7f]/.test(text)
}

/** A string as JSON, bytes from 0x7f on as they are. */
export function quoteJson(text: string): string {
  if (!/["\\\x00-\x1f]/.test(text)) return `"${text}"`
  // In chars of one byte there is nothing that JavaScript writes in another way.
  return JSON.stringify(text)
}

/** A character in UTF-8. */
const CHARACTER =
  /[\x00-\x7f]|[\xc2-\xdf][\x80-\xbf]|(?:\xe0[\xa0-\xbf]|\xed[\x80-\x9f]|[\xe1-\xec\xee\xef][\x80-\xbf])[\x80-\xbf]|(?:\xf0[\x90-\xbf]|[\xf1-\xf3][\x80-\xbf]|\xf4[\x80-\x8f])[\x80-\xbf]{2}/y
/** What the library's buffer holds before it is emptied. */
const BUFFERED = 499

/** What nlohmann's library has written of a text that is not UTF-8 when it finds out: the quote, and full buffers. */
export function writtenOfInvalid(text: string): string {
  let written = '"'
  let buffer = ''
  CHARACTER.lastIndex = 0
  for (let match = CHARACTER.exec(text); match !== null; match = CHARACTER.exec(text)) {
    buffer += quoteJson(match[0]).slice(1, -1)
    if (buffer.length <= BUFFERED) continue
    written += buffer
    buffer = ''
  }
  return written
}

/** What is wrong with a text that is not UTF-8, as nlohmann's library words it; null for good text. */
export function invalidUtf8(text: string): string | null {
  if (!/[\x80-\xff]/.test(text)) return null
  const n = text.length
  let i = 0
  const bad = (message: string): string => `[json.exception.type_error.316] ${message}`
  const hex = (at: number): string => text.charCodeAt(at).toString(16).toUpperCase().padStart(2, '0')
  while (i < n) {
    const c = text.charCodeAt(i)
    let more = 0
    let low = 0x80
    let high = 0xbf
    if (c < 0x80) more = 0
    else if (c >= 0xc2 && c <= 0xdf) more = 1
    else if (c >= 0xe0 && c <= 0xef) {
      more = 2
      if (c === 0xe0) low = 0xa0
      else if (c === 0xed) high = 0x9f
    } else if (c >= 0xf0 && c <= 0xf4) {
      more = 3
      if (c === 0xf0) low = 0x90
      else if (c === 0xf4) high = 0x8f
    } else return bad(`invalid UTF-8 byte at index ${i}: 0x${hex(i)}`)
    i++
    for (; more > 0; more--) {
      if (i === n) return bad(`incomplete UTF-8 string; last byte: 0x${hex(n - 1)}`)
      const d = text.charCodeAt(i)
      if (d < low || d > high) return bad(`invalid UTF-8 byte at index ${i}: 0x${hex(i)}`)
      low = 0x80
      high = 0xbf
      i++
    }
  }
  return null
}
