/** What a path is called in messages (floor 3). */
import type { Machine } from './machine.ts'

/** A pure evaluation sees a checkout of Git's where it is, not the place that it has in the store. */
export function shownPath(m: Machine, path: string): string {
  if (!m.settings.pureEval) return path
  return m.services.virtualStore.checkoutOf(path) ?? path
}
