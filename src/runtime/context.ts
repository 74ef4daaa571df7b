/** Gathering string contexts (floor 3); their order is that of store/context.ts. Nix: NixStringContext, a std::set. */
import { contextOf, insertElement } from '../store/context.ts'
import type { Context } from '../values/value.ts'
import { NO_CONTEXT } from '../values/value.ts'

/** With more elements than this, they go into a Set. */
const FEW = 128

/** Gathers contexts of many strings. */
export class ContextSet {
  /** The only one so far, if there is no list. */
  #first: Context = NO_CONTEXT
  /** All elements, sorted, while they are few. */
  #few: string[] | null = null
  #many: Set<string> | null = null
  #last: Context = NO_CONTEXT

  add(context: Context): void {
    // Neighbouring strings often share one context object.
    if (context === this.#last || context.length === 0) return
    this.#last = context
    if (this.#many === null && this.#few === null) {
      if (this.#first.length === 0) {
        this.#first = context
        return
      }
      if (context === this.#first) return
      this.#few = this.#first.slice()
    }
    if (this.#few !== null) {
      if (this.#few.length + context.length <= FEW) {
        for (let i = 0; i < context.length; i++) insertElement(this.#few, context[i])
        return
      }
      this.#many = new Set(this.#few)
      this.#few = null
    }
    for (const element of context) (this.#many as Set<string>).add(element)
  }

  /** Everything added, sorted. Nothing is added once it has been asked for. */
  get context(): Context {
    if (this.#many !== null) return contextOf(this.#many)
    // Kept with a string: without room for more.
    return this.#few !== null ? this.#few.slice() : this.#first
  }
}
