/**
 * The names of a text in the order in which Nix makes symbols of them (floor 2), which is the order in which it goes through
 * attributes and formals. Its parser makes a symbol when it has read enough (parser.y): at once for variables and attributes,
 * after its default for a formal, after its body for the parameter of a lambda.
 */
import * as T from './lexer.ts'

// What a construct that is still open begins with; names that wait for an end stand between these.
const BRACKET = 0
const IF = 1
const LET = 2
/** `with` and `assert`: up to their semicolon. */
const HEAD = 3

/** What `${` follows where it begins a name. */
const BEFORE_NAME: readonly number[] = [T.LBRACE, T.SEMICOLON, T.LET, T.DOT, T.QUESTION, T.INHERIT, T.RPAREN]
/** What a string is still a plain one in, beside its text. */
const ROUND_PLAIN: readonly number[] = [T.LPAREN, T.RPAREN, T.QUOTE, T.IND_OPEN, T.IND_CLOSE]

/** Calls `met` with each name, also when it has had it before; it answers whether it has heard enough. */
export function eachName(text: string, met: (name: string) => boolean): void {
  const lexer = new T.Lexer(text, true)
  const open: (number | string)[] = []
  /** The names that wait end here, down to a construct of one of these kinds. */
  const endNames = (a: number, b = a, c = a): boolean => {
    for (let at = open.length - 1; at >= 0; at--) {
      const top = open[at]
      if (top === a || top === b || top === c) return false
      open.pop()
      if (typeof top === 'string' && met(top)) return true
    }
    return false
  }
  let token = 0
  /** The name that the last token may be, and the token before that. */
  let name: string | undefined
  let before = 0
  /** The plain string between `${` and `}`, as far as it has come: that is a name as well. */
  let plain: string | undefined
  try {
    do {
      const last = token
      lexer.next()
      token = lexer.token
      if (name !== undefined) {
        if (last === T.ID) {
          const formal = before === T.LBRACE || before === T.COMMA
          if (token === T.COLON || token === T.AT || before === T.AT || (formal && token === T.QUESTION))
            open.push(name)
          else if (met(name)) return
          // What follows is an expression, no name.
          if (formal && token === T.QUESTION) token = T.ASSIGN
          name = undefined
        } else if (last === T.QUOTE) {
          const isName = before === T.DOT || before === T.QUESTION || token === T.DOT || token === T.ASSIGN
          if (isName && met(name)) return
          name = undefined
        } else if (token !== T.QUOTE) name = undefined
      }
      if (plain !== undefined && token !== T.DOLLAR_CURLY) {
        if (token === T.STR || token === T.IND_STR) plain += lexer.value
        else if (token === T.RBRACE) {
          if (plain !== '' && met(plain)) return
          plain = undefined
        } else if (!ROUND_PLAIN.includes(token)) plain = undefined
      }
      switch (token) {
        case T.ID:
          before = last
          name = lexer.value
          break
        case T.QUOTE:
          if (name === undefined) before = last
          break
        case T.STR:
          if (last === T.QUOTE) name = lexer.value
          break
        case T.DOLLAR_CURLY:
          plain = BEFORE_NAME.includes(last) ? '' : undefined
          open.push(BRACKET)
          break
        case T.LPAREN:
        case T.LBRACE:
        case T.LBRACKET:
          open.push(BRACKET)
          break
        case T.RPAREN:
        case T.RBRACE:
        case T.RBRACKET:
          if (endNames(BRACKET)) return
          open.pop()
          break
        case T.COMMA:
          if (endNames(BRACKET)) return
          break
        case T.IF:
          open.push(IF)
          break
        case T.THEN:
          if (endNames(IF)) return
          break
        case T.ELSE:
          if (endNames(IF)) return
          open.pop()
          break
        case T.LET:
          open.push(LET)
          break
        case T.IN:
          if (endNames(LET)) return
          open.pop()
          break
        case T.WITH:
        case T.ASSERT:
          open.push(HEAD)
          break
        case T.SEMICOLON:
          if (endNames(HEAD, BRACKET, LET)) return
          if (open.at(-1) === HEAD) open.pop()
          break
      }
    } while (token !== T.EOF)
  } catch {
    // It has been parsed before, so nobody can ask for more of it.
  }
  while (open.length > 0) {
    const top = open.pop()
    if (typeof top === 'string' && met(top)) return
  }
}
