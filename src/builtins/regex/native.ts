/**
 * Patterns that JavaScript's own engine answers exactly as libstdc++ does, and quickly (floor 4, pure).
 *
 * The two differ in what groups hold after repetitions of more than one byte, in empty repetitions, and in which of
 * several alternatives wins a search. Patterns without these are translated; each comes with what is needed to say
 * how long JavaScript's backtracking may take, so that the caller can use the linear matcher where that is too long.
 */
import type { ByteClass, ByteSet, Program } from './parse.ts'
import {
  ALT,
  BEGIN_LINE,
  CAT,
  EMPTY,
  END_LINE,
  GROUP,
  OPTIONAL,
  PLUS,
  REPEAT,
  SET,
  STAR,
  UNBOUNDED,
} from './parse.ts'

/** What a pattern becomes. */
export interface Native {
  /** The body as JavaScript source, or `undefined` where the pattern has no exact translation. */
  readonly source: string | undefined
  /** Whether a search finds what libstdc++ finds; a match of the whole string always does. */
  readonly searchable: boolean
  /** The string the pattern is, where it is nothing but a string. */
  readonly literal: string | undefined
  /**
   * Number of repetitions that may be given back byte by byte, and of ways through the rest of the pattern. Those that are
   * given back in vain, since what follows begins with none of their bytes, are one together: they do not multiply.
   */
  readonly loops: number
  /** The same for a search, where a repetition at the very end takes all it can and is never given back. */
  readonly searchLoops: number
  readonly ways: number
  /** What these repetitions take, for who knows how much of it a string has in a row; and those given back in vain. */
  readonly loopSets: readonly ByteSet[]
  readonly searchLoopSets: readonly ByteSet[]
  readonly vainSets: readonly ByteSet[]
  /** Length of the shortest string that matches. */
  readonly least: number
  /** The bytes a match can begin with, if it cannot be empty. */
  readonly first: ByteSet
}

interface Part {
  source: string
  /** Whether `source` can stand before a quantifier, and in a sequence. */
  atom: boolean
  sequence: boolean
  exact: boolean
  searchable: boolean
  /** The one byte it takes, where it takes one: the set; also through a group, which `grouped` tells. */
  set: ByteSet | undefined
  grouped: boolean
  literal: string | undefined
  /** Repetitions on one way through it, without those of which it is known that they are given back in vain. */
  loops: number
  /** What those on all ways take, and those given back in vain. */
  loopSets: readonly ByteSet[]
  vainSets: readonly ByteSet[]
  /** What it takes, where the last thing in it is a repetition of one byte: the last of `loopSets`. */
  lastLoop: ByteSet | undefined
  ways: number
  least: number
  first: ByteSet
}

const MOST_STEPS = 5000
const MOST_WAYS = 1 << 20
const DEEPEST = 100

const EVERY: ByteSet = new Int32Array(8).fill(-1)
const NO_BYTES: ByteSet = new Int32Array(8)
const NO_SETS: readonly ByteSet[] = []

