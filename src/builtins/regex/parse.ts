/**
 * POSIX extended regular expressions, from text to postfix program (floor 4, pure). What is accepted, and what a
 * bracket expression contains, is what libstdc++'s `std::regex::extended` says (regex_scanner.tcc,
 * regex_compiler.tcc), its oddities included: `[[:ALPHA:]]`, `[[=a=]]` with both cases, ranges over signed bytes.
 */

/** One step of the program: a number of `Op`, with `a` and `b` as its comment says. Operands are on a stack. */
export interface Step {
  readonly op: number
  readonly a: number
  readonly b: number
}

/** One byte of set `a`. */
export const SET = 0
/** `^`. */
export const BEGIN_LINE = 1
/** `$`. */
export const END_LINE = 2
/** Nothing: stands at the end of every alternative. */
export const EMPTY = 3
/** The second operand after the first. */
export const CAT = 4
/** Either operand. */
export const ALT = 5
/** The operand as group `a`, counted from 1. */
export const GROUP = 6
export const STAR = 7
export const PLUS = 8
export const OPTIONAL = 9
/** The operand `a` times, then up to `b` times more (may be negative: then it is an error), or for ever if UNBOUNDED. */
export const REPEAT = 10

export const UNBOUNDED: number = Number.MAX_SAFE_INTEGER

/** A set of bytes as 256 bits. */
export type ByteSet = Int32Array

/** One byte of a pattern, or what stands for one. */
export class ByteClass {
  readonly bytes: ByteSet
  /** Its only byte, or -1. */
  readonly only: number
  /** It as JavaScript source, once somebody has asked (native.ts). */
  source: string | undefined
  constructor(bytes: ByteSet, only: number = onlyByte(bytes)) {
    this.bytes = bytes
    this.only = only
    this.source = undefined
  }
}

function onlyByte(set: ByteSet): number {
  let found = -1
  for (let i = 0; i < 8; i++) {
    const word = set[i]
    if (word === 0) continue
    if (found !== -1 || (word & (word - 1)) !== 0) return -1
    found = i * 32 + 31 - Math.clz32(word)
  }
  return found
}

/** So many are kept. */
const MOST_CLASSES = 512

/** Those that patterns have named: the patterns of a program may be many, these are few. */
export class ByteClasses {
  readonly #bytes: (ByteClass | undefined)[] = new Array(256).fill(undefined)
  readonly #named = new Map<string, ByteClass>()

  ofByte(byte: number): ByteClass {
    let found = this.#bytes[byte]
    if (found === undefined) {
      const set = new Int32Array(8)
      addByte(set, byte)
      found = this.#bytes[byte] = new ByteClass(set, byte)
    }
    return found
  }

  /** That of `.`, or of a bracket expression by what is in it. */
  named(name: string): ByteClass | undefined {
    return this.#named.get(name)
  }

