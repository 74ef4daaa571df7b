/**
 * JSON text in and JSON strings out (floor 4, pure). The parser knows no values: what is found goes to a builder.
 * It reads the bytes of the text, keeps its own stack (nesting is bounded by memory only) and fails with the very
 * texts of the library Nix uses (nlohmann/json: parser.hpp, lexer.hpp, serializer.hpp; Nix: json-to-value.cc).
 */
import { NixError } from '../../errors.ts'
import { TextOut } from '../../text-out.ts'
import { formatJson } from '../../values/float.ts'
import { quoteJson } from '../../values/json-text.ts'
import { nullByteError } from './strings.ts'
import { utf8, utf8End } from './utf8.ts'

/** Makes the values of `T`, innermost first. Integers are numbers where these are exact, else bigints. */
export interface JsonBuilder<T> {
  /** Takes all that JSON has: unsigned numbers beyond 2^63 - 1 and NUL bytes, which Nix's values cannot hold, are no errors. */
  readonly any?: boolean
  null(): T
  bool(value: boolean): T
  int(value: number | bigint): T
  float(value: number): T
  string(bytes: string): T
  /** The items are `values` from one index to another; the array is used again. */
  list(values: readonly T[], from: number, to: number): T
  /**
   * Every key once, in the order of first appearance; their values are in `values` from an index on, of a repeated key the last
   * one. `again`: an object before had this very array of keys.
   */
  object(keys: readonly string[], values: readonly T[], from: number, again: boolean): T
}

/** Whether an error of `parseJson` is one of the text (Nix adds `while decoding a JSON string` to these only). */
export function isJsonTextError(error: NixError): boolean {
  return error.message.startsWith('[json.exception.')
}

// Kinds of tokens; the scanner leaves the value in `text` or `value`.
const TRUE = 0
const FALSE = 1
const NULL = 2
const STRING = 3
const NUMBER = 4
const BEGIN_ARRAY = 5
const BEGIN_OBJECT = 6
const END_ARRAY = 7
const END_OBJECT = 8
const COLON = 9
const COMMA = 10
const END = 11
const ERROR = 12
const LITERAL_OR_VALUE = 13

const TOKEN_NAMES: readonly string[] = [
  'true literal',
  'false literal',
  'null literal',
  'string literal',
  'number literal',
  "'['",
  "'{'",
  "']'",
  "'}'",
  "':'",
  "','",
  'end of input',
  '<parse error>',
  "'[', '{', or a literal",
]

/** Integers of so many digits are exact as they are added up. */
const EXACT_DIGITS = 15
const INT_MIN = -(2n ** 63n)
const INT_MAX = 2n ** 63n - 1n
const UINT_MAX = 2n ** 64n - 1n

const CONTROL_NAMES = (
  'NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI ' +
  'DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US'
).split(' ')

const SHORT_ESCAPES: Readonly<Record<number, string>> = {
  8: '\\b',
  9: '\\t',
  10: '\\n',
  12: '\\f',
  13: '\\r',
}

function hex(value: number, width: number): string {
  return value.toString(16).toUpperCase().padStart(width, '0')
}

/**
 * Splits the text into tokens. `pos` counts the bytes taken; where the library peeks at a byte and puts it back,
 * `putBack` keeps what is left of that: the column of an error is counted from reads, not from bytes.
 */
class JsonScanner {
  readonly input: string
  pos = 0
  /** Where the text quoted as "last read" begins: only strings and numbers move it. */
  quoteStart = 0
  pastEnd = false
  putBackNewline = false
  failure = ''
  text = ''
  isFloat = false
  isNegative = false
  /** Of an integer of few digits: itself; `text` is not set then. NaN for other numbers. */
  small = Number.NaN

  constructor(input: string) {
    this.input = input
  }

