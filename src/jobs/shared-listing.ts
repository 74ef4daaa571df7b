/**
 * A listing that several workers share (floor 6). Each looks for all derivations by itself, which is a fifth of the work, so all
 * know them by the same numbers. What is looked at are sets, and in each the derivations of one set of the program: these have
 * most in common.
 */
import type { Slot } from '../values/value.ts'
import type { Evaluation, Listener } from './evaluation.ts'
import { Listing, type ListingEntry, type ListingOptions, writeListing } from './nix-env.ts'
import type { Looker, Outcome } from './protocol.ts'

/** The worker's side. */
export class ListedPlaces implements Looker {
  readonly #listing: Listing
  /** Numbers of the derivations in each set. */
  readonly #sets: ReadonlyMap<string, readonly string[]>

  private constructor(listing: Listing) {
    this.#listing = listing
    const sets = new Map<string, string[]>()
    listing.attrPaths.forEach((path, i) => {
      const outer = path.slice(0, Math.max(path.lastIndexOf('.'), 0))
      const set = sets.get(outer)
      if (set === undefined) sets.set(outer, [String(i)])
      else set.push(String(i))
    })
    this.#sets = sets
  }

  /** Looks for all derivations in a value. @throws NixError of findDerivations */
  static async of(
    evaluation: Evaluation,
    root: Slot,
    options: ListingOptions,
    listener: Listener,
  ): Promise<ListedPlaces> {
    return new ListedPlaces(await Listing.of(evaluation, root, options, listener))
  }

  /** The path of a derivation is that of its set and its number. @throws NixError what does not only leave it out */
  async look([set, number]: readonly string[]): Promise<Outcome> {
    if (set === undefined) return { children: [...this.#sets.keys()] }
    if (number === undefined) return { children: this.#sets.get(set) as readonly string[] }
    const { entry, failed } = await this.#listing.entry(Number(number))
    return { line: JSON.stringify([Number(number), entry]), failed }
  }
}

/** Puts together what the workers have found. */
export class SharedListing {
  readonly #entries: (ListingEntry | undefined)[] = []

  /** Takes the line for one derivation. */
  add(line: string): void {
    const [number, entry] = JSON.parse(line) as [number, ListingEntry | null]
    this.#entries[number] = entry ?? undefined
  }

  write(options: { readonly json: boolean }, write: (piece: string) => void): void {
    writeListing(this.#entries, options, write)
  }
}
