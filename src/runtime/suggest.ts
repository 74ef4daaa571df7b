/** `Did you mean …?` (floor 3): names and what was asked for come in, the near ones go out. Nix: suggestions.cc. */

/** Edits between two byte strings; more than `limit` is `limit + 1`. */
export function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1
  let row: number[] = []
  for (let j = 0; j <= b.length; j++) row.push(j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    let best = i
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1] + (a.charCodeAt(i - 1) === b.charCodeAt(j - 1) ? 0 : 1)
      const d = Math.min(change, row[j] + 1, next[j - 1] + 1)
      next.push(d)
      if (d < best) best = d
    }
    if (best > limit) return limit + 1
    row = next
  }
  return Math.min(row[b.length], limit + 1)
}

/** At most five names within two edits, nearest first, then in byte order (Nix: Suggestions::bestMatches, trim). */
export function suggest(names: Iterable<string>, wanted: string): string[] {
  const near: { name: string; d: number }[] = []
  for (const name of names) {
    const d = distance(name, wanted, 2)
    if (d <= 2) near.push({ name, d })
  }
  near.sort((x, y) => x.d - y.d || (x.name < y.name ? -1 : 1))
  return near.slice(0, 5).map((n) => n.name)
}
