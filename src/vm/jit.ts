/**
 * The second tier (floor 4): a unit of bytecode that is run often goes in, a JavaScript function that does the same comes
 * out. The switch in vm.ts stays the reference; this tier is a fast path that can be left at any instruction.
 *
 * What the two share: environments, thunks, closures and the list of frames. A compiled function runs on the JavaScript
 * stack and is in no list, so it costs no frame. Whenever something that it asked for answers WAIT (the stack has become too
 * deep, the outside world has to be waited for), it puts itself into the list as a CodeFrame with the operands it has
 * on hand and answers WAIT in its turn; the switch goes on from there. An error that passes does the same, so unwinding
 * and traces see the frames that the switch would have made.
 *
 * The shape of the result, for a unit `u`:
 *
 *     function u(m, env) {
 *       const n = m.nesting, n1 = n + 1; let d = m.depth
 *       let a, b, f, p = 0, s0, s1                 // accumulator, answers, operands; p: pc to show in a trace
 *       try { … } catch (e) { if (p !== 0) m.spill(c, p, env, d, null); throw e }
 *     }
 *
 * A lambda of one or two arguments gets these as such, and its environment only from who has one already (the switch):
 *
 *     function u(m, env, o, x1, x2) { if (env === null) env = [o, x1, x2, undefined]; … }
 *
 * Where nothing can keep the environment (no thunk, closure or set is made in it) it is not made at all, unless the function
 * has to go: the arguments stay variables.
 *
 * What kind a value is, is asked of the property that only that kind has (a thunk's `code`, a set's `shape`, a closure's
 * `proto`): `instanceof` is a call until V8 has optimised a function, and most never get so far.
 *
 * `p` is the pc after the running instruction, and 0 in a tail call, which leaves no frame. Jumps only go forward, so they are `break`s out of labelled blocks.
 */
import { OPS } from '../bytecode/opcode-info.ts'
import * as Op from '../bytecode/opcodes.ts'
import { WAIT } from '../runtime/machine.ts'
import { has, lookup, materialise, materialiseForced, slotAt, update } from '../values/attrs.ts'
import type { LoadedChunk, Proto } from '../values/code.ts'
import { emptySlots } from '../values/slots.ts'
import {
  ANY,
  ATTRS,
  Attrs,
  BOOL,
  type Builtin,
  Closure,
  EMPTY_LIST,
  FUNCTION,
  INTEGER,
  LIST,
  List,
  NUMBER,
  OFFSET,
  PLAIN_STRING,
  STRING,
  StringWithContext,
  Thunk,
} from '../values/value.ts'
import { envN } from './env.ts'
import { concatLists } from './ops.ts'
import { foundByWith, withHops } from './with.ts'

/** A compiled unit. */
export type Compiled = NonNullable<Proto['compiled']>

export interface JitOptions {
  /** Nix's max-call-depth. */
  maxDepth: number
  /** How many compiled functions may be on the JavaScript stack. */
  maxNesting: number
}

/** Units longer than this stay with the switch: compiling them would cost more than it saves. */
const MAX_WORDS = 4000

/** What compiled code uses of the run time; its keys are the names in the code. */
const RUNTIME: Readonly<Record<string, unknown>> = {
  WAIT,
  Thunk,
  Closure,
  Attrs,
  List,
  StringWithContext,
  EMPTY_LIST,
  materialise,
  materialiseForced,
  slotAt,
  update,
  emptySlots,
  find: has,
  lookup,
  foundByWith,
  concatLists,
  envN,
}
const RUNTIME_NAMES = Object.keys(RUNTIME)
const PROLOGUE = `const {${RUNTIME_NAMES.join(',')}} = R;\n`

interface Instruction {
  pc: number
  op: number
  next: number
  /** Operands on the stack before it. */
  depth: number
  /** How many calls of known builtins it stands inside. */
  inside: number
  /** Where it may jump to, or -1. */
  target: number
}

/**
 * The function of a unit, or null when it is one that the switch keeps. `forgetters` gets what empties the caches of it that
 * keep environments and sets alive. Never throws for sound code.
 */
export function compileUnit(proto: Proto, options: JitOptions, forgetters: (() => void)[]): Compiled | null {
  const body = decode(proto)
  if (body === null) return null
  const source = new Translator(proto, body, options).source()
  const make = new Function('R', 'c', 'k', 'forgetters', PROLOGUE + source.text) as (
    r: typeof RUNTIME,
    c: LoadedChunk,
    k: readonly unknown[],
    f: (() => void)[],
  ) => Compiled
  return make(RUNTIME, proto.chunk, source.constants, forgetters)
}

