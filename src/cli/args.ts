/**
 * Reading a command line as Nix does (floor 7): a table of flags and the words come in, handlers are called in order.
 * Nix: args.cc.
 */
import { NixError } from '../errors.ts'

/** A flag with a fixed number of arguments. */
export interface Flag {
  /** How many words it takes. */
  readonly arity: number
  readonly run: (...values: string[]) => void
}

/** What a command line is made of. */
export interface Grammar {
  /** By `--name` or `-n`. */
  readonly flags: ReadonlyMap<string, Flag>
  /** Flags of settings, asked for what is not among `flags`. */
  readonly setting: (word: string) => Flag | undefined
  /**
   * Any other word, an operand or a flag of the command's own: takes what it wants from `rest` and says whether it knew
   * the word.
   */
  readonly word: (word: string, rest: string[]) => boolean
}

/**
 * Reads the words in order. Errors: usage errors (`unrecognised flag '--x'`, `flag '--arg' requires 2 argument(s), …`),
 * and what handlers throw.
 */
export function parseArgs(words: readonly string[], grammar: Grammar): void {
  const rest = [...words]
  let dashDash = false
  while (rest.length > 0) {
    let word = rest.shift() as string
    // `-j3` is `-j 3`, `-kK` is `-k -K`.
    if (!dashDash && word.length > 2 && /^-[A-Za-z]/.test(word)) {
      const more: string[] = []
      for (let i = 2; i < word.length; i++) {
        if (!/[A-Za-z]/.test(word[i])) {
          more.push(word.slice(i))
          break
        }
        more.push(`-${word[i]}`)
      }
      rest.unshift(...more)
      word = word.slice(0, 2)
    }
    if (dashDash || !word.startsWith('-')) {
      if (!grammar.word(word, dashDash ? [] : rest)) throw usage(`unexpected argument '${word}'`)
    } else if (word === '--') dashDash = true
    else {
      const flag = grammar.flags.get(word) ?? grammar.setting(word)
      if (flag === undefined) {
        if (!grammar.word(word, rest)) throw usage(`unrecognised flag '${word}'`)
      } else if (rest.length < flag.arity) {
        throw usage(`flag '${word}' requires ${flag.arity} argument(s), but only ${rest.length} were given`)
      } else flag.run(...rest.splice(0, flag.arity))
    }
  }
}

/** The argument of an option that `word` handles itself. Error: `'-A' requires an argument`. Nix: shared.cc, getArg. */
export function takeArg(option: string, rest: string[]): string {
  const value = rest.shift()
  if (value === undefined) throw usage(`'${option}' requires an argument`)
  return value
}

/** A usage error. */
export function usage(message: string): NixError {
  return new NixError('usage', message)
}
