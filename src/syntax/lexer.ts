/**
 * The lexer (floor 2). A byte string comes in; one token at a time goes out, as integers in the fields of one `Lexer`
 * (no token objects). Knows no grammar, but keeps the stack of modes that strings, paths and `${…}` need.
 *
 * Behaviour: Nix's lexer.l — longest match, first rule wins a tie. A run of path characters is looked at once only
 * (`a.b.c.d` would otherwise be scanned again at every dot), so lexing is linear.
 */
import { NixError } from '../errors.ts'
import { TextOut } from '../text-out.ts'

// Typed as plain numbers: the checker would otherwise not know that `next()` changes the token.
// Tokens that can begin a simple expression come first: `token <= LAST_SIMPLE` is the test.
export const ID: number = 1
export const INT: number = 2
export const FLOAT: number = 3
export const QUOTE: number = 4
export const IND_OPEN: number = 5
export const PATH: number = 6
export const HPATH: number = 7
export const SPATH: number = 8
export const URI: number = 9
export const LPAREN: number = 10
export const LET: number = 11
export const REC: number = 12
export const LBRACE: number = 13
export const LBRACKET: number = 14
export const LAST_SIMPLE: number = 14
// Binary operators.
export const IMPL: number = 15
export const OR: number = 16
export const AND: number = 17
export const EQ: number = 18
export const NEQ: number = 19
export const LT: number = 20
export const GT: number = 21
export const LEQ: number = 22
export const GEQ: number = 23
export const UPDATE: number = 24
export const PLUS: number = 25
export const MINUS: number = 26
export const MUL: number = 27
export const DIV: number = 28
export const CONCAT: number = 29
export const QUESTION: number = 30
export const NOT: number = 31
export const PIPE_FROM: number = 32
export const PIPE_INTO: number = 33
export const DOT: number = 34
export const OR_KW: number = 35
export const COLON: number = 36
export const SEMICOLON: number = 37
export const ASSIGN: number = 38
export const AT: number = 39
export const COMMA: number = 40
export const ELLIPSIS: number = 41
export const RPAREN: number = 42
export const RBRACE: number = 43
export const RBRACKET: number = 44
export const DOLLAR_CURLY: number = 45
export const IF: number = 46
export const THEN: number = 47
export const ELSE: number = 48
export const ASSERT: number = 49
export const WITH: number = 50
export const IN: number = 51
export const INHERIT: number = 52
export const STR: number = 53
export const IND_STR: number = 54
export const IND_CLOSE: number = 55
export const PATH_END: number = 56
export const EOF: number = 57
export const INVALID: number = 58

/** What Nix calls each token in a syntax error (Nix: parser.y, %token), by token number. */
export const TOKEN_NAMES: readonly string[] = [
  '',
  'identifier',
  'integer',
  'floating-point literal',
  `'"'`,
  'start of an indented string',
  'path',
  "'~/\xe2\x80\xa6' path",
  "'<\xe2\x80\xa6>' path",
  'URI',
  "'('",
  "'let'",
  "'rec'",
  "'{'",
  "'['",
  "'->'",
  "'||'",
  "'&&'",
  "'=='",
  "'!='",
  "'<'",
  "'>'",
  "'<='",
  "'>='",
  "'//'",
  "'+'",
  "'-'",
  "'*'",
  "'/'",
  "'++'",
  "'?'",
  "'!'",
  "'<|'",
  "'|>'",
  "'.'",
  "'or'",
  "':'",
  "';'",
  "'='",
  "'@'",
  "','",
  "'...'",
  "')'",
  "'}'",
  "']'",
  "'${'",
  "'if'",
  "'then'",
  "'else'",
  "'assert'",
  "'with'",
  "'in'",
  "'inherit'",
  'string',
  'indented string',
  'end of an indented string',
  'end of path',
  'end of file',
  'invalid token',
]

const IN_DEFAULT = 0
const IN_STRING = 1
const IN_IND_STRING = 2
const IN_PATH = 3
const IN_PATH_SLASH = 4

const ID_CHAR = 1
const PATH_CHAR = 2
const URI_CHAR = 4
const DIGIT = 8

/** The character classes of lexer.l, one bit each, by byte. */
const CLASS: Uint8Array = charClasses()

