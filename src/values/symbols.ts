/** Attribute names as small integers (floor 2), one table per evaluator. Nix: symbol-table.hh. */
export class SymbolTable {
  readonly names: string[] = []
  readonly #ids = new Map<string, number>()

  intern(name: string): number {
    let id = this.#ids.get(name)
    if (id === undefined) {
      id = this.names.length
      this.names.push(name)
      this.#ids.set(name, id)
    }
    return id
  }

  /** The symbol of a name that has been seen before, or -1: no set can then have the attribute. */
  find(name: string): number {
    return this.#ids.get(name) ?? -1
  }
}
