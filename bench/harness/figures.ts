/** Medians, ratios, slopes, and how figures are written. Plain functions of numbers. */

/** The middle of the numbers, the mean of the two middle ones. NaN when there are none. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  const half = sorted.length >> 1
  if (sorted.length === 0) return Number.NaN
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
}

/** The mean of ratios: what is twice as fast once and half as fast once is 1. NaN when there are none. */
export function geometricMean(ratios: readonly number[]): number {
  if (ratios.length === 0) return Number.NaN
  return Math.exp(ratios.reduce((sum, r) => sum + Math.log(r), 0) / ratios.length)
}

/**
 * The exponent k of y = c x^k that fits the points best (least squares on the logarithms): 1 is linear, 2 quadratic.
 * NaN for fewer than two points of different x.
 */
export function exponent(points: readonly (readonly [x: number, y: number])[]): number {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)])
  const meanX = logs.reduce((sum, [x]) => sum + x, 0) / logs.length
  const meanY = logs.reduce((sum, [, y]) => sum + y, 0) / logs.length
  let above = 0
  let below = 0
  for (const [x, y] of logs) {
    above += (x - meanX) * (y - meanY)
    below += (x - meanX) ** 2
  }
  return below === 0 ? Number.NaN : above / below
}

/** `12.3 ms`, `1.23 s`, `456 ns`: three digits, in the unit that fits. */
export function showTime(seconds: number): string {
  if (!Number.isFinite(seconds)) return '-'
  for (const [unit, size] of TIMES) if (seconds >= size) return `${digits(seconds / size)} ${unit}`
  return `${digits(seconds * 1e9)} ns`
}

const TIMES: readonly (readonly [string, number])[] = [
  ['s', 1],
  ['ms', 1e-3],
  ['µs', 1e-6],
]

/** `57 MB`, in units of a million bytes. */
export function showMemory(bytes: number): string {
  return Number.isFinite(bytes) ? `${digits(bytes / 1e6)} MB` : '-'
}

/** `0.83x`. */
export function showRatio(ratio: number): string {
  return Number.isFinite(ratio) ? `${ratio.toFixed(2)}x` : '-'
}

/** A number with three digits that count, and all of those before the point. */
export function digits(n: number): string {
  const size = Math.abs(n)
  return n.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2)
}

/** Columns of text: the first to the left, the others to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] ?? '').length)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd()
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}
