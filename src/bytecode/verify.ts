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
const RAW_LOADS: ReadonlySet<number> = new Set([
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
  let file = 0
  const { compiled } = chunk
  if (compiled !== undefined) {
    const count = units.length / UNIT.STRIDE
    if (compiled.length === 0 || compiled.length % 2 !== 0) return 'the table of compiled units is cut'
    for (let i = 0; i < compiled.length; i++)
      if (!(compiled[i] >= 0 && compiled[i] < count)) return 'a compiled unit without a row'
    if (compiled[0] !== 0) return 'the file has not been compiled'
    file = compiled[1] * UNIT.STRIDE
  }
  if (!(units[file + UNIT.PC] > 0 && units[file + UNIT.PC] < code.length))
    return 'the file starts outside the code'
  if (units[file + UNIT.ARITY] !== 0) return 'the file takes arguments'
  return undefined
}

/**
 * What is wrong with one unit: its row, its instructions, the tables and descs they point to; undefined when nothing is.
 * `globals`: how many global names the compiler was given.
 */
export function verifyUnit(chunk: AnyChunk, unit: number, globals: number = Infinity): string | undefined {
  return new UnitVerifier(chunk, globals).unit(unit)
}

/** Kinds of operands by number; the first ones only have to lie in a range. */
const KINDS: readonly Operand[] = [
  'int',
  'string',
  'string?',
  'global',
  'unit',
  'site',
  'cache',
  'offset',
  'slot',
  'hops',
  'count',
  'context',
  'const',
  'target',
  'table',
  'desc',
]
const UNIT_ = KINDS.indexOf('unit')
const SITE = KINDS.indexOf('site')
const CACHE = KINDS.indexOf('cache')
const STRING = KINDS.indexOf('string')
const OFFSET = KINDS.indexOf('offset')
const STRING_OR_NONE = KINDS.indexOf('string?')
const GLOBAL = KINDS.indexOf('global')
const CONST = KINDS.indexOf('const')
const TARGET = KINDS.indexOf('target')
const TABLE = KINDS.indexOf('table')
const DESC = KINDS.indexOf('desc')
const MAX_OPERANDS = 4
const MAX = 0x7fffffff
/**
 * The range of each kind, where a chunk does not say more. Counts, slots, hops, contexts, tables and descs are only not
 * negative; so are targets, for jumps only go forward, and every unit comes to its end.
 */
const LOW = new Int32Array(KINDS.length)
const HIGH = new Int32Array(KINDS.length).fill(MAX)
LOW[KINDS.indexOf('int')] = -MAX - 1

// Two of the tables have loops of their own below.
if (
  String(TABLES.get(Op.WITH_GET)?.row) !== 'hops,slot,desc,offset' ||
  String(TABLES.get(Op.ATTRS)?.row) !== 'string,offset,desc'
) {
  throw new Error('#sources or #attrs does not fit its table')
}

/** Number of words of each instruction. */
const LENGTHS = Uint8Array.from(OPS, (op) => 1 + op.operands.length)
/** Kinds of the operands of each instruction, MAX_OPERANDS each. */
const OPERANDS = new Uint8Array(OPS.length * MAX_OPERANDS)
/** What each instruction pops; from 128 on the number is 128 + the operand that says it, times TIMES. */
const POPS = new Uint8Array(OPS.length)
const TIMES = new Uint8Array(OPS.length)
const PUSHES = Uint8Array.from(OPS, (op) => op.pushes)
/** Which instructions a desc may point at: 1, or 2 if they have no operand that names a further desc. */
const LOADS = new Uint8Array(OPS.length)
for (const [op, { operands, pops }] of OPS.entries()) {
  if (operands.length > MAX_OPERANDS) throw new Error('MAX_OPERANDS is too small')
  for (const [i, operand] of operands.entries()) OPERANDS[op * MAX_OPERANDS + i] = KINDS.indexOf(operand)
  POPS[op] = typeof pops === 'number' ? pops : 128 + pops.operand
  TIMES[op] = typeof pops === 'number' ? 0 : pops.times
  if (RAW_LOADS.has(op)) LOADS[op] = operands.includes('desc') ? 1 : 2
}

/**
 * Checks the units of one chunk, as they are entered. It is on the way of every warm run, at a time when nothing has been
 * compiled yet: one loop over tables of numbers, no object per instruction.
 */
export class UnitVerifier {
  readonly #chunk: AnyChunk
  readonly #code: Int32Array
  readonly #unitCount: number
  /** The range of operands by kind. */
  readonly #low: Int32Array
  readonly #high: Int32Array
  /** Of the unit at hand: the targets that lie ahead, the nearest one last, each behind the stack depth there. */
  readonly #ahead: number[] = []

  constructor(chunk: AnyChunk, globals: number) {
    this.#chunk = chunk
    this.#code = chunk.code
    const units = (this.#unitCount = chunk.units.length / UNIT.STRIDE)
    const strings = chunk.strings.length - 1
    const low = (this.#low = LOW.slice())
    const high = (this.#high = HIGH.slice())
    low[STRING_OR_NONE] = low[OFFSET] = -1
    high[STRING] = high[STRING_OR_NONE] = strings
    high[UNIT_] = units - 1
    if (globals < MAX) high[GLOBAL] = globals - 1
    high[SITE] = chunk.siteCount - 1
    high[CACHE] = chunk.cacheCount - 1
    high[OFFSET] = chunk.sourceLength
  }

  /** What is wrong with a unit, or undefined. */
  unit(unit: number): string | undefined {
    if (!(unit >= 0 && unit < this.#unitCount)) return `no unit ${unit}`
    const u = this.#chunk.units
    const at = unit * UNIT.STRIDE
    // A thunk without parameters, formals or an environment has a row that is soon checked.
    if (u[at + UNIT.ARITY] !== 0 || u[at + UNIT.FORMALS] !== -1 || u[at + UNIT.PARAMS] !== -1) {
      const wrong = this.#parameters(at)
      if (wrong !== undefined) return wrong
    }
    if (u[at + UNIT.ENV_SIZE] < 0 || u[at + UNIT.ENV_SIZE] > this.#code.length)
      return 'an environment of no size'
    const name = u[at + UNIT.NAME]
    if (name >= 0 && !this.#fits(STRING, name)) return 'a name that is no string'
    return this.#body(u[at + UNIT.PC])
  }

  /** The tables of parameters and formals that a unit's row points to. */
  #parameters(at: number): string | undefined {
    const u = this.#chunk.units
    const code = this.#code
    const arity = u[at + UNIT.ARITY]
    const params = u[at + UNIT.PARAMS]
    const formals = u[at + UNIT.FORMALS]
    if (arity < 0 || arity > code.length) return 'a wrong number of arguments'
    if (arity > 0) {
      if (!this.#inside(params, arity * 2)) return 'parameters outside the code'
      for (let i = 0; i < arity; i++) {
        if (!this.#fits(STRING_OR_NONE, code[params + 2 * i])) return 'a parameter that is no string'
        if (!this.#fits(OFFSET, code[params + 2 * i + 1])) return 'a parameter outside the source'
      }
    } else if (params !== -1) return 'a thunk with parameters'
    if (formals === -1) return undefined
    if (arity === 0) return 'a thunk with formals'
    if (!this.#inside(formals, 3)) return 'formals outside the code'
    const count = code[formals]
    if (count < 0 || !this.#inside(formals, 3 + 4 * count)) return 'formals outside the code'
    const size = u[at + UNIT.ENV_SIZE]
    if (code[formals + 2] < 0 || code[formals + 2] >= size) return 'no slot for the argument'
    for (let i = 0, row = formals + 3; i < count; i++, row += 4) {
      if (!this.#fits(STRING, code[row])) return 'a formal that is no string'
      if (!this.#fits(OFFSET, code[row + 1])) return 'a formal outside the source'
      const wrong = code[row + 2] < 0 ? 'a default that is no desc' : this.#desc(code[row + 2])
      if (wrong !== undefined) return wrong
      if (code[row + 3] < 0 || code[row + 3] >= size) return 'no slot for a formal'
    }
    return undefined
  }

  /** One pass over the instructions: jumps only go forward, so the depth at every target is known when it is reached. */
  #body(start: number): string | undefined {
    const code = this.#code
    const low = this.#low
    const high = this.#high
    const end = code.length
    const ahead = this.#ahead
    // A call of V8 even where there is nothing to do; only faults leave anything.
    if (ahead.length > 0) ahead.length = 0
    let nearest = MAX
    let depth = 0 // -1: only a jump could get here, and none does
    let pc = start
    if (!(pc > 0 && pc < end)) return 'a unit outside the code'
    for (;;) {
      if (pc >= end) return 'runs past the end of the code'
      if (pc === nearest) {
        ahead.pop()
        const jumped = ahead.pop() as number
        if (depth >= 0 && depth !== jumped) return `two stack depths at ${pc}`
        depth = jumped
        nearest = ahead.length === 0 ? MAX : ahead[ahead.length - 1]
      }
      const op = code[pc]
      if (op >>> 0 >= LENGTHS.length) return `no opcode ${op} at ${pc}`
      const next = pc + LENGTHS[op]
      if (next > end) return `a cut instruction at ${pc}`
      if (depth >= 0) {
        let pops = POPS[op]
        if (pops >= 128) pops = code[pc + 1 + (pops & 127)] * TIMES[op]
        if (pops < 0 || pops > depth) return `the stack underflows at ${pc}`
        depth += PUSHES[op] - pops
      }
      for (let i = pc + 1, o = op * MAX_OPERANDS; i < next; i++, o++) {
        const kind = OPERANDS[o]
        const word = code[i]
        if (word < low[kind] || word > high[kind]) return `${KINDS[kind]} ${word} out of range at ${pc}`
        if (kind < CONST || (kind === DESC && word === 0)) continue
        let wrong: string | undefined
        if (kind === DESC) wrong = this.#desc(word)
        else if (kind === TABLE) wrong = this.#table(pc, word)
        else if (kind === TARGET) {
          const target = next + word
          if (target >= end) wrong = 'a jump out of the code'
          else if (depth >= 0) {
            wrong = target === next && nearest !== next ? undefined : addTarget(ahead, target, depth)
            if (ahead.length > 0) nearest = ahead[ahead.length - 1]
          }
        } else if (!this.#isConstant(word)) wrong = `const ${word} out of range`
        if (wrong !== undefined) return `${wrong} at ${pc}`
      }
      // The machine pushes along with it.
      if (op === Op.ADDEND && code[next] !== Op.PUSH) return `an addend that is not pushed at ${pc}`
      // A jump to the next instruction does fall through.
      if (op === Op.RETURN || op === Op.TAIL_CALL || (op === Op.JUMP && code[pc + 1] !== 0)) {
        depth = -1
        if (nearest === MAX) return undefined
      }
      pc = next
      // Code nobody gets to is decoded all the same: every target must be the start of an instruction of this pass.
      if (nearest < pc) return `a jump into an instruction, to ${nearest}`
    }
  }

  #inside(at: number, length: number): boolean {
    return at > 0 && at + length <= this.#code.length
  }

  #fits(kind: number, word: number): boolean {
    return word >= this.#low[kind] && word <= this.#high[kind]
  }

  #isConstant(word: number): boolean {
    const { paths, floats, bigInts } = this.#chunk
    if (word >= PATH_BASE) return word - PATH_BASE < paths.length
    if (word >= FLOAT_BASE) return word - FLOAT_BASE < floats.length
    return word >= 0 && word < bigInts.length
  }

  #table(pc: number, at: number): string | undefined {
    const code = this.#code
    const op = code[pc]
    if (!this.#inside(at, 1)) return 'a table outside the code'
    if (op === Op.ATTRS) return this.#attrs(at)
    if (op === Op.WITH_GET) return this.#sources(at)
    const layout = TABLES.get(op)
    if (layout === undefined) return undefined
    const { countOperand, row } = layout
    const count = countOperand < 0 ? code[at++] : code[pc + 1 + countOperand]
    if (count < 0 || at + count * row.length > code.length) return 'a table outside the code'
    for (let i = 0; i < count; i++) {
      for (const operand of row) {
        const word = code[at++]
        if (!this.#fits(KINDS.indexOf(operand), word)) return `${operand} ${word} out of range in a table`
        const wrong = operand === 'desc' ? this.#desc(word) : undefined
        if (wrong !== undefined) return wrong
      }
    }
    return undefined
  }

  /** The table of WITH_GET: where the sets are, or, after -1 for hops, which globals they are. */
  #sources(start: number): string | undefined {
    const code = this.#code
    const count = code[start]
    const end = start + 1 + 4 * count
    if (count < 0 || end > code.length) return 'a table outside the code'
    for (let at = start + 1; at < end; at += 4) {
      const hops = code[at]
      const slot = code[at + 1]
      const desc = code[at + 2]
      if (hops < -1) return `hops ${hops} out of range in a table`
      if (slot < 0 || (hops === -1 && !this.#fits(GLOBAL, slot)))
        return `slot ${slot} out of range in a table`
      if (desc < 0) return `desc ${desc} out of range in a table`
      if (!this.#fits(OFFSET, code[at + 3])) return `offset ${code[at + 3]} out of range in a table`
      if (desc === 0) continue
      const wrong = this.#desc(desc)
      if (wrong !== undefined) return wrong
    }
    return undefined
  }

  /** The table of an attribute-set literal, which may have thousands of rows. */
  #attrs(start: number): string | undefined {
    const code = this.#code
    const low = this.#low
    const high = this.#high
    const strings = high[STRING]
    const offsets = high[OFFSET]
    const count = code[start]
    const end = start + 1 + 3 * count
    if (count < 0 || end >= code.length) return 'a table outside the code'
    // Behind the rows: where the literal stands.
    if (code[end] < -1 || code[end] > offsets) return `offset ${code[end]} out of range in a table`
    for (let at = start + 1; at < end; at += 3) {
      const name = code[at]
      const offset = code[at + 1]
      if (name < 0 || name > strings) return `string ${name} out of range in a table`
      if (offset < -1 || offset > offsets) return `offset ${offset} out of range in a table`
      const desc = code[at + 2]
      if (desc === 0) continue
      // Nearly all of them are a load of two words that names no further one.
      const op = desc > 0 && desc + 1 < code.length ? code[desc] : -1
      if (op >>> 0 < LOADS.length && LOADS[op] === 2 && LENGTHS[op] === 2) {
        const kind = OPERANDS[op * MAX_OPERANDS]
        const word = code[desc + 1]
        if (kind < CONST && word >= low[kind] && word <= high[kind]) continue
      }
      const wrong = this.#desc(desc)
      if (wrong !== undefined) return wrong
    }
    return undefined
  }

  /** A desc is one raw load; a load of a slot may name a further desc, and the chain must end. */
  #desc(at: number): string | undefined {
    const code = this.#code
    for (let steps = 0; at !== 0; ) {
      if (!this.#inside(at, 1)) return 'a desc that is no load'
      const op = code[at]
      if (op >>> 0 >= LOADS.length || LOADS[op] === 0) return 'a desc that is no load'
      const length = LENGTHS[op]
      if (at + length > code.length) return 'a cut desc'
      let further = 0
      for (let i = 1, o = op * MAX_OPERANDS; i < length; i++, o++) {
        const kind = OPERANDS[o]
        const word = code[at + i]
        if (!this.#fits(kind, word) || (kind === CONST && !this.#isConstant(word))) {
          return `${KINDS[kind]} ${word} out of range in a desc`
        }
        if (kind === DESC) further = word
      }
      if (++steps > code.length) return 'descs in a circle'
      at = further
    }
    return undefined
  }
}

/** How far from the nearest target another one may be put: compiled jumps are nested, those of a forged chunk need not be. */
const MAX_REORDERED = 1 << 12

/** Notes a target that lies ahead. Answers what is wrong with it, or undefined. */
function addTarget(ahead: number[], target: number, depth: number): string | undefined {
  const end = ahead.length
  let i = end
  while (i > 0 && ahead[i - 1] < target) i -= 2
  if (i > 0 && ahead[i - 1] === target)
    return ahead[i - 2] === depth ? undefined : `two stack depths, of ${target},`
  if (end - i > MAX_REORDERED) return 'jumps that are not nested'
  if (i === end) ahead.push(depth, target)
  else ahead.splice(i, 0, depth, target)
  return undefined
}
