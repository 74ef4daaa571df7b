/**
 * The automaton of a parsed pattern (floor 4, pure): states as libstdc++ makes them (so that its limit of 100,000 is
 * met by the same patterns), then the cells the matcher computes. libstdc++: regex_compiler.tcc, regex_automaton.tcc.
 *
 * libstdc++ enters the body of a repetition at most twice without taking a byte in between, and that decides what
 * groups hold. So a node of the graph below is a state together with how often each repetition that can come round
 * to itself was entered at the present byte. Paths that take no byte then never meet a node twice: the nodes can be
 * ordered so that each comes after those it leads to.
 */
import type { Program } from './parse.ts'
import {
  ALT,
  BEGIN_LINE,
  CAT,
  EMPTY,
  END_LINE,
  GROUP,
  OPTIONAL,
  PLUS,
  REPEAT,
  SET,
  STAR,
  UNBOUNDED,
} from './parse.ts'

/** Kinds of states and nodes. DUMMY and the group ends lead on to `next`; CHOICE and LOOP have `alt` besides. */
export const DUMMY = 0
export const TAKE = 1
export const CHOICE = 2
export const LOOP = 3
export const OPEN = 4
export const CLOSE = 5
export const AT_BEGIN = 6
export const AT_END = 7
export const ACCEPT = 8

const STATE_LIMIT = 100_000
const NONE = -1

/** Why no automaton can be made. */
export type Refusal = 'invalid' | 'memory'

/** States by number. */
interface Graph {
  readonly kind: number[]
  readonly next: number[]
  readonly alt: number[]
}

class States implements Graph {
  readonly kind: number[] = []
  readonly next: number[] = []
  readonly alt: number[] = []
  /** Set of TAKE, group of OPEN and CLOSE. */
  readonly data: number[] = []

  add(kind: number, next: number, alt: number, data: number): number {
    const id = this.kind.push(kind) - 1
    this.next.push(next)
    this.alt.push(alt)
    this.data.push(data)
    if (id >= STATE_LIMIT) throw TOO_MANY
    return id
  }
}

const TOO_MANY: unique symbol = Symbol('too many states')

/** What the matcher runs. Nodes are for walking a path; cells hold, at each byte, where the longest path from them ends. */
export interface Automaton {
  readonly start: number
  readonly groups: number
  readonly nodeKind: Uint8Array
  readonly nodeNext: Int32Array
  readonly nodeAlt: Int32Array
  readonly nodeData: Int32Array
  /** The cell of each node; nodes that only lead on share that of the node they lead to. */
  readonly nodeCell: Int32Array
  readonly cellKind: Uint8Array
  /** Cells, not nodes; cells of lower number are computed first. */
  readonly cellNext: Int32Array
  readonly cellAlt: Int32Array
  /** Offset of a TAKE cell's 256 flags in `flags`. */
  readonly cellFlags: Int32Array
  readonly flags: Uint8Array
}

/** Builds the automaton of a program, valid or not: one with a fault is built as far as it was read. */
export function buildAutomaton(program: Program): Automaton | Refusal {
  try {
    return link(program)
  } catch (error) {
    if (error === TOO_MANY) return 'memory'
    throw error
  }
}

function link(program: Program): Automaton | Refusal {
  const states = new States()
  const first = states.add(OPEN, NONE, NONE, 0)
  const body = assemble(program, states)
  if (body === undefined) return 'invalid'
  if (!program.valid) return 'invalid'
  states.next[first] = body.start
  const last = states.add(CLOSE, NONE, NONE, 0)
  states.next[body.end] = last
  states.next[last] = states.add(ACCEPT, NONE, NONE, 0)
  const start = skipDummy(states, body.start)
  const automaton = makeNodes(states, start, program, false)
  return automaton === 'memory' ? makeNodes(states, start, program, true) : automaton
}

interface Sequence {
  start: number
  end: number
}

