/**
 * Regular expressions of `builtins.match` and `builtins.split` (floor 4, pure): POSIX extended ones over byte strings,
 * with the answers of libstdc++'s `std::regex`, which is what Nix calls (primops.cc, prim_match, prim_split).
 * No pattern takes more than linear time and memory in the length of the string.
 *
 * Pattern -> `parse.ts` -> `flat.ts` (a simple one of many, while it is seldom used)
 *                      \-> `native.ts` (a JavaScript RegExp where that is exact and cannot take long)
 *                      \-> `nfa.ts` -> `search.ts` (everything else)
 */
import { NixError } from '../../errors.ts'
import { type Flat, flatten } from './flat.ts'
import type { Native } from './native.ts'
import { translate } from './native.ts'
import type { Automaton } from './nfa.ts'
import { buildAutomaton } from './nfa.ts'
import type { Program } from './parse.ts'
import { type ByteClasses, type ByteSet, hasByte, isLiteral, parsePattern } from './parse.ts'
import { Rows } from './search.ts'

/** The text of each group, null where it took no part. */
export type Groups = (string | null)[]

/** A match found by `search`. */
export interface Found {
  readonly start: number
  readonly end: number
  readonly groups: Groups
}

/** Steps JavaScript's engine may need at worst before the linear matcher is taken instead, and more of them for each byte. */
const MOST_WORK = 1e6
const MOST_WORK_PER_BYTE = 64

/** So many strings are matched with a pattern before it is worth compiling. */
const SELDOM = 24

/** Patterns this long may have too many states even without a counted repetition. */
const LONG_PATTERN = 10_000

function worst(ways: number, loops: number, length: number): number {
  return ways * (length + 1) ** loops
}

/** How many bytes of a set stand in a row, at most. */
function longestRun(s: string, set: ByteSet): number {
  let longest = 0
  let run = 0
  for (let i = 0; i < s.length; i++) {
    if (!hasByte(set, s.charCodeAt(i))) run = 0
    else if (++run > longest) longest = run
  }
  return longest
}

/** `worst` for a string that has been looked through; from `most` on the number means nothing but that. */
function worstIn(s: string, { ways, vainSets }: Native, sets: readonly ByteSet[], most: number): number {
  let work = ways
  for (let i = 0; i < sets.length && work <= most; i++) work *= longestRun(s, sets[i]) + 1
  let vain = 0
  for (let i = 0; i < vainSets.length && work <= most; i++) vain = Math.max(vain, longestRun(s, vainSets[i]))
  return work * (vain + 1)
}

function groupsOf(match: RegExpExecArray): Groups {
  const groups: Groups = []
  for (let i = 1; i < match.length; i++) groups.push(match[i] ?? null)
  return groups
}

function cut(s: string, bounds: Int32Array): Groups {
  const groups: Groups = []
  for (let i = 2; i < bounds.length; i += 2) {
    groups.push(bounds[i + 1] === -1 ? null : s.slice(bounds[i], bounds[i + 1]))
  }
  return groups
}

/** A compiled pattern, to be used any number of times. */
export class Regex {
  readonly pattern: string
  /** The string that it is, if it is nothing but one. */
  private readonly literal: string | undefined
  private readonly groups: number
  /** For those strings that come first; null: it is not simple, or has been used often. */
  private flat: Flat | null
  private used: number
  /** null: nobody has asked. */
  private translation: Native | undefined | null
  private automaton: Automaton | undefined
  private whole: RegExp | undefined
  private anywhere: RegExp | undefined

  /** Use `compileRegex`. `program`: null for one that is a string, and not empty. */
  constructor(
    pattern: string,
    program: Program | null,
    automaton: Automaton | undefined,
    isOneOfMany: boolean,
  ) {
    this.pattern = pattern
    this.automaton = automaton
    this.whole = undefined
    this.anywhere = undefined
    this.used = 0
    this.flat = null
    if (program === null) {
      this.literal = pattern
      this.groups = 0
      this.translation = undefined
      return
    }
    this.groups = program.groups
    const flat = isOneOfMany ? flatten(program) : null
    if (flat !== null) {
      this.flat = flat
      this.translation = null
      this.literal = flat.literal
    } else {
      this.translation = translate(program)
      this.literal = this.translation?.literal
    }
  }

  private get native(): Native | undefined {
    // The program is made again, for few patterns: it is what takes most memory.
    if (this.translation === null) this.translation = translate(parsePattern(this.pattern))
    return this.translation
  }

  private rows(s: string, from: number, exact: boolean): Rows {
    if (this.automaton === undefined) {
      // Only a pattern short enough to have few states comes here unbuilt.
      // Its program is made again: most patterns never need it, and it is what takes most memory.
      const built = buildAutomaton(parsePattern(this.pattern))
      if (typeof built === 'string') throw refusal(built, this.pattern)
      this.automaton = built
    }
    return new Rows(this.automaton, s, from, exact)
  }