function charClasses(): Uint8Array {
  const table = new Uint8Array(256)
  const mark = (chars: string, bits: number) => {
    for (let i = 0; i < chars.length; i++) table[chars.charCodeAt(i)] |= bits
  }
  mark('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ', ID_CHAR | PATH_CHAR | URI_CHAR)
  mark('0123456789', ID_CHAR | PATH_CHAR | URI_CHAR | DIGIT)
  mark("_'-", ID_CHAR)
  mark('._-+', PATH_CHAR)
  mark("%/?:@&=+$,-_.!~*'", URI_CHAR)
  return table
}

const MAX_INT = 9223372036854775807n
const SMALLEST_NORMAL = 2.2250738585072014e-308

export class Lexer {
  /** The source with a NUL behind it, so that looking ahead never leaves the string. */
  readonly text: string
  readonly length: number
  readonly pipes: boolean

  token = 0
  start = 0
  end = 0
  /** End of the token before this one. */
  lastEnd = 0
  /** Text of ID, STR, IND_STR, PATH, HPATH, SPATH (without the brackets) and URI tokens; escapes are processed. */
  value = ''
  /** Value of INT and FLOAT tokens. */
  number: number | bigint = 0
  /** IND_STR: whether the text counts for the indentation (escapes do not). */
  indentation = false
  /** Where Nix reports an unexpected end of the file. */
  endOfFile = 0

  #mode = IN_DEFAULT
  #modes: number[] = []
  #depth = 0
  /** The last run of path characters that was looked at, and the last underscore in it. */
  #runStart = -1
  #runEnd = -1
  #runUnderscore = -1
  /** In a path: where the piece before the current one begins. */
  #pieceBefore = 0

  constructor(text: string, pipes: boolean) {
    this.text = `${text}\0`
    this.length = text.length
    this.pipes = pipes
    this.endOfFile = text.length
  }

  /** Reads the next token. Throws what Nix's lexer throws: invalid numbers, NUL bytes, a path that ends in `/`. */
  next(): void {
    this.lastEnd = this.end
    switch (this.#mode) {
      case IN_DEFAULT:
        this.#default()
        return
      case IN_STRING:
        this.#string()
        return
      case IN_IND_STRING:
        this.#indString()
        return
      default:
        this.#path()
    }
  }

