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