  add(name: string, bytes: ByteSet): ByteClass {
    if (this.#named.size >= MOST_CLASSES) this.#named.clear()
    const made = new ByteClass(bytes)
    this.#named.set(name, made)
    return made
  }
}

/** A parsed pattern. */
export interface Program {
  readonly steps: Step[]
  readonly sets: ByteClass[]
  readonly groups: number
  /** Whether the text ended too early or has an error; the steps are those before it. */
  readonly valid: boolean
  /** Whether counted repetitions may make many states of it. */
  readonly hasRepeat: boolean
  /** Deepest nesting of groups. */
  readonly depth: number
}

export function hasByte(set: ByteSet, byte: number): boolean {
  return (set[byte >> 5] & (1 << (byte & 31))) !== 0
}

function addByte(set: ByteSet, byte: number): void {
  set[byte >> 5] |= 1 << (byte & 31)
}

const COLLATING_NAMES: readonly string[] = (
  'NUL SOH STX ETX EOT ENQ ACK alert backspace tab newline vertical-tab form-feed carriage-return SO SI ' +
  'DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC IS4 IS3 IS2 IS1 space exclamation-mark quotation-mark ' +
  'number-sign dollar-sign percent-sign ampersand apostrophe left-parenthesis right-parenthesis asterisk ' +
  'plus-sign comma hyphen period slash zero one two three four five six seven eight nine colon semicolon ' +
  'less-than-sign equals-sign greater-than-sign question-mark commercial-at ' +
  'A B C D E F G H I J K L M N O P Q R S T U V W X Y Z left-square-bracket backslash right-square-bracket ' +
  'circumflex underscore grave-accent a b c d e f g h i j k l m n o p q r s t u v w x y z ' +
  'left-curly-bracket vertical-line right-curly-bracket tilde DEL'
).split(' ')

/** Ranges of bytes of each class in the C locale. */
const CLASSES: Readonly<Record<string, string>> = {
  d: '09',
  w: '09AZaz__',
  s: '\t\r  ',
  alnum: '09AZaz',
  alpha: 'AZaz',
  blank: '\t\t  ',
  cntrl: '\0\x1f\x7f\x7f',
  digit: '09',
  graph: '!~',
  lower: 'az',
  print: ' ~',
  punct: '!/:@[`{~',
  space: '\t\r  ',
  upper: 'AZ',
  xdigit: '09AFaf',
}

const SPECIAL = /[.[\\()*+?{|^$]/

/** Whether a pattern is nothing but the string that it matches. */
export function isLiteral(pattern: string): boolean {
  return !SPECIAL.test(pattern)
}

/** States that counted repetitions of one byte may make. */
const MOST_COUNTED = 1000

/** The bytes before one are signed where ranges are compared. */
function signed(byte: number): number {
  return byte < 128 ? byte : byte - 256
}

interface Level {
  group: number
  terms: number
  alternatives: boolean
}

/** Parses a pattern; a faulty one comes back with `valid` false. Without recursion: nesting is bounded by memory. */
export function parsePattern(pattern: string, classes: ByteClasses = new ByteClasses()): Program {
  const steps: Step[] = []
  const sets: ByteClass[] = []
  const known = new Map<ByteClass, number>()
  const levels: Level[] = []
  let level: Level = { group: 0, terms: 0, alternatives: false }
  let groups = 0
  let depth = 0
  let hasRepeat = false
  let counted = 0
  let quantifiable = false
  let at = 0
  const end = pattern.length

  function emit(op: number, a = 0, b = 0): void {
    steps.push({ op, a, b })
  }
  function emitSet(set: ByteClass): void {
    let index = known.get(set)
    if (index === undefined) {
      index = sets.push(set) - 1
      known.set(set, index)
    }
    emit(SET, index)
    level.terms++
    quantifiable = true
  }
  function endAlternative(): void {
    emit(EMPTY)
    for (let i = 0; i < level.terms; i++) emit(CAT)
    if (level.alternatives) emit(ALT)
    level.terms = 0
  }
  function finish(valid: boolean): Program {
    return { steps, sets, groups, valid, hasRepeat, depth }
  }
  /** A decimal number at `at`, or -1 if there is none or it does not fit an int. */
  function count(): number {
    const start = at
    while (at < end && pattern.charCodeAt(at) >= 48 && pattern.charCodeAt(at) <= 57) at++
    if (at === start) return -1
    const value = Number(pattern.slice(start, at))
    return value > 2147483647 ? -1 : value
  }

  while (at < end) {
    const c = pattern[at++]
    switch (c) {
      case '^':
      case '$':
        emit(c === '^' ? BEGIN_LINE : END_LINE)
        level.terms++
        quantifiable = false
        break
      case '.':
        emitSet(classes.named('') ?? classes.add('', notNul()))
        break
      case '\\':
        if (at === end || !SPECIAL.test(pattern[at])) return finish(false)
        emitSet(classes.ofByte(pattern.charCodeAt(at++)))
        break
      case '(':
        levels.push(level)
        if (levels.length > depth) depth = levels.length
        level = { group: ++groups, terms: 0, alternatives: false }
        quantifiable = false
        break
      case ')': {
        const outer = levels.pop()
        if (outer === undefined) return finish(false)
        endAlternative()
        emit(GROUP, level.group)
        level = outer
        level.terms++
        quantifiable = true
        break
      }
      case '|':
        endAlternative()
        level.alternatives = true
        quantifiable = false
        break
      case '*':
      case '+':
      case '?':
        if (!quantifiable) return finish(false)
        emit(c === '*' ? STAR : c === '+' ? PLUS : OPTIONAL)
        break
      case '{': {
        if (!quantifiable) return finish(false)
        const least = count()
        if (least < 0) return finish(false)
        let more = 0
        if (pattern[at] === ',') {
          at++
          if (pattern[at] === '}') more = UNBOUNDED
          else {
            const most = count()
            if (most < 0) return finish(false)
            more = most - least
          }
        }
        if (pattern[at++] !== '}') return finish(false)
        counted += least + (more === UNBOUNDED ? 1 : more)
        if (more < 0 || counted > MOST_COUNTED || steps[steps.length - 1].op !== SET) hasRepeat = true
        emit(REPEAT, least, more)
        break
      }
      case '[': {
        const start = at
        const set = new Int32Array(8)
        at = parseBracket(pattern, at, set)
        if (at < 0) return finish(false)
        const name = pattern.slice(start, at)
        emitSet(classes.named(name) ?? classes.add(name, set))
        break
      }
      default:
        emitSet(classes.ofByte(c.charCodeAt(0)))
    }
  }
  if (levels.length > 0) return finish(false)
  endAlternative()
  return finish(true)
}

/** The one byte that `.` does not match is NUL. */
function notNul(): ByteSet {
  const set = new Int32Array(8).fill(-1)
  set[0] &= ~1
  return set
}

const NOTHING = -1
const CLASS = -2

/** Adds the bytes of the bracket expression whose inside starts at `start`; where it ends, or -1 for an error. */
function parseBracket(pattern: string, start: number, set: ByteSet): number {
  const end = pattern.length
  let at = start
  const negated = pattern[at] === '^'
  if (negated) at++
  let first = true
  // The byte that may still become the start of a range: or NOTHING, or CLASS.
  let last = NOTHING
  for (;;) {
    if (at >= end) return -1
    const c = pattern[at++]
    if (c === ']' && !first) break
    if (c === '-' && !first) {
      const next = pattern[at]
      if (next === undefined) return -1
      if (next === ']') {
        // A dash at the end is a byte.
        if (last >= 0) addByte(set, last)
        last = 45
        continue
      }
      if (last < 0) return -1
      if (next === '[' && '.:='.includes(pattern[at + 1] ?? ' ')) return -1
      const to = next.charCodeAt(0)
      at++
      if (signed(last) > signed(to)) return -1
      for (let byte = signed(last); byte <= signed(to); byte++) addByte(set, byte & 255)
      last = NOTHING
      continue
    }
    first = false
    if (c === '[' && at < end && '.:='.includes(pattern[at])) {
      const kind = pattern[at++]
      const close = pattern.indexOf(kind, at)
      if (close === -1 || pattern[close + 1] !== ']') return -1
      const name = pattern.slice(at, close)
      at = close + 2
      if (last >= 0) addByte(set, last)
      last = CLASS
      if (kind === ':') {
        const ranges = Object.hasOwn(CLASSES, name.toLowerCase()) ? CLASSES[name.toLowerCase()] : undefined
        if (ranges === undefined) return -1
        for (let i = 0; i < ranges.length; i += 2) {
          for (let byte = ranges.charCodeAt(i); byte <= ranges.charCodeAt(i + 1); byte++) addByte(set, byte)
        }
        continue
      }
      const byte = COLLATING_NAMES.indexOf(name)
      if (byte === -1) return -1
      if (kind === '.') last = byte
      else addEquivalent(set, byte)
      continue
    }
    if (c === '[' && at >= end) return -1
    if (last >= 0) addByte(set, last)
    last = c.charCodeAt(0)
  }
  if (last >= 0) addByte(set, last)
  if (negated) for (let i = 0; i < 8; i++) set[i] = ~set[i]
  return at
}

/** Equivalence in the C locale is equality after folding case. */
function addEquivalent(set: ByteSet, byte: number): void {
  addByte(set, byte)
  const lower = byte | 32
  if (lower >= 97 && lower <= 122) {
    addByte(set, lower)
    addByte(set, lower - 32)
  }
}
