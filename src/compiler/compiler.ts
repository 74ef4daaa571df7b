/**
 * The compiler (floor 3): syntax tree in, chunk out. Names become slots here, once; it knows the *names* of globals,
 * no values and no builtins.
 *
 * A file is compiled unit by unit from a queue: the body of every thunk and every lambda is a unit. A unit's strict
 * part is compiled by recursion, but never deeper than MAX_NESTING: what lies deeper becomes a unit of its own, run by
 * SUBUNIT. So no program controls the depth of the JavaScript stack.
 *
 * What is not to be stored can be compiled as it is run (`CompileOptions.lazy`): a unit needs nothing but its node and the
 * scopes round it. That all names mean something is then made sure of beforehand (names.ts).
 *
 * Where laziness cannot be observed nothing is put off: constants, variables and lambdas need no thunk. The bindings
 * of `let`, sets, formals and `inherit` cost nothing until somebody asks for them: each is described by one raw-load
 * instruction (a "desc"), run the first time its slot is read.
 */
import { type Chunk, type Growth, REGION, UNIT } from '../bytecode/chunk.ts'
import { CONTEXT } from '../bytecode/contexts.ts'
import * as Op from '../bytecode/opcodes.ts'
import { NixError } from '../errors.ts'
import { quoteName } from '../quote.ts'
import type { SourceWarning } from '../source.ts'
import * as A from '../syntax/ast.ts'
import { lengthen } from '../values/slots.ts'
import { Emitter } from './emitter.ts'
import { allBound, standsOnce } from './names.ts'
import {
  type Binding,
  EnvScope,
  hopsTo,
  isRepeated,
  LexScope,
  newBinding,
  type Resolved,
  resolve,
  type WithSource,
} from './scope.ts'
import { sentence, shadowedOutputs, type WarningCode } from './warnings.ts'

/** The globals that code may name, by index; `builtins.NAME` stands for what a selection from `builtins` gives. */
export type GlobalNames = ReadonlyMap<string, number>

/** What the compiler may know of a global function: which arguments it forces, and in which order. */
export interface GlobalFunction {
  /** Per argument: 0 if it is handed over unforced, 1 if any value will do, more if its kind is checked. */
  kinds: readonly number[]
  order: readonly number[]
  /** Its result is a list that nobody else has (values/value.ts, BuiltinForms). */
  fresh?: boolean
  /** The global that is its form for a last argument that is such a list. */
  owning?: number
}

export interface CompileOptions {
  globals: GlobalNames
  /** The functions among the globals, by index. */
  functions?: ReadonlyMap<number, GlobalFunction>
  /** Told of what deserves a warning, in the order of the text. */
  warn: (warning: SourceWarning) => void
  /** Whether to look for what is not wrong but odd (`--warnings`). */
  warnings?: boolean
  /** What the parser has found: it belongs to the chunk as well. */
  found?: readonly SourceWarning[]
  /** Names bound around the whole file (scopedImport, the REPL): slots 1.. of the environment it runs in. */
  scope?: readonly string[]
  /** Gets every finished chunk (dump, tests). */
  observe?: (chunk: Chunk) => void
  /** Units may be compiled when they are first asked for: nobody wants the chunk as a whole. */
  lazy?: boolean
  /** The text has been compiled before, to a chunk of which this is the table `compiled`: goes on from there. */
  compiled?: Int32Array | undefined
}

const MAX_NESTING = 300
const MAX_PARAMS = 12

type Job = { node: A.Node; lex: LexScope | null; env: EnvScope; lambda: boolean }

/**
 * Compiles a whole file. Throws a NixError ('undefined-variable') for the first fault in the text; the further ones are that
 * error's `others`, in the order of the text.
 */
export function compile(root: A.Node, text: string, options: CompileOptions): Chunk {
  const compiler = new Compiler(options, text.length)
  // What only the whole text can tell, faults and warnings, is found by compiling all of it.
  const lazy = options.lazy === true && options.warnings !== true
  return lazy &&
    (options.compiled !== undefined || allBound(root, options.globals, options.scope ?? NO_NAMES))
    ? compiler.growing(root, text)
    : compiler.file(root, text)
}

class Compiler {
  readonly #out: Emitter
  readonly #globals: GlobalNames
  readonly #functions: ReadonlyMap<number, GlobalFunction>
  readonly #warn: (w: SourceWarning) => void
  readonly #options: CompileOptions
  /** What units are to be compiled of, by unit; undefined once they are. */
  readonly #jobs: (Job | undefined)[] = []
  /** Units that SUBUNIT runs. */
  readonly #parts: number[] = []
  /** The numbers that units have got which were put off. */
  readonly #numbers: (number | undefined)[] = []
  /** The same as pairs, in the order in which they were compiled. */
  readonly #log: number[] = []
  #errors: NixError[] = []
  /** Lambdas that a dynamic attribute binds, and its position. */
  readonly #computed = new Map<A.LambdaNode, number>()
  readonly #warnings: SourceWarning[] = []
  readonly #noting: boolean
  /** Bindings of `let`s, to see in the end which have been used. */
  readonly #lets: { attr: A.Attr; binding: Binding }[] = []
  /** Environment in which the current instruction runs. */
  #env: EnvScope = new EnvScope(null)
  /** The table of the last WITH_GET, and what it holds for which environment. */
  #lastWith: { sources: readonly WithSource[]; env: EnvScope; table: number } | null = null
  /** Whether the current unit has an environment of its own to put slots in. */
  #owns = false
  #wantsEnv = false
  #nesting = 0
  /** The last name that was resolved, where, and to what. */
  #resolved: Resolved | null = null
  #resolvedName = ''
  #resolvedIn: LexScope | null = null
  /** The place of the last expression that was asked for, and the part that it has it from. */
  #place = -1
  #placedNext: A.Node | null = null

  constructor(options: CompileOptions, sourceLength: number) {
    this.#out = new Emitter(sourceLength)
    this.#options = options
    this.#globals = options.globals
    this.#functions = options.functions ?? NO_FUNCTIONS
    this.#warn = options.warn
    this.#noting = options.warnings ?? false
  }

  file(root: A.Node, text: string): Chunk {
    this.#root(root)
    // Units come out in the order of the text, so that a trace through the code reads well.
    for (let unit = 0; unit < this.#jobs.length; unit++) {
      this.#unit(unit, this.#jobs[unit] as Job)
      this.#jobs[unit] = undefined
    }
    if (this.#errors.length > 0) {
      const errors = this.#errors.sort((a, b) => a.pos - b.pos)
      errors[0].others = errors.slice(1)
      throw errors[0]
    }
    for (const { attr, binding } of this.#lets) {
      if (!binding.used && !attr.name.startsWith('_')) this.#note('unused-binding', attr.pos, attr.name)
    }
    const warnings = this.#warnings.sort((a, b) => a.start - b.start)
    for (const w of warnings) this.#warn(w)
    const { found } = this.#options
    const chunk = this.#out.finish(text.length, found === undefined ? warnings : [...found, ...warnings])
    this.#options.observe?.(chunk)
    return chunk
  }

