/**
 * TOML 1.0 (floor 4, pure): the bytes of a document in, plain values out. Behaviour and error texts follow the
 * library Nix uses (toml11 4: parser.hpp, skip.hpp, syntax_impl.hpp; Nix: primops/fromTOML.cc), its leniences included. All
 * errors of a document are told, as after each the library goes on where it takes the next value, pair or table to begin;
 * what it tells twice is told twice. Arrays and inline tables may be nested without bound.
 */
import { NixError } from '../../errors.ts'
import { nullByteError } from './strings.ts'
import { utf8, utf8End } from './utf8.ts'

/** How a table came to be: decides who may add to it. */
type TableKind = 'explicit' | 'implicit' | 'dotted' | 'inline'

/** A table. Keys are in the order of their appearance. */
export class TomlTable {
  readonly entries: Map<string, TomlValue> = new Map()
  /** @internal */
  kind: TableKind
  /** @internal Where each value, or the key that made it, stands: for errors. */
  readonly places: Map<string, Place> = new Map()

  constructor(kind: TableKind) {
    this.kind = kind
  }
}

/** A date, a time or both, in the text Nix gives it. */
export class TomlTimestamp {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** What `nan` and `+nan` stand for: a number cannot tell them from `-nan`. */
export const TOML_NAN: unique symbol = Symbol('nan')

/** Integers are bigints and floats numbers; a number that is NaN was `-nan`. */
export type TomlValue =
  | boolean
  | bigint
  | number
  | string
  | typeof TOML_NAN
  | TomlTimestamp
  | TomlValue[]
  | TomlTable

/** Switches of Nix. */
export interface TomlOptions {
  /** The experimental feature parse-toml-timestamps: without it, dates and times are refused. */
  timestamps?: boolean
}

interface Place {
  readonly start: number
  readonly end: number
}

/** An error of the document, in the library's words. */
class Problem {
  readonly text: string
  /** Of a string that is one, but for the character that an escape in it stands for. */
  readonly inEscape: boolean
  constructor(text: string, inEscape = false) {
    this.text = text
    this.inEscape = inEscape
  }
}

interface Note {
  readonly at: Place
  readonly text: string
}

/** An array or inline table whose end has not been read. */
interface Open {
  readonly start: number
  readonly items: TomlValue[] | undefined
  readonly table: TomlTable | undefined
  keys: string[]
  keyPlace: Place
  comma: boolean
  empty: boolean
  /** An error in it has been noted already. */
  failed: boolean
}

/** A header that has been read: `[a.b]` or `[[a.b]]`. */
interface Header {
  readonly isArray: boolean
  readonly keys: string[]
  readonly place: Place
}

/** Nested arrays tell of an error once each, with the whole line: beyond so many bytes nobody reads on. */
const MOST_TOLD = 1 << 24
const INT_LIMIT = 2n ** 63n
const NUMBER_HINT =
  'Hint: valid  : -42, 1_000, 1_2_3_4_5, 0xC0FFEE, 0b0010, 0o755\nHint: invalid: _42, 1__000, 0123\n'
const FLOAT_HINT =
  'Hint: valid  : +1.0, -2e-2, 3.141_592_653_589, inf, nan\nHint: invalid: .0, 1., _1.0, 1.0_, 1_.0, 1.0__0\n'
const TIME_HINT =
  'Hint: valid  : 1979-05-27T07:32:00, 1979-05-27 07:32:00.999999\n' +
  'Hint: invalid: 1979-05-27T7:32:00, 1979-05-27 17:32\n'
const DATETIME_HINT =
  'Hint: valid  : 1979-05-27T07:32:00-07:00, 1979-05-27 07:32:00.999999Z\n' +
  'Hint: invalid: 1979-05-27T7:32:00-7:00, 1979-05-27 7:32-00:30'
const KEY_HINT = 'Hint: non-ASCII scripts are allowed in toml v1.1.0, but not in v1.0.0.\n'

const DATE = /\d{4}-\d\d-\d\d/y
const TIME = /\d\d:\d\d:\d\d(?:\.\d+)?/y
const DATETIME = /\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?/y
const OFFSET = /[zZ]|[+-]\d\d:\d\d/y
const FLOAT =
  /[+-]?(?:inf|nan|(?:[1-9](?:_?\d)+|\d)(?:[eE][+-]?\d(?:_?\d)*|\.\d(?:_?\d)*(?:[eE][+-]?\d(?:_?\d)*)?))/y
const INTEGER =
  /0x[0-9a-fA-F](?:_?[0-9a-fA-F])*|0o[0-7](?:_?[0-7])*|0b[01](?:_?[01])*|[+-]?(?:[1-9](?:_?\d)+|\d)/y

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

const BYTE_NAMES: Readonly<Record<number, string>> = {
  0: 'NUL',
  8: 'BACKSPACE',
  9: 'TAB',
  10: 'LINE FEED',
  12: 'FORM FEED',
  13: 'CARRIAGE RETURN',
  32: 'SPACE',
}

function shown(line: string): string {
  let text = ''
  for (const char of line) {
    const byte = char.charCodeAt(0)
    if (byte >= 32 && byte < 127) text += char
    else {
      const name = BYTE_NAMES[byte]
      text += `0x${byte.toString(16).padStart(2, '0')}${name === undefined ? '' : `(${name})`}`
    }
  }
  return text
}

function digitsOf(text: string): string {
  return text.replaceAll('_', '')
}

/** So many bytes of a line are shown before a place, and with its last one behind. */
const BESIDE = 30
/** Where a place of several lines begins less than this before the end of the text, all of its first line is looked at; else so much. */
const NEAR_END = 60
const NEAR = 50

class TomlParser {
  /** The document, with a line feed at its end if it had none. */
  readonly s: string
  pos = 0
  readonly root: TomlTable = new TomlTable('explicit')
  /** What Nix finds wrong only after the whole document was read. */
  late: NixError | undefined
  readonly timestamps: boolean
  /** All that is wrong with the document, in the order in which it was found. */
  readonly problems: Problem[] = []
  /** Where lines begin, once there is an error to be told. */
  private readonly lineStarts: number[] = []
  /** Where to go back to when what is being read turns out wrong; -1: nowhere, as it is well formed. */
  mark = -1
  /** Arrays that `[[…]]` made. */
  readonly headed: Set<TomlValue[]> = new Set()

