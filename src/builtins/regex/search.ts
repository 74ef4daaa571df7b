/**
 * Matching with an automaton (floor 4, pure), in time and memory linear in the length of the string.
 *
 * libstdc++ walks the automaton depth first: both branches of an alternative, of which the longer wins and the left
 * one if they are equal; the body of a repetition first, and what follows it only if no way through the body
 * succeeds. Where a walk ends depends only on node and position, so it can be computed for all nodes from the end of
 * the string backwards, one row of cells per position; walking forwards along the winning branches then gives the
 * groups. libstdc++: regex_executor.tcc.
 */
import type { Automaton } from './nfa.ts'
import { ACCEPT, AT_BEGIN, AT_END, CHOICE, CLOSE, LOOP, OPEN, TAKE } from './nfa.ts'

/** Rows are all kept up to this many cells; beyond, only some are, and the others are computed again when walked. */
const KEPT_CELLS = 1 << 22

const FAIL = -1

/** The rows of one automaton over one string. Positions before `from` are not computed. */
export class Rows {
  readonly automaton: Automaton
  readonly s: string
  readonly from: number
  /** Whether only paths to the very end count, as in `match`. */
  readonly exact: boolean
  /** For each position from `from`: the end of the match that starts there, or -1. */
  readonly ends: Int32Array
  private readonly width: number
  /** Positions per block. */
  private readonly step: number
  /** The row at the end of each block (at the next block's first position), when blocks are not all kept. */
  private readonly marks: Int32Array
  private block: Int32Array
  private blockNumber = -1
  private readonly scratch: Int32Array

  constructor(automaton: Automaton, s: string, from: number, exact: boolean) {
    this.automaton = automaton
    this.s = s
    this.from = from
    this.exact = exact
    const width = automaton.cellKind.length
    const positions = s.length - from + 1
    this.width = width
    this.ends = new Int32Array(positions)
    this.scratch = new Int32Array(width)
    const startCell = automaton.nodeCell[automaton.start]
    if (automaton.groups === 0) {
      // Nothing will be walked: two rows do.
      this.step = 0
      this.marks = new Int32Array(0)
      this.block = new Int32Array(2 * width)
      let old = 0
      for (let pos = s.length; pos >= from; pos--) {
        const row = width - old
        this.compute(pos, this.block, row, this.block, old, true)
        this.ends[pos - from] = this.block[row + startCell]
        old = row
      }
      return
    }
    if (positions * width <= KEPT_CELLS) {
      this.step = positions
      this.marks = new Int32Array(0)
      this.block = new Int32Array(positions * width)
      this.blockNumber = 0
      for (let pos = s.length; pos >= from; pos--) {
        const row = (pos - from) * width
        this.compute(pos, this.block, row, this.block, row + width, true)
        this.ends[pos - from] = this.block[row + startCell]
      }
      return
    }
    const step = Math.ceil(Math.sqrt(positions))
    this.step = step
    this.marks = new Int32Array((Math.floor((positions - 1) / step) + 1) * width)
    this.block = new Int32Array(2 * width)
    let old = 0
    for (let pos = s.length; pos >= from; pos--) {
      const row = width - old
      this.compute(pos, this.block, row, this.block, old, true)
      this.ends[pos - from] = this.block[row + startCell]
      const index = pos - from
      if (index % step === 0) this.marks.set(this.block.subarray(row, row + width), (index / step) * width)
      old = row
    }
    this.block = new Int32Array(step * width)
  }

