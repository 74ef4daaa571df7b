/**
 * Values by name in the byte order of the names (floor 1): the environment of a derivation, its inputs and outputs. There
 * are many of them, they are made in this order but for a few entries, read from one end to the other, and kept: two arrays
 * take a quarter of the time and memory of a Map.
 */
export class SortedMap<V> {
  #names: string[]
  #values: V[]

  /** Of arrays that nobody else changes: names in their order without duplicates, and what belongs to each. */
  constructor(names: string[] = [], values: V[] = []) {
    this.#names = names
    this.#values = values
  }

  /** Of entries in any order. */
  static of<V>(entries: Iterable<readonly [string, V]>): SortedMap<V> {
    const map = new SortedMap<V>()
    for (const [name, value] of entries) map.set(name, value)
    return map
  }

  get size(): number {
    return this.#names.length
  }

  /** In their order. Not to be changed. */
  get names(): readonly string[] {
    return this.#names
  }

  /** In the order of the names. Not to be changed. */
  get values(): readonly V[] {
    return this.#values
  }

  get(name: string): V | undefined {
    const i = this.#place(name)
    return this.#names[i] === name ? this.#values[i] : undefined
  }

  has(name: string): boolean {
    return this.#names[this.#place(name)] === name
  }

  /** The same as `set` for a name that comes after all those that are there. */
  append(name: string, value: V): void {
    this.#names.push(name)
    this.#values.push(value)
  }

  set(name: string, value: V): void {
    const names = this.#names
    const n = names.length
    if (n === 0 || names[n - 1] < name) {
      names.push(name)
      this.#values.push(value)
      return
    }
    const i = this.#place(name)
    if (names[i] === name) this.#values[i] = value
    else {
      names.splice(i, 0, name)
      this.#values.splice(i, 0, value)
    }
  }

  /** Gives back the room for more entries, of a map that is kept. */
  compact(): void {
    this.#names = this.#names.slice()
    this.#values = this.#values.slice()
  }

  /** Where a name stands, or would stand. */
  #place(name: string): number {
    const names = this.#names
    let low = 0
    let high = names.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (names[middle] < name) low = middle + 1
      else high = middle
    }
    return low
  }
}
