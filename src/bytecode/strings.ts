/**
 * The strings of a chunk (floor 1). A fresh chunk has them as plain arrays; a stored one has them joined in one run of
 * latin1 bytes, which is cut up only where somebody asks: most strings of a big file are never looked at.
 */

/** What both forms have in common; a `string[]` is one. */
export interface StringList {
  readonly length: number
  /** The k-th string; undefined outside the list. */
  at(k: number): string | undefined
}

/** A run of strings cut out of one joined text, anew each time: who asks again keeps them (LoadedChunk). */
export class StringTable implements StringList {
  readonly length: number
  readonly #joined: () => string
  readonly #ends: Int32Array
  readonly #first: number

  /**
   * `joined` gives the text; `ends` says where each of its pieces ends; the table is the `length` pieces from `first` on.
   * Ends that lie (decrease, or point outside) give wrong or empty strings, never an exception.
   */
  constructor(joined: () => string, ends: Int32Array, first: number, length: number) {
    this.length = length
    this.#joined = joined
    this.#ends = ends
    this.#first = first
  }

  at(k: number): string | undefined {
    if (!(k >= 0 && k < this.length)) return undefined
    const i = this.#first + k
    return this.#joined().slice(i === 0 ? 0 : this.#ends[i - 1], this.#ends[i])
  }
}