  constructor(text: string, timestamps: boolean) {
    this.s = text === '' || /[\n\r]$/.test(text) ? text : `${text}\n`
    this.timestamps = timestamps
  }

  // Errors

  private error(title: string, notes: readonly Note[], suffix = ''): Problem {
    const lines = notes.map(({ at }) => this.lineOf(at.start))
    const atEnd = notes.some(({ at }) => at.start >= this.s.length)
    const width = String(Math.max(...lines)).length
    const margin = ' '.repeat(width + 1)
    let text = `[error] ${title}\n --> fromTOML\n${margin} |\n`
    notes.forEach(({ at, text: message }, i) => {
      if (i > 0) text += `${margin} | ...\n${margin} |\n`
      if (atEnd && at.start >= this.s.length) {
        // The library's own way of pointing behind the last line.
        const all = this.s.slice(0, -1)
        const last = all.slice(all.lastIndexOf('\n') + 1)
        text += ` ${String(lines[i] - 1).padStart(width)} | ${shown(last)}\n`
        text += `${margin} | ${' '.repeat(last.length)}-- \n`
        const under = all.split('\n', 1)[0].length + 1
        text += ` ${String(lines[i]).padStart(width)} | ${shown(all)}\n`
        text += `${margin} | ${'^'.repeat(under)}-- ${message}\n`
        return
      }
      const { line, column } = this.excerpt(at)
      const length = Math.max(1, Math.min(at.end - at.start, line.length - column))
      text += ` ${String(lines[i]).padStart(width)} | ${shown(line)}\n`
      text += `${margin} | ${' '.repeat(column)}${'^'.repeat(length)}-- ${message}\n`
    })
    return new Problem(text + suffix)
  }

  /** The line that a place begins in, as far as it is shown, and where the place is in it. toml11: region::take_line. */
  private excerpt({ start, end }: Place): { line: string; column: number } {
    const { s } = this
    const lineStart = start === 0 ? 0 : s.lastIndexOf('\n', start - 1) + 1
    const found = s.indexOf('\n', start)
    const lineEnd = found === -1 ? s.length : found
    // Of a place of several lines the first one is shown up to its end, if that is near.
    const onOne = end - 1 <= lineEnd
    const last = onOne ? end - 1 : Math.min(lineEnd, s.length - start > NEAR_END ? start + NEAR : lineEnd)
    const from = Math.max(lineStart, start - BESIDE)
    const to = Math.min(lineEnd, Math.max(last, start) + BESIDE)
    const before = from > lineStart ? '... ' : ''
    const line = `${before}${s.slice(from, to)}${to < lineEnd ? ' ...' : ''}`
    return { line, column: start - from + before.length }
  }

  /** The number of the line that a position is in. */
  private lineOf(pos: number): number {
    const starts = this.lineStarts
    if (starts.length === 0) {
      for (let at = 0; at >= 0; at = this.s.indexOf('\n', at) + 1 || -1) starts.push(at)
    }
    let low = 0
    let high = starts.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (starts[middle] <= pos) low = middle + 1
      else high = middle
    }
    return low
  }

  private errorAt(pos: number, title: string, message: string, suffix = ''): Problem {
    return this.error(title, [{ at: { start: pos, end: pos + 1 }, text: message }], suffix)
  }

  private clash(title: string, here: Place, doing: string, there: Place, what: string): Problem {
    return this.error(title, [
      { at: here, text: doing },
      { at: there, text: what },
    ])
  }

  // Blanks

  private skipBlanks(): void {
    for (let c = this.s.charCodeAt(this.pos); c === 32 || c === 9; ) c = this.s.charCodeAt(++this.pos)
  }

  /** The end of a newline at `at`, or -1. */
  private newlineEnd(at: number): number {
    const c = this.s.charCodeAt(at)
    if (c === 10) return at + 1
    return c === 13 && this.s.charCodeAt(at + 1) === 10 ? at + 2 : -1
  }

  /** The end of the comment at `at`, before its newline. */
  private commentEnd(start: number): number {
    let at = start + 1
    for (;;) {
      const c = this.s.charCodeAt(at)
      if (c === 9 || (c >= 32 && c < 127)) at++
      else if (c >= 128) {
        const end = utf8End(this.s, at)
        if (end < 0) return at
        at = end
      } else return at
    }
  }

  /** Skips blanks, newlines and whole comment lines; whether there was a newline. */
  private skipLines(): boolean {
    let newline = false
    for (;;) {
      const c = this.s.charCodeAt(this.pos)
      if (c === 32 || c === 9) {
        this.pos++
        continue
      }
      let end = -1
      if (c === 35) end = this.newlineEnd(this.commentEnd(this.pos))
      else if (c === 10 || c === 13) end = this.newlineEnd(this.pos)
      if (end === -1) return newline
      newline = true
      this.pos = end
    }
  }

