/**
 * Checks code that comes from outside the process (floor 1): a chunk out of a file goes in, a sentence about what is
 * wrong with it comes out. What passes cannot make the machine read outside the chunk, loop, or pop what is not there.
 *
 * Everything is derived from opcode-info.ts. The tables are checked when a chunk is loaded (`verifyTables`, which does
 * not look at the code), a unit when it is first entered (`verifyUnit`), since most of a big file is never run.
 */
import { type Chunk, FLOAT_BASE, PATH_BASE, UNIT } from './chunk.ts'
import { OPS, type Operand } from './opcode-info.ts'
import * as Op from './opcodes.ts'
import type { StringList } from './strings.ts'

/** A chunk whose strings and paths may be cut lazily. */
export type AnyChunk = Omit<Chunk, 'strings' | 'paths'> & { strings: StringList; paths: StringList }

/** Words of the instruction, its opcode included. */
export function instructionLength(op: number): number {
  return 1 + OPS[op].operands.length
}

/** How the tables of an opcode are laid out. */
export interface TableLayout {
  /** The operand that says how many rows there are, or -1: the table's first word does. */
  countOperand: number
  row: readonly Operand[]
}

/** Layouts by opcode; an opcode whose table is not described here has it checked only for its place. */
export const TABLES: ReadonlyMap<number, TableLayout> = new Map<number, TableLayout>([
  [Op.WITH_GET, { countOperand: -1, row: ['hops', 'slot', 'desc', 'offset'] }],
  [Op.ATTRS, { countOperand: -1, row: ['string', 'offset', 'desc'] }],
  [Op.ATTRS_DYN, { countOperand: 0, row: ['offset'] }],
  [Op.OVERRIDES, { countOperand: -1, row: ['string', 'slot'] }],
])

/** Opcodes a desc may point at: what `materialise` (values/attrs.ts) runs. */
export const RAW_LOADS: ReadonlySet<number> = new Set([
  Op.THUNK,
  Op.CLOSURE,
  Op.CLOSURE_RAW,
  Op.INT,
  Op.STR,
  Op.CONST,
  Op.TRUE,
  Op.FALSE,
  Op.NULL,
  Op.EMPTY_LIST,
  Op.GLOBAL,
  Op.GET0,
  Op.GET1,
  Op.GETN,
  Op.FORMAL,
])

/** After these the next instruction is reached only by a jump. */
export const NO_FALL_THROUGH: ReadonlySet<number> = new Set([Op.JUMP, Op.RETURN, Op.TAIL_CALL])

/** How many values the instruction at `pc` pops. */
export function popsAt(code: Int32Array, pc: number): number {
  const { pops } = OPS[code[pc]]
  return typeof pops === 'number' ? pops : code[pc + 1 + pops.operand] * pops.times
}

/** What is wrong with the outer form of a chunk, or undefined. Says nothing about the code in it. */
export function verifyTables(chunk: AnyChunk): string | undefined {
  const { code, units, spans, lineStarts } = chunk
  if (units.length === 0 || units.length % UNIT.STRIDE !== 0) return 'the table of units is cut'
  if (spans.length % 2 !== 0) return 'the table of spans is cut'
  if (chunk.regions.length % 4 !== 0) return 'the table of regions is cut'
  if (lineStarts !== null && lineStarts[0] !== 0) return 'lines do not start at 0'
  if (chunk.sourceLength < 0) return 'a negative source length'
  // The machine makes an array of each of these sizes: none can be larger than the code that uses them.
  if (units.length / UNIT.STRIDE > code.length) return 'more units than code'
  if (chunk.siteCount < 0 || chunk.siteCount > code.length) return 'more literals than code'
  if (chunk.cacheCount < 0 || chunk.cacheCount > code.length) return 'more inline caches than code'
  if (!(units[UNIT.PC] > 0 && units[UNIT.PC] < code.length)) return 'the file starts outside the code'
  if (units[UNIT.ARITY] !== 0) return 'the file takes arguments'
  return undefined
}

/**
 * What is wrong with one unit: its row, its instructions, the tables and descs they point to; undefined when nothing is.
 * `globals`: how many global names the compiler was given.
 */
