/**
 * Code as a running program holds it (floor 2): a chunk bound to the place it was loaded from, and its units.
 * Everything is looked up lazily, since most of a big file is never run.
 */
import { type Chunk, FLOAT_BASE, type Growth, PATH_BASE, UNIT } from '../bytecode/chunk.ts'
import { canonPath as canonical } from '../io/io.ts'
import type { PosIdx } from '../source.ts'
import { makeInt } from './number.ts'
import { Shape, Site } from './shape.ts'
import { emptyTable, lengthen } from './slots.ts'
import type { SymbolTable } from './symbols.ts'
import { type Attrs, Closure, Deferred, type Env, Float, Hole, Path, type Slot, type Value } from './value.ts'

/** One parameter of a lambda `a: b: …` that is compiled as one unit. */
export interface ParamInfo {
  name: string
  pos: PosIdx
}

export interface FormalInfo {
  sym: number
  name: string
  pos: PosIdx
  /** Offset of the default's desc, 0: required. */
  fallback: number
  slot: number
}

/** The formals of a lambda, sorted by name. */
export class FormalsInfo {
  readonly list: readonly FormalInfo[]
  readonly ellipsis: boolean
  /** Environment slot that holds the argument set. */
  readonly argSlot: number
  /** Shape of `builtins.functionArgs`' result. */
  readonly shape: Shape
  readonly required: number
  /** The names of the last argument that was found to fit: the check is skipped for them. */
  fits: readonly number[] | null = null
  constructor(list: readonly FormalInfo[], ellipsis: boolean, argSlot: number, shape: Shape) {
    this.list = list
    this.ellipsis = ellipsis
    this.argSlot = argSlot
    this.shape = shape
    let required = 0
    for (const f of list) if (f.fallback === 0) required++
    this.required = required
  }
}

/** A lambda in a set or list that nobody has asked for yet; the thunk's payload is its environment. */
export class DelayedClosure extends Deferred {
  readonly proto: Proto
  constructor(proto: Proto) {
    super()
    this.proto = proto
  }
  start(_m: unknown, env: Env): Value {
    return new Closure(this.proto, env)
  }
}

/** A unit of code: the body of a thunk or of a lambda. */
export class Proto {
  readonly chunk: LoadedChunk
  readonly pc: number
  /** Length of the environment a call makes (slot 0 is the parent); 0 for a thunk that makes none. */
  readonly envSize: number
  /** How many arguments a call takes at once; 0 for a thunk. */
  readonly arity: number
  readonly unit: number
  #hole: Hole | null = null
  /** undefined: not decoded; null: the last parameter is a plain name. */
  #formals: FormalsInfo | null | undefined
  #delayed: Deferred | null = null
  readonly hasFormals: boolean
  /**
   * What the second tier has made of the unit (vm/jit.ts): (machine, environment) => Step; null: nothing yet. That of a lambda
   * of one or two arguments makes its environment itself, if it needs one: (machine, null, environment of the
   * closure, arguments…) => Step.
   */
  // biome-ignore lint/suspicious/noExplicitAny: the machine is declared above this floor
  compiled: ((m: any, env: Env | null, outer?: Env, x?: Slot, y?: Slot) => any) | null
  /** The arity, if the unit is compiled and has no formals: then a call needs no look at either. Otherwise -1. */
  direct: number
  /** How often the unit has been run; from a number on it is compiled. */
  heat: number

  constructor(chunk: LoadedChunk, unit: number) {
    const u = chunk.rows
    const at = unit * UNIT.STRIDE
    this.chunk = chunk
    this.unit = unit
    this.pc = u[at + UNIT.PC]
    this.envSize = u[at + UNIT.ENV_SIZE]
    this.arity = u[at + UNIT.ARITY]
    this.hasFormals = u[at + UNIT.FORMALS] >= 0
    this.compiled = null
    this.direct = -1
    this.heat = 0
    this.#formals = this.hasFormals ? undefined : null
  }

  /** The name the lambda was bound to, which may be empty, or null (Nix: ExprLambda::name). */
  get name(): string | null {
    const s = this.chunk.rows[this.unit * UNIT.STRIDE + UNIT.NAME]
    if (s >= 0) return this.chunk.string(s)
    return s === -1 ? null : (this.chunk.computedNames?.get(-2 - s) ?? null)
  }