/** Runs the steps; `undefined` where a count is negative. */
function assemble(program: Program, states: States): Sequence | undefined {
  const { next, alt } = states
  const stack: Sequence[] = []
  function pop(): Sequence {
    return stack.pop() as Sequence
  }
  function append(sequence: Sequence, more: Sequence): void {
    next[sequence.end] = more.start
    sequence.end = more.end
  }
  function single(id: number): Sequence {
    return { start: id, end: id }
  }
  for (const { op, a, b } of program.steps) {
    switch (op) {
      case SET:
        stack.push(single(states.add(TAKE, NONE, NONE, a)))
        break
      case BEGIN_LINE:
        stack.push(single(states.add(AT_BEGIN, NONE, NONE, 0)))
        break
      case END_LINE:
        stack.push(single(states.add(AT_END, NONE, NONE, 0)))
        break
      case EMPTY:
        stack.push(single(states.add(DUMMY, NONE, NONE, 0)))
        break
      case CAT: {
        const second = pop()
        append(stack[stack.length - 1], second)
        break
      }
      case ALT: {
        const right = pop()
        const left = pop()
        const end = states.add(DUMMY, NONE, NONE, 0)
        next[left.end] = end
        next[right.end] = end
        stack.push({ start: states.add(CHOICE, right.start, left.start, 0), end })
        break
      }
      case GROUP: {
        const inner = pop()
        const open = states.add(OPEN, inner.start, NONE, a)
        const close = states.add(CLOSE, NONE, NONE, a)
        next[inner.end] = close
        stack.push({ start: open, end: close })
        break
      }
      case STAR: {
        const inner = pop()
        const loop = states.add(LOOP, NONE, inner.start, 0)
        next[inner.end] = loop
        stack.push(single(loop))
        break
      }
      case PLUS: {
        const inner = stack[stack.length - 1]
        append(inner, single(states.add(LOOP, NONE, inner.start, 0)))
        break
      }
      case OPTIONAL: {
        const inner = pop()
        const end = states.add(DUMMY, NONE, NONE, 0)
        const loop = states.add(LOOP, end, inner.start, 0)
        next[inner.end] = end
        stack.push({ start: loop, end })
        break
      }
      case REPEAT: {
        const inner = pop()
        const result = single(states.add(DUMMY, NONE, NONE, 0))
        for (let i = 0; i < a; i++) append(result, clone(states, inner))
        if (b === UNBOUNDED) {
          const copy = clone(states, inner)
          const loop = states.add(LOOP, NONE, copy.start, 0)
          next[copy.end] = loop
          append(result, single(loop))
        } else {
          if (b < 0) return undefined
          const end = states.add(DUMMY, NONE, NONE, 0)
          for (let i = 0; i < b; i++) {
            const copy = clone(states, inner)
            const loop = states.add(LOOP, end, copy.start, 0)
            append(result, { start: loop, end: copy.end })
          }
          append(result, single(end))
        }
        stack.push(result)
        break
      }
    }
  }
  return stack.length === 1 ? { start: stack[0].start, end: stack[0].end } : single(0)
  function hasAlt(kind: number): boolean {
    return kind === CHOICE || kind === LOOP
  }
  function clone(all: States, sequence: Sequence): Sequence {
    // A state reached twice before it is visited is copied twice, as in libstdc++: the copies count.
    const copies = new Map<number, number>()
    const pending = [sequence.start]
    while (pending.length > 0) {
      const id = pending.pop() as number
      copies.set(id, all.add(all.kind[id], next[id], alt[id], all.data[id]))
      if (hasAlt(all.kind[id]) && alt[id] !== NONE && !copies.has(alt[id])) pending.push(alt[id])
      if (id === sequence.end) continue
      if (next[id] !== NONE && !copies.has(next[id])) pending.push(next[id])
    }
    for (const copy of copies.values()) {
      if (next[copy] !== NONE) next[copy] = copies.get(next[copy]) as number
      if (alt[copy] !== NONE) alt[copy] = copies.get(alt[copy]) as number
    }
    return { start: copies.get(sequence.start) as number, end: copies.get(sequence.end) as number }
  }
}

function skipDummy(states: States, id: number): number {
  let at = id
  while (states.kind[at] === DUMMY) at = states.next[at]
  return at
}

/** Which states lie on a circle of steps that take no byte. */
interface Circles {
  /** The circle, or just the state, that each state belongs to; 0 for states that are never reached. */
  readonly component: Int32Array
  /** The loops on a circle with their body, which can be entered again before a byte is taken, numbered by circle. */
  readonly slot: Map<number, number>
  readonly slots: number
}

