/**
 * Which of several names an error is about (floor 3). Where the order of names does not matter, Nix goes through a set, or
 * through formals, in the order in which it has met the names (symbol-table.hh). Firnix makes symbols when they are
 * used, so what Nix's parser has met first is looked up in the sources, when there is an error to be told.
 */
import type { PosTable } from '../source.ts'
import * as T from '../syntax/lexer.ts'
import { has } from '../values/attrs.ts'
import type { FormalInfo, FormalsInfo } from '../values/code.ts'
import { KNOWN_COUNT, type SymbolTable } from '../values/symbols.ts'
import type { Attrs } from '../values/value.ts'

/** What is known of names: the machine, as far as it is needed here. */
interface Names {
  readonly positions: PosTable
  readonly symbols: SymbolTable
}

/** The formal that an error is about when `args` lacks one, or several, that have no default. */
export function firstMissing(m: Names, formals: FormalsInfo, args: Attrs): FormalInfo {
  const missing = formals.list.filter((f) => f.fallback < 0 && !has(args, f.sym))
  const name = firstMet(
    m,
    missing.map((f) => f.name),
  )
  return missing.find((f) => f.name === name) ?? missing[0]
}

/** The name that Nix met first, or undefined when none of them stands in a source (they were made by the program). */
export function firstMet(m: Names, names: readonly string[]): string | undefined {
  if (names.length < 2) return names[0]
  let known: string | undefined
  let least = KNOWN_COUNT
  for (const name of names) {
    const sym = m.symbols.find(name)
    if (sym >= 0 && sym < least) {
      least = sym
      known = name
    }
  }
  if (known !== undefined) return known
  const wanted = new Set(names)
  for (const { origin, text } of m.positions.sources) {
    if (origin === 'internal' || text === undefined || !names.some((name) => text.includes(name))) continue
    const found = firstIn(text, wanted)
    if (found !== undefined) return found
  }
  return undefined
}

/**
 * The first of the names in a text: as an identifier, or as a string where a name is meant. The parameter of a lambda is a
 * name to Nix only when the lambda has been read to its end.
 */
function firstIn(text: string, wanted: ReadonlySet<string>): string | undefined {
  const lexer = new T.Lexer(text, true)
  // What may be the first: the name before the current token, and the token before that.
  let name: string | undefined
  let before = 0
  let parameter: string | undefined
  let token = 0
  try {
    do {
      const last = token
      lexer.next()
      token = lexer.token
      if (name !== undefined) {
        if (last === T.ID) {
          if (token !== T.COLON && token !== T.AT && before !== T.AT) return name
          parameter ??= name
          name = undefined
        } else if (last === T.QUOTE) {
          if (before === T.DOT || before === T.QUESTION || token === T.DOT || token === T.ASSIGN) return name
          name = undefined
        } else if (token !== T.QUOTE) name = undefined
      }
      if (token === T.ID) {
        before = last
        name = wanted.has(lexer.value) ? lexer.value : undefined
      } else if (token === T.QUOTE && name === undefined) before = last
      else if (token === T.STR && last === T.QUOTE) name = wanted.has(lexer.value) ? lexer.value : undefined
    } while (token !== T.EOF)
  } catch {
    // It has been parsed before, so nobody can ask for more of it.
  }
  return parameter
}