  /** Takes a comment after a value and its newline; whether there was one. */
  private trailingComment(): boolean {
    const start = this.pos
    this.skipBlanks()
    if (this.s.charCodeAt(this.pos) !== 35) {
      this.pos = start
      return false
    }
    const end = this.commentEnd(this.pos)
    const after = end >= this.s.length ? end : this.newlineEnd(end)
    if (after === -1) {
      const line = this.s.indexOf('\n', end)
      this.pos = line === -1 ? this.s.length : line + 1
      throw this.errorAt(
        this.pos,
        'toml::parse_comment_line: newline (LF / CRLF) or EOF is expected',
        'but got this',
        'Hint: most of the control characters are not allowed in comments',
      )
    }
    this.pos = after
    return true
  }

  // The document

  parse(): TomlTable {
    const { s } = this
    if (s.startsWith('\xef\xbb\xbf')) this.pos = 3
    let table = this.root
    let newline = true
    // How many errors there were when the table began.
    let before = 0
    for (;;) {
      const from = this.pos
      newline = this.skipLines() || newline
      if (this.pos >= s.length) return this.root
      try {
        if (s.charCodeAt(this.pos) === 91) {
          if (this.problems.length > before) {
            // Behind a table with errors the library looks for a good header, from the newline before it.
            this.pos = from
            this.skipToHeader()
            before = this.problems.length
            continue
          }
          // The library wants no newline before a header.
          const header = this.header()
          this.headerEnd()
          table = this.opened(header)
          before = this.problems.length
          newline = true
          continue
        }
        if (!newline) {
          throw this.errorAt(this.pos, 'toml::parse_table: newline (LF / CRLF) or EOF is expected', 'here')
        }
      } catch (problem) {
        this.note(problem)
        this.skipToHeader()
        before = this.problems.length
        continue
      }
      newline = this.pair(table)
    }
  }

  /** Notes an error of the document; passes on any other. */
  private note(problem: unknown): void {
    if (!(problem instanceof Problem)) throw problem
    this.problems.push(problem)
  }

  /** A key and its value, with what follows on the line; whether the line has ended. */
  private pair(table: TomlTable): boolean {
    const start = this.pos
    let keys: string[]
    let keyPlace: Place
    try {
      keys = this.key()
      keyPlace = { start, end: this.pos }
      this.separator()
    } catch (problem) {
      this.note(problem)
      this.pos = start
      this.skipPair()
      return false
    }
    const from = this.pos
    let value: TomlValue
    try {
      value = this.value()
    } catch (problem) {
      this.note(problem)
      this.skipPair()
      return false
    }
    const place = { start: from, end: this.pos }
    let newline = false
    try {
      newline = this.trailingComment()
    } catch (problem) {
      this.note(problem)
    }
    try {
      this.insert(table, keys, keyPlace, value, place)
    } catch (problem) {
      this.note(problem)
    }
    return newline
  }

