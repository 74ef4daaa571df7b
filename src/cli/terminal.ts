/**
 * What goes to a terminal (floor 7): colour codes, and the filter every message passes on its way to standard error.
 * Byte strings come in, byte strings go out.
 */

export const NORMAL = '\x1b[0m'
export const RED = '\x1b[31;1m'
export const MAGENTA = '\x1b[35;1m'
export const BLUE = '\x1b[34;1m'
export const CYAN = '\x1b[36;1m'

/** Whether messages on a terminal are coloured. Nix: terminal.cc, isTTY. */
export function wantsColour(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  return (
    isTerminal && (env.TERM ?? 'dumb') !== 'dumb' && env.NO_COLOR === undefined && env.NOCOLOR === undefined
  )
}

const NEEDS_FILTER = /[\x07\t\r\x1b]/

/**
 * A message as it is logged: tabs become spaces, carriage returns and bells go, escape sequences go too (with
 * `keepColours` all but those that set colours). Tab stops count the columns of the whole message, over its line ends:
 * that is Nix's arithmetic. Nix: terminal.cc, filterANSIEscapes.
 */
export function filterEscapes(text: string, keepColours = false): string {
  if (!NEEDS_FILTER.test(text)) return text
  const out: string[] = []
  let start = 0
  let width = 0
  let i = 0
  const n = text.length
  const inRange = (lo: number, hi: number): boolean => {
    if (i >= n) return false
    const c = text.charCodeAt(i)
    return c >= lo && c <= hi
  }
  while (i < n) {
    const c = text.charCodeAt(i)
    if (c === 0x1b) {
      out.push(text.slice(start, i))
      const from = i++
      let last = ''
      if (text[i] === '[') {
        i++
        while (inRange(0x30, 0x3f)) i++
        while (inRange(0x20, 0x2f)) i++
        if (inRange(0x40, 0x7e)) last = text[i++]
      } else if (text[i] === ']') {
        i++
        while (i < n && text[i] !== '\x1b' && text[i] !== '\x07') i++
        if (i < n) {
          const end = text[i++]
          if (end === '\x1b' && text[i] === '\\') i++
        }
      } else if (inRange(0x40, 0x5f)) i++
      if (keepColours && last === 'm') out.push(text.slice(from, i))
      start = i
    } else if (c === 9) {
      out.push(text.slice(start, i))
      const spaces = 8 - (width % 8)
      out.push(' '.repeat(spaces))
      width += spaces
      start = ++i
    } else if (c === 13 || c === 7) {
      out.push(text.slice(start, i))
      start = ++i
    } else if (c < 0x80) {
      if (c >= 0x20 && c < 0x7f) width++
      i++
    } else {
      const length = sequenceLength(text, i)
      if (length === 0) {
        width++
        i++
      } else {
        width += widthOf(decode(text, i, length))
        i += length
      }
    }
  }
  out.push(text.slice(start))
  return out.join('')
}

/** Length of the UTF-8 sequence that starts here, 0 if there is none. */
function sequenceLength(text: string, at: number): number {
  const c = text.charCodeAt(at)
  const length = c >= 0xf0 && c < 0xf8 ? 4 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xc0 && c < 0xe0 ? 2 : 0
  for (let i = 1; i < length; i++) if ((text.charCodeAt(at + i) & 0xc0) !== 0x80) return 0
  return length
}

function decode(text: string, at: number, length: number): number {
  let code = text.charCodeAt(at) & (0xff >> (length + 1))
  for (let i = 1; i < length; i++) code = (code << 6) | (text.charCodeAt(at + i) & 0x3f)
  return code
}

/** Columns that a character takes on a terminal: 0, 1 or 2. */
function widthOf(code: number): number {
  if (code > 0x10ffff) return 1
  if (
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf && code !== 0x303f) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1f64f) ||
    (code >= 0x1f900 && code <= 0x1f9ff) ||
    (code >= 0x20000 && code <= 0x3fffd)
  ) {
    return 2
  }
  return /[\p{M}\p{Cc}\p{Cf}\p{Cs}]/u.test(String.fromCodePoint(code)) ? 0 : 1
}