  /** A chunk without code, which grows as units of it are asked for. */
  growing(root: A.Node, text: string): Chunk {
    this.#root(root)
    const { found, compiled } = this.#options
    // What a unit compiles to depends on which were compiled before it, and on nothing else.
    if (compiled !== undefined) for (let i = 0; i < compiled.length; i += 2) this.#late(compiled[i])
    return new GrowingChunk(
      this.#out,
      (unit) => this.#late(unit),
      () => this.#complete(),
      this.#log,
      text.length,
      found === undefined ? [] : [...found],
    )
  }

  /**
   * Compiles a unit that was put off, under the next number; one that was not has its number already. SUBUNIT goes on in the
   * code it stands in, which may be moved when it grows: such parts are compiled along with their unit.
   */
  #late(unit: number): number {
    const number = this.#lateUnit(unit)
    for (let part = this.#parts.pop(); part !== undefined; part = this.#parts.pop()) this.#lateUnit(part)
    return number
  }

  #lateUnit(unit: number): number {
    const job = this.#jobs[unit]
    if (job === undefined) return this.#numbers[unit] ?? unit
    this.#jobs[unit] = undefined
    const out = this.#out
    const number = out.newUnit()
    this.#jobs.push(undefined)
    lengthen(this.#numbers, number + 1, undefined)
    this.#numbers[unit] = number
    this.#log.push(unit, number)
    this.#unit(number, job)
    if (this.#errors.length > 0) throw new Error(`a name was missed: ${this.#errors[0].message}`)
    const end = out.here
    for (let later = number + 1; later < out.unitCount; later++) out.setUnit(later, UNIT.PC, end)
    return number
  }

  #complete(): void {
    for (let unit = 0; unit < this.#jobs.length; unit++) this.#late(unit)
  }

  #root(root: A.Node): void {
    const outer = new EnvScope(null)
    let lex: LexScope | null = null
    if (this.#options.scope !== undefined) {
      const names = new Map<string, Binding>()
      for (const name of this.#options.scope)
        names.set(name, newBinding({ env: outer, slot: outer.slot() }, 0, true))
      lex = new LexScope(null, names)
    }
    this.#enqueue(root, lex, outer, false)
  }

  #enqueue(node: A.Node, lex: LexScope | null, env: EnvScope, lambda: boolean): number {
    const unit = this.#out.newUnit()
    this.#jobs.push({ node, lex, env, lambda })
    return unit
  }

  #unit(unit: number, job: Job): void {
    if (job.lambda) {
      this.#lambdaUnit(unit, job, job.node as A.LambdaNode)
      return
    }
    const out = this.#out
    const mark = out.mark()
    const queued = this.#jobs.length
    const faults = this.#errors.length
    const warned = this.#warnings.length
    const lets = this.#lets.length
    const parts = this.#parts.length
    const binds = bindsNames(job.node)
    this.#owns = false
    this.#wantsEnv = false
    this.#env = job.env
    if (!binds) {
      out.begin()
      this.#expr(job.node, job.lex, true)
    }
    if (binds || this.#wantsEnv) {
      if (!binds) {
        // It does after all: once more, with an environment from the start.
        out.rollback(mark)
        this.#lastWith = null
        this.#jobs.length = queued
        this.#errors.length = faults
        this.#warnings.length = warned
        this.#lets.length = lets
        this.#parts.length = parts
      }
      this.#owns = true
      this.#env = new EnvScope(job.env)
      out.begin()
      const enter = out.jump(Op.ENTER)
      this.#expr(job.node, job.lex, true)
      out.patch(enter, this.#env.size)
    }
    out.end(unit)
  }

  #lambdaUnit(unit: number, job: Job, node: A.LambdaNode): void {
    const out = this.#out
    const env = new EnvScope(job.env, true)
    let lex = job.lex
    let last = node
    const params: number[] = []
    for (;;) {
      params.push(last.param === null ? -1 : out.string(last.param), last.pos)
      if (last.formals !== null) break
      const names = new Map<string, Binding>()
      const slot = env.slot()
      names.set(last.param as string, newBinding({ env, slot }, 0, true))
      this.#noteShadowing(last.param as string, last.pos)
      lex = new LexScope(lex, names)
      const body: A.Node = last.body
      if (body.kind !== A.LAMBDA || params.length / 2 >= MAX_PARAMS) break
      last = body
    }
    this.#owns = true
    this.#env = env
    out.begin()
    if (last.formals !== null) lex = this.#formals(unit, last, last.formals, lex, env)
    this.#expr(last.body, lex, true)
    out.setUnit(unit, UNIT.ARITY, params.length / 2)
    out.setUnit(unit, UNIT.ENV_SIZE, env.size)
    const { name } = last
    out.setUnit(unit, UNIT.NAME, name === null ? -2 - (this.#computed.get(last) ?? -1) : out.string(name))
    out.setUnit(unit, UNIT.PARAMS, this.#table(params))
    out.end(unit)
  }

  #formals(
    unit: number,
    node: A.LambdaNode,
    formals: A.Formals,
    lex: LexScope | null,
    env: EnvScope,
  ): LexScope {
    const out = this.#out
    const argSlot = env.slot()
    const names = new Map<string, Binding>()
    if (node.param !== null) names.set(node.param, newBinding({ env, slot: argSlot }, 0, true))
    const scope = new LexScope(lex, names)
    const rows: { formal: A.Formal; slot: number; desc: number; fallback: number }[] = []
    for (const formal of formals.list) {
      const slot = env.slot()
      this.#noteShadowing(formal.name, formal.pos)
      const desc = out.reserve(4)
      names.set(formal.name, newBinding({ env, slot }, desc, true))
      rows.push({ formal, slot, desc, fallback: 0 })
    }
    // A default may be any of the names, so it is looked at when all are known.
    for (const row of rows) {
      const { fallback } = row.formal
      // Another formal may not have its value yet, then Nix makes a thunk.
      if (fallback !== null)
        row.fallback = this.#default(
          fallback,
          scope,
          fallback.kind === A.VAR && fallback.name !== node.param && names.has(fallback.name),
        )
      out.put4(row.desc, Op.FORMAL, out.string(row.formal.name), row.fallback, argSlot)
    }
    rows.sort((a, b) => (a.formal.name < b.formal.name ? -1 : a.formal.name > b.formal.name ? 1 : 0))
    const table = [rows.length, formals.ellipsis ? 1 : 0, argSlot]
    for (const r of rows) table.push(out.string(r.formal.name), r.formal.pos, r.fallback, r.slot)
    out.setUnit(unit, UNIT.FORMALS, this.#table(table))
    return scope
  }

  /**
   * The desc of a formal's default. A constant or a variable is there at once, as in Nix, where that shows; all else is put
   * off, and so is a `formal`.
   */
  #default(node: A.Node, lex: LexScope, formal: boolean): number {
    const out = this.#out
    switch (node.kind) {
      case A.INT:
      case A.FLOAT:
      case A.STRING:
      case A.PATH:
        return this.#desc(node, lex, false)
      case A.LIST:
        if (node.items.length === 0) return this.#desc(node, lex, false)
        break
      case A.VAR:
        if (!formal && this.#resolve(node.name, lex).kind !== 'none') return this.#desc(node, lex, false)
    }
    const at = out.reserve(2)
    out.put1(at, Op.THUNK, this.#enqueue(node, lex, this.#env, false))
    return at
  }

  /** The offset that Nix has for an expression (nixexpr.hh, getPos), or -1: it has none. */
  #placeOf(node: A.Node): number {
    // Who asks about an expression asks about the part that it has its place from next.
    if (node === this.#placedNext) {
      this.#placedNext = placedBy(node)
      return this.#place
    }
    let last = node
    for (let part = placedBy(last); part !== null; part = placedBy(last)) last = part
    this.#placedNext = placedBy(node)
    this.#place = ownPlace(last)
    return this.#place
  }

  /** A slot in the unit's own environment; asks for one to be made if there is none. */
  #slot(): { env: EnvScope; slot: number } {
    if (!this.#owns) {
      this.#wantsEnv = true
      return { env: this.#env, slot: 1 }
    }
    return { env: this.#env, slot: this.#env.slot() }
  }

  #resolve(name: string, lex: LexScope | null): Resolved {
    // What a variable is decides how its load looks, so it is asked twice in a row.
    const last = this.#resolved
    if (last !== null && name === this.#resolvedName && lex === this.#resolvedIn) return last
    const r = resolve(lex, name, this.#globals)
    if (r.kind === 'local') r.binding.used = true
    this.#resolved = r
    this.#resolvedName = name
    this.#resolvedIn = lex
    return r
  }

  /** Whether a name means what it does globally: operators are names that programs may bind (SEMANTICS 2.3). */
  #isGlobal(name: string, lex: LexScope | null): boolean {
    return this.#resolve(name, lex).kind === 'global'
  }

  /** Adds a warning about the bytes from `start`; they are those of `name` unless `end` says otherwise. */
  #note(code: WarningCode, start: number, name: string, end = start + name.length): void {
    if (this.#noting) this.#warnings.push({ code, message: sentence(code, name), start, end, always: false })
  }

  #noteShadowing(name: string, pos: number): void {
    if (this.#noting && this.#globals.has(name)) this.#note('shadowed-global', pos, name)
  }

  /** `true` or `false` as written, if that is what it means here. */
  #constant(node: A.Node, lex: LexScope | null): boolean | undefined {
    if (!this.#noting || node.kind !== A.VAR || (node.name !== 'true' && node.name !== 'false'))
      return undefined
    return this.#isGlobal(node.name, lex) ? node.name === 'true' : undefined
  }

  /** `true && x`, `x || false` and the like. */
  #noteLogic(node: A.BinaryNode, lex: LexScope | null): void {
    const left = this.#constant(node.left, lex)
    if (left === (node.op === '||')) this.#noteDead(node.right)
    else if (left !== undefined || this.#constant(node.right, lex) !== undefined) {
      this.#note('useless-bool', node.start, '', node.end)
    }
  }

  #noteDead(node: A.Node): void {
    this.#note('dead-code', node.start, '', node.end)
  }