export function verifyUnit(chunk: AnyChunk, unit: number, globals: number = Infinity): string | undefined {
  return new Verifier(chunk, globals).unit(unit)
}

class Verifier {
  readonly #chunk: AnyChunk
  readonly #code: Int32Array
  readonly #globals: number
  readonly #unitCount: number

  constructor(chunk: AnyChunk, globals: number) {
    this.#chunk = chunk
    this.#code = chunk.code
    this.#globals = globals
    this.#unitCount = chunk.units.length / UNIT.STRIDE
  }

  unit(unit: number): string | undefined {
    if (!(unit >= 0 && unit < this.#unitCount)) return `no unit ${unit}`
    return this.#row(unit) ?? this.#body(this.#chunk.units[unit * UNIT.STRIDE + UNIT.PC])
  }

  /** The row of the unit, with its tables of parameters and formals. */
  #row(unit: number): string | undefined {
    const u = this.#chunk.units
    const code = this.#code
    const at = unit * UNIT.STRIDE
    const arity = u[at + UNIT.ARITY]
    const params = u[at + UNIT.PARAMS]
    const formals = u[at + UNIT.FORMALS]
    if (u[at + UNIT.ENV_SIZE] < 0 || u[at + UNIT.ENV_SIZE] > code.length) return 'an environment of no size'
    if (arity < 0 || arity > code.length) return 'a wrong number of arguments'
    if (!this.#operand('string?', u[at + UNIT.NAME])) return 'a name that is no string'
    if (arity > 0) {
      if (!this.#inside(params, arity * 2)) return 'parameters outside the code'
      for (let i = 0; i < arity; i++) {
        if (!this.#operand('string?', code[params + 2 * i])) return 'a parameter that is no string'
        if (!this.#operand('offset', code[params + 2 * i + 1])) return 'a parameter outside the source'
      }
    } else if (params !== -1) return 'a thunk with parameters'
    if (formals === -1) return undefined
    if (arity === 0) return 'a thunk with formals'
    if (!this.#inside(formals, 3)) return 'formals outside the code'
    const count = code[formals]
    if (count < 0 || !this.#inside(formals, 3 + 4 * count)) return 'formals outside the code'
    if (code[formals + 2] < 0 || code[formals + 2] >= u[at + UNIT.ENV_SIZE]) return 'no slot for the argument'
    for (let i = 0, row = formals + 3; i < count; i++, row += 4) {
      if (!this.#operand('string', code[row])) return 'a formal that is no string'
      if (!this.#operand('offset', code[row + 1])) return 'a formal outside the source'
      if (!this.#operand('unit?', code[row + 2])) return 'a default that is no unit'
      if (code[row + 3] < 0 || code[row + 3] >= u[at + UNIT.ENV_SIZE]) return 'no slot for a formal'
    }
    return undefined
  }

  /** One pass over the instructions: jumps only go forward, so the depth at every target is known when it is reached. */
  #body(start: number): string | undefined {
    const code = this.#code
    /** Stack depth by target that lies ahead. */
    const ahead = new Map<number, number>()
    let nearest = Infinity
    let depth = 0 // -1: only a jump could get here, and none does
    let pc = start
    if (!this.#inside(pc, 1)) return 'a unit outside the code'
    for (;;) {
      if (pc >= code.length) return 'runs past the end of the code'
      const jumped = ahead.get(pc)
      if (jumped !== undefined) {
        if (depth >= 0 && depth !== jumped) return `two stack depths at ${pc}`
        depth = jumped
        ahead.delete(pc)
        nearest = Infinity
        for (const target of ahead.keys()) if (target < nearest) nearest = target
      }
      const op = code[pc]
      const info = OPS[op]
      if (info === undefined) return `no opcode ${op} at ${pc}`
      const operands = info.operands
      const next = pc + 1 + operands.length
      if (next > code.length) return `a cut instruction at ${pc}`
      const dead = depth < 0
      if (!dead) {
        const pops = popsAt(code, pc)
        if (pops < 0 || pops > depth) return `the stack underflows at ${pc}`
        depth += info.pushes - pops
      }
      for (let i = 0; i < operands.length; i++) {
        const kind = operands[i]
        const word = code[pc + 1 + i]
        if (!this.#operand(kind, word)) return `${kind} ${word} out of range at ${pc}`
        if (kind === 'target') {
          const target = next + word
          if (target >= code.length) return `a jump out of the code at ${pc}`
          const known = ahead.get(target)
          if (!dead) {
            if (known !== undefined && known !== depth) return `two stack depths at ${target}`
            if (target !== next) {
              ahead.set(target, depth)
              if (target < nearest) nearest = target
            }
          }
        } else if (kind === 'table') {
          const wrong = this.#table(pc, word)
          if (wrong !== undefined) return `${wrong} at ${pc}`
        } else if (kind === 'desc') {
          const wrong = this.#desc(word)
          if (wrong !== undefined) return `${wrong} at ${pc}`
        }
      }
      // A jump to the next instruction does fall through.
      if (NO_FALL_THROUGH.has(op) && !(op === Op.JUMP && code[pc + 1] === 0)) depth = -1
      if (depth < 0 && ahead.size === 0) return undefined
      pc = next
      // Code nobody gets to is decoded all the same: every target must be the start of an instruction of this pass.
      if (nearest < pc) return `a jump into an instruction, to ${nearest}`
    }
  }

  #inside(at: number, length: number): boolean {
    return at > 0 && at + length <= this.#code.length
  }

  #operand(kind: Operand, word: number): boolean {
    const chunk = this.#chunk
    switch (kind) {
      case 'int':
        return true
      case 'string':
        return word >= 0 && word < chunk.strings.length
      case 'string?':
        return word >= -1 && word < chunk.strings.length
      case 'const':
        if (word >= PATH_BASE) return word - PATH_BASE < chunk.paths.length
        if (word >= FLOAT_BASE) return word - FLOAT_BASE < chunk.floats.length
        return word >= 0 && word < chunk.bigInts.length
      case 'global':
        return word >= 0 && word < this.#globals
      case 'unit':
        return word >= 0 && word < this.#unitCount
      case 'unit?':
        return word >= -1 && word < this.#unitCount
      case 'site':
        return word >= 0 && word < chunk.siteCount
      case 'cache':
        return word >= 0 && word < chunk.cacheCount
      case 'offset':
        return word >= -1 && word <= chunk.sourceLength
      default:
        // Counts, slots, hops, contexts, tables, descs; jumps only go forward, so every unit comes to its end.
        return word >= 0
    }
  }

  #table(pc: number, at: number): string | undefined {
    const code = this.#code
    if (!this.#inside(at, 1)) return 'a table outside the code'
    const layout = TABLES.get(code[pc])
    if (layout === undefined) return undefined
    const { countOperand, row } = layout
    const count = countOperand < 0 ? code[at++] : code[pc + 1 + countOperand]
    if (count < 0 || !this.#inside(at, 0) || at + count * row.length > code.length)
      return 'a table outside the code'
    for (let i = 0; i < count; i++) {
      // In the tables of WITH_GET, -1 hops say that the slot is a global.
      const global = code[pc] === Op.WITH_GET && code[at] === -1
      for (let k = 0; k < row.length; k++, at++) {
        const kind = global && k < 2 ? (k === 0 ? 'int' : 'global') : row[k]
        if (!this.#operand(kind, code[at])) return `${kind} ${code[at]} out of range in a table`
        if (kind === 'desc') {
          const wrong = this.#desc(code[at])
          if (wrong !== undefined) return wrong
        }
      }
    }
    return undefined
  }

  /** A desc is one raw load; a load of a slot may name a further desc, and the chain must end. */
  #desc(at: number): string | undefined {
    const code = this.#code
    for (let steps = 0; at !== 0; ) {
      if (!this.#inside(at, 1) || !RAW_LOADS.has(code[at])) return 'a desc that is no load'
      const operands = OPS[code[at]].operands
      if (!this.#inside(at, 1 + operands.length)) return 'a cut desc'
      let further = 0
      for (let i = 0; i < operands.length; i++) {
        const word = code[at + 1 + i]
        if (!this.#operand(operands[i], word)) return `${operands[i]} ${word} out of range in a desc`
        if (operands[i] === 'desc') further = word
      }
      if (++steps > code.length) return 'descs in a circle'
      at = further
    }
    return undefined
  }
}