  /**
   * Fills the row at `row` of `into` for position `pos`; the row of the next position is in `after` at `afterRow`
   * (not looked at for the end of the string). `accepting`: whether a match may end here.
   */
  private compute(
    pos: number,
    into: Int32Array,
    row: number,
    after: Int32Array,
    afterRow: number,
    accepting: boolean,
  ): void {
    const { cellKind, cellNext, cellAlt, cellFlags, flags } = this.automaton
    const width = this.width
    const atEnd = pos === this.s.length
    const byte = atEnd ? 0 : this.s.charCodeAt(pos)
    const accepted = accepting && (atEnd || !this.exact) ? pos : FAIL
    for (let cell = 0; cell < width; cell++) {
      let end = FAIL
      switch (cellKind[cell]) {
        case TAKE:
          if (!atEnd && flags[cellFlags[cell] + byte] !== 0) end = after[afterRow + cellNext[cell]]
          break
        case CHOICE:
          end = Math.max(into[row + cellAlt[cell]], into[row + cellNext[cell]])
          break
        case LOOP:
          end = into[row + cellAlt[cell]]
          if (end === FAIL) end = into[row + cellNext[cell]]
          break
        case AT_BEGIN:
          if (pos === 0) end = into[row + cellNext[cell]]
          break
        case AT_END:
          if (atEnd) end = into[row + cellNext[cell]]
          break
        case ACCEPT:
          end = accepted
          break
      }
      into[row + cell] = end
    }
  }

  /** Makes sure the row of `pos` is in `block`; where it begins. */
  private rowAt(pos: number): number {
    const index = pos - this.from
    const { step, width } = this
    const number = Math.floor(index / step)
    if (number !== this.blockNumber) {
      this.blockNumber = number
      const first = number * step
      const last = Math.min(first + step - 1, this.s.length - this.from)
      let after = this.marks
      let afterRow = (number + 1) * width
      for (let i = last; i >= first; i--) {
        const row = (i - first) * width
        this.compute(this.from + i, this.block, row, after, afterRow, true)
        after = this.block
        afterRow = row
      }
    }
    return (index % step) * width
  }

  /** Computes into `scratch` the row of `pos` for matches that may not be empty; the end of such a match or -1. */
  nonEmptyEnd(pos: number): number {
    if (pos === this.s.length) return FAIL
    if (this.automaton.groups === 0) return this.nonEmptyEndAlone(pos)
    this.compute(pos, this.scratch, 0, this.block, this.rowAt(pos + 1), false)
    return this.scratch[this.automaton.nodeCell[this.automaton.start]]
  }

  private ahead: Rows | undefined

  /** Without groups no rows are kept; these patterns are few (empty matches inside a string), so keep them now. */
  private nonEmptyEndAlone(pos: number): number {
    this.ahead ??= new Rows({ ...this.automaton, groups: 1 }, this.s, this.from, this.exact)
    return this.ahead.nonEmptyEnd(pos)
  }

  /**
   * Walks the match that starts at `start` and fills `bounds` with the two ends of every group (from index 2; -1
   * where it took no part). `nonEmpty`: right after `nonEmptyEnd(start)` gave an end.
   */
  groups(start: number, nonEmpty: boolean, bounds: Int32Array): void {
    const { nodeKind, nodeNext, nodeAlt, nodeData, nodeCell } = this.automaton
    bounds.fill(-1)
    let node = this.automaton.start
    let pos = start
    let table = nonEmpty ? this.scratch : this.block
    let row = 0
    if (!nonEmpty) {
      row = this.rowAt(pos)
      table = this.block
    }
    for (;;) {
      switch (nodeKind[node]) {
        case TAKE:
          pos++
          row = this.rowAt(pos)
          table = this.block
          node = nodeNext[node]
          break
        case CHOICE: {
          const alt = nodeAlt[node]
          node = table[row + nodeCell[alt]] === table[row + nodeCell[node]] ? alt : nodeNext[node]
          break
        }
        case LOOP: {
          const alt = nodeAlt[node]
          node = table[row + nodeCell[alt]] !== FAIL ? alt : nodeNext[node]
          break
        }
        case OPEN:
          bounds[2 * nodeData[node]] = pos
          node = nodeNext[node]
          break
        case CLOSE:
          bounds[2 * nodeData[node] + 1] = pos
          node = nodeNext[node]
          break
        case ACCEPT:
          return
        default:
          node = nodeNext[node]
      }
    }
  }
}
