/** Gathering string contexts (floor 3); their order is that of store/context.ts. Nix: NixStringContext, a std::set. */
import { contextOf } from '../store/context.ts'
import type { Context } from '../values/value.ts'
import { NO_CONTEXT } from '../values/value.ts'

/** Gathers contexts of many strings. */
export class ContextSet {
  /** The only one so far, if there is no set. */
  #first: Context = NO_CONTEXT
  #set: Set<string> | null = null
  #last: Context = NO_CONTEXT

  add(context: Context): void {
    // Neighbouring strings often share one context object.
    if (context === this.#last || context.length === 0) return
    this.#last = context
    if (this.#set === null) {
      if (this.#first.length === 0) {
        this.#first = context
        return
      }
      this.#set = new Set(this.#first)
    }
    for (const element of context) this.#set.add(element)
  }

  /** Everything added, sorted. */
  get context(): Context {
    return this.#set === null ? this.#first : contextOf(this.#set)
  }
}
