/**
 * Builtins on lists (floor 4). Nix: primops.cc, "Lists".
 *
 * Loops that call back are frames whose `step` goes on as long as calls answer at once.
 */
import { NixError } from '../errors.ts'
import { equal } from '../runtime/equal.ts'
import { expectBool, expectList, expectPlainString } from '../runtime/expect.ts'
import { bothForms, builtin, Frame, type Machine, param, type Step, WAIT } from '../runtime/machine.ts'
import { attrsOfAny } from '../values/attrs.ts'
import { COUNT, counts } from '../values/counts.ts'
import { determinePos } from '../values/describe.ts'
import { Interner } from '../values/interner.ts'
import { copyAll, elementsOf, joined } from '../values/lists.ts'
import { emptySlots, filled, room, trimmed } from '../values/slots.ts'
import {
  type Attrs,
  type Builtin,
  Closure,
  ElementMaker,
  EMPTY_LIST,
  FUNCTION,
  INTEGER,
  LAZY,
  LIST,
  List,
  list,
  NO_ITEMS,
  peek,
  type Slot,
  settled,
  Thunk,
  type Value,
} from '../values/value.ts'
import { sort } from './sort.ts'
import { FixedShape, LoopFrame, MORE, resultOf, withFunction } from './support.ts'

/** Lists from this length on get their elements when they are asked for. */
const LAZY_MIN = 16

/** `map`, once the function is known. */
function mapList(fn: Value, xs: List, owning: boolean): List {
  const n = xs.length
  if (n >= LAZY_MIN && xs.maker?.deep !== true)
    return new List(NO_ITEMS, 0, n, new ElementMaker(fn, xs, n, owning))
  const items = emptySlots(n) as Slot[]
  for (let i = 0; i < n; i++) items[i] = new Thunk(fn, xs.at(i))
  return new List(items, 0, n)
}