  next(): number {
    const { input } = this
    this.putBackNewline = false
    if (this.pos === 0 && input.charCodeAt(0) === 0xef) {
      this.pos = 1
      if (input.charCodeAt(1) === 0xbb) {
        this.pos = 2
        if (input.charCodeAt(2) === 0xbf) this.pos = 3
        else return this.failAfterByte('invalid BOM; must be 0xEF 0xBB 0xBF if given')
      } else return this.failAfterByte('invalid BOM; must be 0xEF 0xBB 0xBF if given')
    }
    let byte = input.charCodeAt(this.pos)
    while (byte === 32 || byte === 10 || byte === 9 || byte === 13) byte = input.charCodeAt(++this.pos)
    if (this.pos >= input.length) {
      this.pastEnd = true
      return END
    }
    switch (byte) {
      case 0x22:
        return this.string()
      case 0x2d:
      case 0x30:
      case 0x31:
      case 0x32:
      case 0x33:
      case 0x34:
      case 0x35:
      case 0x36:
      case 0x37:
      case 0x38:
      case 0x39:
        return this.number()
    }
    this.pos++
    switch (byte) {
      case 0x5b:
        return BEGIN_ARRAY
      case 0x5d:
        return END_ARRAY
      case 0x7b:
        return BEGIN_OBJECT
      case 0x7d:
        return END_OBJECT
      case 0x3a:
        return COLON
      case 0x2c:
        return COMMA
      case 0x74:
        return this.literal('rue', TRUE)
      case 0x66:
        return this.literal('alse', FALSE)
      case 0x6e:
        return this.literal('ull', NULL)
      case 0:
        return END
      default:
        this.failure = 'invalid literal'
        return ERROR
    }
  }

  /** An error after reading one more byte, which may be the end. */
  private failAfterByte(failure: string): number {
    if (this.pos < this.input.length) this.pos++
    else this.pastEnd = true
    this.failure = failure
    return ERROR
  }

  private literal(rest: string, token: number): number {
    for (let i = 0; i < rest.length; i++) {
      if (this.input.charCodeAt(this.pos) !== rest.charCodeAt(i)) return this.failAfterByte('invalid literal')
      this.pos++
    }
    return token
  }

  /** Where the digits end; their value is left in `small`. */
  private digits(start: number): number {
    const { input } = this
    let at = start
    let value = 0
    for (let byte = input.charCodeAt(at); byte >= 48 && byte <= 57; byte = input.charCodeAt(++at))
      value = value * 10 + (byte - 48)
    this.small = value
    return at
  }

  private number(): number {
    const { input } = this
    const start = this.pos
    this.quoteStart = start
    let at = start
    this.isFloat = false
    this.isNegative = input.charCodeAt(at) === 0x2d
    if (this.isNegative) at++
    const first = at
    this.small = 0
    if (input.charCodeAt(at) === 48) at++
    else {
      const digits = this.digits(at)
      this.pos = at
      if (digits === at) return this.failAfterByte("invalid number; expected digit after '-'")
      at = digits
    }
    if (input.charCodeAt(at) === 0x2e) {
      this.isFloat = true
      const digits = this.digits(at + 1)
      this.pos = at + 1
      if (digits === at + 1) return this.failAfterByte("invalid number; expected digit after '.'")
      at = digits
    }
    if ((input.charCodeAt(at) | 32) === 0x65) {
      this.isFloat = true
      at++
      const sign = input.charCodeAt(at) === 0x2b || input.charCodeAt(at) === 0x2d
      if (sign) at++
      const digits = this.digits(at)
      this.pos = at
      if (digits === at) {
        const expected = sign ? 'digit after exponent sign' : "'+', '-', or digit after exponent"
        return this.failAfterByte(`invalid number; expected ${expected}`)
      }
      at = digits
    }
    this.pos = at
    this.putBackNewline = input.charCodeAt(at) === 10
    if (!this.isFloat && at - first <= EXACT_DIGITS) {
      // An integer has no sign at zero.
      if (this.isNegative) this.small = 0 - this.small
      return NUMBER
    }
    this.small = Number.NaN
    this.text = input.slice(start, at)
    return NUMBER
  }

