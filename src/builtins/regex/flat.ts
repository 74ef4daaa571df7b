/**
 * Patterns that are nothing but bytes in a row, each of them perhaps repeated, and groups that are not (floor 4, pure): matched
 * here as JavaScript's engine would, byte by byte. That engine takes longer to compile a pattern than this takes to match a string
 * with it many times, and of the patterns that programs put together most are used once or twice.
 */
import {
  BEGIN_LINE,
  type ByteClass,
  type ByteSet,
  CAT,
  EMPTY,
  END_LINE,
  GROUP,
  hasByte,
  OPTIONAL,
  PLUS,
  type Program,
  REPEAT,
  SET,
  STAR,
  UNBOUNDED,
} from './parse.ts'

/** Longer programs are left to others. */
const MOST_STEPS = 400
/** Longer than any string. */
const NO_END = 0x3fffffff
/** How many bytes may be looked at, besides so many for each byte of the string. */
const LEAST_WORK = 2000
const WORK_PER_BYTE = 4

/** A pattern that is one. */
export class Flat {
  /** By byte of the pattern: which it may be, and how often at least and at most. */
  readonly #sets: readonly ByteSet[]
  readonly #least: readonly number[]
  readonly #most: readonly number[]
  /** By group: before which byte it begins, and before which it has ended. */
  readonly #opens: readonly number[]
  readonly #closes: readonly number[]
  /** The string that it is, if it is nothing but one. */
  readonly literal: string | undefined

  /** Use `flatten`. */
  constructor(
    sets: readonly ByteSet[],
    least: readonly number[],
    most: readonly number[],
    opens: readonly number[],
    closes: readonly number[],
    literal: string | undefined,
  ) {
    this.#sets = sets
    this.#least = least
    this.#most = most
    this.#opens = opens
    this.#closes = closes
    this.literal = literal
  }

  /** Matches all of `s`: the groups, or null; undefined when that takes long. */
  match(s: string): string[] | null | undefined {
    const sets = this.#sets
    const least = this.#least
    const most = this.#most
    const n = sets.length
    const length = s.length
    /** Where what the byte of the pattern takes begins, and with what follows the last one, ends. */
    const at: number[] = new Array(n + 1)
    let work = LEAST_WORK + WORK_PER_BYTE * length
    let k = 0
    let pos = 0
    for (;;) {
      // On from `k`, which takes as much as it can.
      let fits = true
      while (k < n) {
        at[k] = pos
        const set = sets[k]
        const end = Math.min(length, pos + most[k])
        const start = pos
        while (pos < end && hasByte(set, s.charCodeAt(pos))) pos++
        work -= pos - start + 1
        if (pos - start < least[k]) {
          fits = false
          break
        }
        k++
      }
      if (fits && pos === length) {
        at[n] = pos
        return this.#groups(s, at)
      }
      if (work < 0) return undefined
      // Back to the last that can do with one less, which ends where the next one begins.
      let end = k < n ? at[k] : pos
      for (k--; k >= 0; k--) {
        if (end - at[k] > least[k]) break
        end = at[k]
      }
      if (k < 0) return null
      pos = end - 1
      k++
    }
  }

  #groups(s: string, at: readonly number[]): string[] {
    const opens = this.#opens
    const closes = this.#closes
    const groups: string[] = new Array(opens.length)
    for (let i = 0; i < groups.length; i++) groups[i] = s.slice(at[opens[i]], at[closes[i]])
    return groups
  }
}

/** A program as such a pattern, or null if it is none. */
export function flatten({ steps, sets, groups, hasRepeat }: Program): Flat | null {
  if (hasRepeat || steps.length > MOST_STEPS) return null
  const bytes: ByteSet[] = []
  const least: number[] = []
  const most: number[] = []
  const opens: number[] = new Array(groups)
  const closes: number[] = new Array(groups)
  /** Where each operand begins. */
  const starts: number[] = []
  let literal: string | undefined = ''
  let ended = false
  for (let i = 0; i < steps.length; i++) {
    const { op, a, b } = steps[i]
    switch (op) {
      case SET: {
        if (ended) return null
        const byte: ByteClass = sets[a]
        starts.push(bytes.length)
        bytes.push(byte.bytes)
        least.push(1)
        most.push(1)
        if (literal !== undefined)
          literal = byte.only < 0 ? undefined : literal + String.fromCharCode(byte.only)
        break
      }
      case STAR:
      case PLUS:
      case OPTIONAL:
      case REPEAT: {
        if (steps[i - 1].op !== SET) return null
        const last = bytes.length - 1
        least[last] = op === PLUS ? 1 : op === REPEAT ? a : 0
        most[last] = op === OPTIONAL ? 1 : op === REPEAT && b !== UNBOUNDED ? a + b : NO_END
        literal = undefined
        break
      }
      case BEGIN_LINE:
        // Nothing has been taken before it.
        if (bytes.length > 0) return null
        starts.push(0)
        literal = undefined
        break
      case END_LINE:
        ended = true
        starts.push(bytes.length)
        literal = undefined
        break
      case EMPTY:
        starts.push(bytes.length)
        break
      case CAT:
        starts.pop()
        break
      case GROUP:
        opens[a - 1] = starts[starts.length - 1]
        closes[a - 1] = bytes.length
        literal = undefined
        break
      default:
        return null
    }
  }
  return new Flat(bytes, least, most, opens, closes, literal)
}
