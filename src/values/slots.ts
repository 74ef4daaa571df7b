/**
 * Arrays of slots (floor 2): of environments, attribute sets and lists.
 *
 * To V8 an array without holes that has held an object is of one kind, one with holes of another, and one that has held
 * numbers only of a third; code that has met one kind is thrown away when it meets the next. So all arrays of slots are made
 * here, and are of the first kind from the beginning.
 */
import type { Slot } from './value.ts'

type Slots = (Slot | undefined)[]

/** What longer arrays are cut from. */
const BLANK: Slots = blank(256)

function blank(n: number): Slots {
  const slots: Slots = []
  for (let i = 0; i < n; i++) slots.push(undefined)
  return slots
}

/** An array of `n` slots, all `undefined`. Literals of each small size: V8 allocates those in one piece. */
export function emptySlots(n: number): Slots {
  switch (n) {
    case 0:
      return []
    case 1:
      return [undefined]
    case 2:
      return [undefined, undefined]
    case 3:
      return [undefined, undefined, undefined]
    case 4:
      return [undefined, undefined, undefined, undefined]
    case 5:
      return [undefined, undefined, undefined, undefined, undefined]
    case 6:
      return [undefined, undefined, undefined, undefined, undefined, undefined]
    case 7:
      return [undefined, undefined, undefined, undefined, undefined, undefined, undefined]
    case 8:
      return [undefined, undefined, undefined, undefined, undefined, undefined, undefined, undefined]
    default:
      // A very long one has holes: it may not fit into memory before it is filled.
      return n <= BLANK.length ? BLANK.slice(0, n) : new Array(n).fill(undefined)
  }
}

/** Room for up to `n` slots: an array of that many, or one that grows where they are so many that most may not come. */
export function room(n: number): Slots {
  return emptySlots(n <= MUCH_ROOM ? n : 0)
}

const MUCH_ROOM = 64

/** The first `n` of the slots that have got into a `room`, in an array of their number: what push leaves has room for 17. */
export function filled<T>(slots: T[], n: number): T[] {
  return slots.length === n ? slots : slots.slice(0, n)
}

/** What push has filled, without the room that it leaves behind the first few: for 17 at least. */
export function trimmed<T>(slots: T[]): T[] {
  return slots.length <= PUSHED ? slots.slice() : slots
}

const PUSHED = 24

/** A table of `n` entries that is filled as a program runs, and mostly stays empty. Of one kind, too, but with holes. */
export function emptyTable<T extends object | string>(n: number): (T | undefined)[] {
  const table: (T | undefined)[] = new Array(n)
  if (n > 0) table[0] = undefined
  return table
}

/** Entries that are appended to a table at once. */
const BLOCK = 256

/**
 * Lengthens a table to `n` entries, in place: V8 makes a dictionary of an array that is written far behind its end. A table
 * grows by thousands the first time, in code that has hardly run, so that is left to V8.
 */
export function lengthen<T>(table: T[], n: number, entry: T): void {
  if (n - table.length >= BLOCK) {
    const block: T[] = new Array(BLOCK).fill(entry)
    while (n - table.length >= BLOCK) table.push(...block)
  }
  while (table.length < n) table.push(entry)
}