  private string(): number {
    const { input } = this
    this.quoteStart = this.pos
    let at = this.pos + 1
    let copied = at
    // What stands before `copied`, once there has been an escape.
    let built: TextOut | null = null
    for (;;) {
      const byte = input.charCodeAt(at)
      if (byte === 0x22) {
        const rest = input.slice(copied, at)
        if (built === null) this.text = rest
        else {
          built.add(rest)
          this.text = built.text
        }
        this.pos = at + 1
        return STRING
      }
      if (byte === 0x5c) {
        this.pos = at + 1
        const escaped = this.escape()
        if (escaped === undefined) return ERROR
        built ??= new TextOut()
        built.add(input.slice(copied, at))
        built.add(escaped)
        at = this.pos
        copied = at
      } else if (byte >= 32 && byte < 128) {
        at++
      } else if (byte >= 128) {
        const end = utf8End(input, at)
        if (end < 0) {
          this.pos = -end - 1
          // A lead byte that is none is already read; otherwise the byte that does not fit is.
          if (this.pos === at) {
            this.pos++
            this.failure = 'invalid string: ill-formed UTF-8 byte'
            return ERROR
          }
          return this.failAfterByte('invalid string: ill-formed UTF-8 byte')
        }
        at = end
      } else {
        this.pos = at
        if (at >= input.length) return this.failAfterByte('invalid string: missing closing quote')
        const code = `\\u${hex(byte, 4)}`
        const escapes = SHORT_ESCAPES[byte] === undefined ? code : `${code} or ${SHORT_ESCAPES[byte]}`
        const name = `U+${hex(byte, 4)} (${CONTROL_NAMES[byte]})`
        return this.failAfterByte(`invalid string: control character ${name} must be escaped to ${escapes}`)
      }
    }
  }

  /** Reads what follows a backslash; `undefined` for an error. */
  private escape(): string | undefined {
    const byte = this.input.charCodeAt(this.pos)
    switch (byte) {
      case 0x22:
      case 0x5c:
      case 0x2f:
        this.pos++
        return String.fromCharCode(byte)
      case 0x62:
        this.pos++
        return '\b'
      case 0x66:
        this.pos++
        return '\f'
      case 0x6e:
        this.pos++
        return '\n'
      case 0x72:
        this.pos++
        return '\r'
      case 0x74:
        this.pos++
        return '\t'
      case 0x75:
        this.pos++
        return this.unicodeEscape()
      default:
        this.failAfterByte('invalid string: forbidden character after backslash')
        return undefined
    }
  }

  private unicodeEscape(): string | undefined {
    const first = this.codeUnit()
    if (first < 0) return undefined
    if (first < 0xd800 || first > 0xdfff) return utf8(first)
    if (first >= 0xdc00) {
      this.failure = 'invalid string: surrogate U+DC00..U+DFFF must follow U+D800..U+DBFF'
      return undefined
    }
    const unpaired = 'invalid string: surrogate U+D800..U+DBFF must be followed by U+DC00..U+DFFF'
    for (const wanted of [0x5c, 0x75]) {
      if (this.input.charCodeAt(this.pos) !== wanted) {
        this.failAfterByte(unpaired)
        return undefined
      }
      this.pos++
    }
    const second = this.codeUnit()
    if (second < 0) return undefined
    if (second < 0xdc00 || second > 0xdfff) {
      this.failure = unpaired
      return undefined
    }
    return utf8((first << 10) + second - 0x35fdc00)
  }

  private codeUnit(): number {
    let value = 0
    for (let i = 0; i < 4; i++) {
      const byte = this.input.charCodeAt(this.pos)
      const letter = byte | 32
      if (byte >= 48 && byte <= 57) value = value * 16 + byte - 48
      else if (letter >= 97 && letter <= 102) value = value * 16 + letter - 87
      else {
        this.failAfterByte("invalid string: '\\u' must be followed by 4 hex digits")
        return -1
      }
      this.pos++
    }
    return value
  }

  /** `line L, column C` as the library counts them. */
  place(): string {
    const read = this.input.slice(0, this.pos)
    const lines = read.split('\n').length
    // A newline that was read after a number and put back leaves the column at its beginning.
    if (this.putBackNewline) return `line ${lines}, column 0`
    const column = this.pos - (read.lastIndexOf('\n') + 1) + (this.pastEnd ? 1 : 0)
    return `line ${lines}, column ${column}`
  }

  /** The text read since the last string or number began, with control bytes spelled out. */
  lastRead(): string {
    let text = ''
    for (let i = this.quoteStart; i < this.pos; i++) {
      const byte = this.input.charCodeAt(i)
      text += byte < 32 ? `<U+${hex(byte, 4)}>` : this.input[i]
    }
    return text
  }
}

function parseError(scanner: JsonScanner, message: string): NixError {
  return new NixError(
    'eval',
    `[json.exception.parse_error.101] parse error at ${scanner.place()}: ${message}`,
  )
}

