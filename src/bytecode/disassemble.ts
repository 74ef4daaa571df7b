/**
 * A chunk as text (floor 1), for `firnix dump bytecode` and for tests that compare code: units in order, an instruction
 * a line, operands by kind. What an instruction points to — tables, descs, formals — stands where it is used. Works on
 * damaged chunks too: what cannot be decoded is printed as what it is.
 */
import { FLOAT_BASE, PATH_BASE, UNIT } from './chunk.ts'
import { OPS, type Operand } from './opcode-info.ts'
import * as Op from './opcodes.ts'
import { type AnyChunk, NO_FALL_THROUGH, TABLES } from './verify.ts'

/** The whole chunk, a line feed after every line; bytes that are not printable ASCII are escaped. */
export function disassemble(chunk: AnyChunk): string {
  const printer = new Printer(chunk)
  const count = chunk.units.length / UNIT.STRIDE
  for (let unit = 0; unit < count; unit++) printer.unit(unit)
  return printer.lines.join('\n') + '\n'
}

/** A byte string as a Nix-like literal of printable ASCII. */
function quote(s: string | undefined): string {
  if (s === undefined) return '?'
  const escaped = s.replace(/[^ -~]|["\\]/g, (c) => {
    if (c === '\n') return '\\n'
    if (c === '\t') return '\\t'
    if (c === '\r') return '\\r'
    if (c === '"' || c === '\\') return `\\${c}`
    return `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
  return `"${escaped}"`
}

class Printer {
  readonly lines: string[] = []
  readonly #chunk: AnyChunk
  readonly #code: Int32Array

  constructor(chunk: AnyChunk) {
    this.#chunk = chunk
    this.#code = chunk.code
  }

  unit(unit: number): void {
    const u = this.#chunk.units
    const at = unit * UNIT.STRIDE
    const arity = u[at + UNIT.ARITY]
    const name = u[at + UNIT.NAME]
    const what = unit === 0 ? 'file' : arity === 0 ? 'thunk' : `lambda of ${arity}`
    const bound = name >= 0 ? ` ${quote(this.#chunk.strings.at(name))}` : ''
    if (unit > 0) this.lines.push('')
    this.lines.push(`unit ${unit}: ${what}${bound}, env ${u[at + UNIT.ENV_SIZE]}`)
    if (arity > 0) this.#params(u[at + UNIT.PARAMS], arity)
    if (u[at + UNIT.FORMALS] >= 0) this.#formals(u[at + UNIT.FORMALS])
    this.#body(u[at + UNIT.PC])
  }

  #params(at: number, arity: number): void {
    const names: string[] = []
    for (let i = 0; i < arity && at + 2 * i + 1 < this.#code.length; i++) {
      names.push(`${this.#operand('string?', at + 2 * i)} @${this.#code[at + 2 * i + 1]}`)
    }
    this.lines.push(`        params ${names.join(', ')}`)
  }

  #formals(at: number): void {
    const code = this.#code
    this.lines.push(`        formals of slot ${code[at + 2]}${code[at + 1] === 1 ? ', ...' : ''}`)
    for (let i = 0, row = at + 3; i < code[at] && row + 3 < code.length; i++, row += 4) {
      const fallback = code[row + 2] === 0 ? '' : ` ${this.#operand('desc', row + 2).replace('=', '?')}`
      this.lines.push(
        `          ${this.#operand('string', row)} @${code[row + 1]} slot ${code[row + 3]}${fallback}`,
      )
    }
  }

  #body(start: number): void {
    const code = this.#code
    let furthest = -1
    for (let pc = start; ; ) {
      const info = OPS[code[pc]]
      if (info === undefined) {
        this.lines.push(`${String(pc).padStart(7)} ??? ${code[pc]}`)
        return
      }
      const next = pc + 1 + info.operands.length
      const operands = info.operands
        .map((kind, i) => this.#operand(kind, pc + 1 + i, next))
        .filter((text) => text !== '')
      this.lines.push(`${String(pc).padStart(7)} ${info.name.padEnd(12)} ${operands.join(', ')}`.trimEnd())
      info.operands.forEach((kind, i) => {
        if (kind === 'target') furthest = Math.max(furthest, next + code[pc + 1 + i])
        if (kind === 'table') this.#table(pc, code[pc + 1 + i])
      })
      if (NO_FALL_THROUGH.has(code[pc]) && furthest < next) return
      pc = next
    }
  }

  #table(pc: number, at: number): void {
    const code = this.#code
    const layout = TABLES.get(code[pc])
    if (layout === undefined) {
      this.lines.push(`          table at ${at}`)
      return
    }
    const { countOperand, row } = layout
    const count = countOperand < 0 ? code[at++] : code[pc + 1 + countOperand]
    for (let i = 0; i < count && at + row.length <= code.length; i++, at += row.length) {
      const global = code[pc] === Op.WITH_GET && code[at] === -1
      const words = global
        ? [`global ${code[at + 1]}`]
        : row.map((kind, k) => this.#operand(kind, at + k)).filter((text) => text !== '')
      this.lines.push(`          ${words.join(' ')}`)
    }
    if (code[pc] === Op.ATTRS && at < code.length)
      this.lines.push(`          at ${this.#operand('offset', at)}`)
  }

  /** The word at `at` as an operand; `next`: where the instruction after it starts. */
  #operand(kind: Operand, at: number, next: number = 0): string {
    const chunk = this.#chunk
    const word = this.#code[at]
    switch (kind) {
      case 'string':
        return quote(chunk.strings.at(word))
      case 'string?':
        return word === -1 ? '-' : quote(chunk.strings.at(word))
      case 'const':
        if (word >= PATH_BASE) return `path ${quote(chunk.paths.at(word - PATH_BASE))}`
        if (word >= FLOAT_BASE) return `float ${floatText(chunk.floats[word - FLOAT_BASE])}`
        return `int ${chunk.bigInts[word] ?? '?'}`
      case 'target':
        return `to ${next + word}`
      case 'offset':
        return `@${word}`
      case 'desc':
        return word === 0 ? '' : this.#desc(word)
      case 'int':
      case 'count':
        return String(word)
      case 'table':
        return `table ${word}`
      default:
        return `${kind} ${word}`
    }
  }

  /** `= LOAD operands`, without the desc that the load itself may name. */
  #desc(at: number): string {
    const info = OPS[this.#code[at]]
    if (info === undefined) return '= ???'
    const operands = info.operands
      .map((kind, i) => (kind === 'desc' ? '' : this.#operand(kind, at + 1 + i)))
      .filter((text) => text !== '')
    return `= ${[info.name, ...operands].join(' ')}`
  }
}

function floatText(f: number | undefined): string {
  return f === undefined ? '?' : Object.is(f, -0) ? '-0' : String(f)
}
