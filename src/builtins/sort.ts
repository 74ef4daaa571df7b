/**
 * `builtins.sort` (floor 4): a stable natural merge sort that asks for one comparison at a time.
 *
 * Nix has used the peeksort of Munro and Wild since 2.30. The same splits and the same order of comparisons are taken
 * here, since a comparator that traces, or is no strict weak order, shows them. See nix/util/sort.hh and
 * https://www.wild-inter.net/publications/munro-wild-2018.
 */

import type { NixError } from '../errors.ts'
import { lessThan } from '../runtime/compare.ts'
import { expectBool } from '../runtime/expect.ts'
import { Frame, type Machine, type Step, WAIT } from '../runtime/machine.ts'
import { emptySlots } from '../values/slots.ts'
import { Builtin, List, peek, type Slot, Thunk, type Value } from '../values/value.ts'
import { STRETCH } from './support.ts'

/** Ranges up to this length are sorted by insertion. */
const INSERTION_MAX = 16

// What the machine below is doing.
/** Forcing the elements. */
const FORCE = 0
/** Taking the next task from the stack. */
const NEXT = 1
/** Two elements: one comparison. */
const PAIR = 2
/** Insertion sort: `p` is the element to place, `q` where it has got to. */
const INSERT = 3
/** Comparing the two elements in the middle. */
const PEEK = 4
/** Growing the run in the middle to the left (`p` its start) and to the right (`q` its last element). */
const GROW_LEFT = 5
const GROW_RIGHT = 6
/** Merging: `p` in the left part of `buffer`, `q` in the right part, `out` in `xs`. */
const MERGE = 7
const DONE = 8

// Tasks on the stack, each with its operands: SORT begin end leftRunEnd rightRunBegin; JOIN begin middle end.
const SORT = 0
const JOIN = 1

class SortFrame extends Frame {
  /** The comparator; null: `builtins.lessThan`, which Nix does not call but looks through. */
  readonly fn: Value | null
  readonly list: List
  readonly xs: Slot[]
  buffer: Slot[] = []
  readonly tasks: number[] = []
  state = FORCE
  begin = 0
  end = 0
  leftEnd = 0
  rightBegin = 0
  middle = 0
  p = 0
  q = 0
  out = 0
  /** The run in the middle falls strictly. */
  falling = false
  /** The two elements to compare: is `a` less than `b`? */
  a: Slot = null
  b: Slot = null

  constructor(fn: Value | null, xs: List) {
    super()
    this.fn = fn
    this.list = xs
    this.xs = emptySlots(xs.length) as Slot[]
  }

  step(m: Machine, answer: Value | undefined): Step {
    const { xs } = this
    let r = answer
    if (this.state === FORCE) {
      if (r !== undefined) this.take(this.p++)
      r = undefined
      do if (this.force(m, Math.min(this.p + STRETCH, xs.length)) === WAIT) return WAIT
      while (this.p < xs.length)
      if (this.fn === null && sortPlain(xs)) return new List(xs, 0, xs.length)
      this.first()
    }
    for (;;) {
      if (this.stretch(m, r) === WAIT) return WAIT
      if (this.state === DONE) return new List(xs, 0, xs.length)
      r = undefined
    }
  }

  /** Forces the elements from `p` to `end`, each as soon as it is made: of most of them no thunk need be kept. */
  force(m: Machine, end: number): Step {
    for (let i = this.p; i < end; i++) {
      const x = this.list.at(i)
      if (x instanceof Thunk && m.force(x) === WAIT) {
        this.p = i
        return WAIT
      }
      this.take(i)
    }
    this.p = end
    return null
  }

  /** Takes an element that has been forced. */
  take(i: number): void {
    const { list } = this
    const x = (this.xs[i] = list.settle(i, list.at(i)))
    // Thunks of sets stay. Made at once they lie side by side, which is a twelfth of the time of sorting sets by an attribute.
    if (i === 0 && x instanceof Thunk) for (let k = 1; k < list.length; k++) list.at(k)
  }

  /** Makes so many comparisons, or as many as there are. */
  stretch(m: Machine, answer: Value | undefined): typeof WAIT | undefined {
    const { fn } = this
    let r: Step | undefined = answer
    for (let left = STRETCH; ; left--) {
      if (r !== undefined) {
        this.compared(
          typeof r === 'boolean'
            ? r
            : expectBool(
                m,
                r as Value,
                'while evaluating the return value of the sorting function passed to builtins.sort',
              ),
        )
      }
      while (this.state === NEXT) this.next()
      if (this.state === DONE || left === 0) return
      r = fn === null ? lessThan(m, this.a as Value, this.b as Value) : m.call2(fn, this.a, this.b)
      if (r === WAIT) return WAIT
    }
  }

  override explain(_m: Machine, error: NixError): void {
    if (this.fn === null && this.state !== FORCE) {
      error.addTrace('while evaluating the ordering function passed to builtins.sort')
    }
  }

  ask(a: number, b: number): void {
    const v = this.xs
    this.a = v[a]
    this.b = v[b]
    if (this.fn === null) {
      this.a = peek(this.a) as Value
      this.b = peek(this.b) as Value
    }
  }

  first(): void {
    const n = this.xs.length
    this.state = NEXT
    if (n === 2) {
      this.state = PAIR
      this.ask(1, 0)
    } else if (n > 2) this.tasks.push(n, 0, n, 0, SORT)
  }