function unexpected(scanner: JsonScanner, token: number, context: string, expected: number): NixError {
  const found =
    token === ERROR
      ? `${scanner.failure}; last read: '${scanner.lastRead()}'`
      : `unexpected ${TOKEN_NAMES[token]}`
  const wanted = expected === ERROR ? '' : `; expected ${TOKEN_NAMES[expected]}`
  return parseError(scanner, `syntax error while parsing ${context} - ${found}${wanted}`)
}

function number<T>(scanner: JsonScanner, builder: JsonBuilder<T>): T {
  const { small, text } = scanner
  if (!Number.isNaN(small)) return builder.int(small)
  if (!scanner.isFloat) {
    const safe = Number(text)
    if (Number.isSafeInteger(safe)) return builder.int(safe)
    const exact = BigInt(text)
    if (exact >= INT_MIN && exact <= INT_MAX) return builder.int(exact)
    if (!scanner.isNegative && exact <= UINT_MAX) {
      if (builder.any) return builder.int(exact)
      throw new NixError('eval', `unsigned json number ${exact} outside of Nix integer range`)
    }
  }
  const value = Number(text)
  if (!Number.isFinite(value)) {
    throw new NixError('eval', `[json.exception.out_of_range.406] number overflow parsing '${text}'`)
  }
  return builder.float(value)
}

/** An array or object that is still open; used again for the next one that is as deep. */
class Open {
  isObject = false
  /** Where its values begin in the pile, and where the next one goes. */
  from = 0
  slot = 0
  /** The keys of an earlier object, of which this one has had the first `count`; null when it is not like it. */
  like: readonly string[] | null = null
  count = 0
  /** The keys where there is no such object. */
  keys: string[] = NO_KEYS
  /** Index of each key, made when there are many. */
  index: Map<string, number> | null = null

  begin(isObject: boolean, from: number, like: readonly string[] | null): void {
    this.isObject = isObject
    this.from = from
    this.slot = from
    this.like = like
    this.count = 0
    this.keys = NO_KEYS
    this.index = null
  }

  addKey(key: string, any: boolean | undefined): void {
    if (this.like !== null) {
      if (this.like[this.count] === key) {
        this.slot = this.from + this.count++
        return
      }
      this.keys = this.like.slice(0, this.count)
      this.like = null
    }
    if (!any && key.includes('\0')) throw nullByteError(key)
    if (this.keys === NO_KEYS) this.keys = []
    const { keys } = this
    let found: number
    if (keys.length < MANY_KEYS) found = keys.indexOf(key)
    else {
      this.index ??= new Map(keys.map((known, i) => [known, i]))
      found = this.index.get(key) ?? -1
      if (found === -1) this.index.set(key, keys.length)
    }
    this.slot = this.from + (found === -1 ? keys.push(key) - 1 : found)
  }

  /** All keys: those of the earlier object themselves when it has no others. */
  get allKeys(): readonly string[] {
    const { like } = this
    if (like === null) return this.keys
    return like.length === this.count ? like : like.slice(0, this.count)
  }
}

const NO_KEYS: string[] = []
const MANY_KEYS = 8
/** So many objects are remembered for others to be like them: a text may have a million that are not. */
const MOST_KNOWN = 1 << 12

/**
 * Parses the bytes of a JSON text; the values are made by `builder`.
 * @throws NixError('eval') with nlohmann's text for a malformed one, and Nix's own for an unsigned number beyond
 * 2^63 - 1 and for strings with NUL bytes.
 */