  /** Position of the i-th of the nested lambdas that make up the unit. */
  get params(): ParamInfo[] {
    const { chunk } = this
    const code = chunk.code
    let at = chunk.rows[this.unit * UNIT.STRIDE + UNIT.PARAMS]
    const params: ParamInfo[] = []
    for (let i = 0; i < this.arity; i++, at += 2) {
      params.push({ name: code[at] < 0 ? '' : chunk.string(code[at]), pos: chunk.posBase + code[at + 1] })
    }
    return params
  }

  /** The black hole of every thunk of this unit. */
  get hole(): Hole {
    if (this.#hole === null) this.#hole = new Hole(this)
    return this.#hole
  }

  /** What a thunk holds that will become a closure of this lambda. */
  get delayed(): Deferred {
    if (this.#delayed === null) this.#delayed = new DelayedClosure(this)
    return this.#delayed
  }

  get formals(): FormalsInfo | null {
    if (this.#formals === undefined) this.#formals = decodeFormals(this.chunk, this.unit)
    return this.#formals
  }
}

function decodeFormals(chunk: LoadedChunk, unit: number): FormalsInfo {
  const code = chunk.code
  let at = chunk.rows[unit * UNIT.STRIDE + UNIT.FORMALS]
  const count = code[at++]
  const ellipsis = code[at++] === 1
  const argSlot = code[at++]
  const list: FormalInfo[] = []
  for (let i = 0; i < count; i++, at += 4) {
    const sym = chunk.sym(code[at])
    list.push({
      sym,
      name: chunk.string(code[at]),
      pos: chunk.posBase + code[at + 1],
      fallback: code[at + 2],
      slot: code[at + 3],
    })
  }
  const shape = new Shape(
    chunk.symbols,
    list.map((f) => f.sym),
    list.map((f) => f.pos),
    null,
    true,
  )
  return new FormalsInfo(list, ellipsis, argSlot, shape)
}

/** What a name under a `with` means as long as the environment that is `hops` further out is this one. */
export interface WithMemo {
  readonly hops: number
  readonly env: Env
  readonly value: Value
}

/** A chunk, bound: under this name, in this folder, with these globals. */
export class LoadedChunk {
  chunk: Chunk
  code: Int32Array
  /** The rows of units. */
  rows: Int32Array
  readonly symbols: SymbolTable
  /** Position of the source's first byte. */
  readonly posBase: PosIdx
  /** Folder that relative paths start from. */
  readonly baseDir: string
  /** Where `~` in a path literal is asked for, when one is met. */
  readonly home: { homeDir(): string }
  /** The source's name for `__curPos`, or null when it is no file. */
  readonly file: string | null
  /** Global values in the order of the compiler's global names. */
  readonly globals: readonly Value[]
  readonly protos: (Proto | undefined)[]
  /** Symbols of the strings that have been used as names; -1: not yet. */
  readonly syms: number[]
  /** The strings that have been asked for. */
  readonly strings: (string | undefined)[]
  readonly #paths: (Path | undefined)[] = []
  /** For a chunk that was stored: throws unless the unit's words are sound. */
  check: ((unit: number) => void) | null = null
  readonly shapes: (Shape | undefined)[]
  readonly icShapes: (Shape | undefined)[]
  readonly icSlots: number[]
  /** The last name that the dynamic attribute at a position was given, for lambdas that are bound by it. */
  computedNames: Map<number, string> | null = null
  /** By inline cache: a set with layers, its lowest layer, and where that has the name. */
  icBig: { sets: (Attrs | undefined)[]; bases: (Attrs | undefined)[]; slots: number[] } | null = null

  /** By inline cache: what a name under a `with` means. */
  withMemos: (WithMemo | undefined)[] | null = null

  constructor(
    chunk: Chunk,
    symbols: SymbolTable,
    posBase: PosIdx,
    baseDir: string,
    home: { homeDir(): string },
    file: string | null,
    globals: readonly Value[],
  ) {
    this.chunk = chunk
    this.code = chunk.code
    this.rows = chunk.growth === undefined ? chunk.units : chunk.growth.rows
    this.symbols = symbols
    this.posBase = posBase
    this.baseDir = baseDir
    this.home = home
    this.file = file
    this.globals = globals
    // Filled as the program runs; most of a big file never is.
    this.strings = Array.isArray(chunk.strings) ? chunk.strings : emptyTable(chunk.strings.length)
    this.protos = emptyTable(chunk.units.length / UNIT.STRIDE)
    this.syms = new Array(chunk.strings.length).fill(-1)
    this.shapes = emptyTable(chunk.siteCount)
    this.icShapes = emptyTable(chunk.cacheCount)
    this.icSlots = new Array(chunk.cacheCount)
  }

  /** Assigns every field that may change, and leaves it as it was (see Vm, #showChanges). */
  showChanges(): void {
    const { chunk, code, rows } = this
    this.chunk = { ...chunk }
    this.chunk = chunk
    this.code = new Int32Array(0)
    this.code = code
    this.rows = new Int32Array(0)
    this.rows = rows
    this.withCaches()
    this.bigCaches()
    this.forget()
  }

  /** Makes room for `icBig`. */
  bigCaches(): NonNullable<LoadedChunk['icBig']> {
    const n = this.chunk.cacheCount
    this.icBig = { sets: emptyTable(n), bases: emptyTable(n), slots: new Array(n) }
    return this.icBig
  }

  /** Makes room for `withMemos`. */
  withCaches(): NonNullable<LoadedChunk['withMemos']> {
    this.withMemos = emptyTable(this.chunk.cacheCount)
    return this.withMemos
  }

  /** Drops the caches that keep environments and sets alive. */
  forget(): void {
    this.withMemos = null
    this.icBig = null
  }

  string(k: number): string {
    let s = this.strings[k]
    if (s === undefined) s = this.strings[k] = this.chunk.strings.at(k) as string
    return s
  }

  sym(k: number): number {
    let sym = this.syms[k]
    if (sym < 0) sym = this.syms[k] = this.symbols.intern(this.string(k))
    return sym
  }

  proto(unit: number): Proto {
    let p = this.protos[unit]
    if (p === undefined) {
      const { growth } = this.chunk
      if (growth === undefined) {
        if (this.check !== null) this.check(unit)
        p = new Proto(this, unit)
      } else p = this.#compiled(growth, unit)
      this.protos[unit] = p
    }
    return p
  }

  #compiled(growth: Growth, unit: number): Proto {
    const at = growth.compile(unit)
    const { chunk } = growth
    // Not when the unit has been compiled just now: then there is none any more.
    if (this.check !== null) this.check(at)
    const { rows, unitCount } = chunk.growth as Growth
    this.chunk = chunk
    this.code = chunk.code
    this.rows = rows
    lengthen(this.protos, unitCount, undefined)
    const strings = chunk.strings.length
    lengthen(this.syms, strings, -1)
    lengthen(this.strings, strings, undefined)
    lengthen(this.shapes, chunk.siteCount, undefined)
    const caches = chunk.cacheCount
    lengthen(this.icShapes, caches, undefined)
    lengthen(this.icSlots, caches, 0)
    if (this.withMemos !== null) lengthen(this.withMemos, caches, undefined)
    const big = this.icBig
    if (big !== null) {
      lengthen(big.sets, caches, undefined)
      lengthen(big.bases, caches, undefined)
      lengthen(big.slots, caches, 0)
    }
    return (this.protos[at] ??= new Proto(this, at))
  }

  /** A constant that is not a string: big integer, float or path. */
  constant(k: number): Value {
    const c = this.chunk
    if (k < FLOAT_BASE) return makeInt(c.bigInts[k])
    if (k < PATH_BASE) return new Float(c.floats[k - FLOAT_BASE])
    const i = k - PATH_BASE
    let p = this.#paths[i]
    if (p === undefined) p = this.#paths[i] = new Path(resolvePath(this, c.paths.at(i) as string))
    return p
  }

  /** The shape of the attribute-set literal with this number; its table starts at `at` in the code. */
  siteShape(site: number, at: number): Shape {
    const known = this.shapes[site]
    if (known !== undefined) return known
    const code = this.code
    const n = code[at++]
    const syms: number[] = new Array(n)
    const positions: PosIdx[] = new Array(n)
    const descs: number[] = new Array(n)
    for (let i = 0; i < n; i++, at += 3) {
      syms[i] = this.sym(code[at])
      positions[i] = code[at + 1] < 0 ? 0 : this.posBase + code[at + 1]
      descs[i] = code[at + 2]
    }
    const shape = new Shape(
      this.symbols,
      syms,
      positions,
      new Site(this, descs, code[at] < 0 ? 0 : this.posBase + code[at]),
      true,
    )
    this.shapes[site] = shape
    return shape
  }
}

/** A path literal (`/a`, `./x`, `~/x`) made absolute and canonical. */
function resolvePath(chunk: { baseDir: string; home: { homeDir(): string } }, literal: string): string {
  if (literal.startsWith('/')) return canonical(literal)
  if (literal.startsWith('~/')) return canonical(`${chunk.home.homeDir()}/${literal.slice(2)}`)
  return canonical(`${chunk.baseDir}/${literal}`)
}

export { canonical }
