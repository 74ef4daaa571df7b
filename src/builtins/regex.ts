/**
 * `builtins.match` and `builtins.split` (floor 4); the matcher is in regex/. Nix: primops.cc, prim_match, prim_split.
 */
import { builtin, param } from '../runtime/machine.ts'
import { type Builtin, LAZY, type List, list, PLAIN_STRING, type Slot, textOf } from '../values/value.ts'
import { ByteClasses } from './regex/parse.ts'
import { compileRegex, type Groups, type Regex, splitString } from './regex/regex.ts'
import { withString } from './support.ts'

/**
 * A program with so many patterns puts them together, and uses most of them once. A package tree has fewer, and for these the code
 * that matches without V8 would only be more code that has never been run.
 */
const MANY = 64

/** Compiled patterns, a bounded number of them. */
class RegexCache {
  readonly #known = new Map<string, Regex>()
  readonly #classes = new ByteClasses()
  readonly #limit: number
  constructor(limit: number) {
    this.#limit = limit
  }
  get(pattern: string): Regex {
    let regex = this.#known.get(pattern)
    if (regex !== undefined) return regex
    regex = compileRegex(pattern, this.#classes, this.#known.size >= MANY)
    if (this.#known.size >= this.#limit) {
      // The older half goes; what is in use comes back at once.
      let surplus = this.#limit >> 1
      for (const key of this.#known.keys()) {
        if (surplus-- === 0) break
        this.#known.delete(key)
      }
    }
    this.#known.set(pattern, regex)
    return regex
  }
}

function groupList(groups: Groups): List {
  return list(groups)
}

/** The builtins of this file, as a table of their own for each evaluator. */
export function regexBuiltins(): Builtin[] {
  const cache = new RegexCache(1024)
  return [
    builtin({
      name: 'match',
      params: [param(PLAIN_STRING), param(LAZY)],
      start: (m, pattern: string, s: Slot) => {
        // A bad pattern is found before the string is looked at.
        const regex = cache.get(pattern)
        return withString(
          m,
          s,
          'while evaluating the second argument passed to builtins.match',
          (_m, text) => {
            const groups = regex.match(textOf(text))
            return groups === null ? null : groupList(groups)
          },
        )
      },
    }),
    builtin({
      name: 'split',
      params: [param(PLAIN_STRING), param(LAZY)],
      start: (m, pattern: string, s: Slot) => {
        const regex = cache.get(pattern)
        return withString(
          m,
          s,
          'while evaluating the second argument passed to builtins.split',
          (_m, text) => {
            const parts = splitString(regex, textOf(text))
            // Without a match it is the very argument, with its context.
            if (parts.length === 1) return list([s])
            return list(parts.map((part) => (typeof part === 'string' ? part : groupList(part as Groups))))
          },
        )
      },
    }),
  ]
}