function findCircles(states: Graph, start: number): Circles {
  const size = states.kind.length
  const order = new Int32Array(size)
  const low = new Int32Array(size)
  const component = new Int32Array(size)
  let orders = 0
  let components = 0
  const path: number[] = []
  const open: number[] = []
  const edge = new Uint8Array(size)
  // Tarjan's components, from every state a byte can lead to.
  const roots = [start]
  for (let id = 0; id < size; id++) if (states.kind[id] === TAKE) roots.push(states.next[id])
  for (const root of roots) {
    if (root === NONE || order[root] !== 0) continue
    path.push(root)
    order[root] = low[root] = ++orders
    open.push(root)
    while (path.length > 0) {
      const id = path[path.length - 1]
      const kind = states.kind[id]
      const branches = kind === CHOICE || kind === LOOP
      let target = NONE
      while (edge[id] < 2 && target === NONE) {
        if (edge[id]++ === 0) target = branches ? states.alt[id] : NONE
        else target = kind === TAKE ? NONE : states.next[id]
      }
      if (target !== NONE) {
        if (order[target] === 0) {
          order[target] = low[target] = ++orders
          open.push(target)
          path.push(target)
        } else if (component[target] === 0) low[id] = Math.min(low[id], order[target])
        continue
      }
      path.pop()
      if (path.length > 0) {
        const parent = path[path.length - 1]
        low[parent] = Math.min(low[parent], low[id])
      }
      if (low[id] === order[id]) {
        components++
        for (;;) {
          const member = open.pop() as number
          component[member] = components
          if (member === id) break
        }
      }
    }
  }
  const slot = new Map<number, number>()
  const used = new Map<number, number>()
  let slots = 0
  for (let id = 0; id < size; id++) {
    if (states.kind[id] !== LOOP || component[id] === 0) continue
    if (component[states.alt[id]] !== component[id]) continue
    const mine = used.get(component[id]) ?? 0
    slot.set(id, mine)
    used.set(component[id], mine + 1)
    slots = Math.max(slots, mine + 1)
  }
  return { component, slot, slots }
}

/** Entered at most this often without taking a byte. */
const ROUNDS = 2

/**
 * Some dozen empty repetitions inside one another make too many nodes. Then `coarse` counts only how often any of them
 * was entered: what matches is the same, what groups hold may not be (and libstdc++ takes for ever on most strings).
 */
function makeNodes(states: States, start: number, program: Program, coarse: boolean): Automaton | Refusal {
  const { kind } = states
  // Dummies are bridged once, for all.
  const next = states.next.map((id) => (id === NONE ? NONE : skipDummy(states, id)))
  const alt = states.alt.map((id) => (id === NONE ? NONE : skipDummy(states, id)))
  const circles = findCircles({ kind, next, alt }, start)
  const { component } = circles

  const nodeState: number[] = []
  const nodeCounts: string[] = []
  const nodeKind: number[] = []
  const nodeNext: number[] = []
  const nodeAlt: number[] = []
  const zero = String.fromCharCode(0)
  const none = zero.repeat(coarse ? 1 : circles.slots)
  const most = coarse ? circles.slots : ROUNDS
  const plain = new Int32Array(kind.length).fill(NONE)
  const counted = new Map<string, number>()
  let full = false
  /** The node of a state reached from `from` with the counts of that one's circle: no path leads back to a circle. */
  function node(state: number, from: number, counts: string): number {
    const fresh = counts === none || component[state] !== component[from]
    const known = fresh ? plain[state] : (counted.get(`${state},${counts}`) ?? NONE)
    if (known !== NONE) return known
    const id = nodeState.push(state) - 1
    if (id >= STATE_LIMIT) full = true
    nodeCounts.push(fresh ? none : counts)
    nodeKind.push(kind[state])
    nodeNext.push(NONE)
    nodeAlt.push(NONE)
    if (fresh) plain[state] = id
    else counted.set(`${state},${counts}`, id)
    return id
  }
  node(start, start, none)
  for (let id = 0; id < nodeState.length && !full; id++) {
    const state = nodeState[id]
    const counts = nodeCounts[id]
    switch (kind[state]) {
      case ACCEPT:
        break
      case TAKE:
        nodeNext[id] = node(next[state], state, none)
        break
      case CHOICE:
        nodeAlt[id] = node(alt[state], state, counts)
        nodeNext[id] = node(next[state], state, counts)
        break
      case LOOP: {
        const slot = circles.slot.get(state)
        if (slot === undefined) nodeAlt[id] = node(alt[state], state, counts)
        else {
          const place = coarse ? 0 : slot
          const rounds = counts.charCodeAt(place)
          if (rounds < most) {
            const more = counts.slice(0, place) + String.fromCharCode(rounds + 1) + counts.slice(place + 1)
            nodeAlt[id] = node(alt[state], state, more)
          } else nodeKind[id] = DUMMY
        }
        nodeNext[id] = node(next[state], state, counts)
        break
      }
      default:
        nodeNext[id] = node(next[state], state, counts)
    }
  }
  if (full) return 'memory'
  return makeCells(states, nodeState, nodeKind, nodeNext, nodeAlt, program)
}

