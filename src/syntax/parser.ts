/**
 * The parser (floor 2). A source text (a byte string) comes in, the tree of ast.ts goes out; knows no scopes.
 *
 * It is a pushdown machine: `#run` is a loop over a few states, and everything that waits for a nested expression sits
 * in a frame on an explicit stack, so the nesting of a program is limited by memory only. Binary operators are parsed
 * by precedence on the same stack.
 *
 * Grammar, positions, the order in which errors are noticed and their texts follow Nix's parser.y. The `expecting …`
 * part of an error is bison's: the tokens with an action of their own in the state that notices the error, which — as
 * bison first makes its default reductions — is the state of the innermost open bracket or keyword; lists of more than
 * four tokens are not shown.
 */
import { NixError } from '../errors.ts'
import { quoteName } from '../quote.ts'
import { Source } from '../source.ts'
import {
  ASSERT,
  type Attr,
  type AttrsNode,
  BINARY,
  type BinaryOp,
  CALL,
  type CallNode,
  CUR_POS,
  FLOAT,
  type Formal,
  type Formals,
  HAS_ATTR,
  IF,
  INT,
  INTERPOLATION,
  LAMBDA,
  LET,
  LIST,
  NEGATE,
  NOT,
  type Node,
  PATH,
  type ParseOptions,
  type PathNode,
  type PathStep,
  SEARCH_PATH,
  SELECT,
  type SelectNode,
  type SourceWarning,
  STRING,
  type StringNode,
  VAR,
  WITH,
} from './ast.ts'
import {
  type AttrsDraft,
  addAttribute,
  addFrom,
  addPlain,
  appendAttribute,
  findAttribute,
  newAttrs,
} from './attributes.ts'
import { type Piece, stripIndentation } from './indentation.ts'
import * as T from './lexer.ts'
import { Lexer } from './lexer.ts'

// States: what the machine does next.
/** An expression of any kind begins. */
const EXPR = 0
/** An operand begins: no lambda, `let … in`, `if`, `with`, `assert`. */
const OPERAND = 1
/** A function, an argument or a list element begins. */
const SIMPLE = 2
/** `#node` is a simple expression: `.path`, `or`. */
const AFTER_SIMPLE = 3
/** `#node` may be applied, or is an argument or list element. */
const AFTER_SELECT = 4
/** `#node` is an operand: operators. */
const OPERATOR = 5
/** `#node` is an expression without operators to follow: give it to the frame that waits for it. */
const COMPLETE = 6
/** In a string, an indented string or a path: the next piece. */
const PIECES = 7
/** In a set or a `let`: the next binding. */
const BINDINGS = 8
/** In an attribute path: the next step. */
const ATTR_PATH = 9
/** Behind `inherit` or `inherit (e)`: the next name. */
const INHERIT_NAMES = 10
/** In `{ … }:`: behind a formal. */
const FORMALS = 11
/** In a list: the next element, or its end. */
const ELEMENTS = 12
const DONE = 13

// Frames: what waits for a nested construct. Each says what it keeps in `a` and `b`; `#at` holds where it began.
const F_TOP = 0
const F_PAREN = 1
/** b: how many values there were. */
const F_LIST = 2
/** a: the function, b: how many values there were. */
const F_APPLY = 3
/** a: the select node. */
const F_FALLBACK = 4
/** a: the parameter or null, b: the formals or null. */
const F_LAMBDA = 5
const F_ASSERT_COND = 6
/** a: the condition. */
const F_ASSERT_BODY = 7
const F_WITH_SCOPE = 8
/** a: the scope. */
const F_WITH_BODY = 9
const F_IF_COND = 10
/** a: the condition. */
const F_IF_THEN = 11
/** a: the condition, b: the first branch. */
const F_IF_ELSE = 12
/** a: the bindings. */
const F_LET_BODY = 13
/** a: the set; b: one of the SET_ kinds. */
const F_BINDINGS = 14
/** a: the steps of the path, or its only name. */
const F_VALUE = 15
const F_INHERIT_FROM = 16
/** a: names, b: their positions; `#prec`: index of the `inherit (e)` source, -1 for none. */
const F_INHERIT = 17
/** a: the steps, b: the object, or null in a binding; `#prec`: PATH_ kind. */
const F_ATTR_PATH = 18
/** `${` of a dynamic attribute. */
const F_DYNAMIC = 19
/** a: formals so far (FormalsDraft). */
const F_FORMALS = 20
/** a: the formal that gets a default. */
const F_DEFAULT = 21
/** a: the pieces, b: their positions. */
const F_STRING = 22
const F_ATTR_STRING = 23
const F_IND_STRING = 24
const F_PATH = 25
/** a: the left operand; `#pos`: the operator. */
const F_PIPE_FROM = 26
const F_PIPE_INTO = 27
// Operators come last: `kind >= F_NOT`. `#prec`: the precedence, `#pos`: the operator.
const F_NOT = 28
const F_NEGATE = 29
/** a: the left operand, b: the operator. */
const F_BINARY = 30

const SET_PLAIN = 0
const SET_REC = 1
const SET_LET = 2
const SET_LEGACY_LET = 3

const PATH_SELECT = 0
const PATH_HAS = 1
const PATH_BINDING = 2

const PREC_NOT = 7
const PREC_QUESTION = 11
const PREC_NEGATE = 12

/** Precedence by operator token (Nix: parser.y, %right %left %nonassoc); 0: no operator. */
const PRECEDENCE: Uint8Array = Uint8Array.from({ length: T.INVALID + 1 }, (_, token) => precedenceOf(token))

function precedenceOf(token: number): number {
  switch (token) {
    case T.IMPL:
      return 1
    case T.OR:
      return 2
    case T.AND:
      return 3
    case T.EQ:
    case T.NEQ:
      return 4
    case T.LT:
    case T.GT:
    case T.LEQ:
    case T.GEQ:
      return 5
    case T.UPDATE:
      return 6
    case T.PLUS:
    case T.MINUS:
      return 8
    case T.MUL:
    case T.DIV:
      return 9
    case T.CONCAT:
      return 10
    case T.QUESTION:
      return PREC_QUESTION
    default:
      return 0
  }
}