/** Bytes that mean themselves outside of brackets. */
const PLAIN = /[\w "#%&',:;<=>@~-]/

function byteSource(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`
}

/** The first byte from `from` on that is in the set, or, `inside` being false, is not; else 256. */
function nextByte(set: ByteSet, from: number, inside: boolean): number {
  let byte = from
  while (byte < 256) {
    const word = inside ? set[byte >> 5] : ~set[byte >> 5]
    const rest = word >>> (byte & 31)
    if (rest !== 0) return byte + 31 - Math.clz32(rest & -rest)
    byte = (byte | 31) + 1
  }
  return 256
}

function setSource(set: ByteSet): string {
  let ranges = ''
  for (let byte = nextByte(set, 0, true); byte < 256; ) {
    const end = nextByte(set, byte, false)
    if (byte === 0 && end === 256) return '[^]'
    ranges += end - byte === 1 ? byteSource(byte) : `${byteSource(byte)}-${byteSource(end - 1)}`
    byte = nextByte(set, end, true)
  }
  return `[${ranges}]`
}

function classSource({ bytes, only }: ByteClass): string {
  if (only === -1) return setSource(bytes)
  const char = String.fromCharCode(only)
  return PLAIN.test(char) ? char : byteSource(only)
}

function union(a: ByteSet, b: ByteSet): ByteSet {
  return a.map((word, i) => word | b[i])
}

function disjoint(a: ByteSet, b: ByteSet): boolean {
  for (let i = 0; i < 8; i++) if ((a[i] & b[i]) !== 0) return false
  return true
}

function group(part: Part): string {
  return part.atom ? part.source : `(?:${part.source})`
}

function inSequence(part: Part): string {
  return part.sequence ? part.source : `(?:${part.source})`
}

function assertion(source: string): Part {
  return {
    source,
    atom: false,
    sequence: true,
    exact: true,
    searchable: true,
    set: undefined,
    grouped: false,
    literal: undefined,
    loops: 0,
    loopSets: NO_SETS,
    vainSets: NO_SETS,
    lastLoop: undefined,
    ways: 1,
    least: 0,
    first: NO_BYTES,
  }
}

function taken(byte: ByteClass): Part {
  byte.source ??= classSource(byte)
  const { source, only, bytes } = byte
  return {
    source,
    atom: true,
    sequence: true,
    exact: true,
    searchable: true,
    set: bytes,
    grouped: false,
    literal: only === -1 ? undefined : String.fromCharCode(only),
    loops: 0,
    loopSets: NO_SETS,
    vainSets: NO_SETS,
    lastLoop: undefined,
    ways: 1,
    least: 1,
    first: bytes,
  }
}

/** A repetition `quantifier` of `part`, at least and at most so many times; `lone`: a `?`. */
function repeated(part: Part, quantifier: string, least: number, most: number, lone = false): Part {
  const single = part.set !== undefined
  // A fixed number of bytes is never given back.
  const counts = !lone && !(single && least === most)
  // More than one round of several bytes: groups and complexity are JavaScript's own.
  const faithful = part.exact && part.least > 0 && (single || lone)
  return {
    source: group(part) + quantifier,
    atom: false,
    sequence: true,
    exact: faithful,
    searchable: part.searchable,
    set: undefined,
    grouped: false,
    literal: undefined,
    loops: part.loops + (counts ? 1 : 0),
    loopSets: counts ? [...part.loopSets, part.set ?? EVERY] : part.loopSets,
    vainSets: part.vainSets,
    lastLoop: counts ? part.set : undefined,
    ways: lone ? Math.min(part.ways * 2, MOST_WAYS) : part.ways,
    least: part.least * least,
    first: part.first,
  }
}

/** Parts in a row: the stack from `from` on. */
function concatenated(stack: readonly Part[], from: number): Part {
  const last = stack.length - 1
  let source = ''
  let literal: string | undefined = ''
  let loops = 0
  let ways = 1
  let least = 0
  let first = NO_BYTES
  let exact = true
  let searchable = true
  let loopSets: ByteSet[] | null = null
  let vainSets: ByteSet[] | null = null
  // From the end on: whether a repetition is given back in vain says what comes after it.
  for (let i = last; i >= from; i--) {
    const a = stack[i]
    const vain = i < last && a.lastLoop !== undefined && least > 0 && disjoint(a.lastLoop, first)
    source = inSequence(a) + source
    if (literal !== undefined) literal = a.literal === undefined ? undefined : a.literal + literal
    if (a.loopSets.length > 0) {
      // Backwards, as it is turned round in the end.
      loopSets ??= []
      vainSets ??= []
      for (let j = a.loopSets.length - 1; j >= 0; j--) {
        if (vain && j === a.loopSets.length - 1) vainSets.push(a.loopSets[j])
        else loopSets.push(a.loopSets[j])
      }
    }
    if (a.vainSets.length > 0) {
      vainSets ??= []
      for (let j = a.vainSets.length - 1; j >= 0; j--) vainSets.push(a.vainSets[j])
    }
    loops += a.loops - (vain ? 1 : 0)
    ways = Math.min(ways * a.ways, MOST_WAYS)
    first = i === last || a.least > 0 ? a.first : union(a.first, first)
    least += a.least
    exact &&= a.exact
    searchable &&= a.searchable
  }
  return {
    source,
    atom: false,
    sequence: true,
    exact,
    searchable,
    set: undefined,
    grouped: false,
    literal,
    loops,
    loopSets: loopSets === null ? NO_SETS : loopSets.reverse(),
    vainSets: vainSets === null ? NO_SETS : vainSets.reverse(),
    lastLoop: stack[last].lastLoop,
    ways,
    least,
    first,
  }
}

function either(a: Part, b: Part): Part {
  const first = union(a.first, b.first)
  if (a.set !== undefined && b.set !== undefined && !a.grouped && !b.grouped) {
    // Whichever byte it is, the same follows.
    const set = union(a.set, b.set)
    return { ...a, source: setSource(set), atom: true, set, literal: undefined, first }
  }
  // With different first bytes at most one of the two can match: then it does not matter that libstdc++ tries both.
  const exclusive = a.least > 0 && b.least > 0 && disjoint(a.first, b.first)
  return {
    source: `${a.source}|${b.source}`,
    atom: false,
    sequence: false,
    exact: a.exact && b.exact,
    searchable: a.searchable && b.searchable && exclusive,
    set: undefined,
    grouped: false,
    literal: undefined,
    loops: Math.max(a.loops, b.loops),
    loopSets: [...a.loopSets, ...b.loopSets],
    vainSets: [...a.vainSets, ...b.vainSets],
    lastLoop: undefined,
    ways: exclusive ? Math.max(a.ways, b.ways) : Math.min(a.ways + b.ways, MOST_WAYS),
    least: Math.min(a.least, b.least),
    first,
  }
}

/** Translates a valid program; `undefined` for one too long to look at. */
export function translate(program: Program): Native | undefined {
  if (program.steps.length > MOST_STEPS || program.depth > DEEPEST) return undefined
  const stack: Part[] = []
  const { steps, sets } = program
  for (let at = 0; at < steps.length; at++) {
    const { op, a, b } = steps[at]
    switch (op) {
      case SET:
        stack.push(taken(sets[a]))
        break
      case BEGIN_LINE:
        stack.push(assertion('^'))
        break
      case END_LINE:
        stack.push(assertion('$'))
        break
      case EMPTY:
        stack.push({ ...assertion(''), literal: '' })
        break
      case CAT: {
        // All of an alternative at once.
        let from = stack.length - 2
        for (; at + 1 < steps.length && steps[at + 1].op === CAT; at++) from--
        // Its empty end adds nothing.
        const end = stack[stack.length - 1]
        if (end.source === '' && end.literal === '') stack.pop()
        if (stack.length - from === 1) break
        const whole = concatenated(stack, from)
        stack.length = from
        stack.push(whole)
        break
      }
      case ALT: {
        const right = stack.pop() as Part
        const left = stack.pop() as Part
        stack.push(either(left, right))
        break
      }
      case GROUP: {
        const inner = stack.pop() as Part
        stack.push({
          ...inner,
          source: `(${inner.source})`,
          atom: true,
          sequence: true,
          grouped: true,
          literal: undefined,
        })
        break
      }
      case STAR:
        stack.push(repeated(stack.pop() as Part, '*', 0, UNBOUNDED))
        break
      case PLUS:
        stack.push(repeated(stack.pop() as Part, '+', 1, UNBOUNDED))
        break
      case OPTIONAL:
        stack.push(repeated(stack.pop() as Part, '?', 0, 1, true))
        break
      case REPEAT: {
        const most = b === UNBOUNDED ? b : a + b
        const quantifier = `{${a},${most === UNBOUNDED ? '' : most}}`
        const part = repeated(stack.pop() as Part, quantifier, a, most)
        if (a > 1000 || (b !== UNBOUNDED && b > 1000)) part.exact = false
        stack.push(part)
        break
      }
    }
  }
  const [part] = stack
  const { loopSets, vainSets } = part
  const together = vainSets.length > 0 ? 1 : 0
  return {
    source: part.exact ? part.source : undefined,
    searchable: part.searchable && part.least > 0,
    literal: part.literal,
    loops: part.loops + together,
    searchLoops: part.loops + together - (part.lastLoop === undefined ? 0 : 1),
    loopSets,
    searchLoopSets: part.lastLoop === undefined ? loopSets : loopSets.slice(0, -1),
    vainSets,
    ways: part.ways,
    least: part.least,
    first: part.first,
  }
}