  #noteOutputs(node: A.CallNode, lex: LexScope | null): void {
    const { fn } = node
    const name = fn.kind === A.VAR ? fn.name : fn.kind === A.SELECT ? fn.path[fn.path.length - 1].name : ''
    if (name !== 'derivation' && name !== 'derivationStrict') return
    if (this.#knownFunction(fn, lex) < 0) return
    for (const attr of shadowedOutputs(node.args[0])) this.#note('shadowed-output', attr.pos, attr.name)
  }

  #undefined(name: string, pos: number): void {
    this.#errors.push(new NixError('undefined-variable', `undefined variable '${quoteName(name)}'`, { pos }))
  }

  // ---------------------------------------------------------------- strict

  /** Emits code that leaves the forced value in acc. With `tail`, the code also ends the unit. */
  #expr(node: A.Node, lex: LexScope | null, tail: boolean): void {
    const out = this.#out
    if (this.#nesting >= MAX_NESTING && (node.kind > A.CUR_POS || node.kind === A.INTERPOLATION)) {
      const part = this.#enqueue(node, lex, this.#env, false)
      this.#parts.push(part)
      out.op1(Op.SUBUNIT, part)
      if (tail) out.op(Op.RETURN)
      return
    }
    this.#nesting++
    if (!this.#strict(node, lex, tail) && tail) out.op(Op.RETURN)
    this.#nesting--
  }

  /** Answers whether the code already ends the unit. */
  #strict(node: A.Node, lex: LexScope | null, tail: boolean): boolean {
    const out = this.#out
    switch (node.kind) {
      case A.INT:
        if (typeof node.value === 'number' && node.value === (node.value | 0)) out.op1(Op.INT, node.value)
        else out.op1(Op.CONST, out.bigInt(BigInt(node.value)))
        return false
      case A.FLOAT:
        out.op1(Op.CONST, out.float(node.value))
        return false
      case A.STRING:
        out.op1(Op.STR, out.string(node.value))
        return false
      case A.PATH:
        out.span(node.pos)
        out.op1(Op.CONST, out.path(node.value))
        return false
      case A.SEARCH_PATH:
        return this.#searchPath(node, lex, tail)
      case A.VAR:
        this.#variable(node.name, node.pos, lex, true)
        return false
      case A.CUR_POS:
        out.op1(Op.CUR_POS, node.pos)
        return false
      case A.INTERPOLATION:
        return this.#interpolation(node, lex)
      case A.LIST:
        if (node.items.length === 0) out.op(Op.EMPTY_LIST)
        else {
          const { items } = node
          for (let i = 0; i < items.length; i++) {
            this.#raw(items[i], lex, true)
            out.op(Op.PUSH)
          }
          out.op1(Op.LIST, items.length)
        }
        return false
      case A.ATTRS:
        this.#attrs(node, lex)
        return false
      case A.SELECT:
        this.#select(node, lex)
        return false
      case A.HAS_ATTR:
        this.#hasAttr(node, lex)
        return false
      case A.LAMBDA:
        out.op1(Op.CLOSURE, this.#enqueue(node, lex, this.#env, true))
        return false
      case A.CALL:
        return this.#call(node, lex, tail)
      case A.LET: {
        if (node.attrs.attrs.length === 0) this.#note('empty-let', node.start, '', node.start + 3)
        const inner = this.#bindings(node.attrs, lex, node)
        this.#expr(node.body, inner, tail)
        return tail
      }
      case A.WITH: {
        const inner = new LexScope(lex, null, this.#withSource(node.scope, node.pos, lex))
        this.#expr(node.body, inner, tail)
        return tail
      }
      case A.IF: {
        const known = this.#constant(node.cond, lex)
        if (known !== undefined) this.#noteDead(known ? node.else : node.then)
        const start = out.pc
        this.#expr(node.cond, lex, false)
        out.region(start, REGION.BRANCH, node.pos)
        out.span(node.pos)
        const otherwise = out.jump(Op.BRANCH)
        this.#expr(node.then, lex, tail)
        const end = tail ? -1 : out.jump(Op.JUMP)
        out.land(otherwise)
        this.#expr(node.else, lex, tail)
        if (!tail) out.land(end)
        return tail
      }
      case A.ASSERT:
        this.#assert(node, lex)
        this.#expr(node.body, lex, tail)
        return tail
      case A.NOT: {
        const start = out.pc
        const pos = this.#placeOf(node.expr)
        if (this.#constant(node.expr, lex) !== undefined) this.#note('useless-bool', node.start, '', node.end)
        this.#expr(node.expr, lex, false)
        out.region(start, REGION.NOT, pos)
        out.span(pos)
        out.op(Op.NOT)
        return false
      }
      case A.NEGATE: {
        if (!this.#isGlobal('__sub', lex)) {
          out.op1(Op.INT, 0)
          out.op(Op.PUSH)
          this.#raw(node.expr, lex, false)
          out.op(Op.PUSH)
          this.#variable('__sub', node.pos, lex, true)
          out.span(node.pos)
          out.op1(tail ? Op.TAIL_CALL : Op.CALL, 2)
          return false
        }
        const start = out.pc
        this.#argument(node.expr, lex)
        out.region(start, REGION.SUB, node.pos)
        out.span(node.pos)
        out.op(Op.NEGATE)
        return false
      }
      case A.BINARY:
        return this.#binary(node, lex, tail)
    }
  }

  #variable(name: string, pos: number, lex: LexScope | null, force: boolean): void {
    const out = this.#out
    const r = this.#resolve(name, lex)
    switch (r.kind) {
      case 'local': {
        const { env, slot, desc } = r.binding
        const hops = hopsTo(this.#env, env)
        out.span(pos)
        if (hops === 0) out.op2(force ? Op.GET0F : Op.GET0, slot, desc)
        else if (hops === 1) out.op2(force ? Op.GET1F : Op.GET1, slot, desc)
        else out.op3(force ? Op.GETNF : Op.GETN, hops, slot, desc)
        return
      }
      case 'global':
        this.#global(name, r.index)
        return
      case 'with':
        out.span(pos)
        out.op3(Op.WITH_GET, out.string(name), this.#withTable(r.sources), out.newCache())
        return
      case 'none':
        this.#undefined(name, pos)
        out.op(Op.NULL)
    }
  }

  #global(name: string, index: number): void {
    const out = this.#out
    if (name === 'true') out.op(Op.TRUE)
    else if (name === 'false') out.op(Op.FALSE)
    else if (name === 'null') out.op(Op.NULL)
    else {
      out.op1(Op.GLOBAL, index)
      // The one global that is a thunk; its index is that of `builtins`.
      if (name === '__currentTime') out.op3(Op.SELECT, out.string('currentTime'), out.newCache(), -1)
    }
  }

  /** The table of the sets round a name. Names that stand together have one. */
  #withTable(sources: readonly WithSource[]): number {
    const out = this.#out
    const last = this.#lastWith
    if (last !== null && last.sources === sources && last.env === this.#env) return last.table
    const n = sources.length
    const table = out.reserve(1 + 4 * n)
    out.put(table, n)
    for (let i = 0; i < n; i++) {
      const { binding, global, pos } = sources[i]
      if (binding === null) out.put4(table + 1 + 4 * i, -1, global, 0, pos)
      else out.put4(table + 1 + 4 * i, hopsTo(this.#env, binding.env), binding.slot, binding.desc, pos)
    }
    this.#lastWith = { sources, env: this.#env, table }
    return table
  }

  #table(words: readonly number[]): number {
    const at = this.#out.reserve(words.length)
    for (let i = 0; i < words.length; i++) this.#out.put(at + i, words[i])
    return at
  }

  /** Where the set of a `with` (or of `inherit (e)`) is kept: a variable's own slot if it is one, else a hidden slot. */
  #withSource(scope: A.Node, pos: number, lex: LexScope | null): WithSource {
    if (scope.kind === A.VAR) {
      const r = this.#resolve(scope.name, lex)
      if (r.kind === 'local') return { binding: r.binding, global: -1, pos }
      if (r.kind === 'global') return { binding: null, global: r.index, pos }
    }
    const place = this.#slot()
    const binding = newBinding(place, this.#desc(scope, lex, false), true)
    return { binding, global: -1, pos }
  }

  #searchPath(node: A.SearchPathNode, lex: LexScope | null, tail: boolean): boolean {
    const out = this.#out
    this.#variable('__nixPath', node.pos, lex, false)
    out.op(Op.PUSH)
    out.op1(Op.STR, out.string(node.value))
    out.op(Op.PUSH)
    this.#variable('__findFile', node.pos, lex, true)
    out.span(node.pos)
    out.op1(tail ? Op.TAIL_CALL : Op.CALL, 2)
    return false
  }

  #interpolation(node: A.InterpolationNode, lex: LexScope | null): boolean {
    const out = this.#out
    const { parts, positions } = node
    let count = 0
    // Literal pieces that stand together become one.
    let literal = ''
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i]
      if (part.kind === A.STRING) {
        literal += part.value
        continue
      }
      if (literal !== '') {
        this.#piece(literal)
        count++
        literal = ''
      }
      this.#expr(part, lex, false)
      if (node.path && i === 0) {
        // A path value keeps no trailing slash, but `./${x}` needs it.
        if (part.kind === A.PATH && part.value.endsWith('/')) literal = '/'
      } else {
        out.span(positions[i])
        out.op1(Op.COERCE, node.path ? 0 : 1)
      }
      out.op(Op.PUSH)
      count++
    }
    if (count === 0) {
      out.op1(Op.STR, out.string(literal))
      return false
    }
    if (literal !== '') {
      this.#piece(literal)
      count++
    }
    out.span(node.pos)
    out.op1(node.path ? Op.CONCAT_PATH : Op.CONCAT, count)
    return false
  }

  #piece(literal: string): void {
    this.#out.op1(Op.STR, this.#out.string(literal))
    this.#out.op(Op.PUSH)
  }

  #call(node: A.CallNode, lex: LexScope | null, tail: boolean): boolean {
    const out = this.#out
    if (this.#noting) this.#noteOutputs(node, lex)
    const known = this.#knownFunction(node.fn, lex)
    if (known >= 0) {
      const fn = this.#functions.get(known)
      if (fn !== undefined && fn.kinds.length === node.args.length && forcesAny(fn)) {
        this.#callKnown(node, known, fn, lex)
        return false
      }
    }
    const { args } = node
    for (let i = 0; i < args.length; i++) {
      this.#raw(args[i], lex, false)
      out.op(Op.PUSH)
    }
    this.#expr(node.fn, lex, false)
    out.span(node.pos)
    // What is no closure comes back from a tail call too: the RETURN that follows is for it.
    out.op1(tail ? Op.TAIL_CALL : Op.CALL, node.args.length)
    return false
  }

  /** The global that an expression in function position certainly is, or -1. */
  #knownFunction(fn: A.Node, lex: LexScope | null): number {
    if (fn.kind === A.VAR) {
      const r = this.#resolve(fn.name, lex)
      if (r.kind === 'global') return r.index
      return r.kind === 'local' ? r.binding.alias : -1
    }
    if (fn.kind !== A.SELECT || fn.path.length !== 1 || fn.fallback !== null) return -1
    const step = fn.path[0]
    if (fn.object.kind !== A.VAR || fn.object.name !== 'builtins' || step.expr !== null) return -1
    const index = this.#globals.get(`builtins.${step.name}`)
    return index !== undefined && this.#isGlobal('builtins', lex) ? index : -1
  }

  /**
   * A call of a builtin that forces its arguments anyway: they are evaluated in place, without thunks, in the order in
   * which the builtin would force them, each checked before the next one is begun.
   */
  #callKnown(node: A.CallNode, known: number, fn: GlobalFunction, lex: LexScope | null): void {
    const out = this.#out
    out.span(node.pos)
    out.op(Op.BUILTIN_ENTER)
    for (const i of fn.order) {
      const arg = node.args[i]
      if (fn.kinds[i] === 0) this.#raw(arg, lex, false)
      else {
        const start = out.pc
        this.#argument(arg, lex)
        out.region(start, REGION.BUILTIN + 4 * known + i, node.pos)
        if (fn.kinds[i] > 1) {
          out.span(node.pos)
          out.op2(Op.CHECK_ARG, known, i)
        }
      }
      out.op(Op.PUSH)
    }
    out.span(node.pos)
    const owns = fn.owning !== undefined && this.#isOwn(node.args[node.args.length - 1], lex)
    out.op2(Op.CALL_BUILTIN, owns ? (fn.owning as number) : known, node.args.length)
  }

  /** What Nix hands to a builtin: a variable as it is, and builtins force it at no position. */
  #argument(node: A.Node, lex: LexScope | null): void {
    if (node.kind === A.VAR && this.#resolve(node.name, lex).kind === 'local')
      this.#variable(node.name, -1, lex, true)
    else this.#expr(node, lex, false)
  }

  /** Whether nobody else looks at the list that an expression is: it is made here, or has a name that stands only here. */
  #isOwn(node: A.Node, lex: LexScope | null): boolean {
    if (node.kind !== A.VAR) return this.#isFresh(node, lex)
    const r = this.#resolve(node.name, lex)
    if (r.kind !== 'local' || r.binding.call === null || isRepeated(this.#env, r.binding.env)) return false
    const { call } = r.binding
    if (!this.#isFresh(call.node, call.lex)) return false
    return (call.once ??= standsOnce(call.let, node.name))
  }

  /** Whether an expression makes a list that nobody else has. */
  #isFresh(node: A.Node, lex: LexScope | null): boolean {
    if (node.kind !== A.CALL) return false
    const fn = this.#functions.get(this.#knownFunction(node.fn, lex))
    return fn?.fresh === true && fn.kinds.length === node.args.length
  }

  #assert(node: A.AssertNode, lex: LexScope | null): void {
    const out = this.#out
    const { cond } = node
    const start = out.pc
    const known = this.#constant(cond, lex)
    if (known === true) this.#note('useless-bool', node.start, '', cond.end)
    else if (known === false) this.#noteDead(node.body)
    if (cond.kind === A.BINARY && cond.op === '==') {
      this.#expr(cond.left, lex, false)
      out.op(Op.PUSH)
      this.#expr(cond.right, lex, false)
      out.region(start, REGION.ASSERT, node.pos)
      out.span(node.pos)
      out.op2(Op.ASSERT_EQ, cond.start, cond.end)
    } else {
      this.#expr(cond, lex, false)
      out.region(start, REGION.ASSERT, node.pos)
      out.span(node.pos)
      out.op2(Op.ASSERT, cond.start, cond.end)
    }
  }

  #binary(node: A.BinaryNode, lex: LexScope | null, tail: boolean): boolean {
    const out = this.#out
    const { op, left, right } = node
    switch (op) {
      case '&&':
      case '||':
      case '->': {
        if (this.#noting) this.#noteLogic(node, lex)
        const kind = op === '&&' ? REGION.AND_LEFT : op === '||' ? REGION.OR_LEFT : REGION.IMPL_LEFT
        const first = out.pc
        this.#expr(left, lex, false)
        out.region(first, kind, node.pos)
        out.span(node.pos)
        const end = out.jump(op === '&&' ? Op.AND : op === '||' ? Op.OR : Op.IMPL)
        const second = out.pc
        this.#expr(right, lex, false)
        out.region(second, kind + 1, node.pos)
        out.span(node.pos)
        out.op1(Op.CHECK_BOOL, op === '&&' ? CONTEXT.AND : op === '||' ? CONTEXT.OR : CONTEXT.IMPL)
        out.land(end)
        return false
      }
      case '//':
        // Nix evaluates the right operand first (ExprOpUpdate).
        this.#update(left, right, lex)
        return false
      case '+': {
        this.#expr(left, lex, false)
        if (!this.#isAddend(left, lex)) {
          out.span(left.start)
          out.op(Op.ADDEND)
        }
        out.op(Op.PUSH)
        const second = out.pc
        this.#expr(right, lex, false)
        out.region(second, REGION.PLUS, left.start)
        out.span(right.start)
        out.op(Op.ADD)
        return false
      }
      case '++':
      case '==':
      case '!=':
        this.#operands(left, right, lex)
        out.span(node.pos)
        out.op(op === '++' ? Op.CONCAT_LISTS : op === '==' ? Op.EQUAL : Op.NOT_EQUAL)
        return false
      case '-':
        return this.#arithmetic('__sub', Op.SUB, left, right, node, lex, tail, false)
      case '*':
        return this.#arithmetic('__mul', Op.MUL, left, right, node, lex, tail, false)
      case '/':
        return this.#arithmetic('__div', Op.DIV, left, right, node, lex, tail, false)
      case '<':
        return this.#arithmetic('__lessThan', Op.LESS, left, right, node, lex, tail, false)
      case '>':
        return this.#arithmetic('__lessThan', Op.LESS, right, left, node, lex, tail, false)
      case '<=':
        return this.#arithmetic('__lessThan', Op.LESS, right, left, node, lex, tail, true)
      case '>=':
        return this.#arithmetic('__lessThan', Op.LESS, left, right, node, lex, tail, true)
    }
  }

  #operands(first: A.Node, second: A.Node, lex: LexScope | null): void {
    const out = this.#out
    this.#expr(first, lex, false)
    out.op(Op.PUSH)
    this.#expr(second, lex, false)
  }

  #update(left: A.Node, right: A.Node, lex: LexScope | null): void {
    const out = this.#out
    this.#updateOperand(right, REGION.UPDATE_RIGHT, lex)
    out.op1(Op.CHECK_ATTRS, CONTEXT.UPDATE_RIGHT)
    out.op(Op.PUSH)
    this.#updateOperand(left, REGION.UPDATE_LEFT, lex)
    out.op(Op.UPDATE)
  }

  /** Only the ends of a chain of `//` get a trace line (Nix: ExprOpUpdate::evalForUpdate). */
  #updateOperand(node: A.Node, kind: number, lex: LexScope | null): void {
    const out = this.#out
    const start = out.pc
    const pos = this.#placeOf(node)
    this.#expr(node, lex, false)
    if (node.kind !== A.BINARY || node.op !== '//') out.region(start, kind, pos)
    out.span(pos)
  }

  /** Whether an expression can only be a number, a string or a path. */
  #isAddend(node: A.Node, lex: LexScope | null): boolean {
    switch (node.kind) {
      case A.INT:
      case A.FLOAT:
      case A.STRING:
      case A.INTERPOLATION:
      case A.PATH:
        return true
      case A.BINARY:
        switch (node.op) {
          case '+':
            return true
          case '-':
            return this.#isGlobal('__sub', lex)
          case '*':
            return this.#isGlobal('__mul', lex)
          case '/':
            return this.#isGlobal('__div', lex)
          default:
            return false
        }
      default:
        return false
    }
  }

  #arithmetic(
    name: string,
    op: number,
    first: A.Node,
    second: A.Node,
    node: A.BinaryNode,
    lex: LexScope | null,
    tail: boolean,
    negate: boolean,
  ): boolean {
    const out = this.#out
    const start = out.pc
    if (this.#isGlobal(name, lex)) {
      this.#argument(first, lex)
      out.op(Op.PUSH)
      this.#argument(second, lex)
      const kind =
        op === Op.SUB ? REGION.SUB : op === Op.MUL ? REGION.MUL : op === Op.DIV ? REGION.DIV : REGION.LESS
      out.region(start, kind, node.pos)
      out.span(node.pos)
      out.op(op)
    } else {
      this.#raw(first, lex, false)
      out.op(Op.PUSH)
      this.#raw(second, lex, false)
      out.op(Op.PUSH)
      this.#variable(name, node.pos, lex, true)
      out.span(node.pos)
      out.op1(tail && !negate ? Op.TAIL_CALL : Op.CALL, 2)
    }
    if (negate) {
      out.region(start, REGION.NOT, node.pos)
      out.span(node.pos)
      out.op(Op.NOT)
    }
    return false
  }

  // ---------------------------------------------------------------- selection

  /** A path of several steps as trace lines name it. */
  #pathText(path: readonly A.PathStep[]): number {
    if (path.length < 2) return -1
    return this.#out.string(path.map(stepText).join('.'))
  }

  #select(node: A.SelectNode, lex: LexScope | null): void {
    const out = this.#out
    let { path } = node
    const text = this.#pathText(path)
    const first = path[0]
    // `builtins.NAME` of a known builtin needs no look-up.
    if (node.object.kind === A.VAR && node.object.name === 'builtins' && first.expr === null) {
      const index = this.#globals.get(`builtins.${first.name}`)
      if (index !== undefined && this.#isGlobal('builtins', lex)) {
        this.#global(first.name, index)
        path = path.slice(1)
      } else this.#expr(node.object, lex, false)
    } else this.#expr(node.object, lex, false)
    const misses: number[] = []
    const start = out.pc
    for (let i = 0; i < path.length; i++) {
      const step = path[i]
      if (step.expr === null) {
        out.span(node.pos)
        const name = out.string(step.name)
        if (node.fallback === null) out.op3(Op.SELECT, name, out.newCache(), text)
        else misses.push(out.jump2(Op.SELECT_OR, name, out.newCache()))
      } else {
        const before = out.pc
        out.op(Op.PUSH)
        this.#expr(step.expr, lex, false)
        out.span(this.#placeOf(step.expr))
        out.op1(Op.DYN_NAME, 0)
        if (step !== path[0]) out.region(before, REGION.SELECT, node.pos)
        out.span(node.pos)
        if (node.fallback === null) out.op1(Op.SELECT_DYN, text)
        else misses.push(out.jump(Op.SELECT_DYN_OR))
      }
    }
    if (node.fallback !== null) {
      // The instructions have no operand for it.
      const whole = text >= 0 ? text : out.string(stepText(first))
      out.region(start, REGION.PATH - whole, -1)
      const end = out.jump(Op.JUMP)
      for (const miss of misses) out.land(miss)
      const fallback = out.pc
      this.#expr(node.fallback, lex, false)
      out.region(fallback, REGION.DEFAULT, -1)
      out.land(end)
    }
  }

  #hasAttr(node: A.HasAttrNode, lex: LexScope | null): void {
    const out = this.#out
    this.#expr(node.object, lex, false)
    const misses: number[] = []
    for (let i = 0; i < node.path.length; i++) {
      const step = node.path[i]
      const last = i === node.path.length - 1
      if (step.expr === null) {
        out.span(node.pos)
        if (last) out.op1(Op.HAS, out.string(step.name))
        else misses.push(out.jump2(Op.SELECT_OR, out.string(step.name), out.newCache()))
      } else {
        out.op(Op.PUSH)
        this.#expr(step.expr, lex, false)
        out.span(this.#placeOf(step.expr))
        out.op1(Op.DYN_NAME, 0)
        out.span(node.pos)
        if (last) out.op(Op.HAS_DYN)
        else misses.push(out.jump(Op.SELECT_DYN_OR))
      }
    }
    if (misses.length > 0) {
      const end = out.jump(Op.JUMP)
      for (const miss of misses) out.land(miss)
      out.op(Op.FALSE)
      out.land(end)
    }
  }

  // ---------------------------------------------------------------- bindings

  /** Declares the names of a `let` or `rec` in the unit's environment and describes their values; answers the scope. */
  /** `of`: the `let` whose bindings they are; null for those of a recursive set. */
  #bindings(attrs: A.AttrsNode, lex: LexScope | null, of: A.LetNode | null): LexScope {
    const names = new Map<string, Binding>()
    const scope = new LexScope(lex, names)
    const list = attrs.attrs
    const n = list.length
    const bindings: Binding[] = new Array(n)
    for (let i = 0; i < n; i++) {
      const attr = list[i]
      const binding = newBinding(this.#slot(), 0, false)
      if (attr.how === 'from') binding.alias = this.#builtinOf(attrs.from[attr.from], attr.name, lex)
      else if (of !== null && attr.value?.kind === A.CALL)
        binding.call = { node: attr.value, lex: scope, let: of, once: undefined }
      names.set(attr.name, binding)
      bindings[i] = binding
    }
    if (this.#noting) this.#noteBindings(attrs, names, lex, of !== null)
    if (names.has('builtins')) for (let i = 0; i < n; i++) bindings[i].alias = -1
    const sources = this.#sources(attrs, scope)
    // A desc may refer to another binding's desc, so all get their places before any is written.
    const sizes: number[] = new Array(n)
    for (let i = 0; i < n; i++) {
      const attr = list[i]
      sizes[i] = isAhead(attr, names) ? 2 : this.#shapeOf(attr, attr.how === 'inherit' ? lex : scope)
    }
    for (let i = 0; i < n; i++) bindings[i].desc = this.#out.reserve(sizes[i])
    for (let i = 0; i < n; i++) {
      const attr = list[i]
      const binding = bindings[i]
      if (isAhead(attr, names)) {
        this.#out.put1(binding.desc, Op.THUNK, this.#enqueue(attr.value as A.Node, scope, this.#env, false))
      } else this.#attrDesc(binding.desc, attr, attr.how === 'inherit' ? lex : scope, sources, true)
    }
    return scope
  }

  #noteBindings(attrs: A.AttrsNode, names: Map<string, Binding>, lex: LexScope | null, isLet: boolean): void {
    for (const attr of attrs.attrs) {
      const { name, pos } = attr
      if (isLet) {
        const bound = attr.how === 'inherit' ? resolve(lex, name, this.#globals).kind : 'none'
        if (bound === 'local' || bound === 'global') this.#note('useless-inherit', pos, name)
        this.#lets.push({ attr, binding: names.get(name) as Binding })
      }
      if (attr.how === 'plain') this.#noteShadowing(name, pos)
    }
  }

  /** The global that `inherit (builtins) name` brings, or -1. */
  #builtinOf(source: A.Node, name: string, lex: LexScope | null): number {
    if (source.kind !== A.VAR || source.name !== 'builtins' || !this.#isGlobal('builtins', lex)) return -1
    return this.#globals.get(`builtins.${name}`) ?? -1
  }

  #sources(attrs: A.AttrsNode, lex: LexScope | null): (Binding | A.Node)[] {
    const { from } = attrs
    if (from.length === 0) return NO_SOURCES
    const sources: (Binding | A.Node)[] = new Array(from.length)
    for (let i = 0; i < from.length; i++) sources[i] = this.#fromSource(from[i], lex)
    return sources
  }

  /** `inherit (e)`: a variable is looked up again by each name, anything else gets a hidden slot. */
  #fromSource(e: A.Node, lex: LexScope | null): Binding | A.Node {
    if (e.kind === A.VAR) {
      // Nobody may look it up: the list of names can be empty.
      if (this.#resolve(e.name, lex).kind === 'none') this.#undefined(e.name, e.pos)
      return e
    }
    const binding = newBinding(this.#slot(), 0, true)
    binding.desc = this.#desc(e, lex, false)
    return binding
  }

  /** How many words the desc of an attribute takes. */
  #shapeOf(attr: A.Attr, lex: LexScope | null): number {
    if (attr.how === 'from') return 2
    if (attr.how === 'inherit') return this.#varSize(attr.name, lex)
    return this.#rawSize(attr.value as A.Node, lex)
  }

  #attrDesc(
    at: number,
    attr: A.Attr,
    lex: LexScope | null,
    sources: (Binding | A.Node)[],
    element: boolean,
  ): void {
    switch (attr.how) {
      case 'inherit':
        this.#putVar(at, attr.name, attr.pos, lex)
        return
      case 'from':
        this.#out.put1(at, Op.THUNK, this.#inheritUnit(attr, sources[attr.from], lex))
        return
      default:
        this.#putRaw(at, attr.value as A.Node, lex, element)
    }
  }

  /** The unit of one name of `inherit (e) …`. */
  #inheritUnit(attr: A.Attr, source: Binding | A.Node, lex: LexScope | null): number {
    const node: A.SelectNode = {
      kind: A.SELECT,
      start: attr.pos,
      end: attr.pos,
      pos: attr.pos,
      object: 'kind' in source ? source : this.#hidden(source, attr.pos),
      path: [{ name: attr.name, expr: null, pos: attr.pos }],
      fallback: null,
    }
    const inner = 'kind' in source ? lex : new LexScope(lex, new Map([['\0from', source]]))
    return this.#enqueue(node, inner, this.#env, false)
  }

  /** A variable no program can name, for hidden slots. */
  #hidden(_source: Binding, pos: number): A.VarNode {
    return { kind: A.VAR, start: pos, end: pos, pos, name: '\0from' }
  }

  #attrs(node: A.AttrsNode, lex: LexScope | null): void {
    const out = this.#out
    const attrs = node.attrs
    const n = attrs.length
    let inner = lex
    let names: Map<string, Binding> | null = null
    let sources: (Binding | A.Node)[] = NO_SOURCES
    if (node.rec) {
      inner = this.#bindings(node, lex, null)
      names = inner.names
    } else sources = this.#sources(node, lex)
    for (let i = 0; i < node.dynamic.length; i++) {
      const d = node.dynamic[i]
      this.#expr(d.name, inner, false)
      out.span(d.pos)
      out.op1(Op.DYN_NAME, 1)
      out.op(Op.PUSH)
      // Inner lambdas are compiled later: they have to be known by then.
      for (let v = d.value; v.kind === A.LAMBDA; v = v.body) this.#computed.set(v, d.pos)
      this.#raw(d.value, inner, true)
      out.op(Op.PUSH)
    }
    const sorted = inOrder(attrs) ? attrs : sortedByName(attrs)
    const table = out.reserve(2 + 3 * n)
    out.put(table, n)
    // A set that only attribute paths make has no place.
    out.put(table + 1 + 3 * n, n > 0 && attrs[0].pos === node.pos ? -1 : node.pos)
    for (let i = 0; i < n; i++) {
      const attr = sorted[i]
      let desc: number
      if (names !== null) {
        const b = names.get(attr.name) as Binding
        b.used = true
        desc = out.reserve(3)
        out.put3(desc, Op.GET0, b.slot, b.desc)
      } else {
        desc = out.reserve(this.#shapeOf(attr, lex))
        this.#attrDesc(desc, attr, lex, sources, true)
      }
      out.put3(table + 1 + 3 * i, out.string(attr.name), attr.pos, desc)
    }
    out.op2(Op.ATTRS, out.newSite(), table)
    if (names !== null && names.has('__overrides')) {
      const slots = [n]
      for (const attr of sorted) slots.push(out.string(attr.name), (names.get(attr.name) as Binding).slot)
      out.span(node.pos)
      out.op1(Op.OVERRIDES, this.#table(slots))
    }
    if (node.dynamic.length > 0) {
      out.span(node.pos)
      out.op2(Op.ATTRS_DYN, node.dynamic.length, this.#table(node.dynamic.map((d) => d.pos)))
    }
  }

  // ---------------------------------------------------------------- raw loads

  /** Emits a raw load: the Slot of an expression that is not needed yet. `element`: of a list, where lambdas print as code. */
  #raw(node: A.Node, lex: LexScope | null, element: boolean): void {
    const out = this.#out
    switch (node.kind) {
      case A.VAR: {
        const r = this.#resolve(node.name, lex)
        if (r.kind !== 'with') {
          this.#variable(node.name, node.pos, lex, false)
          return
        }
        break
      }
      case A.LIST:
        if (node.items.length > 0) break
        this.#strict(node, lex, false)
        return
      case A.INT:
      case A.FLOAT:
      case A.STRING:
      case A.PATH:
        this.#strict(node, lex, false)
        return
      case A.LAMBDA:
        out.op1(element ? Op.CLOSURE_RAW : Op.CLOSURE, this.#enqueue(node, lex, this.#env, true))
        return
    }
    out.op1(Op.THUNK, this.#enqueue(node, lex, this.#env, false))
  }

  /** A desc for an expression; answers its offset. */
  #desc(node: A.Node, lex: LexScope | null, element: boolean): number {
    const at = this.#out.reserve(this.#rawSize(node, lex))
    this.#putRaw(at, node, lex, element)
    return at
  }

  /** How many words the desc of an expression takes. */
  #rawSize(node: A.Node, lex: LexScope | null): number {
    if (node.kind === A.VAR) return this.#varSize(node.name, lex)
    return node.kind === A.LIST && node.items.length === 0 ? 1 : 2
  }

  #varSize(name: string, lex: LexScope | null): number {
    const r = this.#resolve(name, lex)
    if (r.kind === 'local') return hopsTo(this.#env, r.binding.env) > 1 ? 4 : 3
    if (r.kind === 'global') return name === 'true' || name === 'false' || name === 'null' ? 1 : 2
    return 2
  }

  #putVar(at: number, name: string, pos: number, lex: LexScope | null): void {
    const out = this.#out
    const r = this.#resolve(name, lex)
    switch (r.kind) {
      case 'local': {
        const { env, slot, desc } = r.binding
        const hops = hopsTo(this.#env, env)
        if (hops > 1) out.put4(at, Op.GETN, hops, slot, desc)
        else out.put3(at, hops === 0 ? Op.GET0 : Op.GET1, slot, desc)
        return
      }
      case 'global':
        if (name === 'true') out.put(at, Op.TRUE)
        else if (name === 'false') out.put(at, Op.FALSE)
        else if (name === 'null') out.put(at, Op.NULL)
        else if (name === '__currentTime') {
          out.put1(
            at,
            Op.THUNK,
            this.#enqueue({ kind: A.VAR, start: pos, end: pos, pos, name }, lex, this.#env, false),
          )
        } else out.put1(at, Op.GLOBAL, r.index)
        return
      case 'with':
        out.put1(
          at,
          Op.THUNK,
          this.#enqueue({ kind: A.VAR, start: pos, end: pos, pos, name }, lex, this.#env, false),
        )
        return
      case 'none':
        this.#undefined(name, pos)
        out.put1(at, Op.INT, 0)
    }
  }

  #putRaw(at: number, node: A.Node, lex: LexScope | null, element: boolean): void {
    const out = this.#out
    switch (node.kind) {
      case A.INT:
        if (typeof node.value === 'number' && node.value === (node.value | 0))
          out.put1(at, Op.INT, node.value)
        else out.put1(at, Op.CONST, out.bigInt(BigInt(node.value)))
        return
      case A.FLOAT:
        out.put1(at, Op.CONST, out.float(node.value))
        return
      case A.STRING:
        out.put1(at, Op.STR, out.string(node.value))
        return
      case A.PATH:
        out.put1(at, Op.CONST, out.path(node.value))
        return
      case A.VAR:
        this.#putVar(at, node.name, node.pos, lex)
        return
      case A.LIST:
        if (node.items.length > 0) break
        out.put(at, Op.EMPTY_LIST)
        return
      case A.LAMBDA:
        out.put1(at, element ? Op.CLOSURE_RAW : Op.CLOSURE, this.#enqueue(node, lex, this.#env, true))
        return
    }
    out.put1(at, Op.THUNK, this.#enqueue(node, lex, this.#env, false))
  }
}

/** What has been compiled so far, read anew each time. */
class GrowingChunk implements Chunk {
  readonly #out: Emitter
  #regions: Int32Array = new Int32Array(0)
  readonly growth: Growth
  readonly strings: string[]
  readonly bigInts: bigint[]
  readonly floats: number[]
  readonly paths: string[]
  readonly lineStarts = null
  readonly sourceLength: number
  readonly warnings: SourceWarning[]
  readonly compiled = undefined

  constructor(
    out: Emitter,
    compileUnit: (unit: number) => number,
    complete: () => void,
    log: readonly number[],
    sourceLength: number,
    warnings: SourceWarning[],
  ) {
    this.#out = out
    this.strings = out.strings
    this.bigInts = out.bigInts
    this.floats = out.floats
    this.paths = out.paths
    this.sourceLength = sourceLength
    this.warnings = warnings
    this.growth = {
      chunk: this,
      get rows() {
        return out.rows
      },
      get unitCount() {
        return out.unitCount
      },
      compile: compileUnit,
      complete,
      snapshot: () => ({ ...out.finish(sourceLength, warnings), compiled: Int32Array.from(log) }),
    }
  }

  get code(): Int32Array {
    return this.#out.code
  }
  get units(): Int32Array {
    return this.#out.units
  }
  get spans(): Int32Array {
    return this.#out.spans
  }
  get regions(): Int32Array {
    const rows = this.#out.regions
    if (rows.length !== this.#regions.length) this.#regions = Int32Array.from(rows)
    return this.#regions
  }
  get siteCount(): number {
    return this.#out.siteCount
  }
  get cacheCount(): number {
    return this.#out.cacheCount
  }
}

const NO_SOURCES: never[] = []
const NO_NAMES: readonly string[] = []
const NO_FUNCTIONS: ReadonlyMap<number, GlobalFunction> = new Map()

/**
 * Whether a binding is a variable that stands for the binding itself or a later one of the same `let` or `rec`. Nix has no
 * value for that one yet, so it makes a thunk (ExprVar::maybeThunk); others share the slot.
 */
function isAhead(attr: A.Attr, names: ReadonlyMap<string, Binding>): boolean {
  const { value } = attr
  if (attr.how !== 'plain' || value?.kind !== A.VAR) return false
  const target = names.get(value.name)
  return target !== undefined && target.slot >= (names.get(attr.name) as Binding).slot
}

/** A step of a path as trace lines name it; a dynamic name stands between NULs. */
function stepText({ name, expr }: A.PathStep): string {
  if (expr === null) return quoteName(name)
  return `\0"\${${expr.kind === A.VAR ? expr.name : '...'}}"\0`
}

/** The part that an expression has its place from, or null: it has its own. */
function placedBy(node: A.Node): A.Node | null {
  switch (node.kind) {
    case A.LIST:
      return node.items.length === 0 ? null : node.items[0]
    case A.NOT:
      return node.expr
    case A.HAS_ATTR:
      return node.object
    default:
      return null
  }
}

/** The offset of one that has its own, or -1. */
function ownPlace(node: A.Node): number {
  switch (node.kind) {
    case A.INT:
    case A.FLOAT:
    case A.STRING:
    case A.PATH:
    case A.LET:
    case A.LIST:
      return -1
    case A.BINARY:
      // The grammar of 2.34 gives these two no place (parser.y).
      return node.op === '==' || node.op === '!=' ? -1 : node.pos
    default:
      return node.pos
  }
}

/** Whether the code of an expression puts something into an environment of its own, whatever else it does. */
function bindsNames(node: A.Node): boolean {
  return node.kind === A.LET
    ? node.attrs.attrs.length > 0
    : node.kind === A.ATTRS && node.rec && node.attrs.length > 0
}

function inOrder(attrs: readonly A.Attr[]): boolean {
  for (let i = 1; i < attrs.length; i++) if (attrs[i].name < attrs[i - 1].name) return false
  return true
}

/** From how many attributes on a set is sorted by numbers first. */
const MANY = 64

/**
 * The attributes by name. A big set is sorted by the first four bytes of the names, which its index shares a double with:
 * V8 sorts numbers many times faster than it calls back to compare two strings.
 */
function sortedByName(attrs: readonly A.Attr[]): A.Attr[] {
  const n = attrs.length
  if (n < MANY || n > 1 << 20) return attrs.slice().sort(byName)
  const keys = new Float64Array(n)
  for (let i = 0; i < n; i++) keys[i] = firstBytes(attrs[i].name) * 0x100000 + i
  keys.sort()
  const sorted: A.Attr[] = new Array(n)
  let start = 0
  let last = -1
  for (let i = 0; i <= n; i++) {
    const first = i < n ? Math.floor(keys[i] / 0x100000) : -1
    if (first !== last) {
      if (i - start > 1) sortPart(sorted, start, i)
      start = i
      last = first
    }
    if (i < n) sorted[i] = attrs[keys[i] % 0x100000]
  }
  return sorted
}

function firstBytes(name: string): number {
  let key = 0
  for (let i = 0; i < 4; i++) key = key * 256 + (i < name.length ? name.charCodeAt(i) : 0)
  return key
}

function sortPart(attrs: A.Attr[], start: number, end: number): void {
  const part = attrs.slice(start, end).sort(byName)
  for (let i = 0; i < part.length; i++) attrs[start + i] = part[i]
}

function forcesAny(fn: GlobalFunction): boolean {
  const { kinds } = fn
  for (let i = 0; i < kinds.length; i++) if (kinds[i] > 0) return true
  return false
}

function byName(a: A.Attr, b: A.Attr): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}
