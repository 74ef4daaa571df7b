/** String contexts (floor 3): sorted arrays without duplicates come in and go out. Nix: NixStringContext, a std::set. */
import type { Context } from '../values/value.ts'
import { NO_CONTEXT } from '../values/value.ts'

/** The union of two contexts; one of the two when it holds the other. */
export function mergeContexts(a: Context, b: Context): Context {
  if (a === b || b.length === 0) return a
  if (a.length === 0) return b
  const out: string[] = []
  let i = 0
  let j = 0
  while (i < a.length && j < b.length) {
    const x = a[i]
    const y = b[j]
    if (x === y) {
      out.push(x)
      i++
      j++
    } else if (x < y) {
      out.push(x)
      i++
    } else {
      out.push(y)
      j++
    }
  }
  while (i < a.length) out.push(a[i++])
  while (j < b.length) out.push(b[j++])
  return out.length === a.length ? a : out.length === b.length ? b : out
}

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
    return this.#set === null ? NO_CONTEXT : [...this.#set].sort()
  }
}
