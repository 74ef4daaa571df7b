/**
 * The virtual store (floor 1): what an evaluation has put "into the store" without writing anything. A copied tree is
 * read where it was, a text from memory, a derivation from the table.
 */
import { NixError } from '../errors.ts'
import { writeAterm } from './derivation.ts'
import type { DerivationTable } from './derivation-table.ts'

/** What stands behind a store path. */
export type StoreEntry =
  /** A tree at `path`; `kept`: what a filter has let through, as paths below the root (`/a/b`). */
  | { readonly kind: 'tree'; readonly path: string; readonly kept: ReadonlySet<string> | null }
  | { readonly kind: 'text'; readonly text: string; readonly executable: boolean }

/** Where a path below the store is to be read. */
export type Located =
  | {
      readonly kind: 'real'
      readonly path: string
      readonly entry: StoreEntry & { kind: 'tree' }
      readonly rest: string
    }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'missing' }

export class VirtualStore {
  readonly #entries = new Map<string, StoreEntry>()
  readonly #table: DerivationTable
  /** With `false`, nothing can be read back: Nix's own read-only store. */
  readonly readable: boolean

  constructor(table: DerivationTable, readable: boolean) {
    this.#table = table
    this.readable = readable
  }

  addTree(storePath: string, path: string, kept: ReadonlySet<string> | null): void {
    if (!this.#entries.has(storePath)) this.#entries.set(storePath, { kind: 'tree', path, kept })
  }
  addText(storePath: string, text: string): void {
    this.#entries.set(storePath, { kind: 'text', text, executable: false })
  }
  entries(): IterableIterator<[string, StoreEntry]> {
    return this.#entries.entries()
  }

  /** Whether a store path is known here. */
  has(storePath: string): boolean {
    return (
      this.#entries.has(storePath) ||
      (storePath.endsWith('.drv') && this.#table.find(storePath) !== undefined)
    )
  }

  /** What a path means; undefined when it is none of ours. Throws NixError when nothing may be read back. */
  locate(path: string): Located | undefined {
    const dir = this.#table.store.storeDir
    if (!path.startsWith(dir) || path.charCodeAt(dir.length) !== 47) return undefined
    const slash = path.indexOf('/', dir.length + 1)
    const storePath = slash < 0 ? path : path.slice(0, slash)
    const rest = slash < 0 ? '' : path.slice(slash)
    const entry = this.#entry(storePath)
    if (entry === undefined) return undefined
    if (!this.readable) throw new NixError('io', `path '${storePath}' is not valid`)
    if (entry.kind === 'text') return rest === '' ? { kind: 'text', text: entry.text } : { kind: 'missing' }
    if (rest !== '' && entry.kept !== null && !entry.kept.has(rest)) return { kind: 'missing' }
    return { kind: 'real', path: entry.path + rest, entry, rest }
  }

  #entry(storePath: string): StoreEntry | undefined {
    const entry = this.#entries.get(storePath)
    if (entry !== undefined || !storePath.endsWith('.drv')) return entry
    const drv = this.#table.find(storePath)
    return drv === undefined ? undefined : { kind: 'text', text: writeAterm(drv), executable: false }
  }
}
