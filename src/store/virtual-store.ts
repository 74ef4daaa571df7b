/**
 * The virtual store (floor 1): what an evaluation has put "into the store" without writing anything. A copied tree is
 * read where it was, a text from memory, a derivation from the table.
 */
import { NixError } from '../errors.ts'
import type { DerivationTable } from './derivation-table.ts'
import { writeAterm } from './derivation-writer.ts'
import type { StoreConfig } from './path.ts'

/** What stands behind a store path. */
export type StoreEntry =
  /** A tree at `path`; `kept`: what a filter has let through, as paths below the root (`/a/b`). */
  | {
      readonly kind: 'tree'
      readonly path: string
      readonly kept: ReadonlySet<string> | null
      /** Fetched, or copied from what was: to be read though the program itself may not look there. */
      readonly fetched: boolean
      /** A checkout of Git's at this place: what is not kept is not tracked. */
      readonly repository?: string
    }
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
  /** `repository`: the checkout that the tree is; `rest`: the path in it. */
  | { readonly kind: 'missing'; readonly repository?: string; readonly rest?: string }

export class VirtualStore {
  readonly #entries = new Map<string, StoreEntry>()
  /** Fetched when somebody reads them. */
  readonly #late = new Map<string, () => void | Promise<void>>()
  readonly #table: DerivationTable
  /** With `false`, nothing can be read back: Nix's own read-only store. */
  readonly readable: boolean

  /** The folder of all store paths. */
  get storeDir(): string {
    return this.#table.store.storeDir
  }

  /** Where the store is, as paths in it are checked. */
  get config(): StoreConfig {
    return this.#table.store
  }

  constructor(table: DerivationTable, readable: boolean) {
    this.#table = table
    this.readable = readable
  }

  /** A tree or file at `path`, which may itself lie in this store. */
  addTree(storePath: string, path: string, kept: ReadonlySet<string> | null, fetched = false): void {
    if (this.#entries.has(storePath)) return
    const at = this.locate(path)
    if (at === undefined) {
      const repository = fetched && kept !== null ? { repository: path } : {}
      this.#entries.set(storePath, { kind: 'tree', path, kept, fetched, ...repository })
    } else if (at.kind === 'text') this.addText(storePath, at.text)
    else if (at.kind === 'real') {
      const entry: StoreEntry = {
        kind: 'tree',
        path: at.path,
        kept: kept ?? below(at.entry.kept, at.rest),
        fetched: at.entry.fetched,
      }
      this.#entries.set(storePath, entry)
    }
  }
  /** Something whose place in the store is known before it is there: `fetch` gets it and adds it. */
  addLate(storePath: string, fetch: () => void | Promise<void>): void {
    if (!this.#entries.has(storePath)) this.#late.set(storePath, fetch)
  }
  /** Sees to it that what a path needs is there; a promise when that takes time. Errors: those of the fetch. */
  ensure(path: string): Promise<void> | undefined {
    if (this.#late.size === 0) return undefined
    const storePath = this.#storePathOf(path)
    const fetch = storePath === undefined ? undefined : this.#late.get(storePath)
    if (storePath === undefined || fetch === undefined) return undefined
    const done = fetch()
    if (!(done instanceof Promise)) {
      this.#late.delete(storePath)
      return undefined
    }
    return done.then(() => {
      this.#late.delete(storePath)
    })
  }
  addText(storePath: string, text: string): void {
    this.#entries.set(storePath, { kind: 'text', text, executable: false })
  }
  /** What was put into the store at a path; derivations are in the table. */
  entry(storePath: string): StoreEntry | undefined {
    return this.#entries.get(storePath)
  }
  entries(): IterableIterator<[string, StoreEntry]> {
    return this.#entries.entries()
  }

  /** Whether a store path is known here. */
  has(storePath: string): boolean {
    return (
      this.#entries.has(storePath) ||
      this.#late.has(storePath) ||
      (storePath.endsWith('.drv') && this.#table.find(storePath) !== undefined)
    )
  }

  /** Whether a path is one of ours, or lies in one. */
  holds(path: string): boolean {
    const storePath = this.#storePathOf(path)
    return storePath !== undefined && this.has(storePath)
  }

  /** What a path means; undefined when it is none of ours, or when nothing may be read back. */
  locate(path: string): Located | undefined {
    const storePath = this.readable ? this.#storePathOf(path) : undefined
    if (storePath === undefined) return undefined
    const rest = path.slice(storePath.length)
    if (this.ensure(storePath) !== undefined)
      throw new NixError('io', `path '${storePath}' has to be waited for`)
    const entry = this.#entry(storePath)
    if (entry === undefined) return undefined
    if (entry.kind === 'text') return rest === '' ? { kind: 'text', text: entry.text } : { kind: 'missing' }
    if (rest !== '' && entry.kept !== null && !entry.kept.has(rest)) {
      const { repository } = entry
      return repository === undefined ? { kind: 'missing' } : { kind: 'missing', repository, rest }
    }
    return { kind: 'real', path: entry.path + rest, entry, rest }
  }

  /** Where a path is in a checkout of Git's; undefined when it is in none. */
  checkoutOf(path: string): string | undefined {
    const storePath = this.#storePathOf(path)
    const entry = storePath === undefined ? undefined : this.#entries.get(storePath)
    if (entry?.kind !== 'tree' || entry.repository === undefined) return undefined
    return entry.repository + path.slice((storePath as string).length)
  }

  #storePathOf(path: string): string | undefined {
    const dir = this.#table.store.storeDir
    if (!path.startsWith(dir) || path.charCodeAt(dir.length) !== 47) return undefined
    const slash = path.indexOf('/', dir.length + 1)
    return slash < 0 ? path : path.slice(0, slash)
  }

  #entry(storePath: string): StoreEntry | undefined {
    const entry = this.#entries.get(storePath)
    if (entry !== undefined || !storePath.endsWith('.drv')) return entry
    const drv = this.#table.find(storePath)
    return drv === undefined ? undefined : { kind: 'text', text: writeAterm(drv), executable: false }
  }
}

/** What a filter has let through, seen from a directory below the root. */
function below(kept: ReadonlySet<string> | null, rest: string): ReadonlySet<string> | null {
  if (kept === null || rest === '') return kept
  const out = new Set<string>()
  for (const path of kept) if (path.startsWith(`${rest}/`)) out.add(path.slice(rest.length))
  return out
}

/** What Nix says of a file that is not in a checkout of Git's. `exists`: whether there is something on the disk. */
export function untracked(
  at: Located & { kind: 'missing' },
  exists: (path: string) => boolean,
): NixError | undefined {
  const { repository, rest } = at
  if (repository === undefined || rest === undefined) return undefined
  const name = rest.slice(1)
  return new NixError(
    'io',
    exists(repository + rest)
      ? `Path '${name}' in the repository "${repository}" is not tracked by Git.\n\nTo make it visible to Nix, run:\n\ngit -C "${repository}" add "${name}"`
      : `Path '${name}' does not exist in Git repository "${repository}".`,
  )
}
