/**
 * Collects the words of a chunk (floor 3): one growing code array, tables appended as they are made, and the unit
 * being compiled in a buffer of its own that is appended when it is finished. Jumps are relative, so nothing moves.
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

export class Emitter {
  #code = new Int32Array(1024)
  #length = 1 // offset 0 means "no desc"
  #units: number[] = []
  #spans: number[] = []
  #body: number[] = []
  #bodySpans: number[] = []
  readonly #strings: string[] = []
  readonly #stringIds = new Map<string, number>()
  readonly #bigInts: bigint[] = []
  readonly #floats: number[] = []
  readonly #paths: string[] = []
  #sites = 0
  #caches = 0

  string(s: string): number {
    let id = this.#stringIds.get(s)
    if (id === undefined) {
      id = this.#strings.length
      this.#strings.push(s)
      this.#stringIds.set(s, id)
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
    this.#units.push(0, 0, 0, -1, -1, -1)
    return this.#units.length / UNIT.STRIDE - 1
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

  /** Appends words straight to the code (a table or a desc); answers their offset. */
  table(words: readonly number[]): number {
    const at = this.reserve(words.length)
    this.#code.set(words, at)
    return at
  }
  reserve(count: number): number {
    const at = this.#length
    this.#length += count
    if (this.#length > this.#code.length) {
      const bigger = new Int32Array(Math.max(this.#code.length * 2, this.#length))
      bigger.set(this.#code)
      this.#code = bigger
    }
    return at
  }
  fill(at: number, words: readonly number[]): void {
    this.#code.set(words, at)
  }

  // The unit being compiled.
  begin(): void {
    this.#body.length = 0
    this.#bodySpans.length = 0
  }
  get pc(): number {
    return this.#body.length
  }
  op(op: number): void {
    this.#body.push(op)
  }
  op1(op: number, a: number): void {
    this.#body.push(op, a)
  }
  op2(op: number, a: number, b: number): void {
    this.#body.push(op, a, b)
  }
  op3(op: number, a: number, b: number, c: number): void {
    this.#body.push(op, a, b, c)
  }
  /** Says that the next instruction stands for this source offset. */
  span(offset: number): void {
    this.#bodySpans.push(this.#body.length, offset)
  }
  /** Emits a jump whose only or last operand is the target; `land` fills it in. */
  jump(op: number, ...before: number[]): number {
    this.#body.push(op, ...before, 0)
    return this.#body.length - 1
  }
  land(at: number): void {
    this.#body[at] = this.#body.length - (at + 1)
  }
  patch(at: number, word: number): void {
    this.#body[at] = word
  }
  /** Appends the finished unit to the code and files its start. */
  end(unit: number): void {
    const at = this.table(this.#body)
    this.setUnit(unit, UNIT.PC, at)
    const spans = this.#bodySpans
    for (let i = 0; i < spans.length; i += 2) this.#spans.push(spans[i] + at, spans[i + 1])
  }

  mark(): Mark {
    return { code: this.#length, units: this.#units.length, sites: this.#sites, caches: this.#caches }
  }
  rollback(mark: Mark): void {
    this.#length = mark.code
    this.#units.length = mark.units
    this.#sites = mark.sites
    this.#caches = mark.caches
  }

  finish(lineStarts: Int32Array, sourceLength: number, warnings: SourceWarning[]): Chunk {
    return {
      code: this.#code.slice(0, this.#length),
      units: Int32Array.from(this.#units),
      spans: Int32Array.from(this.#spans),
      strings: this.#strings,
      bigInts: this.#bigInts,
      floats: this.#floats,
      paths: this.#paths,
      siteCount: this.#sites,
      cacheCount: this.#caches,
      lineStarts,
      sourceLength,
      warnings,
    }
  }
}