function makeCells(
  states: States,
  nodeState: number[],
  nodeKind: number[],
  nodeNext: number[],
  nodeAlt: number[],
  program: Program,
): Automaton {
  const size = nodeKind.length
  const nodeCell = new Int32Array(size).fill(NONE)
  const cellNode: number[] = []
  // Cells that must hold the same are one: nested repetitions have many such.
  const known = new Map<string, number>()
  const path: number[] = []
  // Depth first, so that a node's cell is made after those of the nodes it leads to without a byte.
  for (let root = 0; root < size; root++) {
    if (nodeCell[root] !== NONE) continue
    path.push(root)
    while (path.length > 0) {
      const id = path[path.length - 1]
      if (nodeCell[id] !== NONE) {
        path.pop()
        continue
      }
      if (nodeKind[id] !== TAKE) {
        const alt = nodeAlt[id]
        if (alt !== NONE && nodeCell[alt] === NONE) {
          path.push(alt)
          continue
        }
        const next = nodeNext[id]
        if (next !== NONE && nodeCell[next] === NONE) {
          path.push(next)
          continue
        }
      }
      path.pop()
      nodeCell[id] = cellOf(id)
    }
  }
  function cellOf(id: number): number {
    const kind = nodeKind[id]
    if (kind === DUMMY || kind === OPEN || kind === CLOSE) return nodeCell[nodeNext[id]]
    let key: string
    if (kind === TAKE) key = `${states.data[nodeState[id]]},${nodeNext[id]}`
    else if (kind === ACCEPT) key = 'accept'
    else {
      const next = nodeCell[nodeNext[id]]
      const branches = kind === CHOICE || kind === LOOP
      const alt = branches ? nodeCell[nodeAlt[id]] : NONE
      if (branches && alt === next) return next
      if (kind === LOOP) {
        // `x or (x or y)` and `(x or y) or y` are `x or y`.
        if (isLoop(next) && altOf(next) === alt) return next
        if (isLoop(alt) && nextOf(alt) === next) return alt
      }
      key = `${kind},${alt},${next},`
    }
    let cell = known.get(key)
    if (cell === undefined) {
      cell = cellNode.push(id) - 1
      known.set(key, cell)
    }
    return cell
  }
  function isLoop(cell: number): boolean {
    return nodeKind[cellNode[cell]] === LOOP
  }
  function altOf(cell: number): number {
    return nodeCell[nodeAlt[cellNode[cell]]]
  }
  function nextOf(cell: number): number {
    return nodeCell[nodeNext[cellNode[cell]]]
  }
  const cells = cellNode.length
  const cellKind = new Uint8Array(cells)
  const cellNext = new Int32Array(cells)
  const cellAlt = new Int32Array(cells)
  const cellFlags = new Int32Array(cells)
  for (let cell = 0; cell < cells; cell++) {
    const id = cellNode[cell]
    cellKind[cell] = nodeKind[id]
    if (nodeNext[id] !== NONE) cellNext[cell] = nodeCell[nodeNext[id]]
    if (nodeAlt[id] !== NONE) cellAlt[cell] = nodeCell[nodeAlt[id]]
    if (nodeKind[id] === TAKE) cellFlags[cell] = states.data[nodeState[id]] * 256
  }
  const flags = new Uint8Array(program.sets.length * 256)
  program.sets.forEach(({ bytes: set }, index) => {
    for (let byte = 0; byte < 256; byte++) flags[index * 256 + byte] = (set[byte >> 5] >>> (byte & 31)) & 1
  })
  return {
    start: 0,
    groups: program.groups,
    nodeKind: Uint8Array.from(nodeKind),
    nodeNext: Int32Array.from(nodeNext),
    nodeAlt: Int32Array.from(nodeAlt),
    nodeData: Int32Array.from(nodeState, (state) => states.data[state]),
    nodeCell,
    cellKind,
    cellNext,
    cellAlt,
    cellFlags,
    flags,
  }
}
