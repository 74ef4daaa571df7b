/**
 * Collects the words of a chunk (floor 3): one growing code array, tables and descs appended as they are made, and the
 * unit being compiled in a buffer of its own that is appended when it is finished. Jumps are relative, so nothing moves.
 * Everything is written straight into typed arrays: compiling is run cold, and allocation is most of its cost.
 */
import { type Chunk, FLOAT_BASE, PATH_BASE, UNIT } from '../bytecode/chunk.ts'
import type { SourceWarning } from '../source.ts'

/** A place to come back to when a unit has to be compiled again. */
export interface Mark {
  code: number
  units: number
  sites: number
  caches: number
}

/** So many strings are known again. A text with more is data, and hardly has the others twice. */
const MOST_IDS = 1 << 16

export class Emitter {
  /** Finished code; index 0 means "no desc". */
  #code: Int32Array
  #length = 1
  #units: Int32Array
  #unitWords = 0
  #spans: Int32Array
  #spanWords = 0
  /** The unit being compiled. */
  #body: Int32Array = new Int32Array(1024)
  #pc = 0
  #bodySpans: Int32Array = new Int32Array(256)
  #bodySpanWords = 0
  readonly #regions: number[] = []
  #bodyRegions: number[] = []
  readonly #strings: string[] = []
  readonly #stringIds = new Map<string, number>()
  readonly #bigInts: bigint[] = []
  readonly #floats: number[] = []
  readonly #paths: string[] = []
  #sites = 0
  #caches = 0

  /** `sourceLength` (bytes) sizes the buffers, so that most files never outgrow them. */
  constructor(sourceLength: number) {
    this.#code = new Int32Array(256 + sourceLength)
    this.#units = new Int32Array(60 + (sourceLength >> 2))
    this.#spans = new Int32Array(64 + (sourceLength >> 2))
  }

  string(s: string): number {
    let id = this.#stringIds.get(s)
    if (id === undefined) {
      id = this.#strings.length
      this.#strings.push(s)
      if (id < MOST_IDS) this.#stringIds.set(s, id)
    }
    return id
  }

  // Operands of CONST.
  bigInt(v: bigint): number {
    return this.#bigInts.push(v) - 1
  }
  float(v: number): number {
    return FLOAT_BASE + this.#floats.push(v) - 1
  }
  path(v: string): number {
    return PATH_BASE + this.#paths.push(v) - 1
  }