  /** Matches all of `s`: the groups, or null. */
  match(s: string): Groups | null {
    const { literal, flat } = this
    if (literal !== undefined) return s === literal ? [] : null
    if (flat !== null) {
      const groups = flat.match(s)
      if (groups === undefined || ++this.used >= SELDOM) this.flat = null
      if (groups !== undefined) return groups
    }
    const { native } = this
    if (native !== undefined) {
      if (s.length < native.least) return null
      if (native.least > 0 && !hasByte(native.first, s.charCodeAt(0))) return null
      if (native.source !== undefined && this.matchesSoon(s, native)) {
        this.whole ??= new RegExp(`^(?:${native.source})$`)
        const match = this.whole.exec(s)
        return match === null ? null : groupsOf(match)
      }
    }
    const rows = this.rows(s, 0, true)
    if (rows.ends[0] === -1) return null
    const bounds = new Int32Array(2 * this.groups + 2)
    if (this.groups > 0) rows.groups(0, false, bounds)
    return cut(s, bounds)
  }

  private matchesSoon(s: string, native: Native): boolean {
    if (worst(native.ways, native.loops, s.length) <= MOST_WORK) return true
    const most = MOST_WORK + MOST_WORK_PER_BYTE * s.length
    return worstIn(s, native, native.loopSets, most) <= most
  }

  /** Whether and how JavaScript's engine may search `s`. */
  private searcher(s: string): RegExp | undefined {
    const { native } = this
    if (native === undefined || native.source === undefined || !native.searchable) return undefined
    if (worst(native.ways, native.searchLoops, s.length) * s.length > MOST_WORK * 4) {
      // One attempt for each byte.
      if (worstIn(s, native, native.searchLoopSets, MOST_WORK_PER_BYTE) > MOST_WORK_PER_BYTE) return undefined
    }
    this.anywhere ??= new RegExp(native.source, 'g')
    return this.anywhere
  }

  /** The leftmost match that begins at `from` or later, as `std::regex_search` finds it there; `^` is the begin of `s`. */
  search(s: string, from: number): Found | null {
    const { literal } = this
    if (literal !== undefined && literal !== '') {
      const start = s.indexOf(literal, from)
      return start === -1 ? null : { start, end: start + literal.length, groups: [] }
    }
    const searcher = this.searcher(s)
    if (searcher !== undefined) {
      searcher.lastIndex = from
      const match = searcher.exec(s)
      if (match === null) return null
      return { start: match.index, end: match.index + match[0].length, groups: groupsOf(match) }
    }
    const rows = this.rows(s, from, false)
    const bounds = new Int32Array(2 * this.groups + 2)
    for (let start = from; start <= s.length; start++) {
      const end = rows.ends[start - from]
      if (end === -1) continue
      if (this.groups > 0) rows.groups(start, false, bounds)
      return { start, end, groups: cut(s, bounds) }
    }
    return null
  }

  /**
   * `builtins.split`: texts between matches, and between these the groups of the match. After an empty match a longer
   * one is looked for at the same place, then the search goes on one byte further (`std::regex_iterator`).
   */
  split(s: string): (string | Groups)[] {
    const result: (string | Groups)[] = []
    const { literal } = this
    let done = 0
    if (literal !== undefined && literal !== '') {
      for (let at = s.indexOf(literal); at !== -1; at = s.indexOf(literal, done)) {
        result.push(s.slice(done, at), [])
        done = at + literal.length
      }
      result.push(s.slice(done))
      return result
    }
    const searcher = this.searcher(s)
    if (searcher !== undefined) {
      searcher.lastIndex = 0
      for (let match = searcher.exec(s); match !== null; match = searcher.exec(s)) {
        result.push(s.slice(done, match.index), groupsOf(match))
        done = searcher.lastIndex
      }
      result.push(s.slice(done))
      return result
    }
    const rows = this.rows(s, 0, false)
    const bounds = new Int32Array(2 * this.groups + 2)
    let start = 0
    while (start <= s.length) {
      let end = rows.ends[start]
      if (end === -1) {
        start++
        continue
      }
      if (this.groups > 0) rows.groups(start, false, bounds)
      result.push(s.slice(done, start), cut(s, bounds))
      done = end
      if (end > start) {
        start = end
        continue
      }
      end = rows.nonEmptyEnd(start)
      if (end === -1) {
        start++
        continue
      }
      if (this.groups > 0) rows.groups(start, true, bounds)
      result.push(s.slice(done, start), cut(s, bounds))
      done = end
      start = end
    }
    result.push(s.slice(done))
    return result
  }
}

function refusal(reason: 'invalid' | 'memory', pattern: string): NixError {
  const what = reason === 'memory' ? 'memory limit exceeded by' : 'invalid'
  return new NixError('eval', `${what} regular expression '${pattern}'`)
}

/**
 * Compiles a pattern. `classes`: what other patterns have named; `isOneOfMany`: there have been so many that few of them can be
 * used often.
 * @throws NixError('eval') `invalid regular expression '…'`, `memory limit exceeded by regular expression '…'`.
 */
export function compileRegex(pattern: string, classes?: ByteClasses, isOneOfMany = false): Regex {
  if (pattern !== '' && pattern.length < LONG_PATTERN && isLiteral(pattern))
    return new Regex(pattern, null, undefined, false)
  const program = parsePattern(pattern, classes)
  if (!program.valid && !program.hasRepeat && pattern.length < LONG_PATTERN) throw refusal('invalid', pattern)
  let automaton: Automaton | undefined
  if (program.hasRepeat || pattern.length >= LONG_PATTERN) {
    const built = buildAutomaton(program)
    if (typeof built === 'string') throw refusal(built, pattern)
    automaton = built
  }
  return new Regex(pattern, program, automaton, isOneOfMany)
}

/** `builtins.split` with a compiled pattern. */
export function splitString(regex: Regex, s: string): (string | Groups)[] {
  return regex.split(s)
}
