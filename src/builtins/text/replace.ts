/** What `builtins.replaceStrings` does to a text (floor 4, pure): byte strings in, a byte string out. */
import { latin1String } from '../../latin1.ts'
import { ByteText } from '../../store/byte-text.ts'

/** Longer texts are put together as bytes. */
const LONG = 4096
/** What V8 allows a string to be. */
const LONGEST = 0x1fffffe8

/** So many comparisons of a byte with what patterns begin with are cheaper than a table of 256 places. */
const TABLE_PAYS = 600

/**
 * Replaces in one pass. A replacement is asked for when it is needed first, so that a caller can force those that are used, in
 * that order, and no others. At each byte the first pattern that matches wins; an empty one matches everywhere, the end
 * included, and lets the byte it stands before through. Nix: primops.cc, prim_replaceStrings.
 */
export class Replacing {
  readonly #from: readonly string[]
  readonly #text: string
  readonly #to: (string | undefined)[] = []
  /** The empty pattern, or -1: what stands behind it is never reached. */
  readonly #empty: number
  /** How many patterns stand before it, and those that may match where a byte is; null: all of them are asked. */
  readonly #count: number
  readonly #byFirst: (Bucket | undefined)[] | null
  /** Where the search goes on, and what has not been copied yet begins. */
  #at = 0
  #done = 0
  #changed = false
  #short = ''
  #long: ByteText | null = null

  constructor(from: readonly string[], text: string) {
    this.#from = from
    this.#text = text
    for (let i = 0; i < from.length; i++) this.#to.push(undefined)
    this.#empty = from.indexOf('')
    this.#count = this.#empty === -1 ? from.length : this.#empty
    this.#byFirst = this.#count * text.length > TABLE_PAYS ? byFirstByte(from, this.#count) : null
  }

  /** Whether anything was replaced. */
  get changed(): boolean {
    return this.#changed
  }

  /**
   * Goes on until a replacement is needed that is not there, and answers its index; -1 when all is done.
   * @throws RangeError when the result gets longer than a JS string can be
   */
  run(): number {
    const text = this.#text
    const size = text.length
    if (this.#empty === -1) {
      if (this.#count === 0) return this.#end()
      if (this.#count === 1) return this.#runOne()
    }
    let p = this.#at
    for (;;) {
      const found = p < size ? this.#match(p) : p === size ? this.#empty : -1
      if (found === -1) {
        p++
        if (p > size) return this.#end()
        continue
      }
      const to = this.#to[found]
      if (to === undefined) {
        this.#at = p
        return found
      }
      // After an empty pattern the byte at `p` is copied: the text goes on at `p` but the search at `p + 1`.
      const length = this.#from[found].length
      this.#put(p, to, length)
      p += length === 0 ? 1 : length
    }
  }

  /** The same for one pattern that is not empty. */
  #runOne(): number {
    const text = this.#text
    const only = this.#from[0]
    for (let p = text.indexOf(only, this.#at); p !== -1; p = text.indexOf(only, p + only.length)) {
      const to = this.#to[0]
      if (to === undefined) {
        this.#at = p
        return 0
      }
      this.#put(p, to, only.length)
    }
    return this.#end()
  }

  /** The pattern that matches at `p`, which is not the end of the text. */
  #match(p: number): number {
    const text = this.#text
    const byte = text.charCodeAt(p)
    let found = -1
    if (this.#byFirst !== null) {
      const bucket = this.#byFirst[byte]
      if (bucket !== undefined) found = bucket.match(text, p)
    } else {
      const from = this.#from
      for (let i = 0; i < this.#count && found < 0; i++) {
        const pattern = from[i]
        if (pattern.charCodeAt(0) === byte && (pattern.length === 1 || text.startsWith(pattern, p))) found = i
      }
    }
    return found < 0 ? this.#empty : found
  }

  /** The replacement that was asked for. */
  give(index: number, to: string): void {
    this.#to[index] = to
    this.#changed = true
  }

  /** What stands before `p`, and `to` for the `length` bytes that stand there. */
  #put(p: number, to: string, length: number): void {
    if (p > this.#done) this.#add(this.#text.slice(this.#done, p))
    this.#add(to)
    this.#done = p + length
  }

  #add(piece: string): void {
    if (this.#text.length <= LONG) {
      this.#short += piece
      return
    }
    const long = (this.#long ??= new ByteText())
    long.put(piece)
    if (long.length > LONGEST) throw new RangeError('Invalid string length')
  }

  #end(): number {
    if (this.#changed) this.#put(this.#text.length, '', 0)
    return -1
  }

  /** The text with everything replaced, once `run` has come to its end. */
  get result(): string {
    if (!this.#changed) return this.#text
    return this.#long === null ? this.#short : latin1String(this.#long.since(0))
  }
}

/** More patterns than this are not tried one after the other. */
const MANY = 12

/** The patterns that begin with one byte. */
class Bucket {
  readonly #patterns: string[] = []
  readonly #indices: number[] = []
  /** Where there are many: how long they are, and the first of each text. */
  #lengths: number[] | null = null
  #byText: Map<string, number> | null = null

  add(pattern: string, index: number): void {
    this.#patterns.push(pattern)
    this.#indices.push(index)
  }

  /** The index of the first one that stands at `p` of a text in which their byte does; -1: none. */
  match(text: string, p: number): number {
    const patterns = this.#patterns
    if (patterns.length > MANY) return this.#matchMany(text, p)
    for (let i = 0; i < patterns.length; i++) {
      const pattern = patterns[i]
      if (pattern.length === 1 || text.startsWith(pattern, p)) return this.#indices[i]
    }
    return -1
  }

  #matchMany(text: string, p: number): number {
    if (this.#lengths === null) {
      const byText = new Map<string, number>()
      for (let i = this.#patterns.length - 1; i >= 0; i--) byText.set(this.#patterns[i], this.#indices[i])
      this.#byText = byText
      this.#lengths = [...new Set(this.#patterns.map((pattern) => pattern.length))]
    }
    let first = -1
    for (const length of this.#lengths) {
      const index = (this.#byText as Map<string, number>).get(text.slice(p, p + length))
      if (index !== undefined && (first < 0 || index < first)) first = index
    }
    return first
  }
}

function byFirstByte(from: readonly string[], count: number): (Bucket | undefined)[] {
  const buckets: (Bucket | undefined)[] = []
  for (let i = 0; i < 256; i++) buckets.push(undefined)
  for (let i = 0; i < count; i++) {
    const first = from[i].charCodeAt(0)
    let bucket = buckets[first]
    if (bucket === undefined) bucket = buckets[first] = new Bucket()
    bucket.add(from[i], i)
  }
  return buckets
}