/** What may stand in a unit that needs no environment: nothing that puts it into a value, or binds names. */
const FLAT: ReadonlySet<number> = new Set([
  ...[Op.INT, Op.STR, Op.CONST, Op.TRUE, Op.FALSE, Op.NULL, Op.EMPTY_LIST, Op.GLOBAL],
  ...[Op.GET0, Op.GET0F, Op.GET1, Op.GET1F, Op.GETN, Op.GETNF, Op.PUSH],
  ...[Op.JUMP, Op.BRANCH, Op.AND, Op.OR, Op.IMPL, Op.CHECK_BOOL, Op.NOT, Op.ASSERT],
  ...[Op.CALL, Op.TAIL_CALL, Op.BUILTIN_ENTER, Op.CHECK_ARG, Op.CALL_BUILTIN, Op.RETURN],
  ...[Op.ADDEND, Op.ADD, Op.SUB, Op.MUL, Op.DIV, Op.NEGATE, Op.LESS, Op.EQUAL, Op.NOT_EQUAL],
  ...[Op.COERCE, Op.CONCAT, Op.LIST, Op.CONCAT_LISTS, Op.CHECK_ATTRS, Op.UPDATE],
  ...[Op.SELECT, Op.SELECT_OR, Op.HAS, Op.HAS_DYN, Op.DYN_NAME],
])

/** Whether a unit gets its arguments as such: a lambda of one or two. */
function takesArguments(proto: Proto): boolean {
  return proto.arity > 0 && proto.arity <= 2
}

/** Whether such a unit needs no environment, unless it has to go. */
function isFlat(proto: Proto, body: readonly Instruction[]): boolean {
  const { arity, chunk } = proto
  if (!takesArguments(proto) || proto.hasFormals || proto.envSize !== arity + 1) return false
  for (const { op, pc } of body) {
    if (!FLAT.has(op)) return false
    if ((op === Op.GET0 || op === Op.GET0F) && chunk.code[pc + 2] !== 0) return false
  }
  return true
}

/** An expression for an array of empty slots: see values/slots.ts. */
function blanks(n: number): string {
  return n > 0 && n <= 8 ? `[${'undefined, '.repeat(n - 1)}undefined]` : `emptySlots(${n})`
}

const LENGTHS = OPS.map((op) => 1 + op.operands.length)
const TARGETS = OPS.map((op) => op.operands.indexOf('target'))

/** The instructions that can be reached, in their order; null: too many, or one that is not for this tier. */
function decode(proto: Proto): Instruction[] | null {
  const { code } = proto.chunk
  const out: Instruction[] = []
  /** Depth and nesting at targets that lie ahead. */
  const ahead = new Map<number, { depth: number; inside: number }>()
  let pc = proto.pc
  let depth = 0
  let inside = 0
  let reached = true
  for (;;) {
    const arriving = ahead.get(pc)
    if (arriving !== undefined) {
      ahead.delete(pc)
      reached = true
      depth = arriving.depth
      inside = arriving.inside
    }
    const op = code[pc]
    const next = pc + LENGTHS[op]
    if (reached) {
      if (pc - proto.pc > MAX_WORDS || op === Op.SUBUNIT || op === Op.STEP) return null
      const t = TARGETS[op]
      const target = t < 0 ? -1 : next + code[pc + 1 + t]
      out.push({ pc, op, next, depth, inside, target })
      const { pops, pushes } = OPS[op]
      depth += pushes - (typeof pops === 'number' ? pops : code[pc + 1 + pops.operand] * pops.times)
      if (op === Op.BUILTIN_ENTER) inside++
      else if (op === Op.CALL_BUILTIN) inside--
      if (target >= 0) ahead.set(target, { depth, inside })
      if (op === Op.RETURN || op === Op.TAIL_CALL || op === Op.JUMP) reached = false
    }
    if (!reached && ahead.size === 0) return out
    pc = next
  }
}

/** What is known of the accumulator while translating. */
const RAW = 0
const FORCED = 1
const NUMERIC = 2
const TEXT = 3
const TRUTH = 4
const SET = 5

class Translator {
  readonly #proto: Proto
  readonly #chunk: LoadedChunk
  readonly #code: Int32Array
  readonly #body: readonly Instruction[]
  readonly #options: JitOptions
  readonly #lines: string[] = []
  readonly #constants: unknown[] = []
  readonly #heads: string[] = []
  /** What empties its memos. */
  readonly #memos: string[] = []
  readonly #named = new Map<string, string>()
  #temps = 0
  #caches = 0
  #enter = ''
  #calls = false
  #loops = false
  /** Levels of outer environments that have a variable. */
  #outer = 0
  #acc = RAW
  /** Kinds of the operands in temporaries. */
  readonly #kinds: number[] = []
  /** The arguments are variables, and the environment is made when somebody asks for it. */
  readonly #flat: boolean
  /** The unit's environment, as an argument of what may keep it. */
  readonly #own: string

  constructor(proto: Proto, body: readonly Instruction[], options: JitOptions) {
    this.#proto = proto
    this.#chunk = proto.chunk
    this.#code = proto.chunk.code
    this.#body = body
    this.#options = options
    this.#flat = isFlat(proto, body)
    this.#own = this.#flat ? `env === null ? env = [e1, x1${proto.arity === 2 ? ', x2' : ''}] : env` : 'env'
  }