  #default(): void {
    const text = this.text
    let i = this.end
    let c = 0
    for (;;) {
      c = text.charCodeAt(i)
      if (c === 32 || c === 10 || c === 9 || c === 13) {
        i++
      } else if (c === 35) {
        const length = this.length
        i++
        while (i < length && (c = text.charCodeAt(i)) !== 10 && c !== 13) i++
      } else if (c === 47 && text.charCodeAt(i + 1) === 42) {
        const close = text.indexOf('*/', i + 2)
        if (close < 0) break
        i = close + 2
      } else break
    }
    this.start = i
    switch (c) {
      case 0:
        // A NUL outside strings ends the input.
        this.token = EOF
        if (i < this.length) {
          this.end = i + 1
          this.endOfFile = i + 1
        } else this.end = i
        return
      case 33: // !
        if (text.charCodeAt(i + 1) === 61) this.#set(NEQ, i + 2)
        else this.#set(NOT, i + 1)
        return
      case 34: // "
        this.#push(IN_STRING)
        this.#set(QUOTE, i + 1)
        return
      case 36: // $
        if (text.charCodeAt(i + 1) === 123) {
          this.#push(IN_DEFAULT)
          this.#set(DOLLAR_CURLY, i + 2)
        } else this.#set(INVALID, i + 1)
        return
      case 38: // &
        if (text.charCodeAt(i + 1) === 38) this.#set(AND, i + 2)
        else this.#set(INVALID, i + 1)
        return
      case 39: // '
        if (text.charCodeAt(i + 1) === 39) {
          let j = i + 2
          while (text.charCodeAt(j) === 32) j++
          this.#push(IN_IND_STRING)
          this.#set(IND_OPEN, text.charCodeAt(j) === 10 ? j + 1 : i + 2)
        } else this.#set(INVALID, i + 1)
        return
      case 40:
        this.#set(LPAREN, i + 1)
        return
      case 41:
        this.#set(RPAREN, i + 1)
        return
      case 42:
        this.#set(MUL, i + 1)
        return
      case 43: // +
        if (this.#pathOrUri(i, false)) return
        if (text.charCodeAt(i + 1) === 43) this.#set(CONCAT, i + 2)
        else this.#set(PLUS, i + 1)
        return
      case 44:
        this.#set(COMMA, i + 1)
        return
      case 45: // -
        if (this.#pathOrUri(i, false)) return
        if (text.charCodeAt(i + 1) === 62) this.#set(IMPL, i + 2)
        else this.#set(MINUS, i + 1)
        return
      case 46: // .
        this.#dot(i)
        return
      case 47: // /
        if (this.#pathOrUri(i, false)) return
        if (text.charCodeAt(i + 1) === 47) this.#set(UPDATE, i + 2)
        else this.#set(DIV, i + 1)
        return
      case 48:
      case 49:
      case 50:
      case 51:
      case 52:
      case 53:
      case 54:
      case 55:
      case 56:
      case 57:
        this.#numeral(i, c)
        return
      case 58:
        this.#set(COLON, i + 1)
        return
      case 59:
        this.#set(SEMICOLON, i + 1)
        return
      case 60: // <
        this.#less(i)
        return
      case 61: // =
        if (text.charCodeAt(i + 1) === 61) this.#set(EQ, i + 2)
        else this.#set(ASSIGN, i + 1)
        return
      case 62: // >
        if (text.charCodeAt(i + 1) === 61) this.#set(GEQ, i + 2)
        else this.#set(GT, i + 1)
        return
      case 63:
        this.#set(QUESTION, i + 1)
        return
      case 64:
        this.#set(AT, i + 1)
        return
      case 91:
        this.#set(LBRACKET, i + 1)
        return
      case 93:
        this.#set(RBRACKET, i + 1)
        return
      case 123: // {
        this.#push(IN_DEFAULT)
        this.#set(LBRACE, i + 1)
        return
      case 124: // |
        if (text.charCodeAt(i + 1) === 124) this.#set(OR, i + 2)
        else if (text.charCodeAt(i + 1) === 62) this.#pipe(PIPE_INTO, i)
        else this.#set(INVALID, i + 1)
        return
      case 125: // }
        if (this.#depth > 0) this.#pop()
        this.#set(RBRACE, i + 1)
        return
      case 126: // ~
        this.#home(i)
        return
      default:
        if ((CLASS[c] & ID_CHAR) !== 0) this.#word(i, c)
        else this.#set(INVALID, i + 1)
    }
  }

  #set(token: number, end: number): void {
    this.token = token
    this.end = end
  }

  #push(mode: number): void {
    this.#modes[this.#depth++] = this.#mode
    this.#mode = mode
  }

  #pop(): void {
    this.#mode = this.#modes[--this.#depth]
  }

  #word(i: number, first: number): void {
    const text = this.text
    let j = i + 1
    let c = text.charCodeAt(j)
    while ((CLASS[c] & ID_CHAR) !== 0) c = text.charCodeAt(++j)
    // Only `.`, `+`, `/` and `:` can make something longer of it.
    if ((c === 46 || c === 47 || c === 58 || c === 43) && this.#pathOrUri(i, first !== 95)) return
    this.end = j
    const keyword = j - i <= 7 ? this.#keyword(i, j - i, first) : 0
    if (keyword !== 0) this.token = keyword
    else {
      this.token = ID
      this.value = text.substring(i, j)
    }
  }

