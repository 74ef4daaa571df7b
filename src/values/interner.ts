/**
 * Strings as small integers, in the order in which they are first seen (floor 2).
 *
 * A hash table of its own making: names are mostly strings just made, for which a Map would first have V8 work out and
 * keep a hash, and pay twice for a name that is new. What a look-up costs is the way to memory, so a place has all
 * that tells a string from another, and strings that differ in their last byte only, as numbered names do, lie side by side.
 */
export class Interner {
  /** By number. */
  readonly names: string[] = []
  /** Open addressing; two words a place: the string's hash, and its number plus one (0: nothing there). */
  #table: Int32Array

  /** `room`: strings, a power of two. The table grows when more come. */
  constructor(room: number) {
    this.#table = new Int32Array(room * 4)
  }

  /** The number of a string, a new one if it has none. */
  intern(name: string): number {
    const hash = hashOf(name)
    const at = this.#place(name, hash)
    const known = this.#table[at + 1]
    return known !== 0 ? known - 1 : this.#add(name, hash, at)
  }

  /** The number of a string that has been seen before, or -1. */
  find(name: string): number {
    return this.#table[this.#place(name, hashOf(name)) + 1] - 1
  }

  /** Where a string stands in the table, or would stand. */
  #place(name: string, hash: number): number {
    const table = this.#table
    const { names } = this
    const mask = table.length - 1
    let at = place(hash, mask)
    for (;;) {
      const known = table[at + 1]
      if (known === 0 || (table[at] === hash && names[known - 1] === name)) return at
      at = (at + 2) & mask
    }
  }

  #add(name: string, hash: number, at: number): number {
    const known = this.names.push(name)
    this.#table[at] = hash
    this.#table[at + 1] = known
    if (known * 4 >= this.#table.length) this.#table = doubled(this.#table, place)
    return known - 1
  }
}

/** The place of a hash in a table: the index of its first word. */
function place(hash: number, mask: number): number {
  return (hash << 1) & mask
}

/**
 * An array of zeros in memory that has been written to. In a new one, each page is first the kernel's one page of zeros and,
 * if the first thing done is to read it, is exchanged for one of its own when it is written, for which all processors must
 * be told: for tables of open addressing, where a place is looked at before it is taken, filling them is ten times cheaper.
 */
export function zeroed(length: number): Int32Array {
  return new Int32Array(length).fill(0)
}

/**
 * A table of open addressing, two words a place (what tells its `placeOf`, and what is not 0 where there is anything), with
 * twice the room.
 */
export function doubled(table: Int32Array, placeOf: (word: number, mask: number) => number): Int32Array {
  const larger = zeroed(table.length * 2)
  const mask = larger.length - 1
  for (let from = 0; from < table.length; from += 2) {
    if (table[from + 1] === 0) continue
    let at = placeOf(table[from], mask)
    while (larger[at + 1] !== 0) at = (at + 2) & mask
    larger[at] = table[from]
    larger[at + 1] = table[from + 1]
  }
  return larger
}

/** All bytes but the last are mixed (FNV); the last one says where among its neighbours. */
function hashOf(name: string): number {
  const last = name.length - 1
  if (last < 0) return 0
  let hash = last
  for (let i = 0; i < last; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  return ((hash ^ (hash >>> 15)) + name.charCodeAt(last)) | 0
}