  source(): { text: string; constants: readonly unknown[] } {
    const blocks = blocksOf(this.#body)
    const open: number[] = []
    for (const i of this.#body) {
      while (open.length > 0 && open[open.length - 1] <= i.pc) {
        open.pop()
        this.#emit('}')
        this.#acc = RAW
        this.#kinds.fill(RAW)
      }
      for (const end of blocks.get(i.pc) ?? []) {
        this.#emit(`L${end}: {`)
        open.push(end)
      }
      this.#instruction(i)
    }
    const temps = Array.from({ length: this.#temps }, (_, i) => `, s${i}`).join('')
    let inner = ''
    for (let i = this.#flat ? 2 : 1; i <= this.#outer; i++)
      inner += `const e${i} = ${i === 1 ? 'env' : `e${i - 1}`}[0];\n`
    inner += this.#lines.join('\n') + '}'.repeat(open.length)
    if (this.#loops) inner = `for (;;) {\n${inner}\n}`
    let head = `let a, b, f${temps}, d = m.depth;`
    if (this.#calls) {
      head += ' const n = m.nesting, n1 = n + 1; let p = 0;'
      inner = `try {\n${this.#enter}${inner}\n} catch (e) { if (p !== 0) m.spill(c, p, ${this.#own}, d, null); throw e }`
    } else inner = this.#enter + inner
    const proto = this.#proto
    let parameters = 'm, env'
    if (takesArguments(proto)) {
      const names = proto.arity === 2 ? ['x1', 'x2'] : ['x1']
      const outer = this.#flat ? 'e1' : 'o'
      parameters += `, ${outer}, ${names.join(', ')}`
      head += this.#flat
        ? ` if (env !== null) { e1 = env[0]; ${names.map((x, k) => `${x} = env[${k + 1}];`).join(' ')} }`
        : ` if (env === null) env = ${freshEnv(outer, names, proto.envSize)};`
    }
    if (this.#memos.length > 0) this.#heads.push(`forgetters.push(() => { ${this.#memos.join(' ')} });`)
    const text = `${this.#heads.join('\n')}\nreturn (function ${nameOf(proto)}(${parameters}) {\n${head}\n${inner}\n})`
    return { text, constants: this.#constants }
  }

  // ---------------------------------------------------------------- names

  /** A variable of the enclosing function that holds a value. */
  #constant(key: string, value: unknown): string {
    let name = this.#named.get(key)
    if (name === undefined) {
      name = key
      this.#named.set(key, name)
      this.#heads.push(`const ${name} = k[${this.#constants.length}];`)
      this.#constants.push(value)
    }
    return name
  }
  #protoName(unit: number): string {
    return this.#constant(`P${unit}`, this.#chunk.proto(unit))
  }
  #temp(i: number): string {
    if (i >= this.#temps) this.#temps = i + 1
    return `s${i}`
  }
  #emit(line: string): void {
    this.#lines.push(line)
  }
  /** The environment `hops` levels up. */
  #env(hops: number): string {
    if (hops === 0) return 'env'
    if (hops > 6) {
      this.#outer = Math.max(this.#outer, 6)
      return `e6${'[0]'.repeat(hops - 6)}`
    }
    this.#outer = Math.max(this.#outer, hops)
    return `e${hops}`
  }
  #depth(i: Instruction): string {
    return i.inside === 0 ? 'd' : `d + ${i.inside}`
  }
  /** The operands on hand below the `pops` that the instruction takes, as the argument of `spill`. */
  #operands(count: number): string {
    if (count <= 0) return 'null'
    const names: string[] = []
    for (let i = 0; i < count; i++) names.push(this.#temp(i))
    return `[${names.join(', ')}]`
  }
  /** Gives up the rest of the function: the switch goes on at `next` when the answer is there. */
  #spill(i: Instruction, left: number): string {
    return `return m.spill(c, ${i.next}, ${this.#own}, ${this.#depth(i)}, ${this.#operands(left)});`
  }

  // ---------------------------------------------------------------- pieces

  /** The expression of a raw load. */
  #load(desc: number, env: string, forced: boolean): string {
    const code = this.#code
    switch (code[desc]) {
      case Op.THUNK:
        return `new Thunk(${this.#protoName(code[desc + 1])}, ${env})`
      case Op.CLOSURE:
        return `new Closure(${this.#protoName(code[desc + 1])}, ${env})`
      case Op.CLOSURE_RAW:
        if (forced) return `new Closure(${this.#protoName(code[desc + 1])}, ${env})`
        return `new Thunk(${this.#constant(`D${code[desc + 1]}`, this.#chunk.proto(code[desc + 1]).delayed)}, ${env})`
      case Op.INT:
        return String(code[desc + 1])
      case Op.TRUE:
        return 'true'
      case Op.FALSE:
        return 'false'
      case Op.NULL:
        return 'null'
      case Op.EMPTY_LIST:
        return 'EMPTY_LIST'
      default:
        return `${forced ? 'materialiseForced' : 'materialise'}(c, ${desc}, ${env})`
    }
  }

  #get(i: Instruction, hops: number, slot: number, desc: number, force: boolean): void {
    if (hops === 0 && this.#flat) {
      this.#emit(`a = x${slot};`)
      this.#acc = RAW
      if (force) this.#force(i, i.depth)
      return
    }
    const env = this.#env(hops)
    this.#emit(`a = ${env}[${slot}];`)
    if (desc !== 0 && this.#code[desc] === Op.FORMAL) this.#formal(env, slot, desc)
    else if (desc !== 0)
      this.#emit(`if (a === undefined) a = ${env}[${slot}] = ${this.#load(desc, env, force)};`)
    this.#acc = RAW
    if (force) this.#force(i, i.depth)
  }