  newUnit(): number {
    const at = this.#unitWords
    if (at + UNIT.STRIDE > this.#units.length) this.#units = grown(this.#units, at + UNIT.STRIDE)
    const u = this.#units
    u[at] = 0
    u[at + 1] = 0
    u[at + 2] = 0
    u[at + 3] = -1
    u[at + 4] = -1
    u[at + 5] = -1
    this.#unitWords = at + UNIT.STRIDE
    return at / UNIT.STRIDE
  }
  setUnit(unit: number, field: number, value: number): void {
    this.#units[unit * UNIT.STRIDE + field] = value
  }
  newSite(): number {
    return this.#sites++
  }
  newCache(): number {
    return this.#caches++
  }

  // Tables and descs go straight to the code.
  /** Offset at which the next word of a table will stand. */
  get here(): number {
    return this.#length
  }
  /** Keeps room for `count` words; answers where. */
  reserve(count: number): number {
    const at = this.#length
    this.#length += count
    if (this.#length > this.#code.length) this.#code = grown(this.#code, this.#length)
    return at
  }
  put(at: number, word: number): void {
    this.#code[at] = word
  }
  put1(at: number, op: number, a: number): void {
    this.#code[at] = op
    this.#code[at + 1] = a
  }
  put3(at: number, op: number, a: number, b: number): void {
    this.#code[at] = op
    this.#code[at + 1] = a
    this.#code[at + 2] = b
  }
  put4(at: number, op: number, a: number, b: number, c: number): void {
    this.#code[at] = op
    this.#code[at + 1] = a
    this.#code[at + 2] = b
    this.#code[at + 3] = c
  }

  // The unit being compiled.
  begin(): void {
    this.#pc = 0
    this.#bodySpanWords = 0
    if (this.#bodyRegions.length > 0) this.#bodyRegions = []
  }
  #room(): void {
    if (this.#pc + 4 > this.#body.length) this.#body = grown(this.#body, this.#pc + 4)
  }
  op(op: number): void {
    this.#room()
    this.#body[this.#pc++] = op
  }
  op1(op: number, a: number): void {
    this.#room()
    const at = this.#pc
    this.#body[at] = op
    this.#body[at + 1] = a
    this.#pc = at + 2
  }
  op2(op: number, a: number, b: number): void {
    this.#room()
    const at = this.#pc
    this.#body[at] = op
    this.#body[at + 1] = a
    this.#body[at + 2] = b
    this.#pc = at + 3
  }
  op3(op: number, a: number, b: number, c: number): void {
    this.#room()
    const at = this.#pc
    this.#body[at] = op
    this.#body[at + 1] = a
    this.#body[at + 2] = b
    this.#body[at + 3] = c
    this.#pc = at + 4
  }
  /** Says that the next instruction stands for this source offset. */
  span(offset: number): void {
    const at = this.#bodySpanWords
    if (at + 2 > this.#bodySpans.length) this.#bodySpans = grown(this.#bodySpans, at + 2)
    this.#bodySpans[at] = this.#pc
    this.#bodySpans[at + 1] = offset
    this.#bodySpanWords = at + 2
  }
  /** All the code there is so far, and room behind it. */
  get code(): Int32Array {
    return this.#code
  }
  /** The rows of units, and room behind them. */
  get rows(): Int32Array {
    return this.#units
  }
  get units(): Int32Array {
    return this.#units.subarray(0, this.#unitWords)
  }
  get spans(): Int32Array {
    return this.#spans.subarray(0, this.#spanWords)
  }
  get regions(): readonly number[] {
    return this.#regions
  }
  get siteCount(): number {
    return this.#sites
  }
  get cacheCount(): number {
    return this.#caches
  }
  get unitCount(): number {
    return this.#unitWords / UNIT.STRIDE
  }
  get strings(): string[] {
    return this.#strings
  }
  get bigInts(): bigint[] {
    return this.#bigInts
  }
  get floats(): number[] {
    return this.#floats
  }
  get paths(): string[] {
    return this.#paths
  }
  get pc(): number {
    return this.#pc
  }
  /** Says that the code since `start` evaluates the operand of a construct at `offset`. */
  region(start: number, kind: number, offset: number): void {
    this.#bodyRegions.push(start, this.#pc, kind, offset)
  }
  /** Emits a jump; `land` fills its target in. */
  jump(op: number): number {
    this.op1(op, 0)
    return this.#pc - 1
  }
  /** Emits a jump with two operands before its target. */
  jump2(op: number, a: number, b: number): number {
    this.op3(op, a, b, 0)
    return this.#pc - 1
  }
  land(at: number): void {
    this.#body[at] = this.#pc - (at + 1)
  }
  patch(at: number, word: number): void {
    this.#body[at] = word
  }
  /** Appends the finished unit to the code and files its start. */
  end(unit: number): void {
    const n = this.#pc
    const at = this.reserve(n)
    const code = this.#code
    const body = this.#body
    for (let i = 0; i < n; i++) code[at + i] = body[i]
    this.setUnit(unit, UNIT.PC, at)
    const words = this.#bodySpanWords
    if (this.#spanWords + words > this.#spans.length)
      this.#spans = grown(this.#spans, this.#spanWords + words)
    const spans = this.#spans
    const bodySpans = this.#bodySpans
    let to = this.#spanWords
    for (let i = 0; i < words; i += 2) {
      spans[to++] = bodySpans[i] + at
      spans[to++] = bodySpans[i + 1]
    }
    this.#spanWords = to
    const rows = this.#bodyRegions
    for (let i = 0; i < rows.length; i += 4) {
      this.#regions.push(rows[i] + at, rows[i + 1] + at, rows[i + 2], rows[i + 3])
    }
  }

  mark(): Mark {
    return { code: this.#length, units: this.#unitWords, sites: this.#sites, caches: this.#caches }
  }
  rollback(mark: Mark): void {
    this.#length = mark.code
    this.#unitWords = mark.units
    this.#sites = mark.sites
    this.#caches = mark.caches
  }

  finish(sourceLength: number, warnings: SourceWarning[]): Chunk {
    return {
      code: this.#code.slice(0, this.#length),
      units: this.#units.slice(0, this.#unitWords),
      spans: this.#spans.slice(0, this.#spanWords),
      regions: Int32Array.from(this.#regions),
      strings: this.#strings,
      bigInts: this.#bigInts,
      floats: this.#floats,
      paths: this.#paths,
      siteCount: this.#sites,
      cacheCount: this.#caches,
      lineStarts: null,
      sourceLength,
      warnings,
      compiled: undefined,
      growth: undefined,
    }
  }
}

function grown(array: Int32Array, atLeast: number): Int32Array {
  const bigger = new Int32Array(Math.max(array.length * 2, atLeast))
  bigger.set(array)
  return bigger
}