class FilterFrame extends LoopFrame {
  readonly fn: Value
  readonly #kept: Slot[]
  #count = 0
  /** The element that the function is looking at. */
  #x: Slot = null
  constructor(fn: Value, xs: List, owning: boolean) {
    super(xs, owning)
    this.fn = fn
    this.#kept = room(xs.length) as Slot[]
  }
  override stretch(m: Machine, answer: Value | undefined, end: number): Step | typeof MORE {
    const { fn, xs, owning } = this
    const kept = this.#kept
    let i = this.i
    let x = this.#x
    let r: Step | undefined = answer
    for (;;) {
      if (r !== undefined) {
        x = owning ? settled(x) : xs.settle(i, x)
        if (r === true) kept[this.#count++] = x
        else if (r !== false) expectBool(m, r as Value, FILTER_RESULT)
        i++
      }
      if (i === end) {
        if (end === xs.length) return this.#count === end && !owning ? xs : list(filled(kept, this.#count))
        this.i = i
        return MORE
      }
      x = owning ? xs.pass(i) : xs.at(i)
      r = m.call(fn, x)
      if (r === WAIT) {
        this.i = i
        this.#x = x
        return WAIT
      }
    }
  }
}

const FILTER_RESULT = 'while evaluating the return value of the filtering function passed to builtins.filter'

/** `any` (wanted: true) and `all` (wanted: false): stops at the first element with the wanted answer. */
class AnyFrame extends LoopFrame {
  readonly fn: Value
  readonly wanted: boolean
  constructor(fn: Value, xs: List, wanted: boolean, owning: boolean) {
    super(xs, owning)
    this.fn = fn
    this.wanted = wanted
  }
  override stretch(m: Machine, answer: Value | undefined, end: number): Step | typeof MORE {
    const { fn, xs, wanted, owning } = this
    let i = this.i
    let r: Step | undefined = answer
    for (;;) {
      if (r !== undefined) {
        if (r === wanted) return wanted
        if (typeof r !== 'boolean') {
          const name = wanted ? 'any' : 'all'
          expectBool(
            m,
            r as Value,
            `while evaluating the return value of the function passed to builtins.${name}`,
          )
        }
        if (!owning) xs.settle(i, xs.at(i))
        i++
      }
      if (i === end) {
        if (end === xs.length) return !wanted
        this.i = i
        return MORE
      }
      r = m.call(fn, owning ? xs.pass(i) : xs.at(i))
      if (r === WAIT) {
        this.i = i
        return WAIT
      }
    }
  }
}

class ElemFrame extends LoopFrame {
  readonly x: Slot
  constructor(x: Slot, xs: List, from: number) {
    super(xs)
    this.x = x
    this.i = from
  }
  override stretch(m: Machine, answer: Value | undefined, end: number): Step | typeof MORE {
    const { x, xs } = this
    let i = this.i
    let r: Step | undefined = answer
    for (;;) {
      if (r !== undefined) {
        if (r === true) return true
        xs.settle(i, xs.at(i))
        i++
        // It has been forced by now.
        const forced = peek(x)
        if (isPlain(forced)) i = pastOthers(forced, xs, i, end)
      }
      if (i === end) {
        if (end === xs.length) return false
        this.i = i
        return MORE
      }
      r = equal(m, x, xs.at(i))
      if (r === WAIT) {
        this.i = i
        return WAIT
      }
    }
  }
}

/** What is equal to another such value only if it is the same. */
type Plain = string | number

function isPlain(v: Value | undefined): v is Plain {
  return typeof v === 'string' || typeof v === 'number'
}

/** The index of the first element, of those from `i` to `end`, that is `x` or is not known to be plain; else `end`. */
function pastOthers(x: Plain, xs: List, i: number, end: number): number {
  for (; i < end; i++) {
    const y = peek(xs.at(i))
    if (x === y || !isPlain(y)) break
  }
  return i
}

class FoldFrame extends LoopFrame {
  readonly op: Value
  acc: Slot
  constructor(op: Value, nul: Slot, xs: List, owning: boolean) {
    super(xs, owning)
    this.op = op
    this.acc = nul
  }
  override stretch(m: Machine, answer: Value | undefined, end: number): Step | typeof MORE {
    const { op, xs, owning } = this
    let { i } = this
    let acc = answer === undefined ? this.acc : answer
    // From here on the accumulator lives in this call: the frame must not keep old ones alive.
    this.acc = null
    if (answer !== undefined) i++
    while (i < end) {
      const x = owning ? xs.pass(i) : xs.at(i)
      const r: Step = m.call2(op, acc, x)
      if (r === WAIT) {
        this.i = i
        return WAIT
      }
      if (!owning) xs.settle(i, x)
      acc = r
      i++
    }
    if (i === xs.length) return acc as Value
    this.i = i
    this.acc = acc
    return MORE
  }
}

class ConcatMapFrame extends LoopFrame {
  readonly fn: Value
  readonly out: Slot[] = []
  constructor(fn: Value, xs: List, owning: boolean) {
    super(xs, owning)
    this.fn = fn
  }
  override stretch(m: Machine, answer: Value | undefined, end: number): Step | typeof MORE {
    const { fn, xs, out, owning } = this
    let i = this.i
    let r: Step | undefined = answer
    for (;;) {
      if (r !== undefined) {
        const part =
          r instanceof List
            ? r
            : expectList(
                m,
                r as Value,
                'while evaluating the return value of the function passed to builtins.concatMap',
                determinePos(r as Value) || determinePos(fn),
              )
        // Copied as a whole: a function may go down into the list of those below it.
        if (xs.length === 1) return list(elementsOf(part))
        if (COUNT) counts.copied += part.length
        for (let j = 0; j < part.length; j++) out.push(part.at(j))
        i++
      }
      if (i === end) {
        if (end === xs.length) return list(trimmed(out))
        this.i = i
        return MORE
      }
      r = m.call(fn, owning ? xs.pass(i) : xs.at(i))
      if (r === WAIT) {
        this.i = i
        return WAIT
      }
    }
  }
}

/** Parts that may wait until it is known how many elements there are. */
const MANY_PARTS = 1024

/** The concatenation; when only one part has elements, that part itself (Nix: EvalState::concatLists). */
class ConcatListsFrame extends Frame {
  readonly lists: List
  readonly owning: boolean
  i = 0
  /** Parts with elements that have not been copied. */
  parts: List[] = []
  /** The elements of those before them: where there are many, the lists can go. */
  items: Slot[] | null = null
  constructor(lists: List, owning: boolean) {
    super()
    this.lists = lists
    this.owning = owning
  }
  step(m: Machine, answer: Value | undefined): Step {
    const { lists, owning } = this
    let r: Step | undefined = answer
    for (;;) {
      if (r !== undefined) {
        this.i++
        this.take(
          expectList(m, r as Value, 'while evaluating a value of the list passed to builtins.concatLists'),
        )
      }
      if (this.i === lists.length) return this.finish()
      r = m.force(owning ? lists.pass(this.i) : lists.at(this.i))
      if (r === WAIT) return WAIT
    }
  }
  take(part: List): void {
    if (part.length === 0) return
    if (this.parts.length === MANY_PARTS) {
      this.items ??= []
      copyAll(this.parts, this.items, this.items.length)
      this.parts = []
    }
    this.parts.push(part)
  }
  finish(): List {
    const { parts, items } = this
    if (items !== null) return list(copyAll(parts, items, items.length))
    let total = 0
    for (const part of parts) total += part.length
    return total === 0 ? EMPTY_LIST : joined(parts, total)
  }
}

class PartitionFrame extends Frame {
  readonly fn: Value
  readonly xs: List
  readonly shape: FixedShape
  readonly right: Slot[] = []
  readonly wrong: Slot[] = []
  i = 0
  forced = false
  constructor(fn: Value, xs: List, shape: FixedShape) {
    super()
    this.fn = fn
    this.xs = xs
    this.shape = shape
  }
  step(m: Machine, answer: Value | undefined): Step {
    const { fn, xs } = this
    const n = xs.length
    let r: Step | undefined = answer
    for (;;) {
      if (r !== undefined) {
        if (!this.forced) {
          this.forced = true
          xs.settle(this.i, xs.at(this.i))
        } else {
          const x = xs.at(this.i)
          if (r === true) this.right.push(x)
          else if (r === false) this.wrong.push(x)
          else {
            expectBool(
              m,
              r as Value,
              'while evaluating the return value of the partition function passed to builtins.partition',
            )
          }
          this.i++
          this.forced = false
        }
      }
      if (this.i === n) {
        return this.shape.make(m.symbols, list(trimmed(this.right)), list(trimmed(this.wrong)))
      }
      const x = xs.at(this.i)
      // The element is forced before the function sees it, although the function might not look at it.
      r = this.forced ? m.call(fn, x) : m.force(x)
      if (r === WAIT) return WAIT
    }
  }
}

class GroupByFrame extends LoopFrame {
  readonly fn: Value
  /** The names of groups, and what is in each. */
  readonly names = new Interner(16)
  readonly groups: Slot[][] = []
  constructor(fn: Value, xs: List) {
    super(xs)
    this.fn = fn
  }
  override stretch(m: Machine, answer: Value | undefined, end: number): Step | typeof MORE {
    const { fn, xs, names, groups } = this
    let i = this.i
    let r: Step | undefined = answer
    for (;;) {
      if (r !== undefined) {
        const name =
          typeof r === 'string'
            ? r
            : expectPlainString(
                m,
                r as Value,
                'while evaluating the return value of the grouping function passed to builtins.groupBy',
              )
        const x = xs.settle(i, xs.at(i))
        const k = names.intern(name)
        if (k === groups.length) groups.push([x])
        else groups[k].push(x)
        i++
      }
      if (i === end) {
        if (end === xs.length) return this.result(m)
        this.i = i
        return MORE
      }
      r = m.call(fn, xs.at(i))
      if (r === WAIT) {
        this.i = i
        return WAIT
      }
    }
  }
  result(m: Machine): Attrs {
    const syms = this.names.names.map((name) => m.symbols.intern(name))
    const lists = this.groups.map((group) => list(trimmed(group)))
    return attrsOfAny(m.symbols, syms, lists, null)
  }
}

/** The order of attribute names. */
export function byteOrder(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Runs `use` with the function argument, which is often there already. */
function late(m: Machine, fn: Slot, name: string, use: (m: Machine, fn: Value) => Step): Step {
  return withFunction(m, fn, `while evaluating the first argument passed to builtins.${name}`, use)
}

/** The builtins of this file, as a table of their own for each evaluator. */
export function listBuiltins(): Builtin[] {
  const partitionShape = new FixedShape('right', 'wrong')
  return [
    builtin({
      name: 'length',
      params: [param(LIST)],
      call: (_m, xs: List) => xs.length,
    }),
    builtin({
      name: 'head',
      params: [param(LIST, "while evaluating the first argument passed to 'builtins.head'")],
      start: (m, xs: List) => {
        if (xs.length === 0) throw new NixError('eval', "'builtins.head' called on an empty list")
        return resultOf(m, xs.at(0))
      },
    }),
    builtin({
      name: 'tail',
      params: [param(LIST, "while evaluating the first argument passed to 'builtins.tail'")],
      call: (_m, xs: List) => {
        if (xs.length === 0) throw new NixError('eval', "'builtins.tail' called on an empty list")
        return xs.from(1)
      },
    }),
    builtin({
      name: 'elemAt',
      params: [
        param(LIST, "while evaluating the first argument passed to 'builtins.elemAt'"),
        param(INTEGER, "while evaluating the second argument passed to 'builtins.elemAt'"),
      ],
      order: [1, 0],
      start: (m, xs: List, n: number | bigint) => {
        if (typeof n === 'bigint' || n < 0 || n >= xs.length) {
          throw new NixError(
            'eval',
            `'builtins.elemAt' called with index ${n} on a list of size ${xs.length}`,
          )
        }
        return resultOf(m, xs.at(n))
      },
    }),
    builtin({
      name: 'map',
      fresh: true,
      params: [param(LAZY), param(LIST)],
      ...bothForms((owning) => (m, fn: Slot, xs: List) => {
        if (xs.length === 0) return xs
        const known = peek(fn)
        if (known instanceof Closure) return mapList(known, xs, owning)
        return late(m, fn, 'map', (_m, f) => mapList(f, xs, owning))
      }),
    }),
    builtin({
      name: 'filter',
      params: [param(LAZY), param(LIST)],
      ...bothForms((owning) => (m, fn: Slot, xs: List) => {
        if (xs.length === 0) return xs
        const known = peek(fn)
        if (known instanceof Closure) return m.push(new FilterFrame(known, xs, owning))
        return late(m, fn, 'filter', (m, f) => m.push(new FilterFrame(f, xs, owning)))
      }),
    }),
    builtin({
      name: 'sort',
      params: [param(LAZY), param(LIST)],
      start: (m, fn: Slot, xs: List) => {
        if (xs.length === 0) return xs
        return late(m, fn, 'sort', (m, f) => sort(m, f, xs))
      },
    }),
    builtin({
      name: 'any',
      params: [param(FUNCTION), param(LIST)],
      ...bothForms(
        (owning) => (m, fn: Value, xs: List) =>
          xs.length === 0 ? false : m.push(new AnyFrame(fn, xs, true, owning)),
      ),
    }),
    builtin({
      name: 'all',
      params: [param(FUNCTION), param(LIST)],
      ...bothForms(
        (owning) => (m, fn: Value, xs: List) =>
          xs.length === 0 ? true : m.push(new AnyFrame(fn, xs, false, owning)),
      ),
    }),
    builtin({
      name: 'elem',
      params: [param(LAZY), param(LIST)],
      start: (m, x: Slot, xs: List) => {
        if (xs.length === 0) return false
        const forced = peek(x)
        if (!isPlain(forced)) return m.push(new ElemFrame(x, xs, 0))
        const at = pastOthers(forced, xs, 0, xs.length)
        if (at === xs.length) return false
        return peek(xs.at(at)) === forced ? true : m.push(new ElemFrame(x, xs, at))
      },
    }),
    builtin({
      name: "foldl'",
      params: [
        param(FUNCTION, 'while evaluating the first argument passed to builtins.foldlStrict'),
        param(LAZY),
        param(LIST, 'while evaluating the third argument passed to builtins.foldlStrict'),
      ],
      ...bothForms(
        (owning) => (m, op: Value, nul: Slot, xs: List) =>
          xs.length === 0 ? resultOf(m, nul) : m.push(new FoldFrame(op, nul, xs, owning)),
      ),
    }),
    builtin({
      name: 'concatMap',
      fresh: true,
      params: [param(FUNCTION), param(LIST)],
      ...bothForms(
        (owning) => (m, fn: Value, xs: List) =>
          xs.length === 0 ? xs : m.push(new ConcatMapFrame(fn, xs, owning)),
      ),
    }),
    builtin({
      name: 'concatLists',
      params: [param(LIST)],
      ...bothForms((owning) => (m, lists: List) => m.push(new ConcatListsFrame(lists, owning))),
    }),
    builtin({
      name: 'genList',
      fresh: true,
      params: [param(LAZY), param(INTEGER)],
      start: (m, fn: Slot, length: number | bigint) => {
        // Before the function is looked at.
        if (length < 0) throw new NixError('eval', `cannot create list of size ${length}`)
        return late(m, fn, 'genList', (_m, f) => generate(f, length))
      },
    }),
    builtin({
      name: 'partition',
      params: [param(FUNCTION), param(LIST)],
      start: (m, fn: Value, xs: List) => m.push(new PartitionFrame(fn, xs, partitionShape)),
    }),
    builtin({
      name: 'groupBy',
      params: [param(FUNCTION), param(LIST)],
      start: (m, fn: Value, xs: List) => (xs.length === 0 ? m.emptyAttrs : m.push(new GroupByFrame(fn, xs))),
    }),
  ]
}

/** `genList`. Throws NixError for a list that fits into no memory. */
function generate(fn: Value, length: number | bigint): List {
  if (length > 60_000_000)
    throw new NixError('eval', `out of memory: a list of ${length} elements does not fit`)
  const n = Number(length)
  if (n >= LAZY_MIN && n < 1 << 25) return new List(NO_ITEMS, 0, n, new ElementMaker(fn, null, n))
  const items = (n < LAZY_MIN ? emptySlots(n) : []) as Slot[]
  for (let i = 0; i < n; i++) items[i] = new Thunk(fn, i)
  return list(items)
}