const OPERATORS: readonly BinaryOp[] = [
  '->',
  '||',
  '&&',
  '==',
  '!=',
  '<',
  '>',
  '<=',
  '>=',
  '//',
  '+',
  '-',
  '*',
  '/',
  '++',
]

const EXPECT_ATTR = "identifier or 'or' or '${' or '\"'"
const EXPECT_AFTER_STEP = "'.' or '='"
const EXPECT_FORMAL = "identifier or '...' or '}'"
const EXPECT_AFTER_FORMAL = "'}' or ','"

interface FormalsDraft extends Formals {
  start: number
  /** The name of `name@{ … }`, or null. */
  param: string | null
}

/**
 * Parses a source text (latin1, one char per byte).
 *
 * Throws NixError of kind `syntax`. **Its `pos` is a byte offset into `text`**, not a PosIdx: the caller adds the base
 * of the source. (Offset 0 is a place too; every syntax error has one.) `warn` is called while parsing, in source
 * order, also when parsing fails later.
 */
export function parse(text: string, options: ParseOptions, warn: (w: SourceWarning) => void): Node {
  return new Parser(text, options, warn).run()
}

class Parser {
  readonly #lexer: Lexer
  readonly #text: string
  readonly #options: ParseOptions
  readonly #warn: (w: SourceWarning) => void
  #source: Source | undefined
  #node: Node

  // The stack, in columns.
  #sp = 0
  readonly #kind: number[] = [F_TOP]
  readonly #at: number[] = [0]
  readonly #pos: number[] = [0]
  readonly #prec: number[] = [0]
  readonly #a: unknown[] = [null]
  readonly #b: unknown[] = [null]
  /**
   * Elements of the lists and arguments of the calls that are open, taken off in one piece: an array that grows by pushing
   * begins with room for seventeen.
   */
  readonly #values: Node[] = []
  #valueCount = 0

  constructor(text: string, options: ParseOptions, warn: (w: SourceWarning) => void) {
    this.#lexer = new Lexer(text, options.features.has('pipe-operators'))
    this.#text = text
    this.#options = options
    this.#warn = warn
    this.#node = { kind: CUR_POS, start: 0, end: 0, pos: 0 }
  }

  run(): Node {
    this.#lexer.next()
    let state = EXPR
    for (;;) {
      switch (state) {
        case EXPR:
          state = this.#expression()
          break
        case OPERAND:
          state = this.#operand()
          break
        case SIMPLE:
          state = this.#simple()
          break
        case AFTER_SIMPLE:
          state = this.#afterSimple()
          break
        case AFTER_SELECT:
          state = this.#afterSelect()
          break
        case OPERATOR:
          state = this.#operator()
          break
        case COMPLETE:
          state = this.#complete()
          break
        case PIECES:
          state = this.#pieces()
          break
        case BINDINGS:
          state = this.#binding()
          break
        case ATTR_PATH:
          state = this.#attrPath()
          break
        case INHERIT_NAMES:
          state = this.#inheritNames()
          break
        case FORMALS:
          state = this.#formals()
          break
        case ELEMENTS:
          state = this.#elements()
          break
        default:
          return this.#node
      }
    }
  }