  #keyword(i: number, length: number, first: number): number {
    const text = this.text
    switch (first) {
      case 97: // a
        return length === 6 && text.startsWith('assert', i) ? ASSERT : 0
      case 101: // e
        return length === 4 && text.startsWith('else', i) ? ELSE : 0
      case 105: // i
        if (length === 2) {
          const c = text.charCodeAt(i + 1)
          return c === 102 ? IF : c === 110 ? IN : 0
        }
        return length === 7 && text.startsWith('inherit', i) ? INHERIT : 0
      case 108: // l
        return length === 3 && text.startsWith('let', i) ? LET : 0
      case 111: // o
        return length === 2 && text.charCodeAt(i + 1) === 114 ? OR_KW : 0
      case 114: // r
        return length === 3 && text.startsWith('rec', i) ? REC : 0
      case 116: // t
        return length === 4 && text.startsWith('then', i) ? THEN : 0
      case 119: // w
        return length === 4 && text.startsWith('with', i) ? WITH : 0
      default:
        return 0
    }
  }

  /** Tries PATH, the start of an interpolated path, and URI at `i`; false when it is none of them. */
  #pathOrUri(i: number, uri: boolean): boolean {
    const text = this.text
    if (i < this.#runStart || i >= this.#runEnd) {
      let j = i
      let underscore = -1
      let c = text.charCodeAt(j)
      while ((CLASS[c] & PATH_CHAR) !== 0) {
        if (c === 95) underscore = j
        c = text.charCodeAt(++j)
      }
      this.#runStart = i
      this.#runEnd = j
      this.#runUnderscore = underscore
    }
    const end = this.#runEnd
    const c = text.charCodeAt(end)
    if (c === 47) {
      const d = text.charCodeAt(end + 1)
      if ((CLASS[d] & PATH_CHAR) !== 0) {
        this.#finishPath(PATH, i, end)
        return true
      }
      if (d === 36 && text.charCodeAt(end + 2) === 123) {
        this.#setText(PATH, i, end + 1)
        this.#push(IN_PATH_SLASH)
        return true
      }
      return false
    }
    if (c === 58 && uri && this.#runUnderscore < i && (CLASS[text.charCodeAt(end + 1)] & URI_CHAR) !== 0) {
      let j = end + 2
      while ((CLASS[text.charCodeAt(j)] & URI_CHAR) !== 0) j++
      this.#setText(URI, i, j)
      return true
    }
    return false
  }

  /** A path whose first `/`, followed by a path character, is at `slash`. */
  #finishPath(token: number, i: number, slash: number): void {
    const end = this.#segments(slash)
    this.#setText(token, i, end)
    this.#push(this.text.charCodeAt(end - 1) === 47 ? IN_PATH_SLASH : IN_PATH)
  }

  /** The end of `(/segment)+/?` at `i`. */
  #segments(i: number): number {
    const text = this.text
    let j = i
    while (text.charCodeAt(j) === 47) {
      j++
      if ((CLASS[text.charCodeAt(j)] & PATH_CHAR) === 0) break
      j++
      while ((CLASS[text.charCodeAt(j)] & PATH_CHAR) !== 0) j++
    }
    return j
  }

  #setText(token: number, i: number, end: number): void {
    this.token = token
    this.end = end
    this.value = this.text.substring(i, end)
  }

  #dot(i: number): void {
    const text = this.text
    const c = text.charCodeAt(i + 1)
    if ((CLASS[c] & PATH_CHAR) !== 0 || c === 47) {
      if (this.#pathOrUri(i, false)) return
      if ((CLASS[c] & DIGIT) !== 0) {
        this.#fraction(i, i + 2)
        return
      }
      if (c === 46 && text.charCodeAt(i + 2) === 46) {
        this.#set(ELLIPSIS, i + 3)
        return
      }
    }
    this.#set(DOT, i + 1)
  }

  #numeral(i: number, first: number): void {
    const text = this.text
    let j = i + 1
    let c = text.charCodeAt(j)
    while ((CLASS[c] & DIGIT) !== 0) c = text.charCodeAt(++j)
    if (((CLASS[c] & PATH_CHAR) !== 0 || c === 47) && this.#pathOrUri(i, false)) return
    if (c === 46 && (first !== 48 || (j === i + 1 && (CLASS[text.charCodeAt(j + 1)] & DIGIT) !== 0))) {
      this.#fraction(i, j + 1)
      return
    }
    this.token = INT
    this.end = j
    if (j - i <= 15) {
      let value = first - 48
      for (let k = i + 1; k < j; k++) value = value * 10 + text.charCodeAt(k) - 48
      this.number = value
      return
    }
    const digits = text.substring(i, j)
    // More digits than any 64-bit integer: a BigInt of megabytes of digits would take long to make.
    const big = digits.replace(/^0+/, '').length > 19 ? MAX_INT + 1n : BigInt(digits)
    if (big > MAX_INT) throw new NixError('syntax', `invalid integer '${digits}'`, { pos: i })
    this.number = big <= 9007199254740991n ? Number(big) : big
  }

  /** The rest of a floating-point literal: digits from `j`, and an exponent. */
  #fraction(i: number, j: number): void {
    const text = this.text
    while ((CLASS[text.charCodeAt(j)] & DIGIT) !== 0) j++
    const mantissaEnd = j
    let c = text.charCodeAt(j)
    if (c === 101 || c === 69) {
      let k = j + 1
      c = text.charCodeAt(k)
      if (c === 43 || c === 45) c = text.charCodeAt(++k)
      if ((CLASS[c] & DIGIT) !== 0) {
        while ((CLASS[text.charCodeAt(k)] & DIGIT) !== 0) k++
        j = k
      }
    }
    const literal = text.substring(i, j)
    const value = Number(literal)
    // strtod reports overflow and underflow, a result without full precision included.
    if (
      value === Number.POSITIVE_INFINITY ||
      (value < SMALLEST_NORMAL && (value !== 0 || /[1-9]/.test(text.substring(i, mantissaEnd))))
    )
      throw new NixError('syntax', `invalid float '${literal}'`, { pos: i })
    this.token = FLOAT
    this.end = j
    this.number = value
  }

  #less(i: number): void {
    const text = this.text
    const c = text.charCodeAt(i + 1)
    if ((CLASS[c] & PATH_CHAR) !== 0) {
      let j = i + 2
      while ((CLASS[text.charCodeAt(j)] & PATH_CHAR) !== 0) j++
      while (text.charCodeAt(j) === 47 && (CLASS[text.charCodeAt(j + 1)] & PATH_CHAR) !== 0) {
        j += 2
        while ((CLASS[text.charCodeAt(j)] & PATH_CHAR) !== 0) j++
      }
      if (text.charCodeAt(j) === 62) {
        this.token = SPATH
        this.end = j + 1
        this.value = text.substring(i + 1, j)
        return
      }
    }
    if (c === 61) this.#set(LEQ, i + 2)
    else if (c === 124) this.#pipe(PIPE_FROM, i)
    else this.#set(LT, i + 1)
  }

  #home(i: number): void {
    const text = this.text
    if (text.charCodeAt(i + 1) === 47) {
      const c = text.charCodeAt(i + 2)
      if ((CLASS[c] & PATH_CHAR) !== 0) {
        this.#finishPath(HPATH, i, i + 1)
        return
      }
      if (c === 36 && text.charCodeAt(i + 3) === 123) {
        this.#setText(HPATH, i, i + 2)
        this.#push(IN_PATH_SLASH)
        return
      }
    }
    this.#set(INVALID, i + 1)
  }

  #pipe(token: number, i: number): void {
    if (!this.pipes)
      throw new NixError(
        'syntax',
        "experimental Nix feature 'pipe-operators' is disabled; add '--extra-experimental-features pipe-operators' to enable it",
        { pos: i },
      )
    this.#set(token, i + 2)
  }

  #string(): void {
    const text = this.text
    const length = this.length
    const i = this.end
    this.start = i
    let j = i
    let plain = true
    for (;;) {
      const c = text.charCodeAt(j)
      if (c === 34) break
      if (c === 36) {
        const d = text.charCodeAt(j + 1)
        if (d === 123 || j + 1 >= length) break
        if (d === 34) {
          j++
          break
        }
        if (d === 92) {
          if (j + 2 >= length) break
          plain = false
          j += 3
        } else {
          if (d === 13 || d === 0) plain = false
          j += 2
        }
      } else if (c === 92) {
        if (j + 1 >= length) break
        plain = false
        j += 2
      } else if (c === 13) {
        plain = false
        j++
      } else if (c === 0) {
        if (j >= length) break
        plain = false
        j++
      } else j++
    }
    if (j > i) {
      this.token = STR
      this.end = j
      const raw = text.substring(i, j)
      this.value = plain ? raw : unescapeString(raw, i)
      return
    }
    const c = text.charCodeAt(i)
    if (c === 34) {
      this.#pop()
      this.#set(QUOTE, i + 1)
    } else if (c === 36 && text.charCodeAt(i + 1) === 123) {
      this.#push(IN_DEFAULT)
      this.#set(DOLLAR_CURLY, i + 2)
    } else this.#set(EOF, length)
  }

  #indString(): void {
    const text = this.text
    const length = this.length
    const i = this.end
    this.start = i
    let j = i
    let nul = false
    for (;;) {
      const c = text.charCodeAt(j)
      if (c === 39) {
        const d = text.charCodeAt(j + 1)
        if (d === 39 || d === 36 || j + 1 >= length) break
        if (d === 0) nul = true
        j += 2
      } else if (c === 36) {
        const d = text.charCodeAt(j + 1)
        if (d === 123 || d === 39 || j + 1 >= length) break
        if (d === 0) nul = true
        j += 2
      } else if (c === 0) {
        if (j >= length) break
        nul = true
        j++
      } else j++
    }
    if (j > i) {
      this.#setText(IND_STR, i, j)
      this.indentation = true
      if (nul) refuseNul(this.value, i)
      return
    }
    const c = text.charCodeAt(i)
    if (c === 36) {
      if (text.charCodeAt(i + 1) === 123) {
        this.#push(IN_DEFAULT)
        this.#set(DOLLAR_CURLY, i + 2)
      } else this.#escape('$', i + 1)
    } else if (c === 39) {
      if (text.charCodeAt(i + 1) !== 39) {
        this.#escape("'", i + 1)
        return
      }
      const d = text.charCodeAt(i + 2)
      if (d === 36) this.#escape('$', i + 3)
      else if (d === 39) this.#escape("''", i + 3)
      else if (d === 92 && i + 3 < length)
        this.#escape(unescapeString(text.substring(i + 2, i + 4), i), i + 4)
      else {
        this.#pop()
        this.#set(IND_CLOSE, i + 2)
      }
    } else this.#set(EOF, length)
  }

  #escape(value: string, end: number): void {
    this.token = IND_STR
    this.end = end
    this.value = value
    this.indentation = false
  }

  #path(): void {
    const text = this.text
    const i = this.end
    const c = text.charCodeAt(i)
    if (c === 36 && text.charCodeAt(i + 1) === 123) {
      this.start = i
      this.#mode = IN_PATH
      this.#push(IN_DEFAULT)
      this.#set(DOLLAR_CURLY, i + 2)
      return
    }
    if ((CLASS[c] & PATH_CHAR) !== 0 || c === 47) {
      let j = i
      while ((CLASS[text.charCodeAt(j)] & PATH_CHAR) !== 0) j++
      if (text.charCodeAt(j) === 47) j = this.#segments(j)
      this.#pieceBefore = this.start
      this.start = i
      this.#setText(STR, i, j)
      this.#mode = text.charCodeAt(j - 1) === 47 ? IN_PATH_SLASH : IN_PATH
      return
    }
    const atEnd = i >= this.length
    if (this.#mode === IN_PATH_SLASH)
      throw new NixError('syntax', 'path has a trailing slash', {
        pos: atEnd ? this.start : i,
      })
    // The token covers the piece before it. Flex rewinds over one piece too many when the file ends here: Nix then
    // reports this token at the piece before the last, and the end of the file at the beginning of the last.
    if (atEnd) {
      this.endOfFile = this.start
      if (this.token === STR) this.start = this.#pieceBefore
    }
    this.#pop()
    this.token = PATH_END
  }
}