  /** Starts the task on top of the stack. */
  next(): void {
    const { tasks } = this
    const task = tasks.pop()
    if (task === undefined) {
      this.state = DONE
      return
    }
    const begin = (this.begin = tasks.pop() as number)
    if (task === JOIN) {
      this.middle = tasks.pop() as number
      this.end = tasks.pop() as number
      this.merge()
      return
    }
    const end = (this.end = tasks.pop() as number)
    const leftEnd = (this.leftEnd = tasks.pop() as number)
    const rightBegin = (this.rightBegin = tasks.pop() as number)
    if (leftEnd === end || rightBegin === begin) return
    const n = end - begin
    if (n <= INSERTION_MAX) {
      if (n < 2) return
      this.state = INSERT
      this.p = this.q = begin + 1
      this.ask(this.q, this.q - 1)
      return
    }
    const middle = (this.middle = begin + (n >> 1))
    if (middle <= leftEnd) {
      tasks.push(end, leftEnd, begin, JOIN)
      tasks.push(rightBegin, leftEnd + 1, end, leftEnd, SORT)
    } else if (middle >= rightBegin) {
      tasks.push(end, rightBegin, begin, JOIN)
      tasks.push(rightBegin - 1, leftEnd, rightBegin, begin, SORT)
    } else {
      this.state = PEEK
      this.ask(middle, middle - 1)
    }
  }

  /** Goes on with the answer to the comparison asked for last. */
  compared(less: boolean): void {
    const v = this.xs
    switch (this.state) {
      case PAIR:
        if (less) v.reverse()
        this.state = DONE
        return
      case INSERT:
        if (less) {
          const x = v[this.q]
          v[this.q] = v[this.q - 1]
          v[--this.q] = x
        }
        if (!less || this.q === this.begin) {
          if (++this.p === this.end) {
            this.state = NEXT
            return
          }
          this.q = this.p
        }
        this.ask(this.q, this.q - 1)
        return
      case PEEK:
        this.falling = less
        this.state = GROW_LEFT
        this.p = this.middle
        this.growLeft()
        return
      case GROW_LEFT:
        if (less === this.falling) {
          this.p--
          this.growLeft()
        } else this.turn()
        return
      case GROW_RIGHT:
        if (less === this.falling) {
          this.q++
          this.growRight()
        } else this.split()
        return
      case MERGE:
        v[this.out++] = less ? this.buffer[this.q++] : this.buffer[this.p++]
        this.mergeMore()
        return
    }
  }

  /** The run [p-1, …) may begin one earlier. */
  growLeft(): void {
    if (this.p - 1 > this.leftEnd) this.ask(this.p - 1, this.p - 2)
    else this.turn()
  }

  turn(): void {
    this.p--
    this.state = GROW_RIGHT
    this.q = this.middle - 1
    this.growRight()
  }

  growRight(): void {
    if (this.q + 1 !== this.rightBegin) this.ask(this.q + 1, this.q)
    else this.split()
  }

  /** The run in the middle is [i, j): sort what is left of it and what is right of it, and join. */
  split(): void {
    const { tasks, begin, end, leftEnd, rightBegin, middle } = this
    const i = this.p
    const j = this.q + 1
    this.state = NEXT
    if (this.falling) {
      const v = this.xs
      for (let l = i, r = j - 1; l < r; l++, r--) {
        const x = v[l]
        v[l] = v[r]
        v[r] = x
      }
    }
    if (i === begin && j === end) return
    if (middle - i < j - middle) {
      tasks.push(end, i, begin, JOIN)
      tasks.push(rightBegin, j, end, i, SORT)
      tasks.push(i - 1, leftEnd, i, begin, SORT)
    } else {
      tasks.push(end, j, begin, JOIN)
      tasks.push(rightBegin, j + 1, end, j, SORT)
      tasks.push(i, leftEnd, j, begin, SORT)
    }
  }

  merge(): void {
    const { begin, end, xs } = this
    const buffer = this.buffer
    for (let i = begin; i < end; i++) buffer[i - begin] = xs[i]
    this.state = MERGE
    this.p = 0
    this.q = this.middle - begin
    this.out = begin
    this.mergeMore()
  }

  mergeMore(): void {
    const { buffer, xs } = this
    const leftLength = this.middle - this.begin
    const length = this.end - this.begin
    if (this.p < leftLength && this.q < length) {
      this.a = buffer[this.q]
      this.b = buffer[this.p]
      if (this.fn === null) {
        this.a = peek(this.a) as Value
        this.b = peek(this.b) as Value
      }
      return
    }
    while (this.p < leftLength) xs[this.out++] = buffer[this.p++]
    while (this.q < length) xs[this.out++] = buffer[this.q++]
    this.state = NEXT
  }
}

/** Sorts forced numbers, or forced strings without context, in place by `<`; false when something else is among them. */
function sortPlain(xs: Slot[]): boolean {
  const n = xs.length
  const kind = typeof peek(xs[0])
  if (kind !== 'number' && kind !== 'string') return false
  const keys: (number | string)[] = new Array(n)
  let forced = true
  for (let i = 0; i < n; i++) {
    const v = peek(xs[i])
    if (typeof v !== kind) return false
    keys[i] = v as number | string
    if (v !== xs[i]) forced = false
  }
  if (kind === 'number' && forced) {
    const sorted = Float64Array.from(keys as number[]).sort()
    for (let i = 0; i < n; i++) xs[i] = sorted[i]
    return true
  }
  // Thunks move with their values: the list's cells keep their identity.
  const order = keys.map((_, i) => i)
  order.sort((i, j) => (keys[i] < keys[j] ? -1 : keys[i] > keys[j] ? 1 : 0))
  const cells = xs.slice()
  for (let i = 0; i < n; i++) xs[i] = cells[order[i]]
  return true
}

/** Nix: prim_sort. `xs` is not empty. */
export function sort(m: Machine, fn: Value, xs: List): Step {
  return m.push(new SortFrame(fn instanceof Builtin && fn.name === 'lessThan' ? null : fn, xs))
}