  /** An inline cache of its own: where a shape has a name. Answers the names of its two variables. */
  #cache(): [shape: string, index: string] {
    const k = this.#caches++
    this.#heads.push(`let cs${k} = null, ci${k} = -1;`)
    return [`cs${k}`, `ci${k}`]
  }

  /** What has been found in a set or an environment. Answers the names of its two variables, that and what was found. */
  #memo(): [set: string, slot: string] {
    const k = this.#caches++
    this.#heads.push(`let ms${k} = null, mv${k};`)
    this.#memos.push(`ms${k} = null; mv${k} = undefined;`)
    return [`ms${k}`, `mv${k}`]
  }

  /** A formal that nobody has asked for: the attribute of the argument, or the default. */
  #formal(env: string, slot: number, desc: number): void {
    const code = this.#code
    const sym = this.#chunk.sym(code[desc + 1])
    const [shape, index] = this.#cache()
    const fallback = code[desc + 2]
    const absent = fallback === 0 ? 'undefined' : this.#load(fallback, env, false)
    this.#emit(
      `if (a === undefined) { b = ${env}[${code[desc + 3]}]; if (b.base !== null) a = materialise(c, ${desc}, ${env}); else { ` +
        `f = b.shape; if (f.names !== ${shape}) { ${shape} = f.names; ${index} = f.find(${sym}); } ` +
        `if (${index} < 0) a = ${absent}; else { a = b.vals[${index}]; if (a === undefined) a = slotAt(b, ${index}); } } ${env}[${slot}] = a; }`,
    )
  }

  /** A name that is looked up in the sets of `with`. */
  #with(i: Instruction): void {
    const code = this.#code
    const table = code[i.pc + 2]
    const count = code[table]
    const slow = this.#slow(i, 'null', 'null', 'null', i.depth)
    const sym = this.#chunk.sym(code[i.pc + 1])
    if (count > 3) {
      const hops = withHops(code, table)
      if (hops < 0) this.#emit(slow)
      else {
        // As the memos of with.ts, noteWith.
        const [env, found] = this.#memo()
        this.#emit(
          `b = ${this.#env(hops)}; if (b === ${env}) a = ${found}; else { ` +
            `a = foundByWith(c, env, ${sym}, ${table}); if (a === undefined) { ${slow} } else { ${env} = b; ${found} = a; } }`,
        )
      }
      this.#acc = FORCED
      return
    }
    // Sets that are there are asked one after the other; anything else is for the slow path.
    this.#emit(`W${i.pc}: { V${i.pc}: {`)
    for (let k = 0; k < count; k++) {
      const row = table + 1 + 4 * k
      const hops = code[row]
      if (hops < 0)
        this.#emit(`b = ${this.#constant(`G${code[row + 1]}`, this.#chunk.globals[code[row + 1]])};`)
      else {
        const env = this.#env(hops)
        this.#emit(`b = ${env}[${code[row + 1]}];`)
        this.#emit(`if (b === undefined || b === null) break V${i.pc};`)
        this.#emit(`if (b.code !== undefined) { if (b.code !== null) break V${i.pc}; b = b.payload; }`)
      }
      const [shape, index] = this.#cache()
      // A set of layers is most often one that the whole program shares: what it has under the name is kept.
      const [layered, found] = this.#memo()
      this.#emit(
        `if (b === null || b.shape === undefined) break V${i.pc}; ` +
          `if (b.base !== null) { if (b !== ${layered}) { ${found} = lookup(b, ${sym}); ${layered} = b; } ` +
          `a = ${found}; if (a !== undefined) break W${i.pc}; } ` +
          `else { f = b.shape; if (f.names !== ${shape}) { ${shape} = f.names; ${index} = f.find(${sym}); } ` +
          `if (${index} >= 0) { a = b.vals[${index}]; if (a === undefined) a = slotAt(b, ${index}); break W${i.pc}; } }`,
      )
    }
    this.#emit(`} ${slow} }`)
    this.#force(i, i.depth)
  }

  /** Forces the accumulator; `left`: operands on hand. */
  #force(i: Instruction, left: number): void {
    this.#calls = true
    this.#emit(
      `if (typeof a === 'object' && a !== null && (f = a.code) !== undefined) { if (f === null) a = a.payload; else { p = ${i.next}; m.depth = ${this.#depth(i)}; m.nesting = n1; ` +
        `if ((b = m.forceThunk(a)) === WAIT) ${this.#spill(i, left)} a = b; } }`,
    )
    this.#acc = FORCED
  }

  /** The slow path of an instruction: `x` and the accumulator, with operands that stand on the machine's stack. */
  #slow(i: Instruction, x: string, acc: string, operands: string, left: number): string {
    this.#calls = true
    return (
      `p = ${i.next}; if ((b = m.slow(c, ${i.next}, ${this.#own}, ${this.#depth(i)}, n1, ${i.op}, ${x}, ${acc}, ${operands})) === WAIT) ` +
      `${this.#spill(i, left)} a = b;`
    )
  }

  /** An operator on two numbers. */
  #arithmetic(i: Instruction, operator: string, guard: string): void {
    const x = this.#temp(i.depth - 1)
    const left = this.#kinds[i.depth - 1] === NUMERIC ? '' : `typeof ${x} === 'number' && `
    const right = this.#acc === NUMERIC ? '' : `typeof a === 'number' && `
    const fits = 'b <= 9007199254740991 && b >= -9007199254740991'
    const result = operator === '*' ? 'b + 0' : 'b'
    this.#emit(
      `if (${left}${right}${guard}(b = ${x} ${operator} a, ${fits})) a = ${result}; else { ${this.#slow(i, x, 'a', 'null', i.depth - 1)} }`,
    )
    this.#acc = FORCED
  }

  #deepEnough(i: Instruction): string {
    return `${this.#depth(i)} <= ${this.#options.maxDepth} && `
  }

  // ---------------------------------------------------------------- instructions

  #instruction(i: Instruction): void {
    const code = this.#code
    const { pc, depth } = i
    switch (i.op) {
      case Op.INT:
        this.#emit(`a = ${code[pc + 1]};`)
        this.#acc = NUMERIC
        return
      case Op.STR: {
        const s = this.#chunk.string(code[pc + 1])
        this.#emit(`a = ${this.#constant(`S${code[pc + 1]}`, s)};`)
        this.#acc = TEXT
        return
      }
      case Op.CONST:
        this.#emit(`a = c.constant(${code[pc + 1]});`)
        this.#acc = FORCED
        return
      case Op.TRUE:
      case Op.FALSE:
        this.#emit(`a = ${i.op === Op.TRUE};`)
        this.#acc = TRUTH
        return
      case Op.NULL:
        this.#emit('a = null;')
        this.#acc = FORCED
        return
      case Op.EMPTY_LIST:
        this.#emit('a = EMPTY_LIST;')
        this.#acc = FORCED
        return
      case Op.GLOBAL:
        this.#emit(`a = ${this.#constant(`G${code[pc + 1]}`, this.#chunk.globals[code[pc + 1]])};`)
        this.#acc = RAW
        return
      case Op.THUNK:
        this.#emit(`a = new Thunk(${this.#protoName(code[pc + 1])}, env);`)
        this.#acc = RAW
        return
      case Op.CLOSURE:
        this.#emit(`a = new Closure(${this.#protoName(code[pc + 1])}, env);`)
        this.#acc = FORCED
        return
      case Op.CLOSURE_RAW:
        this.#emit(`a = ${this.#load(pc, 'env', false)};`)
        this.#acc = RAW
        return
      case Op.GET0:
      case Op.GET0F:
        this.#get(i, 0, code[pc + 1], code[pc + 2], i.op === Op.GET0F)
        return
      case Op.GET1:
      case Op.GET1F:
        this.#get(i, 1, code[pc + 1], code[pc + 2], i.op === Op.GET1F)
        return
      case Op.GETN:
      case Op.GETNF:
        this.#get(i, code[pc + 1], code[pc + 2], code[pc + 3], i.op === Op.GETNF)
        return
      case Op.PUSH:
        this.#emit(`${this.#temp(depth)} = a;`)
        this.#kinds[depth] = this.#acc
        return
      case Op.JUMP:
        this.#emit(`break L${i.target};`)
        return
      case Op.BRANCH:
      case Op.AND:
      case Op.OR:
      case Op.IMPL:
        this.#branch(i)
        return
      case Op.CHECK_BOOL:
        if (this.#acc === TRUTH) return
        this.#emit(`if (typeof a !== 'boolean') { ${this.#slow(i, 'null', 'a', 'null', depth)} }`)
        this.#acc = TRUTH
        return
      case Op.NOT:
        if (this.#acc === TRUTH) this.#emit('a = !a;')
        else
          this.#emit(
            `if (typeof a === 'boolean') a = !a; else { ${this.#slow(i, 'null', 'a', 'null', depth)} }`,
          )
        this.#acc = TRUTH
        return
      case Op.ASSERT:
        this.#emit(`if (a !== true) { ${this.#slow(i, 'null', 'a', 'null', depth)} }`)
        return
      case Op.CALL:
      case Op.TAIL_CALL:
        this.#call(i)
        return
      case Op.BUILTIN_ENTER:
        this.#calls = true
        this.#emit(
          `if (${this.#depth(i)} > ${this.#options.maxDepth}) { ${this.#slow(i, 'null', 'null', 'null', depth)} }`,
        )
        return
      case Op.CHECK_ARG: {
        const b = this.#chunk.globals[code[pc + 1]] as Builtin
        const test = this.#kindTest(b.params[code[pc + 2]].kind)
        if (test !== '') this.#emit(`if (!(${test})) { ${this.#slow(i, 'null', 'a', 'null', depth)} }`)
        return
      }
      case Op.CALL_BUILTIN:
        this.#callBuiltin(i)
        return
      case Op.RETURN:
        this.#emit('return a;')
        return
      case Op.ENTER: {
        const size = code[pc + 1]
        // The first instruction of its unit, so that what follows has one environment.
        this.#enter = `env = ${freshEnv('env', [], size)};\n`
        return
      }
      case Op.ADDEND:
        if (this.#acc === TEXT) return
        this.#emit(
          `if (typeof a !== 'number' && typeof a !== 'string') { ${this.#slow(i, 'null', 'a', 'null', depth)} }`,
        )
        this.#acc = FORCED
        return
      case Op.ADD: {
        const x = this.#temp(depth - 1)
        const kinds = this.#kinds[depth - 1]
        if (kinds === TEXT || this.#acc === TEXT) {
          this.#emit(
            `if (typeof ${x} === 'string' && typeof a === 'string') a = ${x} + a; else { ${this.#slow(i, x, 'a', 'null', depth - 1)} }`,
          )
        } else {
          this.#emit(
            `if (typeof ${x} === 'number' && typeof a === 'number' && (b = ${x} + a, b <= 9007199254740991 && b >= -9007199254740991)) a = b; ` +
              `else if (typeof ${x} === 'string' && typeof a === 'string') a = ${x} + a; else { ${this.#slow(i, x, 'a', 'null', depth - 1)} }`,
          )
        }
        this.#acc = FORCED
        return
      }
      case Op.SUB:
        this.#arithmetic(i, '-', this.#deepEnough(i))
        return
      case Op.MUL:
        this.#arithmetic(i, '*', this.#deepEnough(i))
        return
      case Op.NEGATE:
        this.#emit(
          `if (typeof a === 'number' && ${this.#deepEnough(i)}true) a = 0 - a; else { ${this.#slow(i, 'null', 'a', 'null', depth)} }`,
        )
        this.#acc = FORCED
        return
      case Op.LESS: {
        const x = this.#temp(depth - 1)
        const slow = this.#slow(i, x, 'a', 'null', depth - 1)
        this.#emit(
          `if (typeof ${x} === 'number' && typeof a === 'number' && ${this.#deepEnough(i)}true) a = ${x} < a; ` +
            `else if (typeof ${x} === 'string' && typeof a === 'string' && ${this.#deepEnough(i)}true) a = ${x} < a; else { ${slow} }`,
        )
        this.#acc = TRUTH
        return
      }
      case Op.EQUAL:
      case Op.NOT_EQUAL: {
        const x = this.#temp(depth - 1)
        const equal = i.op === Op.EQUAL ? '===' : '!=='
        const slow = this.#slow(i, x, 'a', 'null', depth - 1)
        this.#emit(
          `if (typeof ${x} !== 'object' && typeof a === typeof ${x} || ${x} === null && typeof a !== 'object' || a === null) a = ${x} ${equal} a; else { ${slow} }`,
        )
        this.#acc = TRUTH
        return
      }
      case Op.COERCE:
        if (this.#acc === TEXT) return
        this.#emit(
          `if (typeof a !== 'string' && !(a instanceof StringWithContext)) { ${this.#slow(i, 'null', 'a', 'null', depth)} }`,
        )
        this.#acc = FORCED
        return
      case Op.CONCAT: {
        const count = code[pc + 1]
        const from = depth - count
        const names = Array.from({ length: count }, (_, k) => this.#temp(from + k))
        const slow = this.#slow(i, 'null', 'null', `[${names.join(', ')}]`, from)
        const tests = names.filter((_, k) => this.#kinds[from + k] !== TEXT)
        const test = tests.map((name) => `typeof ${name} === 'string'`).join(' && ')
        this.#emit(
          `${test === '' ? '' : `if (${test}) `}a = ${names.length === 1 ? names[0] : names.join(' + ')}; ${test === '' ? '' : `else { ${slow} }`}`,
        )
        this.#acc = FORCED
        return
      }
      case Op.LIST: {
        const count = code[pc + 1]
        const names = Array.from({ length: count }, (_, k) => this.#temp(depth - count + k))
        this.#emit(`a = new List([${names.join(', ')}], 0, ${count});`)
        this.#acc = FORCED
        return
      }
      case Op.CONCAT_LISTS: {
        const x = this.#temp(depth - 1)
        const slow = this.#slow(i, x, 'a', 'null', depth - 1)
        this.#emit(
          `if (${x} instanceof List && a instanceof List) a = concatLists(m, ${x}, a); else { ${slow} }`,
        )
        this.#acc = FORCED
        return
      }
      case Op.WITH_GET:
        this.#with(i)
        return
      case Op.ATTRS: {
        const shape = this.#chunk.siteShape(code[pc + 1], code[pc + 2])
        const name = this.#constant(`H${code[pc + 1]}`, shape)
        this.#emit(`a = new Attrs(${name}, ${blanks(shape.syms.length)}, env, null);`)
        this.#acc = SET
        return
      }
      case Op.CHECK_ATTRS:
        if (this.#acc === SET) return
        this.#emit(
          `if (a === null || a.shape === undefined) { ${this.#slow(i, 'null', 'a', 'null', depth)} }`,
        )
        this.#acc = SET
        return
      case Op.UPDATE: {
        const x = this.#temp(depth - 1)
        if (this.#acc === SET) this.#emit(`a = update(a, ${x});`)
        else
          this.#emit(
            `if (a !== null && a.shape !== undefined) a = update(a, ${x}); else { ${this.#slow(i, x, 'a', 'null', depth - 1)} }`,
          )
        this.#acc = SET
        return
      }
      case Op.SELECT: {
        this.#calls = true
        const cache = code[pc + 2]
        this.#emit(
          `if (a !== null && (b = a.shape) !== undefined && IS[${cache}] === b) { f = II[${cache}]; b = a.vals[f]; if (b === undefined) b = slotAt(a, f); a = b; } ` +
            `else { p = ${i.next}; a = m.select(c, ${pc}, ${this.#own}, ${this.#depth(i)}, a); }`,
        )
        this.#constant('IS', this.#chunk.icShapes)
        this.#constant('II', this.#chunk.icSlots)
        this.#force(i, depth)
        return
      }
      case Op.SELECT_OR: {
        const cache = code[pc + 2]
        this.#emit(
          `if (a === null || (b = a.shape) === undefined) break L${i.target}; if (IS[${cache}] === b) { f = II[${cache}]; b = a.vals[f]; if (b === undefined) b = slotAt(a, f); a = b; } ` +
            `else { a = m.selectOr(c, ${pc}, a); if (a === undefined) break L${i.target}; }`,
        )
        this.#constant('IS', this.#chunk.icShapes)
        this.#constant('II', this.#chunk.icSlots)
        this.#force(i, depth)
        return
      }
      case Op.HAS:
        this.#emit(`a = a !== null && a.shape !== undefined && find(a, ${this.#chunk.sym(code[pc + 1])});`)
        this.#acc = TRUTH
        return
      case Op.SELECT_DYN_OR:
        this.#anything(i)
        this.#emit(`if (a === undefined) break L${i.target};`)
        return
      case Op.HAS_DYN: {
        const x = this.#temp(depth - 1)
        this.#emit(
          `b = ${x} !== null && ${x}.shape !== undefined ? m.symbols.find(a) : -1; a = b >= 0 && find(${x}, b);`,
        )
        this.#acc = TRUTH
        return
      }
      case Op.DYN_NAME:
        if (this.#acc === TEXT) return
        this.#emit(`if (typeof a !== 'string') { ${this.#slow(i, 'null', 'a', 'null', depth)} }`)
        this.#acc = FORCED
        return
      default:
        this.#anything(i)
    }
  }

  /** An instruction that has no fast path here: what it pops is handed to its slow path. */
  #anything(i: Instruction): void {
    const { pops } = OPS[i.op]
    const count = typeof pops === 'number' ? pops : this.#code[i.pc + 1 + pops.operand] * pops.times
    const from = i.depth - count
    if (typeof pops === 'number')
      this.#emit(this.#slow(i, count === 0 ? 'null' : this.#temp(from), 'a', 'null', from))
    else {
      const names = Array.from({ length: count }, (_, k) => this.#temp(from + k))
      this.#emit(this.#slow(i, 'null', 'a', `[${names.join(', ')}]`, from))
    }
    this.#acc = FORCED
  }

  #branch(i: Instruction): void {
    const slow =
      this.#acc === TRUTH
        ? ''
        : `if (typeof a !== 'boolean') { ${this.#slow(i, 'null', 'a', 'null', i.depth)} } `
    switch (i.op) {
      case Op.BRANCH:
      case Op.AND:
        this.#emit(
          slow === '' ? `if (!a) break L${i.target};` : `if (a !== true) { ${slow} break L${i.target}; }`,
        )
        break
      case Op.OR:
        this.#emit(
          slow === '' ? `if (a) break L${i.target};` : `if (a !== false) { ${slow} break L${i.target}; }`,
        )
        break
      default:
        this.#emit(
          slow === ''
            ? `if (!a) { a = true; break L${i.target}; }`
            : `if (a !== true) { ${slow} a = true; break L${i.target}; }`,
        )
    }
    this.#acc = TRUTH
  }

  #kindTest(kind: number): string {
    const number = `typeof a === 'number' || typeof a === 'bigint'`
    switch (kind) {
      case ANY:
        return ''
      case LIST:
        return 'a instanceof List'
      case ATTRS:
        return this.#acc === SET ? '' : 'a instanceof Attrs'
      case STRING:
        return this.#acc === TEXT ? '' : `typeof a === 'string' || a instanceof StringWithContext`
      case PLAIN_STRING:
        return this.#acc === TEXT ? '' : `typeof a === 'string'`
      case INTEGER:
      case NUMBER:
        return number
      case OFFSET:
        return `typeof a === 'number' && a >= 0`
      case BOOL:
        return this.#acc === TRUTH ? '' : `typeof a === 'boolean'`
      case FUNCTION:
        return 'a instanceof Closure'
      default:
        return 'false'
    }
  }

  #callBuiltin(i: Instruction): void {
    this.#calls = true
    const code = this.#code
    const index = code[i.pc + 1]
    const count = code[i.pc + 2]
    const b = this.#chunk.globals[index] as Builtin
    const from = i.depth - count
    const first = b.order[0] === 0
    const args = [this.#temp(first ? from : from + count - 1)]
    if (count > 1) args.push(this.#temp(first ? from + 1 : from))
    if (count > 2) args.push(this.#temp(from + 2))
    // Without its receiver: none of them uses it.
    const run = this.#constant(`R${index}`, b.run)
    const name = this.#constant(`G${index}`, b)
    const inner = i.inside === 0 ? 'd' : `d + ${i.inside}`
    const outer = i.inside - 1 <= 0 ? 'd' : `d + ${i.inside - 1}`
    if (!b.waits) {
      this.#emit(
        `p = ${i.next}; m.depth = ${inner}; m.starting = ${name}; a = ${run}(m, ${args.join(', ')}); m.starting = null;`,
      )
      this.#acc = FORCED
      return
    }
    this.#emit(
      `p = ${i.next}; m.depth = ${inner}; m.nesting = n1; m.starting = ${name}; a = ${run}(m, ${args.join(', ')}); ` +
        `m.starting = null; if (a === WAIT) return m.spill(c, ${i.next}, ${this.#own}, ${outer}, ${this.#operands(from)});`,
    )
    this.#acc = FORCED
  }

  #call(i: Instruction): void {
    this.#calls = true
    const { maxDepth, maxNesting } = this.#options
    const count = this.#code[i.pc + 1]
    const from = i.depth - count
    const names = Array.from({ length: count }, (_, k) => this.#temp(from + k))
    const tail = i.op === Op.TAIL_CALL
    const d = this.#depth(i)
    const call =
      count <= 2
        ? `f.compiled(m, null, a.env, ${names.join(', ')})`
        : `f.compiled(m, envN(f.envSize, a.env, ${names.join(', ')}))`
    const ready = `a !== null && (f = a.proto) !== undefined && f.direct === ${count} && ${d} <= ${maxDepth} && n < ${maxNesting}`
    const general =
      count === 1 ? `m.callOne(a, ${names[0]}, ${d}, n1)` : `m.callFrom(a, [${names.join(', ')}], ${d}, n1)`
    if (tail) {
      const own = this.#proto
      if (own.arity === count && !own.hasFormals) {
        // A loop: no stack at all.
        this.#loops = true
        const next = this.#flat
          ? `env = null; e1 = a.env; ${names.map((name, k) => `x${k + 1} = ${name};`).join(' ')}`
          : `env = ${freshEnv('a.env', names, own.envSize)};`
        this.#emit(
          `if (a !== null && a.proto === ${this.#constant('SELF', own)} && ${d} <= ${maxDepth}) { ${next} d++; if (--m.ticks < 0) m.tick(); continue; }`,
        )
      }
      this.#emit(`if (${ready}) { p = 0; m.depth = ${d} + 1; m.nesting = n1; return ${call}; }`)
      this.#emit(
        `p = ${i.next}; if ((a = ${general}) === WAIT && !m.inTail) ${this.#spill(i, from)} return a;`,
      )
      return
    }
    this.#emit(
      `p = ${i.next}; if (${ready}) { m.depth = ${d} + 1; m.nesting = n1; b = ${call}; } else b = ${general}; ` +
        `if (b === WAIT) ${this.#spill(i, from)} a = b;`,
    )
    this.#acc = FORCED
  }
}