export function parseJson<T>(text: string, builder: JsonBuilder<T>): T {
  const scanner = new JsonScanner(text)
  // The keys of the last object that begins with each: most objects of a text are like others in it.
  const known = new Map<string, readonly string[]>()
  /** The values of all that is open, one after the other. */
  const pile: T[] = []
  let top = 0
  const opens: Open[] = []
  let depth = 0
  let open: Open | undefined
  const enter = (isObject: boolean, like: readonly string[] | null): Open => {
    if (depth === opens.length) opens.push(new Open())
    const next = opens[depth++]
    next.begin(isObject, top, like)
    return next
  }
  let token = scanner.next()
  for (;;) {
    let value: T
    switch (token) {
      case BEGIN_OBJECT: {
        token = scanner.next()
        if (token === END_OBJECT) {
          value = builder.object(NO_KEYS, pile, top, false)
          break
        }
        if (token !== STRING) throw unexpected(scanner, token, 'object key', STRING)
        open = enter(true, known.get(scanner.text) ?? null)
        open.addKey(scanner.text, builder.any)
        token = scanner.next()
        if (token !== COLON) throw unexpected(scanner, token, 'object separator', COLON)
        token = scanner.next()
        continue
      }
      case BEGIN_ARRAY:
        token = scanner.next()
        if (token === END_ARRAY) {
          value = builder.list(pile, top, top)
          break
        }
        open = enter(false, null)
        continue
      case STRING:
        if (!builder.any && scanner.text.includes('\0')) throw nullByteError(scanner.text)
        value = builder.string(scanner.text)
        break
      case NUMBER:
        value = number(scanner, builder)
        break
      case TRUE:
        value = builder.bool(true)
        break
      case FALSE:
        value = builder.bool(false)
        break
      case NULL:
        value = builder.null()
        break
      case ERROR:
        throw unexpected(scanner, token, 'value', ERROR)
      case END:
        if (text === '') {
          throw parseError(
            scanner,
            'attempting to parse an empty input; check that your input string or stream contains the expected JSON',
          )
        }
        throw unexpected(scanner, token, 'value', LITERAL_OR_VALUE)
      default:
        throw unexpected(scanner, token, 'value', LITERAL_OR_VALUE)
    }
    // The value is complete: so may be what it stands in.
    for (;;) {
      if (open === undefined) {
        token = scanner.next()
        if (token !== END) throw unexpected(scanner, token, 'value', END)
        return value
      }
      const { isObject, from } = open
      const at = isObject ? open.slot : top
      if (at === pile.length) pile.push(value)
      else pile[at] = value
      if (at >= top) top = at + 1
      token = scanner.next()
      if (token === COMMA) {
        token = scanner.next()
        if (!isObject) break
        if (token !== STRING) throw unexpected(scanner, token, 'object key', STRING)
        open.addKey(scanner.text, builder.any)
        token = scanner.next()
        if (token !== COLON) throw unexpected(scanner, token, 'object separator', COLON)
        token = scanner.next()
        break
      }
      if (isObject) {
        if (token !== END_OBJECT) throw unexpected(scanner, token, 'object', END_OBJECT)
        const keys = open.allKeys
        const again = keys === open.like
        if (!again && known.size < MOST_KNOWN) known.set(keys[0], keys)
        value = builder.object(keys, pile, from, again)
      } else {
        if (token !== END_ARRAY) throw unexpected(scanner, token, 'array', END_ARRAY)
        value = builder.list(pile, from, top)
      }
      top = from
      open = --depth > 0 ? opens[depth - 1] : undefined
    }
  }
}

/** A value as the library writes it, and what it calls its type. */
class JsonText {
  readonly type: string
  readonly text: string
  constructor(type: string, text: string) {
    this.type = type
    this.text = text
  }
}

const NORMAL: JsonBuilder<JsonText> = {
  any: true,
  null: () => new JsonText('null', 'null'),
  bool: (value) => new JsonText('boolean', String(value)),
  int: (value) => new JsonText('number', String(value)),
  float: (value) => new JsonText('number', formatJson(value)),
  string: (bytes) => new JsonText('string', quoteJson(bytes)),
  list: (values, from, to) => {
    const items = values.slice(from, to)
    return new JsonText('array', `[${items.map((item) => item.text).join(',')}]`)
  },
  object: (keys, values, from) => {
    const fields = keys.map((key, i) => ({ key, text: values[from + i].text }))
    fields.sort((a, b) => (a.key < b.key ? -1 : 1))
    return new JsonText('object', `{${fields.map(({ key, text }) => `${quoteJson(key)}:${text}`).join(',')}}`)
  },
}

/**
 * The text of a JSON object as the library writes it again: keys in order and once, no blanks.
 * @throws NixError as `parseJson`, and when the text is no object
 */
export function normalJsonObject(text: string): string {
  const value = parseJson(text, NORMAL)
  if (value.type === 'object') return value.text
  throw new NixError('eval', `[json.exception.type_error.302] type must be object, but is ${value.type}`)
}
