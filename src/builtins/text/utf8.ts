/** UTF-8 in byte strings (floor 4, pure). */

/** The bytes of a code point's UTF-8. */
export function utf8(code: number): string {
  if (code < 0x80) return String.fromCharCode(code)
  if (code < 0x800) return String.fromCharCode(0xc0 | (code >> 6), 0x80 | (code & 63))
  if (code < 0x10000) {
    return String.fromCharCode(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63))
  }
  return String.fromCharCode(
    0xf0 | (code >> 18),
    0x80 | ((code >> 12) & 63),
    0x80 | ((code >> 6) & 63),
    0x80 | (code & 63),
  )
}

/**
 * Where the multi-byte UTF-8 sequence at `start` ends, or `-(index + 1)` of the first byte that does not fit (which
 * is `start` itself for a byte that begins no sequence, and the length of `s` where the sequence is cut short).
 */
export function utf8End(s: string, start: number): number {
  const lead = s.charCodeAt(start)
  if (lead < 0xc2 || lead > 0xf4) return -start - 1
  const count = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3
  let low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
  let high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
  for (let i = 1; i <= count; i++) {
    const byte = s.charCodeAt(start + i)
    if (!(byte >= low && byte <= high)) return -(start + i) - 1
    low = 0x80
    high = 0xbf
  }
  return start + count + 1
}