/**
 * Where labelled blocks begin, by pc: the targets that they end at, the outermost first. Blocks must nest, so one that would
 * begin inside another and end after it begins where that one does.
 */
function blocksOf(body: readonly Instruction[]): Map<number, number[]> {
  const starts = new Map<number, number>()
  for (const i of body) if (i.target >= 0 && !starts.has(i.target)) starts.set(i.target, i.pc)
  const ends = [...starts.keys()].sort((a, b) => a - b)
  // From the nearest end on: a later end must not begin inside an earlier block.
  for (let k = 1; k < ends.length; k++) {
    let least = starts.get(ends[k]) as number
    for (let j = k - 1; j >= 0; j--) {
      const s = starts.get(ends[j]) as number
      if (s < least && least < ends[j]) {
        least = s
        j = k
      }
    }
    starts.set(ends[k], least)
  }
  const blocks = new Map<number, number[]>()
  for (let k = ends.length - 1; k >= 0; k--) {
    const start = starts.get(ends[k]) as number
    const here = blocks.get(start)
    if (here === undefined) blocks.set(start, [ends[k]])
    else here.push(ends[k])
  }
  return blocks
}

/** What profiles call a unit: its file, its number, and the name the function was bound to. */
function nameOf(proto: Proto): string {
  const file = proto.chunk.file ?? 'expression'
  const base = file.slice(file.lastIndexOf('/', file.lastIndexOf('/') - 1) + 1)
  return `nix_${base}_${proto.unit}_${proto.name ?? ''}`.replace(/[^A-Za-z0-9_]/g, '_')
}

/** An array literal: an environment with some arguments in it. */
function freshEnv(parent: string, args: readonly string[], size: number): string {
  if (size > 12) return `envN(${[size, parent, ...args].join(', ')})`
  return `[${[parent, ...args].join(', ')}${', undefined'.repeat(size - 1 - args.length)}]`
}