/** The text of a string between its quotes (Nix: lexer.l, unescapeStr). Throws for a NUL byte. */
function unescapeString(raw: string, pos: number): string {
  const out = new TextOut()
  let from = 0
  let nul = false
  for (let i = 0; i < raw.length; i++) {
    const c = raw.charCodeAt(i)
    if (c === 92) {
      const d = raw[i + 1]
      out.add(raw.substring(from, i) + (d === 'n' ? '\n' : d === 'r' ? '\r' : d === 't' ? '\t' : d))
      i++
      from = i + 1
    } else if (c === 13) {
      out.add(`${raw.substring(from, i)}\n`)
      if (raw.charCodeAt(i + 1) === 10) i++
      from = i + 1
    } else if (c === 0) nul = true
  }
  out.add(raw.substring(from))
  if (nul) refuseNul(out.text, pos)
  return out.text
}

function refuseNul(value: string, pos: number): never {
  const shown = value.replaceAll('\0', '\xe2\x90\x80')
  throw new NixError(
    'syntax',
    `input string '${shown}' cannot be represented as Nix string because it contains null bytes`,
    { pos },
  )
}

/** One line per token, for `firnix dump tokens`: `START-END NAME TEXT`. Throws what the lexer throws. */
export function dumpTokens(text: string): string {
  const lexer = new Lexer(text, true)
  const lines: string[] = []
  do {
    lexer.next()
    const { token, start, end } = lexer
    const shown = token === PATH_END || token === EOF ? '' : ` ${JSON.stringify(text.substring(start, end))}`
    lines.push(`${start}-${end} ${TOKEN_NAMES[token]}${shown}`)
  } while (lexer.token !== EOF)
  return `${lines.join('\n')}\n`
}
