/**
 * String contexts (floor 1): which store paths a string refers to, as sorted lists of encoded elements. The encoding
 * is Nix's own: `/nix/store/…` a path, `!out!/nix/store/….drv` an output of a derivation, `=/nix/store/….drv` a
 * derivation with all its closure. Nix: value/context.cc.
 */

/** One element, decoded. `drv` of `built` is a path or, for dynamic derivations, an encoded `built` element. */
export type ContextElement =
  | { readonly kind: 'opaque'; readonly path: string }
  | { readonly kind: 'built'; readonly drv: string; readonly output: string }
  | { readonly kind: 'deep'; readonly drv: string }

/** Encoded elements: no element twice, sorted by `compareElements`. Never changed once made. */
export type Context = readonly string[]

const BANG = 33
const OUT_OF_PATH = '!out!/'
const EQUALS = 61

/** An element as a string. */
export function encodeElement(element: ContextElement): string {
  switch (element.kind) {
    case 'opaque':
      return element.path
    case 'built':
      return `!${element.output}!${element.drv}`
    case 'deep':
      return `=${element.drv}`
  }
}

/** An element from its string, which must be one that `encodeElement` makes. */
export function decodeElement(text: string): ContextElement {
  const first = text.charCodeAt(0)
  if (first === EQUALS) return { kind: 'deep', drv: text.slice(1) }
  if (first !== BANG) return { kind: 'opaque', path: text }
  const mark = text.indexOf('!', 1)
  return { kind: 'built', drv: text.slice(mark + 1), output: text.slice(1, mark) }
}

/** An element as Nix's messages show it: `/p`, `/p.drv^out`, `/p.drv (deep)`. */
export function showElement(text: string): string {
  const element = decodeElement(text)
  if (element.kind === 'opaque') return element.path
  if (element.kind === 'deep') return `${element.drv} (deep)`
  let outputs = `^${element.output}`
  let drv = element.drv
  while (drv.charCodeAt(0) === BANG) {
    const mark = drv.indexOf('!', 1)
    outputs = `^${drv.slice(1, mark)}${outputs}`
    drv = drv.slice(mark + 1)
  }
  return drv + outputs
}

function rankOf(text: string): number {
  const first = text.charCodeAt(0)
  return first === BANG ? 2 : first === EQUALS ? 1 : 0
}

/**
 * Nix's order: paths, then derivations with their closure, then outputs by derivation and name. It shows, for messages
 * name the first element.
 */
export function compareElements(a: string, b: string): number {
  if (a === b) return 0
  const rank = rankOf(a)
  const difference = rank - rankOf(b)
  if (difference !== 0) return difference
  // Nearly all elements: `!out!/nix/store/…` twice.
  if (rank !== 2 || (a.startsWith(OUT_OF_PATH) && b.startsWith(OUT_OF_PATH))) return a < b ? -1 : 1
  const left = a.indexOf('!', 1) + 1
  const right = b.indexOf('!', 1) + 1
  if (a.charCodeAt(left) === BANG || b.charCodeAt(right) === BANG) return compareNested(a, b)
  const byDrv = compareTexts(a, left, a.length, b, right, b.length)
  return byDrv !== 0 ? byDrv : compareTexts(a, 1, left - 1, b, 1, right - 1)
}

/** Compares parts of two texts, of which nothing is made. */
function compareTexts(a: string, at: number, end: number, b: string, from: number, to: number): number {
  while (at < end && from < to) {
    const difference = a.charCodeAt(at++) - b.charCodeAt(from++)
    if (difference !== 0) return difference
  }
  return end - at - (to - from)
}

/** The same for outputs of derivations that are themselves outputs. */
function compareNested(a: string, b: string): number {
  let left = a
  let right = b
  let byOutput = 0
  // Peels `!out!` off both; an inner difference outweighs an outer one.
  for (;;) {
    if (left === right) return byOutput
    const rank = rankOf(left)
    const rankDifference = rank - rankOf(right)
    if (rankDifference !== 0) return rankDifference
    if (rank !== 2) return left < right ? -1 : 1
    const leftMark = left.indexOf('!', 1)
    const rightMark = right.indexOf('!', 1)
    const leftOutput = left.slice(1, leftMark)
    const rightOutput = right.slice(1, rightMark)
    if (leftOutput !== rightOutput) byOutput = leftOutput < rightOutput ? -1 : 1
    left = left.slice(leftMark + 1)
    right = right.slice(rightMark + 1)
  }
}

/** Puts an element in its place, unless it is there. For lists that are not long. */
export function insertElement(elements: string[], element: string): void {
  let low = 0
  let high = elements.length
  // What comes in its order needs no search.
  if (high > 0 && compareElements(elements[high - 1], element) < 0) low = high
  while (low < high) {
    const middle = (low + high) >> 1
    const order = compareElements(elements[middle], element)
    if (order === 0) return
    if (order < 0) low = middle + 1
    else high = middle
  }
  elements.push(element)
  for (let i = elements.length - 1; i > low; i--) elements[i] = elements[i - 1]
  elements[low] = element
}

/** A context from elements in any order. */
export function contextOf(elements: Iterable<string>): Context {
  const set: ReadonlySet<string> = elements instanceof Set ? elements : new Set(elements)
  // Nearly all there is: paths, and outputs called `out`. Both are in the order of their texts, paths first.
  const paths: string[] = []
  const others: string[] = []
  let plain = true
  set.forEach((element) => {
    if (rankOf(element) === 0) paths.push(element)
    else {
      others.push(element)
      if (!element.startsWith(OUT_OF_PATH)) plain = false
    }
  })
  paths.sort()
  if (plain) others.sort()
  else others.sort(compareElements)
  for (const element of others) paths.push(element)
  return paths
}

/** Whether a context has this element. */
function hasElement(context: Context, element: string): boolean {
  // Contexts are short: nearly always one element, seldom more than a few.
  if (context.length <= 8) return context.includes(element)
  let low = 0
  let high = context.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const order = compareElements(context[middle], element)
    if (order === 0) return true
    if (order < 0) low = middle + 1
    else high = middle - 1
  }
  return false
}

/** Whether every element of `part` is in `whole`. */
function isPartOf(part: Context, whole: Context): boolean {
  if (part.length > whole.length) return false
  for (const element of part) if (!hasElement(whole, element)) return false
  return true
}

/** The union. Gives one of its arguments back whenever that is the union. */
export function mergeContext(a: Context, b: Context): Context {
  if (a === b || b.length === 0) return a
  if (a.length === 0) return b
  if (isPartOf(b, a)) return a
  if (isPartOf(a, b)) return b
  const merged: string[] = []
  let i = 0
  let j = 0
  while (i < a.length && j < b.length) {
    const order = a[i] === b[j] ? 0 : compareElements(a[i], b[j])
    if (order <= 0) merged.push(a[i++])
    else merged.push(b[j])
    if (order >= 0) j++
  }
  while (i < a.length) merged.push(a[i++])
  while (j < b.length) merged.push(b[j++])
  // Kept with a string: without room for more.
  return merged.slice()
}