  private header(): Header {
    const start = this.pos
    const isArray = this.s.charCodeAt(start + 1) === 91
    const title = `toml::parse_file: invalid ${isArray ? 'array-table' : 'table'} key`
    this.pos += isArray ? 2 : 1
    this.skipBlanks()
    const c = this.s[this.pos]
    if (!/["'A-Za-z0-9_-]/.test(c)) {
      throw this.errorAt(this.pos, title, `expected basic key([a-zA-Z0-9_-]) or quoted key(" or ')`)
    }
    const close = isArray ? ']]' : ']'
    const keys = this.key((dot) => this.errorAt(dot, title, `expected ${close}`))
    this.skipBlanks()
    if (!this.s.startsWith(close, this.pos)) throw this.errorAt(this.pos, title, `expected ${close}`)
    this.pos += close.length
    return { isArray, keys, place: { start, end: this.pos } }
  }

  /** Nothing but a comment may follow a header on its line. */
  private headerEnd(): void {
    if (this.trailingComment()) return
    this.skipBlanks()
    const end = this.newlineEnd(this.pos)
    if (this.pos < this.s.length && end === -1) {
      const expected = 'expected 0x0a(LINE FEED) or \r\n'
      throw this.errorAt(this.pos, 'toml::parse_file: newline (or EOF) expected', expected)
    }
    if (end !== -1) this.pos = end
  }

  /** The table of a header; one of nobody's where it cannot be, as what is in it is looked at all the same. */
  private opened({ isArray, keys, place }: Header): TomlTable {
    try {
      return isArray ? this.openArrayTable(keys, place) : this.openTable(keys, place)
    } catch (problem) {
      this.note(problem)
      return new TomlTable('explicit')
    }
  }

  // After an error

  /** Goes to the next line that is a good header. */
  private skipToHeader(): void {
    for (;;) {
      const end = this.s.indexOf('\n', this.pos)
      this.pos = end === -1 ? this.s.length : end + 1
      if (end === -1) return
      const line = this.pos
      this.skipBlanks()
      if (this.s.charCodeAt(this.pos) !== 91) {
        // Whatever it is, the library has looked at it: of two newlines that follow each other, it misses the second.
        this.pos++
        continue
      }
      try {
        this.header()
        this.pos = line
        return
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem
      }
    }
  }

  /** Goes behind a pair: to the end of the line, or of the value after a `=` that is still to come. */
  private skipPair(): void {
    const { s } = this
    while (this.pos < s.length) {
      const c = s.charCodeAt(this.pos)
      if (c === 10) return
      if (c === 61) {
        this.skipValue()
        return
      }
      this.pos++
    }
  }

  private skipValue(): void {
    const { s } = this
    const c = s.charCodeAt(this.pos)
    if (c === 34 || c === 39) this.skipString()
    else while (this.pos < s.length && !/[\n,\]}]/.test(s[this.pos])) this.pos++
  }

  private skipString(): void {
    const { s } = this
    const quote = s[this.pos]
    const fence = quote.repeat(3)
    if (s.startsWith(fence, this.pos)) {
      const end = s.indexOf(fence, this.pos + 3)
      this.pos = end === -1 ? s.length : end + 3
      return
    }
    this.pos++
    while (this.pos < s.length) {
      const c = s[this.pos]
      if (c === '\n') return
      this.pos += c === '\\' && quote === '"' ? 2 : 1
      if (c === quote) return
    }
  }

  /** A dotted key; `afterDot` makes the error where nothing follows a dot. */
  private key(afterDot?: (dot: number) => Problem): string[] {
    const { s } = this
    const keys: string[] = []
    let dot = -1
    for (;;) {
      const c = s.charCodeAt(this.pos)
      if (c === 34) keys.push(this.basicString())
      else if (c === 39) keys.push(this.literalString())
      else {
        const start = this.pos
        while (/[A-Za-z0-9_-]/.test(s.charAt(this.pos))) this.pos++
        if (this.pos === start) {
          if (afterDot !== undefined && dot !== -1) throw afterDot(dot)
          throw this.errorAt(
            start,
            'toml::parse_simple_key: invalid key: key must be "quoted", \'quoted-literal\', or bare key.',
            'expected alpha [a-zA-Z], digit [0-9], -, or _',
            KEY_HINT,
          )
        }
        keys.push(s.slice(start, this.pos))
      }
      const key = keys[keys.length - 1]
      if (key.includes('\0')) this.refuseNull(key)
      const before = this.pos
      this.skipBlanks()
      if (s.charCodeAt(this.pos) !== 46) {
        this.pos = before
        return keys
      }
      dot = before
      this.pos++
      this.skipBlanks()
    }
  }

  private separator(): void {
    this.skipBlanks()
    if (this.s.charCodeAt(this.pos) !== 61) {
      const title = 'toml::parse_key_value_pair: invalid key value separator `=`'
      throw this.errorAt(this.pos, title, 'expected =')
    }
    this.pos++
    this.skipBlanks()
  }

  private refuseNull(s: string): void {
    this.late ??= new NixError('eval', `while parsing TOML: error: ${nullByteError(s).message}`)
  }

  // Tables

  /** Goes down to the table that holds the last of `keys`, making those that are missing. */
  private descend(from: TomlTable, keys: readonly string[], place: Place, dotted: boolean): TomlTable {
    let table = from
    for (let i = 0; i + 1 < keys.length; i++) {
      const key = keys[i]
      const found = table.entries.get(key)
      if (found === undefined) {
        const made = new TomlTable(dotted ? 'dotted' : 'implicit')
        table.entries.set(key, made)
        table.places.set(key, place)
        table = made
        continue
      }
      const there = table.places.get(key) as Place
      if (found instanceof TomlTable) {
        if (found.kind === 'inline') {
          const title = 'toml::insert_value: failed to insert a value: inline table is immutable'
          throw this.clash(title, place, 'inserting this', there, 'to this table')
        }
        if (dotted && found.kind !== 'dotted') {
          const title = 'toml::insert_value: reopening a table using dotted keys'
          const doing = 'dotted key cannot reopen a table'
          throw this.clash(title, place, doing, there, 'this table is already closed')
        }
        table = found
        continue
      }
      if (!Array.isArray(found) || !this.holdsTables(found)) {
        const title = 'toml::insert_value: failed to insert a value, value already exists'
        throw this.clash(title, place, 'while inserting this', there, 'non-table value already exists')
      }
      if (!this.headed.has(found)) {
        const title = 'toml::insert_value:inline array of tables are immutable'
        throw this.clash(title, place, 'inserting this', there, 'inline array of tables')
      }
      if (dotted) {
        const title = 'toml::insert_value:dotted key cannot reopen an array-of-tables'
        throw this.clash(title, place, 'inserting this', there, 'to this array-of-tables.')
      }
      table = found[found.length - 1] as TomlTable
    }
    return table
  }

  private holdsTables(array: TomlValue[]): boolean {
    return array.length > 0 && array.every((item) => item instanceof TomlTable)
  }

  private insert(into: TomlTable, keys: string[], keyPlace: Place, value: TomlValue, place: Place): void {
    const table = keys.length === 1 ? into : this.descend(into, keys, keyPlace, true)
    const key = keys[keys.length - 1]
    if (table.entries.has(key)) {
      const title = 'toml::insert_value: failed to insert a value, value already exists'
      const there = table.places.get(key) as Place
      throw this.clash(title, keyPlace, 'inserting this', there, 'but value already exists')
    }
    table.entries.set(key, value)
    table.places.set(key, place)
  }

  private openTable(keys: string[], place: Place): TomlTable {
    const table = this.descend(this.root, keys, place, false)
    const key = keys[keys.length - 1]
    const found = table.entries.get(key)
    if (found === undefined) {
      const made = new TomlTable('explicit')
      table.entries.set(key, made)
      table.places.set(key, place)
      return made
    }
    if (!(found instanceof TomlTable) || found.kind !== 'implicit') {
      const title = 'toml::insert_value: failed to insert a table, table already defined'
      const there = table.places.get(key) as Place
      throw this.clash(title, place, 'inserting this', there, 'this table is explicitly defined')
    }
    found.kind = 'explicit'
    table.places.set(key, place)
    return found
  }

  private openArrayTable(keys: string[], place: Place): TomlTable {
    const table = this.descend(this.root, keys, place, false)
    const key = keys[keys.length - 1]
    const found = table.entries.get(key)
    const made = new TomlTable('explicit')
    if (found === undefined) {
      const array = [made]
      this.headed.add(array)
      table.entries.set(key, array)
      table.places.set(key, place)
      return made
    }
    const there = table.places.get(key) as Place
    if (!Array.isArray(found) || !this.holdsTables(found)) {
      const title = 'toml::insert_value: failed to insert an array of tables, value already exists'
      throw this.clash(title, place, 'while inserting this', there, 'non-table value already exists')
    }
    if (!this.headed.has(found)) {
      const title = 'toml::insert_value: failed to insert a table, inline array of tables is immutable'
      throw this.clash(title, place, 'while inserting this', there, 'this is inline array-of-tables')
    }
    found.push(made)
    return made
  }

  // Values

  /** A value. When it throws, the position is where the library goes on. */
  private value(): TomlValue {
    const { s } = this
    const stack: Open[] = []
    for (;;) {
      const start = this.pos
      this.mark = start
      try {
        const c = s.charCodeAt(start)
        let value: TomlValue | undefined
        if (c === 91 || c === 123) {
          this.pos++
          const isArray = c === 91
          stack.push({
            start,
            items: isArray ? [] : undefined,
            table: isArray ? undefined : new TomlTable('inline'),
            keys: [],
            keyPlace: { start, end: start },
            comma: isArray,
            empty: true,
            failed: false,
          })
          if (isArray) this.skipLines()
          else this.skipBlanks()
          value = this.resume(stack)
        } else value = this.scalar()
        // A value that is complete is handed to what it stands in.
        let from = start
        while (value !== undefined) {
          const open = stack[stack.length - 1]
          if (open === undefined) return value
          from = this.hand(open, value, from)
          value = this.resume(stack)
        }
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem
        if (this.mark >= 0) this.pos = this.mark
        if (problem.inEscape && this.mark === start) this.skipString()
        this.recover(stack, problem)
      }
    }
  }

  /**
   * Goes on behind what has failed in the innermost open value: to where its next value begins, or, with an error of that, to
   * where the one around it goes on. Throws the error when there is none.
   */
  private recover(stack: Open[], first: Problem): void {
    const { s } = this
    let problem = first
    for (let open = stack.pop(); open !== undefined; open = stack.pop()) {
      this.problems.push(problem)
      open.failed = true
      if (open.items !== undefined) {
        const before = this.pos
        this.skipValue()
        if (s[this.pos] === ']') {
          this.pos++
          // The last error is told once more by whoever is around.
          problem = this.problems[this.problems.length - 1]
        } else if (this.pos !== before && this.pos < s.length) {
          // A separator is not waited for.
          stack.push(open)
          return
        } else problem = this.unclosed()
      } else {
        while (this.pos < s.length && !/[}\n]/.test(s[this.pos])) this.pos++
        if (s[this.pos] === '}') {
          this.pos++
          problem = this.problems.pop() as Problem
        } else {
          const title = 'toml::parse_inline_table: missing closing bracket `}`'
          problem = this.errorAt(this.pos, title, 'expected `}`, reached line end')
        }
      }
    }
    throw problem
  }

  private unclosed(): Problem {
    const title = 'toml::parse_array: missing closing bracket `]`'
    return this.errorAt(this.pos, title, 'expected `]`, reached EOF')
  }

  /** Puts a value that began at `from` into what it stands in; where that began. */
  private hand(open: Open, value: TomlValue, from: number): number {
    if (open.items !== undefined) {
      open.items.push(value)
      this.skipLines()
      open.comma = this.s.charCodeAt(this.pos) === 44
      if (open.comma) this.pos++
      this.trailingComment()
      if (open.comma) this.skipLines()
    } else {
      const place = { start: from, end: this.pos }
      try {
        this.insert(open.table as TomlTable, open.keys, open.keyPlace, value, place)
      } catch (problem) {
        this.note(problem)
        open.failed = true
        open.comma = false
        open.empty = true
        this.skipBlanks()
        return open.start
      }
      this.skipBlanks()
      open.comma = this.s.charCodeAt(this.pos) === 44
      if (open.comma) this.pos++
      this.skipBlanks()
    }
    return open.start
  }

  /** Ends the innermost open value (and gives it back), or goes to where its next value begins. */
  private resume(stack: Open[]): TomlValue | undefined {
    const open = stack[stack.length - 1]
    const c = this.s.charCodeAt(this.pos)
    // An error is now one of the open value, and leaves the position where it is.
    this.mark = -1
    if (open.items !== undefined) {
      if (this.pos >= this.s.length) {
        stack.pop()
        throw this.unclosed()
      }
      if (c === 93) {
        this.pos++
        stack.pop()
        if (open.failed) throw this.problems[this.problems.length - 1]
        return open.items
      }
      if (!open.comma) {
        stack.pop()
        const title = 'toml::parse_array: expected value-separator `,` or closing `]`'
        throw this.errorAt(this.pos, title, 'here')
      }
      return undefined
    }
    if (c === 125) {
      stack.pop()
      if (open.comma) {
        const title = 'toml::parse_inline_table: trailing comma is not allowed in TOML-v1.0.0)'
        throw this.errorAt(this.pos, title, 'here')
      }
      this.pos++
      if (open.failed) throw this.problems.pop()
      return open.table
    }
    if (!open.comma && !open.empty) {
      stack.pop()
      const title = 'toml::parse_inline_table: expected value-separator `,` or closing `}`'
      throw this.errorAt(this.pos, title, 'here')
    }
    open.empty = false
    const start = this.pos
    this.mark = start
    open.keys = this.key()
    open.keyPlace = { start, end: this.pos }
    this.separator()
    return undefined
  }

  private scalar(): TomlValue {
    const c = this.s[this.pos]
    switch (c) {
      case '"': {
        const value = this.s.startsWith('"""', this.pos) ? this.multilineString('"') : this.basicString()
        if (value.includes('\0')) this.refuseNull(value)
        return value
      }
      case "'":
        return this.s.startsWith("'''", this.pos) ? this.multilineString("'") : this.literalString()
      case 't':
      case 'f': {
        const word = c === 't' ? 'true' : 'false'
        if (this.s.startsWith(word, this.pos)) {
          this.pos += word.length
          return c === 't'
        }
        throw this.errorAt(
          this.pos,
          'toml::parse_boolean: invalid boolean: boolean must be `true` or `false`, in lowercase. ' +
            'string must be surrounded by `"`',
          'expected true or false',
        )
      }
      case 'T':
      case 'F':
        throw this.misspelt(c === 'T' ? 'true' : 'false', 'expected true or false')
      case 'i':
      case 'n':
      case 'I':
      case 'N': {
        const word = c === 'i' || c === 'I' ? 'inf' : 'nan'
        if (this.s.startsWith(word, this.pos)) {
          this.pos += 3
          return word === 'inf' ? Number.POSITIVE_INFINITY : TOML_NAN
        }
        throw this.misspelt(word, 'expected from `1` to `9` or digit [0-9] or inf or nan')
      }
      default:
        return this.number()
    }
  }

  private misspelt(word: string, expected: string): Problem {
    const title = `toml::parse_value: \`${word}\` must be in lowercase. A string must be surrounded by quotes.`
    return this.errorAt(this.pos, title, expected)
  }

  /** What a sticky pattern matches at `at`, or undefined. */
  private scan(pattern: RegExp, at: number): string | undefined {
    pattern.lastIndex = at
    return pattern.exec(this.s)?.[0]
  }

  private number(): TomlValue {
    const { s } = this
    const start = this.pos
    const next = s.charCodeAt(start)
    if (next >= 48 && next <= 57) {
      const time = this.dateOrTime(start)
      if (time !== undefined) return time
    }
    const float = this.scan(FLOAT, start)
    if (float !== undefined) {
      const end = start + float.length
      if (s[end] === '_') {
        throw this.errorAt(
          end,
          'bad float: `_` must be surrounded by digits',
          'invalid underscore',
          FLOAT_HINT,
        )
      }
      this.pos = end
      const text = digitsOf(float)
      const value = text.endsWith('inf') ? Number(`${text.slice(0, -3)}Infinity`) : Number(text)
      if (!Number.isFinite(value) && !/(?:inf|nan)$/.test(text)) {
        const title = 'toml::parse_floating: failed to read floating point value from stream'
        // Well formed, so the library does not go back before it.
        this.mark = -1
        throw this.errorAt(end, title, 'here')
      }
      return text.endsWith('nan') && !text.startsWith('-') ? TOML_NAN : value
    }
    const integer = this.scan(INTEGER, start)
    if (integer !== undefined) return this.integer(start, integer)
    const c = s[start]
    if (c === '.') {
      const title = 'bad float: integer part is required before decimal point'
      throw this.errorAt(start, title, 'missing integer part', FLOAT_HINT)
    }
    if (c === '_') {
      const title = 'bad number: `_` must be surrounded by digits'
      throw this.errorAt(start, title, 'digits required before `_`', NUMBER_HINT)
    }
    throw this.errorAt(start, 'bad format: unknown value appeared', 'here')
  }

  private integer(start: number, text: string): bigint {
    const end = start + text.length
    const c = this.s[end]
    if (c === '_') {
      if (/^[+-]?0$/.test(text)) {
        const title = 'bad integer: leading zero is not allowed in decimal int'
        throw this.errorAt(end, title, 'leading zero', NUMBER_HINT)
      }
      throw this.errorAt(
        end,
        'bad integer: `_` must be surrounded by digits',
        'invalid underscore',
        NUMBER_HINT,
      )
    }
    if (c === '0') {
      throw this.errorAt(end - 1, 'bad integer: leading zero', 'leading zero is not allowed', NUMBER_HINT)
    }
    if (c >= '1' && c <= '9') {
      const title = 'bad integer: invalid digit after an integer'
      throw this.errorAt(end, title, 'this digit is not allowed', NUMBER_HINT)
    }
    if (c === ':' || c === '-') {
      throw this.errorAt(end, 'bad datetime: invalid format', 'here', DATETIME_HINT)
    }
    if (c === '.' || c === 'e' || c === 'E') {
      throw this.errorAt(end, 'bad float: invalid format', 'here', FLOAT_HINT)
    }
    const zero = /^[+-]?0$/.test(text)
    if (zero && (c === 'x' || c === 'o' || c === 'b')) {
      const kind = BASES[c]
      const signed = text.length > 1
      const title = `toml::parse_${kind.name}_integer: invalid integer: ${kind.name}_int must be like: ${kind.like}`
      throw this.errorAt(signed ? start : end + 1, title, `expected ${signed ? `0${c}` : kind.digit}`)
    }
    this.pos = end
    const base = BASES[text[1] ?? '']
    const name = base === undefined ? 'dec' : base.name
    const digits = digitsOf(text)
    const negative = digits.startsWith('-')
    const size = BigInt(digits.replace(/^[+-]/, ''))
    if (size < INT_LIMIT) return negative ? -size : size
    if (size === INT_LIMIT && negative) return -size
    const what = base === undefined ? 'digits' : 'value'
    const title = `toml::parse_${name}_integer: too large integer: current max ${what} = 2^63`
    throw this.errorAt(end, title, 'must be < 2^63')
  }

  // Dates and times

  private dateOrTime(start: number): TomlTimestamp | undefined {
    const { s } = this
    const both = this.scan(DATETIME, start)
    if (both !== undefined) {
      const end = start + both.length
      const offset = this.scan(OFFSET, end)
      if (offset === undefined && (s[end] === '+' || s[end] === '-')) {
        let bad = end + 1
        for (const expected of [/\d/, /\d/, /:/, /\d/, /\d/]) {
          if (!expected.test(s.charAt(bad))) break
          bad++
        }
        throw this.errorAt(
          bad,
          'bad offset: must be [+-]HH:MM or Z',
          bad === end + 3 ? 'expected :' : 'expected z or Z or digit [0-9]',
          'Hint: valid  : +09:00, -05:30\nHint: invalid: +9:00,  -5:30\n',
        )
      }
      this.pos = end + (offset?.length ?? 0)
      this.mark = -1
      const date = this.date(both.slice(0, 10), start)
      const time = this.time(both.slice(11), start + 11)
      return this.timestamp(`${date}T${time}${offset === undefined ? '' : this.offset(offset, start)}`)
    }
    const date = this.scan(DATE, start)
    if (date !== undefined) {
      const end = start + date.length
      const c = s[end]
      if (c === 'T' || c === 't' || (c === ' ' && /\d/.test(s.charAt(end + 1)))) {
        const wrong = this.badTime(end + 1)
        throw this.errorAt(wrong.at, 'bad time: must be HH:MM:SS.subsec', wrong.expected, TIME_HINT)
      }
      if (c >= '0' && c <= '9') {
        throw this.errorAt(
          end,
          'bad datetime: missing T or space',
          "expected one of ['T', 't', ' ']",
          TIME_HINT,
        )
      }
      this.pos = end
      this.mark = -1
      const text = this.date(date, start)
      return this.timestamp(text)
    }
    const time = this.scan(TIME, start)
    if (time === undefined) return undefined
    this.pos = start + time.length
    this.mark = -1
    const text = this.time(time, start)
    return this.timestamp(text)
  }

  /** The first byte that is not as in HH:MM:SS. */
  private badTime(start: number): { at: number; expected: string } {
    for (let i = 0; i < 8; i++) {
      const colon = i % 3 === 2
      const c = this.s.charAt(start + i)
      if (colon ? c !== ':' : !/\d/.test(c)) {
        return { at: start + i, expected: colon ? 'expected :' : 'expected digit [0-9]' }
      }
    }
    return { at: start + 8, expected: 'expected digit [0-9]' }
  }

  private timestamp(text: string): TomlTimestamp {
    if (!this.timestamps) {
      this.late ??= new NixError('eval', 'while parsing TOML: Dates and times are not supported')
    }
    return new TomlTimestamp(text)
  }

  private date(text: string, at: number): string {
    const year = Number(text.slice(0, 4))
    const month = Number(text.slice(5, 7))
    const day = Number(text.slice(8, 10))
    const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
    const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    if (month < 1 || month > 12 || day < 1 || day > days[month - 1]) {
      throw this.errorAt(
        at,
        'toml::parse_local_date: invalid date.',
        'month must be 01-12, day must be any of 01-28,29,30,31 depending on the month/year.',
      )
    }
    return text
  }

  /** The time with its fraction cut to nothing, milli-, micro- or nanoseconds. */
  private time(text: string, at: number): string {
    const title = 'toml::parse_local_time: invalid time.'
    if (Number(text.slice(0, 2)) > 23 || Number(text.slice(3, 5)) > 59) {
      throw this.errorAt(at, title, 'hour must be 00-23, minute must be 00-59.')
    }
    if (Number(text.slice(6, 8)) > 60) throw this.errorAt(at, title, 'second must be 00-60.')
    const fraction = text.slice(9).padEnd(9, '0').slice(0, 9)
    let places = 0
    if (fraction.slice(6) !== '000') places = 9
    else if (fraction.slice(3) !== '000000') places = 6
    else if (fraction !== '000000000') places = 3
    return text.slice(0, 8) + (places === 0 ? '' : `.${fraction.slice(0, places)}`)
  }

  private offset(text: string, at: number): string {
    if (text.length === 1) return 'Z'
    const hours = Number(text.slice(1, 3))
    const minutes = Number(text.slice(4, 6))
    if (hours > 24 || minutes > 60) {
      const place = { start: at, end: this.pos }
      throw this.error('toml::parse_offset_datetime: too large offset: |hour| <= 24, |minute| <= 60', [
        { at: place, text: 'here' },
      ])
    }
    if (hours === 0 && minutes === 0) return 'Z'
    const all = hours * 60 + minutes
    return `${text[0]}${String(Math.floor(all / 60)).padStart(2, '0')}:${String(all % 60).padStart(2, '0')}`
  }

  // Strings

  private badString(name: string, at: number, quote: string): Problem {
    return this.errorAt(at, `toml::parse_${name}_string: invalid string format`, `expected ${quote}`)
  }

  private literalString(): string {
    const start = this.pos + 1
    const end = this.plainEnd(start, 39, false)
    if (this.s.charCodeAt(end) !== 39) throw this.badString('literal', end, "'")
    this.pos = end + 1
    return this.s.slice(start, end)
  }

  /** Where bytes that stand for themselves end: at `quote`, a backslash (for `escapes`), or a byte not allowed. */
  private plainEnd(start: number, quote: number, escapes: boolean): number {
    let at = start
    for (;;) {
      const c = this.s.charCodeAt(at)
      if (c === quote || (escapes && c === 92)) return at
      if (c === 9 || (c >= 32 && c < 127)) at++
      else if (c >= 128) {
        const end = utf8End(this.s, at)
        if (end < 0) return at
        at = end
      } else return at
    }
  }

  private basicString(): string {
    let text = ''
    this.pos++
    for (;;) {
      const end = this.plainEnd(this.pos, 34, true)
      text += this.s.slice(this.pos, end)
      this.pos = end
      const c = this.s.charCodeAt(end)
      if (c === 34) {
        this.pos++
        return text
      }
      const escaped = c === 92 ? this.escape() : undefined
      if (escaped === undefined) throw this.badString('basic', end, '"')
      text += escaped
    }
  }

  /** The text of the escape at `pos`, which goes behind it; undefined if it is none. */
  private escape(): string | undefined {
    const c = this.s.charAt(this.pos + 1)
    if (c === 'u' || c === 'U') {
      const length = c === 'u' ? 4 : 8
      const digits = this.s.slice(this.pos + 2, this.pos + 2 + length)
      if (digits.length < length || !/^[0-9a-fA-F]*$/.test(digits)) return undefined
      const code = Number.parseInt(digits, 16)
      const title = 'toml::parse_utf8_codepoint: '
      if (code >= 0xd800 && code <= 0xdfff) {
        throw this.badCode(`${title}[0xD800, 0xDFFF] is not a valid UTF-8`, c + digits, 'here')
      }
      if (code > 0x10ffff) {
        const range = 'must be in range [0x00, 0x10FFFF]'
        throw this.badCode(`${title}input codepoint is too large.`, c + digits, range)
      }
      this.pos += 2 + length
      return utf8(code)
    }
    const text = Object.hasOwn(ESCAPES, c) ? ESCAPES[c] : undefined
    if (text !== undefined) this.pos += 2
    return text
  }

  private badCode(title: string, code: string, message: string): Problem {
    const mark = '^'.repeat(code.length)
    const text = `[error] ${title}\n --> internal temporary\n   |\n 1 | \\${code}\n   |  ${mark}-- ${message}\n`
    return new Problem(text, true)
  }

  private multilineString(quote: '"' | "'"): string {
    const { s } = this
    const basic = quote === '"'
    const code = quote.charCodeAt(0)
    const fence = quote.repeat(3)
    this.pos += 3
    const first = this.newlineEnd(this.pos)
    if (first !== -1) this.pos = first
    let text = ''
    for (;;) {
      const end = this.plainEnd(this.pos, code, basic)
      text += s.slice(this.pos, end)
      this.pos = end
      const c = s.charCodeAt(end)
      const newline = this.newlineEnd(end)
      if (newline !== -1) {
        text += s.slice(end, newline)
        this.pos = newline
        continue
      }
      if (c === code) {
        let quotes = 1
        while (quotes < 5 && s.charCodeAt(end + quotes) === code) quotes++
        this.pos += quotes
        if (quotes < 3) {
          text += quote.repeat(quotes)
          continue
        }
        return text + quote.repeat(quotes - 3)
      }
      if (c === 92 && basic) {
        const escaped = this.escapedNewline(end) ? '' : this.escape()
        if (escaped !== undefined) {
          text += escaped
          continue
        }
      }
      throw this.badString(basic ? 'ml_basic' : 'ml_literal', end, fence)
    }
  }

  /** Skips a backslash before the end of a line, and all blanks and newlines after it. */
  private escapedNewline(at: number): boolean {
    this.pos = at + 1
    this.skipBlanks()
    let end = this.newlineEnd(this.pos)
    if (end === -1) {
      this.pos = at
      return false
    }
    while (end !== -1) {
      this.pos = end
      this.skipBlanks()
      end = this.newlineEnd(this.pos)
    }
    return true
  }
}

interface Base {
  readonly name: string
  readonly like: string
  readonly digit: string
}

const BASES: Readonly<Record<string, Base>> = {
  x: { name: 'hex', like: '0xC0FFEE, 0xdead_beef', digit: 'hex [0-9a-fA-F]' },
  o: { name: 'oct', like: '0o775, 0o04_44', digit: 'from `0` to `7`' },
  b: { name: 'bin', like: '0b0101, 0b1111_0000', digit: '0 or 1' },
}

/**
 * Parses the bytes of a TOML document.
 * @throws NixError('eval') `while parsing TOML: …`: for malformed text, NUL bytes in strings, and (unless
 * `options.timestamps`) dates and times.
 */
export function parseToml(text: string, options: TomlOptions = {}): TomlTable {
  const parser = new TomlParser(text, options.timestamps === true)
  const table = parser.parse()
  const { problems } = parser
  if (problems.length > 0) {
    let told = 'while parsing TOML: '
    for (const problem of problems) {
      if (told.length > MOST_TOLD) break
      told += problem.text
    }
    throw new NixError('eval', told)
  }
  if (parser.late !== undefined) throw parser.late
  return table
}