  #push(kind: number, at: number, a: unknown, b: unknown): void {
    const sp = ++this.#sp
    this.#kind[sp] = kind
    this.#at[sp] = at
    this.#pos[sp] = at
    this.#prec[sp] = 0
    this.#a[sp] = a
    this.#b[sp] = b
  }

  #pushOperator(kind: number, precedence: number, left: Node | null, op: string): void {
    const sp = ++this.#sp
    this.#kind[sp] = kind
    this.#at[sp] = this.#lexer.start
    this.#pos[sp] = this.#lexer.start
    this.#prec[sp] = precedence
    this.#a[sp] = left
    this.#b[sp] = op
  }

  /** The syntax error at the current token. */
  #fail(expected: string | null): never {
    const lexer = this.#lexer
    const token = lexer.token
    let message = `syntax error, unexpected ${T.TOKEN_NAMES[token]}`
    if (expected !== null) message += `, expecting ${expected}`
    throw new NixError('syntax', message, {
      pos: token === T.EOF ? lexer.endOfFile : lexer.start,
    })
  }

  #expression(): number {
    const lexer = this.#lexer
    const start = lexer.start
    switch (lexer.token) {
      case T.ID: {
        const name = lexer.value
        lexer.next()
        if (lexer.token === T.COLON) {
          this.#push(F_LAMBDA, start, name, null)
          lexer.next()
          return EXPR
        }
        if (lexer.token === T.AT) {
          lexer.next()
          if (lexer.token !== T.LBRACE) this.#fail("'{'")
          lexer.next()
          this.#push(F_FORMALS, start, { list: [], ellipsis: false, start, param: name }, null)
          return this.#firstFormal()
        }
        this.#node = variable(name, start, lexer.lastEnd)
        return AFTER_SIMPLE
      }
      case T.LBRACE: {
        lexer.next()
        const token = lexer.token
        if (token === T.ID) {
          const name = lexer.value
          const pos = lexer.start
          lexer.next()
          const next = lexer.token
          if (next === T.COMMA || next === T.QUESTION || next === T.RBRACE) {
            this.#push(F_FORMALS, start, { list: [], ellipsis: false, start, param: null }, null)
            return this.#formal(name, pos)
          }
          this.#push(F_BINDINGS, start, newAttrs(start, false), SET_PLAIN)
          if (next === T.ASSIGN) {
            this.#push(F_VALUE, pos, name, null)
            lexer.next()
            return EXPR
          }
          if (next !== T.DOT) this.#fail(EXPECT_AFTER_STEP)
          lexer.next()
          this.#push(F_ATTR_PATH, pos, [{ name, expr: null, pos }], null)
          this.#prec[this.#sp] = PATH_BINDING
          return ATTR_PATH
        }
        if (token === T.RBRACE) {
          lexer.next()
          if (lexer.token === T.COLON || lexer.token === T.AT)
            return this.#afterFormals({
              list: [],
              ellipsis: false,
              start,
              param: null,
            })
          const attrs = newAttrs(start, false)
          attrs.end = lexer.lastEnd
          this.#node = attrs
          return AFTER_SIMPLE
        }
        if (token === T.ELLIPSIS) {
          this.#push(F_FORMALS, start, { list: [], ellipsis: false, start, param: null }, null)
          return this.#ellipsis()
        }
        this.#push(F_BINDINGS, start, newAttrs(start, false), SET_PLAIN)
        return BINDINGS
      }
      case T.LET:
        lexer.next()
        if (lexer.token === T.LBRACE) {
          lexer.next()
          this.#push(F_BINDINGS, start, newAttrs(start, true), SET_LEGACY_LET)
        } else this.#push(F_BINDINGS, start, newAttrs(start, false), SET_LET)
        return BINDINGS
      case T.IF:
        return this.#begin(F_IF_COND)
      case T.WITH:
        return this.#begin(F_WITH_SCOPE)
      case T.ASSERT:
        return this.#begin(F_ASSERT_COND)
      default:
        return this.#operand()
    }
  }

  /** Opens a frame at the current token; an expression follows. */
  #begin(kind: number): number {
    this.#push(kind, this.#lexer.start, null, null)
    this.#lexer.next()
    return EXPR
  }

  #operand(): number {
    const lexer = this.#lexer
    for (;;) {
      if (lexer.token === T.NOT) this.#pushOperator(F_NOT, PREC_NOT, null, '!')
      else if (lexer.token === T.MINUS) this.#pushOperator(F_NEGATE, PREC_NEGATE, null, '-')
      else return this.#simple()
      lexer.next()
    }
  }

  #simple(): number {
    const lexer = this.#lexer
    const start = lexer.start
    switch (lexer.token) {
      case T.ID: {
        const name = lexer.value
        lexer.next()
        this.#node = variable(name, start, lexer.lastEnd)
        return AFTER_SIMPLE
      }
      case T.INT:
        this.#node = {
          kind: INT,
          start,
          end: lexer.end,
          pos: start,
          value: lexer.number,
        }
        lexer.next()
        return AFTER_SIMPLE
      case T.FLOAT:
        this.#node = {
          kind: FLOAT,
          start,
          end: lexer.end,
          pos: start,
          value: lexer.number as number,
        }
        lexer.next()
        return AFTER_SIMPLE
      case T.QUOTE: {
        lexer.next()
        if (lexer.token === T.STR) {
          const value = lexer.value
          const pos = lexer.start
          lexer.next()
          if (lexer.token === T.QUOTE) {
            lexer.next()
            this.#node = {
              kind: STRING,
              start,
              end: lexer.lastEnd,
              pos: start,
              value,
              uri: false,
            }
            return AFTER_SIMPLE
          }
          this.#push(F_STRING, start, [literal(value, pos, lexer.lastEnd)], [pos])
          return PIECES
        }
        if (lexer.token === T.QUOTE) {
          lexer.next()
          this.#node = {
            kind: STRING,
            start,
            end: lexer.lastEnd,
            pos: start,
            value: '',
            uri: false,
          }
          return AFTER_SIMPLE
        }
        this.#push(F_STRING, start, [], [])
        return PIECES
      }
      case T.IND_OPEN:
        lexer.next()
        this.#push(F_IND_STRING, start, [], [])
        return PIECES
      case T.PATH:
      case T.HPATH: {
        const path = this.#pathStart()
        lexer.next()
        if (lexer.token === T.PATH_END) {
          lexer.next()
          this.#node = path
          return AFTER_SIMPLE
        }
        this.#push(F_PATH, start, [path], [start])
        return PIECES
      }
      case T.SPATH:
        this.#node = {
          kind: SEARCH_PATH,
          start,
          end: lexer.end,
          pos: start,
          value: lexer.value,
        }
        lexer.next()
        return AFTER_SIMPLE
      case T.URI: {
        const value = lexer.value
        const lint = this.#options.lintUrlLiterals
        if (lint !== 'ignore')
          this.#lint(
            lint,
            'lint-url-literals',
            `URL literals are ${lint === 'fatal' ? 'disallowed' : 'discouraged'}. Consider using a string literal "${value}" instead`,
          )
        else this.#note('url-literal', start, lexer.end, `a string in quotes says what this URL literal says`)
        this.#node = {
          kind: STRING,
          start,
          end: lexer.end,
          pos: start,
          value,
          uri: true,
        }
        lexer.next()
        return AFTER_SIMPLE
      }
      case T.LPAREN:
        return this.#begin(F_PAREN)
      case T.LET:
        lexer.next()
        if (lexer.token !== T.LBRACE) this.#fail("'{'")
        lexer.next()
        this.#push(F_BINDINGS, start, newAttrs(start, true), SET_LEGACY_LET)
        return BINDINGS
      case T.REC:
        lexer.next()
        if (lexer.token !== T.LBRACE) this.#fail("'{'")
        lexer.next()
        this.#push(F_BINDINGS, start, newAttrs(start, true), SET_REC)
        return BINDINGS
      case T.LBRACE: {
        lexer.next()
        const attrs = newAttrs(start, false)
        if (lexer.token === T.RBRACE) {
          lexer.next()
          attrs.end = lexer.lastEnd
          this.#node = attrs
          return AFTER_SIMPLE
        }
        this.#push(F_BINDINGS, start, attrs, SET_PLAIN)
        return BINDINGS
      }
      case T.LBRACKET:
        this.#push(F_LIST, start, null, this.#valueCount)
        lexer.next()
        return ELEMENTS
      default:
        return this.#fail(null)
    }
  }

  /** The node of a PATH or HPATH token, after the lints (Nix: parser.y, path_start). */
  #pathStart(): PathNode {
    const lexer = this.#lexer
    const value = lexer.value
    const { lintAbsolutePathLiterals, lintShortPathLiterals } = this.#options
    let base: PathNode['base'] = 'relative'
    if (lexer.token === T.HPATH) base = 'home'
    else if (value.charCodeAt(0) === 47) base = 'absolute'
    if (base === 'home' && this.#options.pureEval === true)
      throw new NixError('eval', `the path '${value}' can not be resolved in pure mode`, { pos: -1 })
    if (base !== 'relative') {
      if (lintAbsolutePathLiterals !== 'ignore')
        this.#lint(
          lintAbsolutePathLiterals,
          'lint-absolute-path-literals',
          `${base} path literals are not portable. Consider replacing path literal '${value}' by a string, relative path, or parameter`,
        )
    } else if (lintShortPathLiterals !== 'ignore' && value.charCodeAt(0) !== 46)
      this.#lint(
        lintShortPathLiterals,
        'lint-short-path-literals',
        `relative path literal '${value}' should be prefixed with '.' for clarity: './${value}'`,
      )
    return {
      kind: PATH,
      start: lexer.start,
      end: lexer.end,
      pos: lexer.start,
      base,
      value,
    }
  }

  /** Something odd that Nix says nothing about. */
  #note(code: string, start: number, end: number, text: string): void {
    if (this.#options.warnings) this.#warn({ code, message: `${text} (${code})`, start, end, always: false })
  }

  /** Reports a lint about the current token; `code` is the setting, which Nix names in the text (Nix: diagnose.hh). */
  #lint(level: 'warn' | 'fatal', code: string, text: string): void {
    const { start, end } = this.#lexer
    const message = `${text} (${code})`
    if (level === 'fatal') throw new NixError('syntax', message, { pos: start })
    this.#warn({ code, message, start, end, always: true })
  }

  #afterSimple(): number {
    const lexer = this.#lexer
    const token = lexer.token
    if (token === T.DOT) {
      const object = this.#node
      lexer.next()
      let path: PathStep[] = []
      // The usual case, one name or two, needs no frame.
      if (lexer.token === T.ID) {
        const first: PathStep = { name: lexer.value, expr: null, pos: lexer.start }
        path = [first]
        lexer.next()
        if (lexer.token !== T.DOT) return this.#selected(object, path)
        lexer.next()
        if (lexer.token === T.ID) {
          path = [first, { name: lexer.value, expr: null, pos: lexer.start }]
          lexer.next()
          if (lexer.token !== T.DOT) return this.#selected(object, path)
          lexer.next()
        }
      }
      this.#push(F_ATTR_PATH, object.start, path, object)
      this.#prec[this.#sp] = PATH_SELECT
      return ATTR_PATH
    }
    if (token === T.OR_KW) {
      // `e or` is a call of `e` with the variable `or`, for the sake of a function of that name in nixpkgs.
      const fn = this.#node
      const start = fn.start
      const end = lexer.end
      this.#node = {
        kind: CALL,
        start,
        end,
        pos: start,
        fn,
        args: [{ kind: VAR, start, end, pos: start, name: 'or' }],
      }
      // It will mean something else one day where it is an argument, a list element or a default.
      const kind = this.#kind[this.#sp]
      if (kind === F_APPLY || kind === F_LIST || kind === F_FALLBACK) this.#warnCursedOr(this.#node)
      lexer.next()
    }
    return AFTER_SELECT
  }

  #afterSelect(): number {
    const lexer = this.#lexer
    for (;;) {
      const sp = this.#sp
      const kind = this.#kind[sp]
      const node = this.#node
      if (kind === F_APPLY) {
        this.#values[this.#valueCount++] = node
        if (lexer.token <= T.LAST_SIMPLE) return SIMPLE
        this.#sp = sp - 1
        this.#node = this.#call(this.#a[sp] as Node, this.#b[sp] as number, node.end)
        return OPERATOR
      }
      if (kind === F_LIST) {
        this.#values[this.#valueCount++] = node
        return lexer.token <= T.LAST_SIMPLE ? SIMPLE : ELEMENTS
      }
      if (kind === F_FALLBACK) {
        const select = this.#a[sp] as SelectNode
        select.fallback = node
        select.end = node.end
        this.#sp = sp - 1
        this.#node = select
        continue
      }
      if (lexer.token > T.LAST_SIMPLE) return OPERATOR
      this.#push(F_APPLY, node.start, node, this.#valueCount)
      return SIMPLE
    }
  }

  /** Takes the values off that have come since there were `base`. */
  #take(base: number): Node[] {
    const values = this.#values
    const count = this.#valueCount - base
    this.#valueCount = base
    if (count === 1) return [values[base]]
    if (count === 2) return [values[base], values[base + 1]]
    return values.slice(base, base + count)
  }

  /** The call of `fn` with the values from `base` on. */
  #call(fn: Node, base: number, end: number): CallNode {
    const args = this.#take(base)
    const { start } = fn
    if (fn.kind !== CALL)
      return { kind: CALL, start, end, pos: isDesugaredCall(fn) ? fn.pos : start, fn, args }
    for (let i = 0; i < args.length; i++) fn.args.push(args[i])
    fn.end = end
    return fn
  }

  /** The call node that `fn` becomes the function of; a call takes more arguments (Nix: parser.y, makeCall). */
  #applied(fn: Node, pos: number): CallNode {
    if (fn.kind === CALL) return fn
    return {
      kind: CALL,
      start: fn.start,
      end: fn.end,
      pos: isDesugaredCall(fn) ? fn.pos : pos,
      fn,
      args: [],
    }
  }

  #warnCursedOr(node: Node): void {
    this.#warn({
      code: 'or-as-identifier',
      message: `at ${this.#place(node.pos)}: This expression uses \`or\` as an identifier in a way that will change in a future Nix release.
Wrap this entire expression in parentheses to preserve its current meaning:
    (${this.#text.substring(node.pos, node.end)})
Give feedback at https://github.com/NixOS/nix/pull/11121`,
      start: node.pos,
      end: node.end,
      always: true,
    })
  }

  /** `FILE:LINE:COLUMN`, for a text that mentions a second place. */
  #place(offset: number): string {
    this.#source ??= new Source('internal', '', this.#text)
    const { line, column } = this.#source.lineColumn(offset)
    return `${this.#options.sourceName ?? '\xc2\xabstring\xc2\xbb'}:${line}:${column}`
  }

  #elements(): number {
    const lexer = this.#lexer
    const token = lexer.token
    if (token <= T.LAST_SIMPLE) return SIMPLE
    if (token !== T.RBRACKET) this.#fail(null)
    const sp = this.#sp--
    const start = this.#at[sp]
    this.#node = {
      kind: LIST,
      start,
      end: lexer.end,
      pos: start,
      items: this.#take(this.#b[sp] as number),
    }
    lexer.next()
    return AFTER_SIMPLE
  }

  #operator(): number {
    const lexer = this.#lexer
    const token = lexer.token
    const precedence = PRECEDENCE[token]
    if (precedence === 0) {
      while (this.#kind[this.#sp] >= F_NOT) this.#reduce()
      return COMPLETE
    }
    while (this.#kind[this.#sp] >= F_NOT) {
      const waiting = this.#prec[this.#sp]
      if (waiting < precedence) break
      if (waiting === precedence) {
        // Right: `->`, `//`, `++`. None: comparisons.
        if (precedence === 1 || precedence === 6 || precedence === 10) break
        if (precedence === 4 || precedence === 5) this.#fail(null)
      }
      this.#reduce()
    }
    if (token === T.QUESTION) {
      const object = this.#node
      lexer.next()
      this.#push(F_ATTR_PATH, object.start, [], object)
      this.#prec[this.#sp] = PATH_HAS
      return ATTR_PATH
    }
    this.#pushOperator(F_BINARY, precedence, this.#node, OPERATORS[token - T.IMPL])
    lexer.next()
    return OPERAND
  }

  /** Applies the operator on top of the stack to `#node`. */
  #reduce(): void {
    const sp = this.#sp--
    const node = this.#node
    const pos = this.#pos[sp]
    const kind = this.#kind[sp]
    if (kind === F_BINARY) {
      const left = this.#a[sp] as Node
      const op = this.#b[sp] as BinaryOp
      this.#node = {
        kind: BINARY,
        start: left.start,
        end: node.end,
        pos,
        op,
        left,
        right: node,
      }
    } else if (kind === F_NOT) {
      this.#node = {
        kind: NOT,
        start: pos,
        end: node.end,
        pos: node.pos,
        expr: node,
      }
    } else {
      this.#node = { kind: NEGATE, start: pos, end: node.end, pos, expr: node }
    }
  }

  #pipe(): void {
    const sp = this.#sp--
    const left = this.#a[sp] as Node
    const right = this.#node
    const into = this.#kind[sp] === F_PIPE_INTO
    const fn = into ? right : left
    const call = this.#applied(fn, this.#pos[sp])
    call.args.push(into ? left : right)
    call.start = left.start
    call.end = right.end
    this.#node = call
  }

  /** Gives `#node`, an operand, to what waits for it; reduces everything that is open to the right. */
  #complete(): number {
    const lexer = this.#lexer
    const token = lexer.token
    // Pipes: `|>` groups to the left, `<|` to the right; the two do not mix.
    if (token === T.PIPE_INTO && this.#kind[this.#sp] !== F_PIPE_FROM) {
      if (this.#kind[this.#sp] === F_PIPE_INTO) this.#pipe()
      this.#pushOperator(F_PIPE_INTO, 0, this.#node, '')
      lexer.next()
      return OPERAND
    }
    if (token === T.PIPE_FROM && this.#kind[this.#sp] !== F_PIPE_INTO) {
      this.#pushOperator(F_PIPE_FROM, 0, this.#node, '')
      lexer.next()
      return OPERAND
    }
    for (;;) {
      const sp = this.#sp
      const start = this.#at[sp]
      const node = this.#node
      switch (this.#kind[sp]) {
        case F_PIPE_FROM:
        case F_PIPE_INTO:
          this.#pipe()
          continue
        case F_LAMBDA: {
          const param = this.#a[sp] as string | null
          const formals = this.#b[sp] as Formals | null
          if (formals !== null) {
            validateFormals(formals, param, start)
            if (formals.list.length > MAX_FORMALS)
              throw new NixError(
                'syntax',
                `too many formal arguments, implementation supports at most ${MAX_FORMALS}`,
                { pos: start },
              )
          }
          this.#sp = sp - 1
          this.#node = {
            kind: LAMBDA,
            start,
            end: node.end,
            pos: start,
            param,
            formals,
            body: node,
            name: null,
          }
          continue
        }
        case F_ASSERT_BODY:
          this.#sp = sp - 1
          this.#node = {
            kind: ASSERT,
            start,
            end: node.end,
            pos: start,
            cond: this.#a[sp] as Node,
            body: node,
          }
          continue
        case F_WITH_BODY:
          this.#sp = sp - 1
          this.#node = {
            kind: WITH,
            start,
            end: node.end,
            pos: start,
            scope: this.#a[sp] as Node,
            body: node,
          }
          continue
        case F_IF_ELSE:
          this.#sp = sp - 1
          this.#node = {
            kind: IF,
            start,
            end: node.end,
            pos: start,
            cond: this.#a[sp] as Node,
            // biome-ignore lint/suspicious/noThenProperty: the tree names it after the keyword.
            then: this.#b[sp] as Node,
            else: node,
          }
          continue
        case F_LET_BODY: {
          const attrs = this.#a[sp] as AttrsNode
          if (attrs.dynamic.length > 0)
            throw new NixError('syntax', 'dynamic attributes not allowed in let', { pos: start })
          this.#sp = sp - 1
          this.#node = {
            kind: LET,
            start,
            end: node.end,
            pos: start,
            attrs,
            body: node,
          }
          continue
        }
        case F_TOP:
          if (token !== T.EOF) this.#fail('end of file')
          return DONE
        case F_PAREN:
          if (token !== T.RPAREN) this.#fail("')'")
          this.#sp = sp - 1
          node.start = start
          node.end = lexer.end
          lexer.next()
          return AFTER_SIMPLE
        case F_ASSERT_COND:
          if (token !== T.SEMICOLON) this.#fail("';'")
          return this.#proceed(F_ASSERT_BODY)
        case F_WITH_SCOPE:
          if (token !== T.SEMICOLON) this.#fail("';'")
          return this.#proceed(F_WITH_BODY)
        case F_IF_COND:
          if (token !== T.THEN) this.#fail("'then'")
          return this.#proceed(F_IF_THEN)
        case F_IF_THEN:
          if (token !== T.ELSE) this.#fail("'else'")
          this.#kind[sp] = F_IF_ELSE
          this.#b[sp] = node
          lexer.next()
          return EXPR
        case F_VALUE: {
          if (token !== T.SEMICOLON) this.#fail("';'")
          this.#sp = sp - 1
          const set = this.#a[sp - 1] as AttrsDraft
          const path = this.#a[sp] as PathStep[] | string
          const failure =
            typeof path === 'string' ? addPlain(set, path, start, node) : addAttribute(set, path, start, node)
          if (failure !== null)
            this.#duplicate(failure.path.map(quoteName).join('.'), failure.pos, failure.previous)
          lexer.next()
          return BINDINGS
        }
        case F_INHERIT_FROM: {
          if (token !== T.RPAREN) this.#fail("')'")
          this.#kind[sp] = F_INHERIT
          this.#a[sp] = []
          this.#b[sp] = []
          this.#prec[sp] = addFrom(this.#a[sp - 1] as AttrsDraft, node)
          lexer.next()
          return INHERIT_NAMES
        }
        case F_DYNAMIC:
          if (token !== T.RBRACE) this.#fail("'}'")
          this.#sp = sp - 1
          this.#refuseInherited(node, start)
          lexer.next()
          return this.#step(node, start)
        case F_DEFAULT:
          this.#sp = sp - 1
          ;(this.#a[sp] as Formal).fallback = node
          return FORMALS
        default:
          // A string, an indented string, a path.
          if (token !== T.RBRACE) this.#fail("'}'")
          ;(this.#a[sp] as Piece[]).push(node)
          lexer.next()
          return PIECES
      }
    }
  }

  /** The frame's first expression is `#node`; the next one follows. */
  #proceed(kind: number): number {
    this.#kind[this.#sp] = kind
    this.#a[this.#sp] = this.#node
    this.#lexer.next()
    return EXPR
  }

  #pieces(): number {
    const lexer = this.#lexer
    const sp = this.#sp
    const kind = this.#kind[sp]
    const pieces = this.#a[sp] as Piece[]
    const positions = this.#b[sp] as number[]
    if (kind === F_IND_STRING) return this.#indPieces(pieces, positions)
    for (;;) {
      switch (lexer.token) {
        case T.STR:
          positions.push(lexer.start)
          pieces.push(literal(lexer.value, lexer.start, lexer.end))
          lexer.next()
          // A path goes on after its first token only with an interpolation (`/a//b`).
          if (kind === F_PATH && pieces.length === 2 && lexer.token !== T.DOLLAR_CURLY) this.#fail("'${'")
          continue
        case T.DOLLAR_CURLY:
          positions.push(lexer.start)
          lexer.next()
          return EXPR
        case T.QUOTE:
        case T.PATH_END: {
          this.#sp = sp - 1
          const start = this.#at[sp]
          const path = kind === F_PATH
          // Nix gives a string the position of its first piece.
          const pos = path ? start : start + 1
          const parts = pieces as Node[]
          const node: Node = { kind: INTERPOLATION, start, end: lexer.end, pos, path, parts, positions }
          if (kind === F_ATTR_STRING) this.#refuseInherited(node, start)
          lexer.next()
          if (kind === F_ATTR_STRING) return this.#step(node, start)
          this.#node = node
          return AFTER_SIMPLE
        }
        default:
          return this.#fail("'\"'")
      }
    }
  }

  #indPieces(pieces: Piece[], positions: number[]): number {
    const lexer = this.#lexer
    for (;;) {
      switch (lexer.token) {
        case T.IND_STR:
          positions.push(lexer.start)
          pieces.push({
            kind: -1,
            text: lexer.value,
            indented: lexer.indentation,
            start: lexer.start,
            end: lexer.end,
          })
          lexer.next()
          continue
        case T.DOLLAR_CURLY:
          positions.push(lexer.start)
          lexer.next()
          return EXPR
        case T.IND_CLOSE: {
          const start = this.#at[this.#sp--]
          this.#node = stripIndentation(pieces, positions, start, lexer.end)
          lexer.next()
          return AFTER_SIMPLE
        }
        default:
          return this.#fail("indented string or '${' or end of an indented string")
      }
    }
  }

  #binding(): number {
    const lexer = this.#lexer
    const sp = this.#sp
    const kind = this.#b[sp] as number
    const token = lexer.token
    switch (token) {
      case T.ID: {
        // The usual case, `name = …`, needs no frame for the path.
        const pos = lexer.start
        const name = lexer.value
        lexer.next()
        if (lexer.token === T.ASSIGN) {
          this.#push(F_VALUE, pos, name, null)
          lexer.next()
          return EXPR
        }
        if (lexer.token !== T.DOT) this.#fail(EXPECT_AFTER_STEP)
        lexer.next()
        this.#push(F_ATTR_PATH, pos, [{ name, expr: null, pos }], null)
        this.#prec[sp + 1] = PATH_BINDING
        return ATTR_PATH
      }
      case T.OR_KW:
      case T.QUOTE:
      case T.DOLLAR_CURLY:
        this.#push(F_ATTR_PATH, lexer.start, [], null)
        this.#prec[sp + 1] = PATH_BINDING
        return ATTR_PATH
      case T.INHERIT:
        lexer.next()
        if (lexer.token === T.LPAREN) {
          lexer.next()
          this.#push(F_INHERIT_FROM, lexer.start, null, null)
          return EXPR
        }
        this.#push(F_INHERIT, lexer.start, [], [])
        this.#prec[sp + 1] = -1
        return INHERIT_NAMES
    }
    const start = this.#at[sp]
    const attrs = this.#a[sp] as AttrsDraft
    // Growing has left room for many more.
    if (attrs.attrs.length < 32) attrs.attrs = attrs.attrs.slice()
    if (kind === SET_LET) {
      if (token !== T.IN) this.#fail("'in' or 'inherit'")
      attrs.end = lexer.lastEnd
      this.#kind[sp] = F_LET_BODY
      lexer.next()
      return EXPR
    }
    if (token !== T.RBRACE) this.#fail(kind === SET_PLAIN ? "'inherit'" : "'inherit' or '}'")
    this.#sp = sp - 1
    attrs.end = lexer.end
    if (kind === SET_LEGACY_LET) {
      this.#note('legacy-let', start, start + 3, "'let { ... }' is an old form of 'let ... in ...'")
      // Nix gives the selection no place.
      const path: PathStep[] = [{ name: 'body', expr: null, pos: -1 }]
      this.#node = {
        kind: SELECT,
        start,
        end: lexer.end,
        pos: -1,
        object: attrs,
        path,
        fallback: null,
      }
    } else this.#node = attrs
    lexer.next()
    return AFTER_SIMPLE
  }

  #attrPath(): number {
    const lexer = this.#lexer
    const sp = this.#sp
    const steps = this.#a[sp] as PathStep[]
    for (;;) {
      const pos = lexer.start
      switch (lexer.token) {
        case T.ID:
          steps.push({ name: lexer.value, expr: null, pos })
          lexer.next()
          break
        case T.OR_KW:
          steps.push({ name: 'or', expr: null, pos })
          lexer.next()
          break
        case T.QUOTE: {
          const name = this.#attrString()
          if (name === null) return PIECES
          steps.push({ name, expr: null, pos })
          break
        }
        case T.DOLLAR_CURLY:
          return this.#begin(F_DYNAMIC)
        default:
          this.#fail(EXPECT_ATTR)
      }
      if (lexer.token !== T.DOT) return this.#endOfPath()
      lexer.next()
    }
  }

  /** A string as a name, from its opening quote: the text, or null when it has interpolations (a frame is open then). */
  #attrString(): string | null {
    const lexer = this.#lexer
    const start = lexer.start
    lexer.next()
    if (lexer.token === T.QUOTE) {
      lexer.next()
      return ''
    }
    if (lexer.token === T.STR) {
      const value = lexer.value
      const pos = lexer.start
      lexer.next()
      if (lexer.token === T.QUOTE) {
        lexer.next()
        return value
      }
      this.#push(F_ATTR_STRING, start, [literal(value, pos, lexer.lastEnd)], [pos])
    } else this.#push(F_ATTR_STRING, start, [], [])
    return null
  }

  /** A name behind `inherit` must be static; noticed before the token behind it is read. */
  #refuseInherited(node: Node, pos: number): void {
    if (this.#kind[this.#sp] === F_INHERIT && node.kind !== STRING)
      throw new NixError('syntax', 'dynamic attributes not allowed in inherit', { pos })
  }

  /** A dynamic step, in an attribute path or behind `inherit`. One that is just a string literal is static. */
  #step(node: Node, pos: number): number {
    const lexer = this.#lexer
    const sp = this.#sp
    if (this.#kind[sp] === F_INHERIT) {
      ;(this.#a[sp] as string[]).push((node as StringNode).value)
      ;(this.#b[sp] as number[]).push(pos)
      return INHERIT_NAMES
    }
    const steps = this.#a[sp] as PathStep[]
    if (node.kind === STRING) steps.push({ name: node.value, expr: null, pos })
    else steps.push({ name: '', expr: node, pos })
    if (lexer.token !== T.DOT) return this.#endOfPath()
    lexer.next()
    return ATTR_PATH
  }

  #endOfPath(): number {
    const lexer = this.#lexer
    const sp = this.#sp
    const path = this.#a[sp] as PathStep[]
    const kind = this.#prec[sp]
    if (kind === PATH_BINDING) {
      if (lexer.token !== T.ASSIGN) this.#fail(EXPECT_AFTER_STEP)
      this.#kind[sp] = F_VALUE
      lexer.next()
      return EXPR
    }
    this.#sp = sp - 1
    const object = this.#b[sp] as Node
    if (kind === PATH_HAS) {
      this.#node = {
        kind: HAS_ATTR,
        start: object.start,
        end: lexer.lastEnd,
        pos: object.pos,
        object,
        path,
      }
      return OPERATOR
    }
    return this.#selected(object, path)
  }

  /** Behind the path of a selection. */
  #selected(object: Node, path: PathStep[]): number {
    const lexer = this.#lexer
    const { start } = object
    const select: SelectNode = {
      kind: SELECT,
      start,
      end: lexer.lastEnd,
      pos: start,
      object,
      path,
      fallback: null,
    }
    if (lexer.token === T.OR_KW) {
      this.#push(F_FALLBACK, start, select, null)
      lexer.next()
      return SIMPLE
    }
    this.#node = select
    return AFTER_SELECT
  }

  #inheritNames(): number {
    const lexer = this.#lexer
    const sp = this.#sp
    const names = this.#a[sp] as string[]
    const positions = this.#b[sp] as number[]
    for (;;) {
      const pos = lexer.start
      switch (lexer.token) {
        case T.ID:
          names.push(lexer.value)
          positions.push(pos)
          lexer.next()
          continue
        case T.OR_KW:
          names.push('or')
          positions.push(pos)
          lexer.next()
          continue
        case T.QUOTE: {
          const name = this.#attrString()
          if (name === null) return PIECES
          names.push(name)
          positions.push(pos)
          continue
        }
        case T.DOLLAR_CURLY:
          return this.#begin(F_DYNAMIC)
        case T.SEMICOLON:
          this.#inherit(names, positions, this.#prec[sp])
          this.#sp = sp - 1
          lexer.next()
          return BINDINGS
        default:
          this.#fail(null)
      }
    }
  }

  #inherit(names: string[], positions: number[], from: number): void {
    const attrs = this.#a[this.#sp - 1] as AttrsDraft
    if (names.length === 0) {
      const { start, end } = this.#lexer
      this.#note('empty-inherit', start, end, "this 'inherit' names nothing")
    }
    const how: Attr['how'] = from < 0 ? 'inherit' : 'from'
    for (let i = 0; i < names.length; i++) {
      const name = names[i]
      const previous = findAttribute(attrs, name)
      if (previous !== undefined) this.#duplicate(quoteName(name), positions[i], previous.pos)
      appendAttribute(attrs, {
        name,
        pos: positions[i],
        how,
        value: null,
        from,
      })
    }
  }

  #duplicate(path: string, pos: number, previous: number): never {
    throw new NixError('syntax', `attribute '${path}' already defined at ${this.#place(previous)}`, { pos })
  }

  /** Behind the `{` of `name@{`. */
  #firstFormal(): number {
    const lexer = this.#lexer
    switch (lexer.token) {
      case T.ID: {
        const name = lexer.value
        const pos = lexer.start
        lexer.next()
        return this.#formal(name, pos)
      }
      case T.ELLIPSIS:
        return this.#ellipsis()
      case T.RBRACE:
        lexer.next()
        return this.#endOfFormals()
      default:
        return this.#fail(EXPECT_FORMAL)
    }
  }

  /** Behind the name of a formal. */
  #formal(name: string, pos: number): number {
    const lexer = this.#lexer
    const formal: Formal = { name, pos, fallback: null }
    ;(this.#a[this.#sp] as FormalsDraft).list.push(formal)
    if (lexer.token !== T.QUESTION) return FORMALS
    this.#push(F_DEFAULT, pos, formal, null)
    lexer.next()
    return EXPR
  }

  #formals(): number {
    const lexer = this.#lexer
    if (lexer.token === T.RBRACE) {
      lexer.next()
      return this.#endOfFormals()
    }
    if (lexer.token !== T.COMMA) this.#fail(EXPECT_AFTER_FORMAL)
    lexer.next()
    return this.#firstFormal()
  }

  #ellipsis(): number {
    const lexer = this.#lexer
    ;(this.#a[this.#sp] as FormalsDraft).ellipsis = true
    lexer.next()
    if (lexer.token !== T.RBRACE) this.#fail("'}'")
    lexer.next()
    return this.#endOfFormals()
  }

  #endOfFormals(): number {
    return this.#afterFormals(this.#a[this.#sp--] as FormalsDraft)
  }

  /** Behind the `}` of formals: `:` or `@name:`. */
  #afterFormals(draft: FormalsDraft): number {
    const lexer = this.#lexer
    let param = draft.param
    if (param !== null) {
      if (lexer.token !== T.COLON) this.#fail("':'")
    } else if (lexer.token === T.AT) {
      lexer.next()
      if (lexer.token !== T.ID) this.#fail('identifier')
      param = lexer.value
      lexer.next()
      if (lexer.token !== T.COLON) this.#fail("':'")
    } else if (lexer.token !== T.COLON) this.#fail("':' or '@'")
    this.#push(F_LAMBDA, draft.start, param, {
      list: draft.list,
      ellipsis: draft.ellipsis,
    })
    lexer.next()
    return EXPR
  }
}

