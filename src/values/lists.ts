/**
 * Concatenation of lists (floor 2). Programs build lists element by element (`acc ++ [ x ]`, `[ x ] ++ go rest`), which takes
 * time in proportion to the square of the length where each step copies what there is. So a list that has been made here is
 * lengthened in its own array, once, and has room before it when something is put there for the second time.
 */
import { COUNT, counts } from './counts.ts'
import { emptySlots } from './slots.ts'
import { ElementMaker, List, type Slot } from './value.ts'

/** Shorter lists are copied. */
const GROWN_MIN = 32

/**
 * Stands for the maker of lists made here: their arrays belong to such lists alone, and all their elements are there. What is
 * `undefined` before one, or beyond the end of its array, is in no list and may be written once.
 */
const GROWN = new ElementMaker(null, null, 0)

/** `a ++ b`; when only one of them has elements, that one (Nix: EvalState::concatLists). */
export function concatenated(a: List, b: List): List {
  const m = a.length
  const n = b.length
  if (m === 0) return b
  if (n === 0) return a
  let room = 0
  if (m + n >= GROWN_MIN) {
    if (n <= m) {
      // Of a queue, most of what stands before it has been taken off: it must not be kept for ever.
      if (a.maker === GROWN && a.start + m === a.items.length && a.start <= m) return append(a, b)
    } else if (b.maker === GROWN && (b.start === 0 || b.items[b.start - 1] === undefined)) {
      if (b.start >= m) return prepend(a, b)
      room = (m + n) >> 1
    }
  }
  if (COUNT) counts.copied += m + n
  const items = emptySlots(room + m + n) as Slot[]
  let k = room
  for (let i = 0; i < m; i++) items[k++] = a.at(i)
  for (let i = 0; i < n; i++) items[k++] = b.at(i)
  return new List(items, room, m + n, m + n >= GROWN_MIN ? GROWN : null)
}

/**
 * The concatenation of lists that all have elements, `total` together. Where one of them is most of it, that one is lengthened as
 * `++` would: programs build lists with `concatLists [ acc [ x ] ]`, too.
 */
export function joined(parts: readonly List[], total: number): List {
  if (parts.length === 1) return parts[0]
  let big = 0
  for (let i = 1; i < parts.length; i++) if (parts[i].length > parts[big].length) big = i
  if (total < GROWN_MIN || parts[big].length * 2 < total) return new List(copied(parts, total), 0, total)
  let all = parts[big]
  let before = 0
  for (let i = 0; i < big; i++) before += parts[i].length
  const after = total - before - all.length
  if (before > 0) all = concatenated(new List(copied(parts.slice(0, big), before), 0, before), all)
  return after > 0 ? concatenated(all, new List(copied(parts.slice(big + 1), after), 0, after)) : all
}

function copied(parts: readonly List[], total: number): Slot[] {
  return copyAll(parts, emptySlots(total) as Slot[], 0)
}

/** Puts the elements of lists into an array, from a place on; answers the array. */
export function copyAll(parts: readonly List[], items: Slot[], start: number): Slot[] {
  let at = start
  for (const part of parts) for (let j = 0; j < part.length; j++) items[at++] = part.at(j)
  if (COUNT) counts.copied += at - start
  return items
}

/** The elements of a list in an array that belongs to nobody. */
export function elementsOf(part: List): Slot[] {
  const { items, start, length, maker } = part
  if (maker !== null && maker !== GROWN) return copied([part], length)
  if (COUNT) counts.copied += length
  return items.slice(start, start + length) as Slot[]
}

function append(a: List, b: List): List {
  const { items } = a
  if (COUNT) counts.copied += b.length
  for (let i = 0; i < b.length; i++) items.push(b.at(i))
  return new List(items, a.start, a.length + b.length, GROWN)
}

function prepend(a: List, b: List): List {
  const { items } = b
  const start = b.start - a.length
  if (COUNT) counts.copied += a.length
  for (let i = 0; i < a.length; i++) items[start + i] = a.at(i)
  return new List(items, start, a.length + b.length, GROWN)
}
