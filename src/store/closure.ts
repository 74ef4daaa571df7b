/**
 * What has to be in a store before a derivation can be built there (floor 1): paths in, store objects out, each after
 * all that it refers to.
 */
import { NixError } from '../errors.ts'
import { referencesOf } from './derivation.ts'
import type { DerivationTable } from './derivation-table.ts'
import { writeAterm } from './derivation-writer.ts'
import { makeFixedOutputPath, makeTextPath, nameOf } from './path.ts'
import type { StoreEntry, VirtualStore } from './virtual-store.ts'

/** How the path of a text came about; other than `text` for copies only. */
export type TextMethod = 'text' | 'flat' | 'recursive'

/** One store object. `foreign`: this evaluation has not made it, it has to be there already. */
export type StoreItem =
  | {
      readonly kind: 'text'
      readonly path: string
      readonly name: string
      readonly method: TextMethod
      readonly references: readonly string[]
      /** Written when it is asked for: a closure can have many. */
      readonly text: () => string
    }
  | {
      readonly kind: 'tree'
      readonly path: string
      readonly name: string
      readonly entry: StoreEntry & { kind: 'tree' }
    }
  | { readonly kind: 'foreign'; readonly path: string }

function itemOf(table: DerivationTable, store: VirtualStore, path: string): StoreItem {
  const entry = store.entry(path)
  const name = nameOf(table.store, path)
  if (entry?.kind === 'tree') return { kind: 'tree', path, name, entry }
  if (entry?.kind === 'text') return textItem(table, path, name, entry.text)
  const drv = path.endsWith('.drv') ? table.find(path) : undefined
  if (drv === undefined) return { kind: 'foreign', path }
  const references = referencesOf(drv)
  return { kind: 'text', path, name, method: 'text', references, text: () => writeAterm(drv) }
}

/** A text that was put there as such, or a copy of one. */
function textItem(table: DerivationTable, path: string, name: string, text: string): StoreItem {
  const { store } = table
  const references = table.textReferences(path)
  const hex = store.hash('sha256', text)
  let method: TextMethod = 'text'
  if (makeTextPath(store, name, hex, references) !== path) {
    const flat = makeFixedOutputPath(store, 'flat', { algo: 'sha256', hex }, name)
    method = flat === path ? 'flat' : 'recursive'
  }
  return { kind: 'text', path, name, method, references, text: () => text }
}

/** An object whose references are being visited. */
interface Open {
  readonly item: StoreItem
  readonly references: readonly string[]
  next: number
}

/**
 * The closure of some paths: first the trees, which refer to nothing, then texts and derivations, each after what it
 * refers to. Throws NixError when references go in a circle, which only a damaged store can bring about.
 */
export function closureItems(
  table: DerivationTable,
  store: VirtualStore,
  roots: Iterable<string>,
): StoreItem[] {
  const trees: StoreItem[] = []
  const others: StoreItem[] = []
  /** false: under way; true: done. */
  const seen = new Map<string, boolean>()
  const stack: Open[] = []
  const enter = (path: string): void => {
    const state = seen.get(path)
    if (state === true) return
    if (state === false) throw new NixError('eval', `cycle detected in the references of '${path}'`)
    const item = itemOf(table, store, path)
    if (item.kind !== 'text' || item.references.length === 0) {
      seen.set(path, true)
      if (item.kind === 'tree') trees.push(item)
      else others.push(item)
      return
    }
    seen.set(path, false)
    stack.push({ item, references: item.references, next: 0 })
  }
  for (const root of roots) {
    enter(root)
    for (let open = stack.at(-1); open !== undefined; open = stack.at(-1)) {
      if (open.next < open.references.length) {
        enter(open.references[open.next++])
        continue
      }
      seen.set(open.item.path, true)
      others.push(open.item)
      stack.pop()
    }
  }
  return [...trees, ...others]
}
