/**
 * Texts by name in the byte order of the names (floor 1): the environment of a derivation. There are many of them, they are
 * made in this order but for a few entries, read from one end to the other, and kept: two arrays take a quarter of the time
 * and memory of a Map.
 */
export class TextMap {
  readonly #names: string[] = []
  readonly #texts: string[] = []

  constructor(entries: Iterable<readonly [string, string]> = []) {
    for (const [name, text] of entries) this.set(name, text)
  }

  get size(): number {
    return this.#names.length
  }

  get(name: string): string | undefined {
    const i = this.#place(name)
    return this.#names[i] === name ? this.#texts[i] : undefined
  }

  has(name: string): boolean {
    return this.#names[this.#place(name)] === name
  }

  set(name: string, text: string): void {
    const names = this.#names
    const n = names.length
    if (n === 0 || names[n - 1] < name) {
      names.push(name)
      this.#texts.push(text)
      return
    }
    const i = this.#place(name)
    if (names[i] === name) this.#texts[i] = text
    else {
      names.splice(i, 0, name)
      this.#texts.splice(i, 0, text)
    }
  }

  /** In the order of the names. */
  forEach(visit: (text: string, name: string) => void): void {
    for (let i = 0; i < this.#names.length; i++) visit(this.#texts[i], this.#names[i])
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
