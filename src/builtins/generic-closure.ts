/**
 * `builtins.genericClosure` (floor 4): a work queue and the keys seen so far. Nix: primops.cc, prim_genericClosure.
 *
 * Nix keeps the keys in an ordered map and compares them with `<`. As long as all keys are integers, or all are
 * strings, a hash set says the same; with the first other key they go into a tree like Nix's, whose shape decides
 * which two keys are compared, and so which error is met.
 */
import { NixError } from '../errors.ts'
import { lessThan } from '../runtime/compare.ts'
import { expectAttrs, expectFunction, expectList } from '../runtime/expect.ts'
import { Frame, type Machine, type Step, WAIT } from '../runtime/machine.ts'
import { lookup, settleAttrs } from '../values/attrs.ts'
import { describeValue } from '../values/describe.ts'
import { doubled, Interner } from '../values/interner.ts'
import { SYM } from '../values/symbols.ts'
import { Attrs, isString, type List, list, peek, type Slot, textOf, type Value } from '../values/value.ts'

/**
 * A red-black tree of keys that is only added to, like std::map: `find` is done by the caller, one comparison at a
 * time. Node 0 is "none".
 */
class KeyTree {
  readonly keys: Value[] = [null]
  /** The element that each key came from. */
  readonly elements: Slot[] = [null]
  readonly left: number[] = [0]
  readonly right: number[] = [0]
  readonly up: number[] = [0]
  readonly red: boolean[] = [false]
  root = 0

  /** Adds a node below `parent` and balances. */
  add(parent: number, onLeft: boolean, key: Value, element: Slot): void {
    const { left, right, up, red } = this
    let x = this.keys.length
    this.keys.push(key)
    this.elements.push(element)
    left.push(0)
    right.push(0)
    up.push(parent)
    red.push(true)
    if (parent === 0) this.root = x
    else if (onLeft) left[parent] = x
    else right[parent] = x
    while (x !== this.root && red[up[x]]) {
      const p = up[x]
      const g = up[p]
      const pOnLeft = p === left[g]
      const uncle = pOnLeft ? right[g] : left[g]
      if (red[uncle]) {
        red[p] = false
        red[uncle] = false
        red[g] = true
        x = g
        continue
      }
      if (x === (pOnLeft ? right[p] : left[p])) {
        x = p
        this.rotate(x, pOnLeft)
      }
      red[up[x]] = false
      red[g] = true
      this.rotate(g, !pOnLeft)
    }
    red[this.root] = false
  }

  /** Turns the edge between x and its right (or left) child round. */
  rotate(x: number, toLeft: boolean): void {
    const { up } = this
    const near = toLeft ? this.right : this.left
    const far = toLeft ? this.left : this.right
    const y = near[x]
    near[x] = far[y]
    if (far[y] !== 0) up[far[y]] = x
    up[y] = up[x]
    if (x === this.root) this.root = y
    else if (x === this.left[up[x]]) this.left[up[x]] = y
    else this.right[up[x]] = y
    far[y] = x
    up[x] = y
  }

  /** The node before this one in order, 0 when it is the first. */
  before(x: number): number {
    const { left, right, up } = this
    if (left[x] !== 0) {
      x = left[x]
      while (right[x] !== 0) x = right[x]
      return x
    }
    let y = up[x]
    while (y !== 0 && x === left[y]) {
      x = y
      y = up[y]
    }
    return y
  }

  /** The first node in order, 0 when there is none. */
  get smallest(): number {
    let x = this.root
    while (this.left[x] !== 0) x = this.left[x]
    return x
  }

  /** The node after this one in order, 0 when it is the last. */
  after(x: number): number {
    const { left, right, up } = this
    if (right[x] !== 0) {
      x = right[x]
      while (left[x] !== 0) x = left[x]
      return x
    }
    let y = up[x]
    while (y !== 0 && x === right[y]) {
      x = y
      y = up[y]
    }
    return y
  }
}

// What the frame waits for.
const START_SET = 0
const OPERATOR = 1
const ELEMENT = 2
const KEY = 3
/** Walking down the tree: "is the key less than that of `node`?" */
const DESCEND = 4
/** The last comparison: "is the key of the neighbour less than this one?" */
const NEIGHBOUR = 5
const RESULT = 6
/** Forcing the elements that the operator gave. */
const FOUND = 7

const SET = 'in the attrset passed as argument to builtins.genericClosure'
const OPERATOR_LINE =
  "while evaluating the 'operator' attribute passed as argument to builtins.genericClosure"