function variable(name: string, start: number, end: number): Node {
  if (name === '__curPos') return { kind: CUR_POS, start, end, pos: start }
  return { kind: VAR, start, end, pos: start, name }
}

function literal(value: string, start: number, end: number): StringNode {
  return { kind: STRING, start, end, pos: start, value, uri: false }
}

/** What Nix desugars into a call of a variable: when it is applied, the argument joins that call. */
function isDesugaredCall(node: Node): boolean {
  if (node.kind === BINARY) {
    const { op } = node
    return op === '-' || op === '*' || op === '/' || op === '<' || op === '>'
  }
  return node.kind === NEGATE || node.kind === SEARCH_PATH
}

/** Nix: ExprLambda::nFormals, a uint16_t. */
const MAX_FORMALS = 65535

/** Throws for a name that is used twice (Nix: parser-state.hh, validateFormals). */
function validateFormals(formals: Formals, param: string | null, start: number): void {
  const { list } = formals
  let duplicate: Formal | undefined
  if (list.length <= 12) {
    for (let i = 0; i < list.length && duplicate === undefined; i++)
      for (let j = i + 1; j < list.length; j++)
        if (list[i].name === list[j].name) {
          duplicate = list[j]
          break
        }
  } else duplicate = findDuplicate(list)
  if (duplicate !== undefined)
    throw new NixError('syntax', `duplicate formal function argument '${duplicate.name}'`, {
      pos: duplicate.pos,
    })
  if (param === null) return
  for (let i = 0; i < list.length; i++)
    if (list[i].name === param)
      throw new NixError('syntax', `duplicate formal function argument '${param}'`, { pos: start })
}

/** The second occurrence of the earliest name that occurs twice. */
function findDuplicate(list: Formal[]): Formal | undefined {
  const first = new Map<string, number>()
  let earliest = list.length
  let duplicate: Formal | undefined
  for (let i = 0; i < list.length; i++) {
    const seen = first.get(list[i].name)
    if (seen === undefined) first.set(list[i].name, i)
    else if (seen < earliest) {
      earliest = seen
      duplicate = list[i]
    }
  }
  return duplicate
}
