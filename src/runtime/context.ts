/** Gathering string contexts (floor 3); their order is that of store/context.ts. Nix: NixStringContext, a std::set. */
import { contextOf } from '../store/context.ts'
import type { Context } from '../values/value.ts'
import { NO_CONTEXT } from '../values/value.ts'

/** Gathers contexts of many strings. */
export class ContextSet {
  #set: Set<string> | null = null
  #last: Context = NO_CONTEXT

  add(context: Context): void {
    // Neighbouring strings often share one context object.
    if (context === this.#last || context.length === 0) return
    this.#last = context
    if (this.#set === null) this.#set = new Set()
    for (const element of context) this.#set.add(element)
  }

  /** Everything added, sorted. */
  get context(): Context {
    return this.#set === null ? NO_CONTEXT : contextOf(this.#set)
  }
}