/**
 * Keys of one kind. Strings and small integers stand in hash tables of their own: a Set takes several times as long. Each is
 * made for its first key and begins small, as most closures are: a larger typed array has memory of its own, and takes a
 * microsecond to make.
 */
class KeySet {
  #strings: Interner | null = null
  /** Open addressing; two words a place: the key, and whether there is one. */
  #table: Int32Array | null = null
  #inTable = 0
  /** What is no small integer. */
  #big: Set<number | bigint> | null = null

  /** Whether the key is new. */
  add(key: number | string | bigint): boolean {
    if (typeof key === 'string') {
      this.#strings ??= new Interner(4)
      const before = this.#strings.names.length
      return this.#strings.intern(key) === before
    }
    if (typeof key !== 'number' || (key | 0) !== key) {
      this.#big ??= new Set()
      const before = this.#big.size
      return this.#big.add(key).size > before
    }
    let table = (this.#table ??= new Int32Array(16))
    if (this.#inTable * 4 >= table.length) this.#table = table = doubled(table, place)
    const mask = table.length - 1
    let at = place(key, mask)
    while (table[at + 1] !== 0) {
      if (table[at] === key) return false
      at = (at + 2) & mask
    }
    table[at] = key
    table[at + 1] = 1
    this.#inTable++
    return true
  }
}

/** Sixteen integers in a row lie side by side, wherever that is: what a look-up costs is the way to memory. */
function place(key: number, mask: number): number {
  return (((Math.imul(key >> 4, 0x9e3779b1) >>> 7) + (key & 15)) << 1) & mask
}

export class GenericClosureFrame extends Frame {
  readonly a: Attrs
  state: number = START_SET
  op: Value = null
  keySym = 0
  /** Elements in the order found; those from `next` on have not been looked at. */
  readonly queue: Slot[] = []
  next = 0
  readonly result: Slot[] = []
  element: Slot = null
  key: Value = null
  /** What the operator gave, and how much of it is forced. */
  found: List | null = null
  at = 0
  /** Keys of the elements of `result`, while they are of one kind; null: the tree is in use. */
  seen: KeySet | null = new KeySet()
  kind = ''
  tree: KeyTree | null = null
  node = 0
  above = 0
  onLeft = false

  constructor(a: Attrs) {
    super()
    this.a = a
  }

  step(m: Machine, answer: Value | undefined): Step {
    let r: Step | undefined = answer
    for (;;) {
      switch (this.state) {
        case START_SET: {
          if (r === undefined) {
            r = m.force(attribute(m, this.a, 'startSet'))
            if (r === WAIT) return WAIT
          }
          const start = expectList(
            m,
            r as Value,
            "while evaluating the 'startSet' attribute passed as argument to builtins.genericClosure",
          )
          if (start.length === 0) return start
          for (let i = 0; i < start.length; i++) this.queue.push(start.at(i))
          const op = attribute(m, this.a, 'operator')
          this.keySym = SYM.KEY
          this.state = OPERATOR
          r = m.force(op)
          if (r === WAIT) return WAIT
          break
        }
        case OPERATOR:
          this.state = ELEMENT
          this.op = expectFunction(m, r as Value, OPERATOR_LINE)
          r = undefined
          break
        case ELEMENT: {
          if (r === undefined) {
            if (this.next === this.queue.length) return list(this.result)
            this.element = this.queue[this.next++]
            if (this.next > 4096 && this.next * 2 > this.queue.length) {
              this.queue.splice(0, this.next)
              this.next = 0
            }
            r = m.force(this.element)
            if (r === WAIT) return WAIT
          }
          const element = expectAttrs(m, r as Value, '')
          const key = lookup(element, this.keySym)
          if (key === undefined) throw new NixError('missing-attribute', "attribute 'key' missing")
          this.state = KEY
          r = m.force(key)
          if (r === WAIT) return WAIT
          break
        }
        case KEY:
          this.key = r as Value
          settle(peek(this.element) as Value)
          r = this.look(m)
          if (r === WAIT) return WAIT
          break
        case DESCEND: {
          const tree = this.tree as KeyTree
          this.above = this.node
          this.onLeft = r === true
          this.node = this.onLeft ? tree.left[this.node] : tree.right[this.node]
          r = this.descend(m)
          if (r === WAIT) return WAIT
          break
        }
        case NEIGHBOUR:
          if (r === true) r = this.insert(m)
          else {
            this.state = ELEMENT
            r = undefined
          }
          if (r === WAIT) return WAIT
          break
        case RESULT:
          settle(peek(this.element) as Value)
          this.found = expectList(
            m,
            r as Value,
            'while evaluating the return value of the `operator` passed to builtins.genericClosure',
          )
          this.at = 0
          this.state = FOUND
          r = undefined
          break
        case FOUND: {
          const found = this.found as List
          if (r !== undefined) {
            settle(r as Value)
            this.at++
          }
          while (this.at < found.length) {
            const x = found.at(this.at)
            this.queue.push(x)
            const v: Step = m.force(x)
            if (v === WAIT) return WAIT
            settle(v as Value)
            this.at++
          }
          this.found = null
          this.state = ELEMENT
          r = undefined
          break
        }
      }
    }
  }

  /** Looks the key up; undefined: seen before, go on with the next element. */
  look(m: Machine): Step | undefined {
    const { key, seen } = this
    if (seen !== null) {
      const kind = isString(key) ? 'string' : typeof key === 'bigint' ? 'number' : typeof key
      if (this.kind === '') this.kind = kind
      if (kind === this.kind && (kind === 'string' || kind === 'number')) {
        const plain = isString(key) ? textOf(key) : key
        if (seen.add(plain as number | string | bigint)) return this.operate(m)
        this.state = ELEMENT
        return undefined
      }
      this.plant(m)
      this.seen = null
    }
    this.node = (this.tree as KeyTree).root
    this.above = 0
    return this.descend(m)
  }

  /** Moves the keys seen so far, which are of one comparable kind, to a tree, as if they had always been there. */
  plant(m: Machine): void {
    const tree = (this.tree = new KeyTree())
    for (const element of this.result) {
      const key = peek(lookup(peek(element) as Attrs, this.keySym) as Slot) as Value
      let node = tree.root
      let parent = 0
      let onLeft = false
      while (node !== 0) {
        parent = node
        onLeft = lessThan(m, key, tree.keys[node]) === true
        node = onLeft ? tree.left[node] : tree.right[node]
      }
      tree.add(parent, onLeft, key, element)
    }
  }

  descend(m: Machine): Step | undefined {
    const tree = this.tree as KeyTree
    if (this.node !== 0) {
      this.state = DESCEND
      return lessThan(m, this.key, tree.keys[this.node])
    }
    let neighbour = this.above
    if (this.onLeft || neighbour === 0) {
      if (neighbour === 0 || neighbour === tree.smallest) return this.insert(m)
      neighbour = tree.before(neighbour)
    }
    this.state = NEIGHBOUR
    return lessThan(m, tree.keys[neighbour], this.key)
  }

  insert(m: Machine): Step {
    ;(this.tree as KeyTree).add(this.above, this.onLeft, this.key, this.element)
    return this.operate(m)
  }

  operate(m: Machine): Step {
    this.result.push(this.element)
    this.state = RESULT
    return m.call(this.op, this.element)
  }

  override explain(m: Machine, error: NixError): void {
    const element = (): string => describeValue(this.element, m.positions)
    switch (this.state) {
      case OPERATOR:
        error.addTrace(OPERATOR_LINE)
        return
      case ELEMENT:
        // An operator that is no function is found out in this state, before there is an element.
        if (this.op !== null) error.addTrace(`in genericClosure element ${element()}`)
        return
      case DESCEND:
      case NEIGHBOUR:
        this.explainComparison(m, error, element())
        return
      case RESULT:
      case FOUND:
        error.addTrace(`while calling operator on genericClosure element ${element()}`)
        return
    }
  }

  /** Names the first element, in order of keys, that this one cannot be compared with. */
  explainComparison(m: Machine, error: NixError, element: string): void {
    const tree = this.tree as KeyTree
    // An error on its way must not start evaluating: what would have to be forced counts as comparable.
    const still = Object.create(m, { push: { value: () => WAIT } }) as Machine
    for (let x = tree.smallest; x !== 0; x = tree.after(x)) {
      try {
        lessThan(still, this.key, tree.keys[x])
      } catch (e) {
        if (!(e instanceof NixError)) throw e
        error.addTrace(`with element ${describeValue(tree.elements[x], m.positions)}`)
        error.addTrace(`while comparing element ${element}`)
        return
      }
    }
    error.addTrace(`while checking key of element ${element}`)
  }
}

/** Of an element, which may be anything yet, the thunks can go that have been looked at: it waits for its turn, and may stay. */
function settle(element: Value): void {
  if (element instanceof Attrs && element.base === null) settleAttrs(element)
}

function attribute(m: Machine, a: Attrs, name: string): Slot {
  const slot = lookup(a, m.symbols.intern(name))
  if (slot === undefined) {
    throw new NixError('missing-attribute', `attribute '${name}' missing`).addTrace(SET)
  }
  return slot
}
