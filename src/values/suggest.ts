/** What a misspelt name may have meant (floor 2). Nix: suggestions.cc. */

/** Byte-wise Levenshtein distance, or `limit + 1` when it is larger than `limit`. Nix: suggestions.cc. */
export function levenshtein(a: string, b: string, limit: number = Number.MAX_SAFE_INTEGER): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1
  let previous: number[] = []
  let current: number[] = []
  for (let j = 0; j <= b.length; j++) previous.push(j)
  for (let i = 0; i < a.length; i++) {
    current[0] = i + 1
    let least = i + 1
    const byte = a.charCodeAt(i)
    for (let j = 0; j < b.length; j++) {
      let cost = previous[j] + (byte === b.charCodeAt(j) ? 0 : 1)
      if (previous[j + 1] + 1 < cost) cost = previous[j + 1] + 1
      if (current[j] + 1 < cost) cost = current[j] + 1
      current[j + 1] = cost
      if (cost < least) least = cost
    }
    // A row's least entry never falls again.
    if (least > limit) return limit + 1
    const row = previous
    previous = current
    current = row
  }
  return Math.min(previous[b.length], limit + 1)
}

/**
 * The names behind "Did you mean": at most five of `candidates` within distance 2 of `name`, nearest first, then in
 * byte order; a name given twice counts once. Nix: Suggestions::bestMatches and trim.
 */
export function suggestions(name: string, candidates: Iterable<string>): string[] {
  const near = new Map<string, number>()
  for (const candidate of candidates) {
    const distance = levenshtein(name, candidate, 2)
    if (distance <= 2) near.set(candidate, distance)
  }
  return [...near]
    .sort(([a, da], [b, db]) => da - db || (a < b ? -1 : 1))
    .slice(0, 5)
    .map(([candidate]) => candidate)
}
