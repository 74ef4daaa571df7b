/**
 * The machine (floor 4): runs chunks and the frames of builtins.
 *
 * Rules for this file:
 * 1. One `switch` in one function; every case short; anything longer is a method below or in ops.ts.
 * 2. `pc`, `sp`, `code`, `chunk`, `env`, `frame`, `depth` are locals; `save` and `load` are the only crossings.
 * 3. No closures, rest arguments, spread, destructuring or iterators in the switch, and no allocation but the object
 *    the opcode makes. The one try block is round the loop, not in it.
 * 4. Fast path first, then one shared slow path (`slowStep`), which may wait.
 * 5. Case labels are literals after bundling; scripts/check-vm.mjs looks at the bundle.
 * 6. What a program comes to late (a rare opcode, a compiled unit, a tick, a wait) shares its calls and its arithmetic with what it
 *    comes to at once. V8 throws away what it has compiled of the loop when it reaches a place that has never been run;
 *    scripts/deopts.mjs shows where.
 * 7. A change here brings numbers before and after in its commit message.
 *
 * Who is suspended: `frame` is a linked list of Links. A CodeFrame is a saved activation of bytecode; it resumes when
 * the unit above it returns. Any other link is a native Frame, stepped with the answer. The thunk that an answer
 * belongs to stands in the link that asked for it.
 *
 * Who is running: what the loop calls (builtins, their frames, compiled units) runs on the JavaScript stack and calls
 * the machine in its turn, in loops of its own where need be. It is in no list, for nearly all of it answers at once. Only
 * when the stack has to be given up (it is too deep, or something outside has to be waited for) and when an error
 * passes does each put itself into the list, on its way out: `insert`, from the top of the stack down.
 */
import type { Chunk } from '../bytecode/chunk.ts'
import * as Op from '../bytecode/opcodes.ts'
import { NixError } from '../errors.ts'
import type { EvalIO } from '../io/io.ts'
import { limitOf } from '../limits.ts'
import { kindError, matchesKind } from '../runtime/expect.ts'
import {
  type EvalSettings,
  Frame,
  type Link,
  type Machine,
  type Services,
  type Step,
  WAIT,
} from '../runtime/machine.ts'
import type { PosIdx, PosTable } from '../source.ts'
import { lookup, materialise, materialiseForced, showChanges, slotAt, update } from '../values/attrs.ts'
import { type FormalsInfo, LoadedChunk, Proto } from '../values/code.ts'
import { COUNT, counts } from '../values/counts.ts'
import { determinePos, lambdaOf, showPos } from '../values/describe.ts'
import { Shape } from '../values/shape.ts'
import { emptySlots } from '../values/slots.ts'
import { SYM, type SymbolTable } from '../values/symbols.ts'
import {
  ANY,
  ATTRS,
  Attrs,
  BOOL,
  Builtin,
  Closure,
  Deferral,
  Deferred,
  EMPTY_LIST,
  type Env,
  Failed,
  Float,
  FUNCTION,
  Hole,
  INTEGER,
  isForced,
  LAZY,
  LIST,
  List,
  NUMBER,
  OFFSET,
  Partial,
  PLAIN_STRING,
  peek,
  type Slot,
  STRING,
  StringWithContext,
  Thunk,
  type Value,
} from '../values/value.ts'
import { makeEnv } from './env.ts'
import { explainCall, explainCode, forcePos } from './explain.ts'
import { ApplyFrame, ArgsFrame, ForceFrame, FormalsFrame, FunctorFrame, notAFunction } from './frames.ts'
import { type Compiled, compileUnit } from './jit.ts'
import { type RuntimeObserver, TRACE } from './observer.ts'
import { checkFormals, MISSING, REENTER, slowStep } from './ops.ts'
import { type CodePlace, posOf, unitAt } from './places.ts'
import type { Profiler } from './profile.ts'

/** A suspended activation of bytecode. */
export class CodeFrame implements Link {
  parent: Link | null
  thunk: Thunk | null
  depth: number
  readonly chunk: LoadedChunk
  readonly pc: number
  readonly env: Env
  /** What a compiled function had on hand: pushed before the switch goes on from here. */
  operands: readonly Slot[] | null
  constructor(
    parent: Link | null,
    thunk: Thunk | null,
    depth: number,
    chunk: LoadedChunk,
    pc: number,
    env: Env,
  ) {
    this.parent = parent
    this.thunk = thunk
    this.depth = depth
    this.chunk = chunk
    this.pc = pc
    this.env = env
    this.operands = null
    if (COUNT) counts.codeFrames++
  }
}

/** Marks where a run began: the loop stops when an answer reaches it. */
class BaseLink implements Link {
  parent: Link | null
  thunk: Thunk | null
  depth: number
  constructor(parent: Link | null, depth: number) {
    this.parent = parent
    this.thunk = null
    this.depth = depth
  }
}

/** Answer of `readyArg` when an argument is not forced or not of the right kind. */
const NOT_READY: unique symbol = Symbol('NOT_READY')

export interface VmOptions {
  io: EvalIO
  symbols: SymbolTable
  positions: PosTable
  settings: EvalSettings
  log: (line: string) => void
  conditionText: (chunk: LoadedChunk, start: number, end: number) => string
  /** Called every TICKS returns; may throw (memory running out, an interrupt). */
  onTick?: (() => void) | undefined
  /** After how many runs a unit is compiled; Infinity: never, 0: at once. Left out: see THRESHOLD. */
  threshold?: number | undefined
  /** Whether little code has been loaded so far. */
  isSmall?: (() => boolean) | undefined
  /** How deep native steps and compiled functions may nest on the JavaScript stack. */
  maxNesting?: number | undefined
  /**
   * Shown who is in the list of frames, now and then when a unit has returned. Then nothing is compiled and only the outermost
   * loop runs units, so that everybody who waits is in that list, and the callers of tail calls stay there.
   */
  profiler?: Profiler | undefined
}

export class Vm implements Machine {
  readonly io: EvalIO
  readonly symbols: SymbolTable
  readonly positions: PosTable
  readonly settings: EvalSettings
  services!: Services
  readonly emptyAttrs: Attrs
  /** Only a trace build tells it anything. */
  observer: RuntimeObserver | undefined
  readonly #log: (line: string) => void
  /** The text of an assertion's condition. */
  readonly conditionText: (chunk: LoadedChunk, start: number, end: number) => string

  // The state of the running activation, current while native code runs.
  /** Of what runs natively; each sets it for whom it calls. */
  depth = 0
  sameAsItself: Attrs | null = null
  /** Who is suspended, as the innermost loop has left it when it called what is running; and what has been put on top. */
  frame: Link | null = null
  chunk!: LoadedChunk
  pc = 0
  env!: Env
  sp = 0
  readonly stack: Slot[] = new Array(1024).fill(null)
  /** The builtin whose first frame has not been pushed yet. */
  starting: Builtin | null = null
  suspended: Promise<Value> | null = null
  /** Returns of units until the machine looks up from its work. */
  ticks: number = TICKS
  /** The same after it has. */
  readonly #interval: number = TICKS
  /** Returns of units since the caller of the machine was asked whether to go on. */
  #unasked = 0
  #carried: Value = null
  /** What the dispatch loop has met, instead of an answer, when it was left to be entered again. */
  #failed = false
  #error: unknown = undefined
  readonly #onTick: (() => void) | undefined
  readonly profiler: Profiler | undefined
  /** Whether the caller of a tail call is kept: it is to be seen in traces, or by a profiler. */
  readonly #keepsCallers: boolean
  /** How many native steps and compiled functions are on the JavaScript stack; the VM sets it for whom it calls. */
  nesting = 0
  /** `nesting` of the innermost dispatch loop. */
  level = 0
  /** While the JavaScript stack is given up, or an error passes: the link that has been put into the list last, below which the next one goes. */
  bottom: Link | null = null
  /** The thunk that the next one has asked for. */
  owed: Thunk | null = null
  /** After a call that answered WAIT: whether its caller, if it has nothing more to do, needs no frame. */
  inTail = false
  /** How deep the JavaScript stack may get, and how often a unit is run before it is compiled. */
  readonly maxNesting: number
  /** The same where a unit is begun. */
  readonly #maxUnitNesting: number
  #threshold: number
  /** Units that have been compiled early. */
  #early = 0
  /** Asked before a unit is compiled early, until it has said no. */
  #isSmall: (() => boolean) | undefined
  /** The same in a long run: it grows with the runs of all units. */
  limit: number
  #runs = 0
  readonly #stepChunk: LoadedChunk
  /** Whose caches have environments or sets in them. */
  readonly #keepers = new Set<LoadedChunk>()
  /** Empties the same caches of compiled units. */
  readonly #forgetters: (() => void)[] = []

  constructor(options: VmOptions) {
    this.io = options.io
    this.symbols = options.symbols
    this.positions = options.positions
    this.settings = options.settings
    this.#log = options.log
    this.#onTick = options.onTick
    this.conditionText = options.conditionText
    const { profiler } = options
    this.profiler = profiler
    if (profiler !== undefined) this.ticks = this.#interval = profiler.interval
    this.maxNesting = profiler === undefined ? Math.max(1, options.maxNesting ?? MAX_NESTING) : 1
    this.#maxUnitNesting = profiler === undefined ? this.maxNesting : 0
    // Traces of --show-trace have a line for every call, those of tail calls too, which compiled code leaves out.
    this.#keepsCallers = options.settings.showTrace || profiler !== undefined
    this.#isSmall = options.threshold === undefined ? options.isSmall : undefined
    this.limit = this.#threshold =
      TRACE || this.#keepsCallers
        ? UNREACHED
        : Math.min(
            options.threshold ?? (this.#isSmall === undefined ? THRESHOLD : SMALL_THRESHOLD),
            UNREACHED,
          )
    this.#stepChunk = stepChunk(options.symbols)
    this.emptyAttrs = new Attrs(new Shape(options.symbols, [], null, null, true), [], null, null)
    this.#showChanges()
  }

  /**
   * V8 takes a field for a constant until it is assigned again, and what it has compiled by then is thrown away: the dispatch
   * loop too, where the field is one that seldom changes. So each of these changes once before anything is compiled.
   */
  #showChanges(): void {
    const { limit } = this
    this.limit = 0
    this.limit = limit
    this.#carried = 0
    this.#carried = null
    showChanges(this.emptyAttrs)
    this.#stepChunk.showChanges()
  }

  /** `FILE:LINE:COLUMN` of a position. */
  showPos(pos: PosIdx): string {
    return showPos(this.positions, pos)
  }

  tick(): void {
    this.ticks = this.#interval
    this.#unasked += this.#interval + 1
    if (this.#unasked < TICKS) return
    this.#unasked = 0
    this.#runs += TICKS
    this.#setLimit()
    if (this.#runs % FORGET === 0) this.#forget()
    this.#onTick?.()
  }

  /** Notes that a chunk's caches have environments or sets in them. */
  keeps(chunk: LoadedChunk): void {
    this.#keepers.add(chunk)
  }

  /** Empties the caches that keep environments and sets alive, with all that these know: of a whole system, once it is evaluated. */
  #forget(): void {
    for (const chunk of this.#keepers) chunk.forget()
    this.#keepers.clear()
    for (const forget of this.#forgetters) forget()
  }

  #setLimit(): void {
    // Tests compile everything.
    if (this.#threshold > 0) {
      const share = this.#isSmall === undefined ? SHARE : SMALL_SHARE
      this.limit = Math.max(this.#threshold, Math.min(this.#runs / share, OFTEN))
    }
  }

  /** The same when the unit that ends before `pc` has returned `answer`, and the fields say who waits for it. */
  tickAfter(answer: Value): void {
    this.#carried = answer
    this.tick()
    this.profiler?.returned(this, this.chunk, this.pc)
  }

  log(line: string): void {
    this.#log(line)
  }

  // ------------------------------------------------------------ requests (see runtime/machine.ts)

  force(v: Slot): Step {
    if (!(v instanceof Thunk)) return v
    return v.code === null ? (v.payload as Value) : this.forceThunk(v)
  }

  /** See runtime/machine.ts. */
  forceFor<T>(t: Thunk, make: (m: Machine, t: Thunk, what: T) => Frame, what: T): Step {
    const { nesting, depth, starting } = this
    this.starting = null
    if (nesting >= this.maxNesting) return this.keepLater(make(this, t, what), starting)
    this.nesting = nesting + 1
    this.depth = depth + 1
    let r: Step
    try {
      r = this.forceThunk(t)
    } catch (error) {
      this.depth = depth
      this.keep(make(this, t, what), starting, depth)
      throw error
    }
    if (r === WAIT) {
      this.keep(make(this, t, what), starting, depth)
      return WAIT
    }
    this.depth = depth
    this.nesting = nesting
    this.starting = starting
    return r
  }

  /** Forces a thunk for a call; `make` makes the frame that goes on with it if it has to wait, or tells of its failure. */
  forceWith<T>(
    t: Thunk,
    make: (args: readonly Slot[], fn: T, i: number) => Frame,
    args: readonly Slot[],
    fn: T,
    i: number,
  ): Step {
    const { depth } = this
    let r: Step
    try {
      r = this.forceThunk(t)
    } catch (error) {
      this.keep(make(args, fn, i), null, depth)
      throw error
    }
    if (r === WAIT) this.keep(make(args, fn, i), null, depth)
    return r
  }

  /** Forces a thunk that has no value yet, at the depth and nesting that are set. */
  forceThunk(t: Thunk): Step {
    const code = t.code
    if (TRACE) this.observer?.force(t, this.depth)
    let r: Step
    try {
      if (code instanceof Proto) {
        t.code = code.hole
        r = this.enterUnit(code, t.payload as Env)
      } else {
        if (code instanceof Hole) throw infiniteRecursion()
        r = this.startThunk(t, code as Deferred | Value)
      }
    } catch (error) {
      this.owed = t
      throw error
    }
    if (r === WAIT) this.owed = t
    else {
      t.code = null
      t.payload = r
    }
    return r
  }

  /**
   * Runs a unit in its environment: to its end, if the JavaScript stack has room for it, else the outermost loop goes on
   * with it. `depth` is that of the unit.
   */
  enterUnit(p: Proto, env: Env): Step {
    const { nesting, depth } = this
    if (--this.ticks < 0) this.tick()
    if (nesting < this.#maxUnitNesting) {
      if (p.compiled === null && !this.warm(p)) return this.interpret(p, env)
      this.starting = null
      this.nesting = nesting + 1
      const r = (p.compiled as Compiled)(this, env)
      this.nesting = nesting
      // What waits goes on at the depth that it has got to.
      if (r !== WAIT) this.depth = depth
      return r
    }
    this.chunk = p.chunk
    this.pc = p.pc
    this.env = env
    return WAIT
  }

  /** Runs a compiled unit that makes its environment itself (Proto.compiled), where the JavaScript stack has room for it. */
  enterCompiled(p: Proto, outer: Env, x: Slot, y?: Slot): Step {
    const { nesting, depth } = this
    if (--this.ticks < 0) this.tick()
    this.starting = null
    this.nesting = nesting + 1
    const r = (p.compiled as Compiled)(this, null, outer, x, y)
    this.nesting = nesting
    if (r !== WAIT) this.depth = depth
    return r
  }

  /** Enters a lambda of one argument. */
  enterOne(p: Proto, outer: Env, x: Slot): Step {
    if (p.compiled !== null && this.nesting < this.#maxUnitNesting) return this.enterCompiled(p, outer, x)
    const env = makeEnv(p.envSize, outer)
    env[1] = x
    return this.enterUnit(p, env)
  }

  /** The same of two. */
  enterTwo(p: Proto, outer: Env, x: Slot, y: Slot): Step {
    if (p.compiled !== null && this.nesting < this.#maxUnitNesting) return this.enterCompiled(p, outer, x, y)
    const env = makeEnv(p.envSize, outer)
    env[1] = x
    env[2] = y
    return this.enterUnit(p, env)
  }

  /** The same of `n` that were there before, and a last one. */
  enterLast(p: Proto, outer: Env, before: readonly Slot[], n: number, x: Slot): Step {
    if (n === 0) return this.enterOne(p, outer, x)
    if (n === 1) return this.enterTwo(p, outer, before[0], x)
    const env = makeEnv(p.envSize, outer)
    for (let i = 0; i < n; i++) env[i + 1] = before[i]
    env[n + 1] = x
    return this.enterUnit(p, env)
  }

  /** Notes that the dispatch loop has met an error. */
  #fail(error: unknown): void {
    this.#failed = true
    this.#error = error
  }

  /** That error, which is the caller's now. */
  #takeError(): unknown {
    const error = this.#error
    this.#failed = false
    this.#error = undefined
    return error
  }

  /** Runs a unit in a loop of its own. */
  interpret(p: Proto, env: Env): Step {
    const { depth, nesting, level } = this
    const base = this.frame as Link
    this.starting = null
    this.chunk = p.chunk
    this.pc = p.pc
    this.env = env
    this.level = this.nesting = nesting + 2
    let step: Step = WAIT
    for (;;) {
      const r = this.dispatch(base, step)
      if (r === REENTER) {
        if (this.#failed) throw this.#takeError()
        step = this.#carried
        continue
      }
      this.level = level
      if (r !== WAIT) {
        this.nesting = nesting
        this.depth = depth
      }
      return r
    }
  }

  /** Counts a run of a unit; whether it is compiled now. */
  warm(p: Proto): boolean {
    if (++p.heat <= this.limit) return false
    return this.compile(p)
  }

  /** Compiles a unit, once; answers whether it is compiled. */
  compile(p: Proto): boolean {
    if (this.#threshold === UNREACHED) {
      // Reached after all: a unit has run for a minute. It is to be counted anew.
      p.heat = 0
      return false
    }
    if (this.#isSmall !== undefined && (++this.#early > EARLY_UNITS || !this.#isSmall())) {
      this.#isSmall = undefined
      this.#threshold = this.#early > EARLY_UNITS ? LATER_THRESHOLD : THRESHOLD
      this.#setLimit()
      return false
    }
    p.heat = NEVER
    const { maxNesting, settings } = this
    try {
      p.compiled = compileUnit(p, { maxNesting, maxDepth: settings.maxCallDepth }, this.#forgetters)
    } catch (error) {
      // A page, or a process, that makes no code from strings: the switch runs everything.
      if (!(error instanceof EvalError)) throw error
      this.limit = this.#threshold = UNREACHED
    }
    if (p.compiled === null) return false
    if (!p.hasFormals && p.arity > 0) p.direct = p.arity
    return true
  }

  // ------------------------------------------------------------ what compiled code asks for (see jit.ts)

  /** Puts a link into the list, below those that have been put there since the stack began to be given up. */
  insert(link: Link): void {
    const { bottom } = this
    if (bottom === null) {
      link.parent = this.frame
      this.frame = link
    } else {
      link.parent = bottom.parent
      bottom.parent = link
    }
    this.bottom = link
    link.thunk = this.owed
    this.owed = null
  }

  /**
   * The same for a frame that was stepped, unless something else answers in its place. Not a part of the loop: each kind of
   * frame that comes here for the first time would have V8 throw away the loop's code.
   */
  insertStepped(frame: Frame): void {
    if (frame.replaced !== true) this.insert(frame)
  }

  /** A compiled function has to go: the switch goes on from `pc` with the answer, and with its operands. */
  spill(
    chunk: LoadedChunk,
    pc: number,
    env: Env,
    depth: number,
    operands: readonly Slot[] | null,
  ): typeof WAIT {
    const f = new CodeFrame(null, null, depth, chunk, pc, env)
    f.operands = operands
    this.insert(f)
    return WAIT
  }

  /** The slow path of an instruction. `operands` go on the stack. A jump to be made: undefined. */
  slow(
    chunk: LoadedChunk,
    next: number,
    env: Env,
    depth: number,
    nesting: number,
    op: number,
    x: Slot,
    acc: Value,
    operands: readonly Slot[] | null,
  ): Step | undefined {
    this.chunk = chunk
    this.pc = next
    this.env = env
    this.depth = depth
    this.nesting = nesting
    if (operands !== null) for (let i = 0; i < operands.length; i++) this.stack[this.sp++] = operands[i]
    const r = slowStep(this, op, x, acc) as Step | typeof MISSING
    return r === MISSING ? undefined : r
  }

  /** The same with one argument. */
  callOne(fn: Value, x: Slot, depth: number, nesting: number): Step {
    this.depth = depth
    this.nesting = nesting
    if (fn instanceof Closure && fn.proto.arity === 1) {
      const p = fn.proto
      this.inTail = true
      if (p.hasFormals) {
        if (x instanceof Thunk && x.code === null) x = x.payload as Value
        if (!(x instanceof Attrs)) return this.callFrom(fn, [x], depth, nesting)
        if ((p.formals as FormalsInfo).fits !== x.shape.syms || x.base !== null) checkFormals(this, p, x)
      }
      this.enterDepth()
      const r = this.enterOne(p, fn.env, x)
      this.inTail = true
      return r
    }
    if (fn instanceof Partial) {
      const inner = fn.fn
      if (inner instanceof Closure && inner.proto.arity === fn.given + 1 && !inner.proto.hasFormals) {
        const p = inner.proto
        this.enterDepth()
        const r =
          p.arity === 2
            ? this.enterTwo(p, inner.env, fn.first, x)
            : this.enterUnit(p, partialEnv(p, inner.env, fn, [x]))
        this.inTail = false
        return r
      }
    }
    return this.callFrom(fn, [x], depth, nesting)
  }

  /** Applies anything to arguments, for compiled code. */
  callFrom(fn: Value, args: Slot[], depth: number, nesting: number): Step {
    this.depth = depth
    this.nesting = nesting
    // A function's caller that has nothing more to do needs no frame; a builtin's is seen in traces.
    let tail = fn instanceof Closure && fn.proto.arity === args.length
    if (tail && (fn as Closure).proto.hasFormals) tail = isForced(args[args.length - 1])
    const r = this.apply(fn, args)
    this.inTail = tail
    return r
  }

  /** The slot that the SELECT at `pc` selects, not forced. @throws NixError what the instruction throws */
  select(chunk: LoadedChunk, pc: number, env: Env, depth: number, acc: Value): Slot {
    const slot = this.selectOr(chunk, pc, acc)
    if (slot !== undefined) return slot
    this.chunk = chunk
    this.pc = pc + 4
    this.env = env
    this.depth = depth
    return slowStep(this, Op.SELECT, null, acc) as Value
  }

  /** The slot that a SELECT or SELECT_OR selects, or undefined. */
  selectOr(chunk: LoadedChunk, pc: number, acc: Value): Slot | undefined {
    if (!(acc instanceof Attrs)) return undefined
    const code = chunk.code
    const sym = chunk.sym(code[pc + 1])
    const cache = code[pc + 2]
    let layer = acc
    let i: number
    const big = chunk.icBig
    if (big !== null && big.sets[cache] === acc) {
      layer = big.bases[cache] as Attrs
      i = big.slots[cache]
    } else {
      i = layer.shape.find(sym)
      if (i >= 0) {
        chunk.icShapes[cache] = layer.shape
        chunk.icSlots[cache] = i
      } else {
        while (i < 0) {
          if (layer.base === null) return undefined
          layer = layer.base
          i = layer.shape.find(sym)
        }
        if (isPending(layer.vals[i])) {
          chunk.icShapes[cache] = layer.shape
          chunk.icSlots[cache] = i
        }
        // Package sets are few, big, and asked by everybody; only the lowest layer stays as it is (see `flat`).
        if (layer.base === null && layer.vals.length >= 256) {
          const { sets, bases, slots } = big ?? chunk.bigCaches()
          this.keeps(chunk)
          sets[cache] = acc
          bases[cache] = layer
          slots[cache] = i
        }
      }
    }
    const v = layer.vals[i]
    return v !== undefined ? v : slotAt(layer, i)
  }

  /** Starts a thunk that is no plain bytecode. */
  startThunk(t: Thunk, code: Deferred | Value): Step {
    const payload = t.payload
    if (code instanceof Closure && code.proto.arity === 1 && !code.proto.hasFormals) {
      const p = code.proto
      const { depth } = this
      this.enterDepth()
      // No black hole: forcing it again is another call, which Nix finds out by its depth.
      const r = this.enterOne(p, code.env, payload as Slot)
      if (r !== WAIT) this.depth = depth
      return r
    }
    if (wantsMore(code)) return this.applyPartly(code, [payload as Slot])
    const { nesting } = this
    if (nesting >= this.maxNesting) return this.keepLater(new ForceFrame(t), null)
    if (!(code instanceof Deferral || !(code instanceof Deferred))) t.code = new Hole(code)
    this.starting = null
    this.nesting = nesting + 1
    const r = code instanceof Deferred ? code.start(this, payload) : this.apply(code, [payload as Slot])
    this.nesting = nesting
    return r
  }

  call(fn: Slot, a: Slot): Step {
    if (fn instanceof Closure && fn.proto.arity === 1 && !fn.proto.hasFormals) {
      const p = fn.proto
      this.enterDepth()
      if (TRACE) this.observer?.call(p, this.depth)
      const r = this.enterOne(p, fn.env, a)
      if (r !== WAIT) this.depth--
      return r
    }
    return this.callSlot(fn, [a])
  }

  call2(fn: Slot, a: Slot, b: Slot): Step {
    if (fn instanceof Closure && fn.proto.arity === 2 && !fn.proto.hasFormals) {
      const p = fn.proto
      this.enterDepth()
      if (TRACE) this.observer?.call(p, this.depth)
      const r = this.enterTwo(p, fn.env, a, b)
      if (r !== WAIT) this.depth--
      return r
    }
    return this.callSlot(fn, [a, b])
  }

  callCurried(fn: Slot, a: Slot, b: Slot): Step {
    const { depth } = this
    if (depth >= this.settings.maxCallDepth) throw atSite(stackOverflow(0))
    const atOnce = fn instanceof Closure ? fn.proto.arity > 1 : !(fn instanceof Thunk || fn instanceof Attrs)
    if (atOnce) return this.call2(fn, a, b)
    this.depth = depth + 1
    const r = this.callSlot(fn, [a])
    if (r === WAIT) {
      this.keep(new ApplyFrame([b]), null, depth)
      return WAIT
    }
    this.depth = depth
    return this.apply(r, [b])
  }

  callSlot(fn: Slot, args: Slot[]): Step {
    if (fn instanceof Thunk) {
      if (fn.code === null) fn = fn.payload as Value
      else {
        const r = this.forceWith(fn, applied, args, null, 0)
        if (r === WAIT) return WAIT
        fn = r
      }
    }
    return this.apply(fn, args)
  }

  push(frame: Frame): Step {
    const builtin = this.starting
    this.starting = null
    return this.stepFirst(frame, builtin)
  }

  /** Like `push` for frames of the machine itself: they leave the trace line to the builtin's own. */
  pushHelper(frame: Frame): Step {
    return this.stepFirst(frame, null)
  }

  /** Steps a frame for the first time. */
  stepFirst(frame: Frame, builtin: Builtin | null): Step {
    const { nesting, depth } = this
    if (nesting >= this.maxNesting) return this.keepLater(frame, builtin)
    if (TRACE) this.observer?.frame(frame, depth)
    this.nesting = nesting + 1
    let r: Step
    try {
      r = frame.step(this, undefined)
    } catch (error) {
      if (frame.replaced !== true) this.keep(frame, builtin, depth)
      throw error
    }
    if (r === WAIT) {
      if (frame.replaced !== true) this.keep(frame, builtin, depth)
      return WAIT
    }
    this.nesting = nesting
    this.depth = depth
    return r
  }

  /** Puts a frame that has been stepped outside the list into it. */
  keep(frame: Frame, builtin: Builtin | null, depth: number): void {
    if (builtin !== null) frame.builtin = builtin
    if (frame.depth === 0) frame.depth = depth
    frame.sp = this.sp
    this.insert(frame)
  }

  /** See runtime/machine.ts. */
  pushLater(frame: Frame): Step {
    const builtin = this.starting
    this.starting = null
    return this.keepLater(frame, builtin)
  }

  /** See runtime/machine.ts. */
  pushCatching(frame: Frame): Step {
    const { starting, nesting, level, depth, sp } = this
    this.starting = null
    if (nesting >= this.maxNesting) return this.keepLater(frame, starting)
    if (TRACE) this.observer?.frame(frame, depth)
    this.nesting = nesting + 1
    let r: Step
    try {
      r = frame.step(this, undefined)
    } catch (error) {
      // What was running above it is in the list; whoever waits for its answer is not, and need not be if it has one.
      this.keep(frame, starting, depth)
      frame.sp = sp
      r = this.#unwind(error, frame, level, nesting)
      if (r === WAIT) {
        this.bottom = frame
        return WAIT
      }
      this.level = level
    }
    if (r === WAIT) {
      this.keep(frame, starting, depth)
      frame.sp = sp
      return WAIT
    }
    this.nesting = nesting
    this.depth = depth
    return r
  }

  /** Puts a frame into the list to be stepped for the first time by the outermost loop, on an empty JavaScript stack. */
  keepLater(frame: Frame, builtin: Builtin | null): Step {
    this.keep(frame, builtin, this.depth)
    this.chunk = this.#stepChunk
    this.pc = 0
    return WAIT
  }

  wait(promise: Promise<Value>): Step {
    this.suspended = promise
    // Whatever asked comes back with the answer: nothing is to be run.
    return WAIT
  }

  /**
   * The position at which Nix makes the call, or forces the thunk, that a link has asked for; 0: none. `lambda`: the
   * position of the function that is called.
   */
  siteOf(link: Link | null, lambda: PosIdx): PosIdx {
    for (let f = link; f !== null; f = f.parent) {
      if (f instanceof CodeFrame) {
        return f.thunk === null ? posOf(f.chunk, f.pc) : forcePos(f, workOf(f.thunk))
      }
      // What runs at the bottom of the machine is forced where Nix prints it.
      if (!(f instanceof Frame)) return lambda
      if (f.passes?.() !== true) return f.sitePos?.(this, lambda) ?? 0
    }
    return 0
  }

  // ------------------------------------------------------------ application

  enterDepth(): void {
    if (this.depth > this.settings.maxCallDepth) throw atSite(stackOverflow(0))
    this.depth++
  }

  /** Applies a function value to one or more arguments. */
  apply(fn: Value, args: readonly Slot[]): Step {
    if (fn instanceof Closure) {
      const p = fn.proto
      if (p.arity === args.length) {
        if (p.hasFormals) return this.enterFormals(fn, args)
        this.enterDepth()
        if (TRACE) this.observer?.call(p, this.depth)
        const env = makeEnv(p.envSize, fn.env)
        for (let i = 0; i < args.length; i++) env[i + 1] = args[i]
        const r = this.enterUnit(p, env)
        if (r !== WAIT) this.depth--
        return r
      }
      return p.arity > args.length ? this.applyPartly(fn, args) : this.applyMore(fn, p.arity, args)
    }
    if (fn instanceof Partial) {
      const inner = fn.fn
      if (
        inner instanceof Closure &&
        inner.proto.arity === fn.given + args.length &&
        !inner.proto.hasFormals
      ) {
        const p = inner.proto
        this.enterDepth()
        if (TRACE) this.observer?.call(p, this.depth)
        const r = this.enterUnit(p, partialEnv(p, inner.env, fn, args))
        if (r !== WAIT) this.depth--
        return r
      }
      return this.apply(inner, fn.with(args))
    }
    if (fn instanceof Builtin) {
      if (fn.arity === args.length) return this.startBuiltin(fn, args)
      return fn.arity > args.length ? this.applyPartly(fn, args) : this.applyMore(fn, fn.arity, args)
    }
    if (fn instanceof Attrs)
      return args.length === 1 ? this.applySet(fn, args[0]) : this.applyMore(fn, 1, args)
    throw notAFunction(this, fn)
  }

  /** Gives a function fewer arguments than it takes, which is a call as well. */
  applyPartly(fn: Closure | Builtin, args: readonly Slot[]): Partial {
    if (this.depth > this.settings.maxCallDepth) throw atSite(stackOverflow(0))
    return partial(fn, args)
  }

  /** Calls a set through its `__functor`; the frame is made when it is needed. */
  applySet(set: Attrs, x: Slot): Step {
    const { nesting, depth } = this
    const slot = nesting < this.maxNesting ? lookup(set, SYM.FUNCTOR) : undefined
    const functor = slot === undefined ? undefined : peek(slot)
    // Where the set can't be called any more, nobody is calling a functor yet.
    this.enterDepth()
    if (functor === undefined) {
      this.depth = depth
      return this.pushHelper(new FunctorFrame(set, x))
    }
    this.nesting = nesting + 1
    let r: Step
    try {
      r = this.apply(functor, [set, x])
    } catch (error) {
      this.keep(new FunctorFrame(set, x, functor), null, depth)
      throw error
    }
    if (r === WAIT) {
      this.keep(new FunctorFrame(set, x, functor), null, depth)
      return WAIT
    }
    this.nesting = nesting
    this.depth = depth
    return r
  }

  /**
   * Applies a function to as many arguments as it takes, and what comes out to the others. A loop: a program says how many
   * arguments a call has.
   */
  applyMore(fn: Value, arity: number, args: readonly Slot[]): Step {
    if (this.profiler !== undefined) return this.keepLater(this.profiler.spread(fn, args), null)
    const { depth } = this
    let r = this.apply(fn, args.slice(0, arity))
    let at = arity
    for (;;) {
      if (r === WAIT) {
        this.keep(new ApplyFrame(args.slice(at)), null, depth)
        return WAIT
      }
      const left = args.length - at
      const takes = takenAtOnce(r, left)
      if (takes >= left) return this.apply(r, args.slice(at))
      r = this.apply(r, args.slice(at, at + takes))
      at += takes
    }
  }

  /** Enters a closure whose last parameter is `{ … }`. */
  enterFormals(fn: Closure, args: readonly Slot[]): Step {
    const p = fn.proto
    const last = args.length - 1
    let x = args[last]
    if (x instanceof Thunk) {
      if (x.code === null) x = x.payload as Value
      else {
        const r = this.forceWith(x, entered, args, fn, 0)
        if (r === WAIT) return WAIT
        x = r
      }
    }
    if (!(x instanceof Attrs) || (p.formals as FormalsInfo).fits !== x.shape.syms || x.base !== null)
      checkFormals(this, p, x)
    this.enterDepth()
    if (TRACE) this.observer?.call(p, this.depth)
    const r = this.enterLast(p, fn.env, args, last, x)
    if (r !== WAIT) this.depth--
    return r
  }

  /** Forces and checks the arguments of a builtin in its order, and runs it. */
  startBuiltin(b: Builtin, args: readonly Slot[]): Step {
    const { depth } = this
    this.enterDepth()
    const { order, params } = b
    let ready = args
    for (let i = 0; i < order.length; i++) {
      const which = order[i]
      const { kind } = params[which]
      if (kind === LAZY) continue
      let v = ready[which]
      if (v instanceof Thunk) {
        if (v.code === null) v = v.payload as Value
        else {
          const r = this.forceWith(v, started, ready, b, i)
          if (r === WAIT) return WAIT
          v = r
        }
      }
      if (readyArg(kind, v) === NOT_READY && !matchesKind(kind, v)) {
        const frame = new ArgsFrame(b, ready.slice(), order.length)
        this.keep(frame, null, this.depth)
        throw kindError(this, params[which], v)
      }
      if (v !== ready[which]) {
        if (ready === args) ready = args.slice()
        ;(ready as Slot[])[which] = v
      }
    }
    if (TRACE) this.observer?.builtin(b, this.depth)
    this.starting = b
    const r = b.run(this, ready[0], ready[1], ready[2]) as Step
    this.starting = null
    if (r !== WAIT) this.depth = depth
    return r
  }

  // ------------------------------------------------------------ running

  /** Runs a request to its end. Throws NixError; throws when the evaluation has to wait for the outside world. */
  run(start: (m: Machine) => Step): Value {
    const base = this.#begin()
    const r = this.#drive(base, this.#start(base, start))
    if (r === WAIT) {
      // Nobody will hear how it ends.
      this.suspended?.catch(() => {})
      this.suspended = null
      this.#abandon(base)
      throw new NixError(
        'io',
        'this evaluation has to wait for the outside world, which a synchronous run cannot do',
      )
    }
    return r
  }

  /** The same, waiting for fetches and the like with all frames on the heap. */
  async runAsync(start: (m: Machine) => Step): Promise<Value> {
    const base = this.#begin()
    let r = this.#drive(base, this.#start(base, start))
    while (r === WAIT) {
      const promise = this.suspended as Promise<Value>
      this.suspended = null
      let answer: Step
      try {
        answer = await promise
      } catch (error) {
        answer = this.#unwind(error, base)
      }
      r = this.#drive(base, answer)
    }
    return r
  }

  #begin(): BaseLink {
    const base = new BaseLink(this.frame, this.depth)
    this.frame = base
    return base
  }

  #start(base: BaseLink, start: (m: Machine) => Step): Step {
    try {
      const r = start(this)
      if (r === WAIT) this.#owe(base)
      return r
    } catch (error) {
      this.#owe(base)
      return this.#unwind(error, base)
    }
  }

  /** Runs until an answer reaches `base`; WAIT when suspended. */
  #drive(base: BaseLink, step: Step): Step {
    const { level, nesting } = this
    this.#outermost()
    const r = this.loop(base, step)
    this.level = level
    this.nesting = nesting
    if (r !== WAIT) {
      const t = base.thunk
      if (t !== null) {
        t.code = null
        t.payload = r
      }
      this.#abandon(base)
    }
    return r
  }

  /** The thunk that has been asked for is this link's, which is in the list. */
  #owe(link: Link): void {
    if (this.owed !== null) link.thunk = this.owed
    this.owed = null
  }

  /** Nothing but the outermost loop is on the JavaScript stack. */
  #outermost(): void {
    this.#within(0, 0)
  }

  /** Nothing is being given up, and so much is on the JavaScript stack. */
  #within(level: number, nesting: number): void {
    this.level = level
    this.nesting = nesting
    this.bottom = null
  }

  /** The stack is being given up, and the loop above `base` has put its activation into the list: whether it has to go. */
  #mustLeave(base: Link): boolean {
    if (this.suspended !== null || this.level > 0) {
      this.#lowest(base)
      return true
    }
    this.#outermost()
    return false
  }

  /** What goes into the list next goes right above `base`. */
  #lowest(base: Link): void {
    let { bottom } = this
    if (bottom === null) {
      bottom = this.frame
      if (bottom === base) return
    }
    while ((bottom as Link).parent !== base) bottom = (bottom as Link).parent
    this.bottom = bottom
  }

  #abandon(base: BaseLink): void {
    this.frame = base.parent
    this.depth = base.depth
  }

  /**
   * Takes frames off until one recovers, putting their thunks back. Answers what the recovering frame answers; throws
   * when there is none down to `last`, which is taken off too. `level`, `nesting`: those of whoever asked for the last frame.
   */
  #unwind(thrown: unknown, last: Link, level = 0, nesting = 0): Step {
    let error = asNixError(thrown)
    // What the error has come through and the frame below has not been told of: a builtin, or the body of a function.
    let native = this.starting
    let callee: CodeFrame | null = null
    this.starting = null
    const { showTrace } = this.settings
    this.owed = null
    this.#within(level, nesting)
    for (;;) {
      const f = this.frame as Link
      const t = f.thunk
      const work = workOf(t)
      if (t !== null || !(f instanceof Frame) || f.passes?.() !== true) {
        if (error.site !== undefined) {
          // A thunk that was forced while it was being forced is another frame's to put back.
          const again = error.kind === 'infinite-recursion'
          const site = this.siteOf(f, lambdaPos(work, null, t?.payload))
          if (again) f.thunk = null
          if (error.site === 'pos') error.pos = site
          else if (site !== 0 || error.site === 'caller') error.addTrace('from call site', site)
          error.site = undefined
        }
        if (native !== null) {
          if (native.name !== 'addErrorContext')
            error.addTrace(`while calling the '${native.name}' builtin`, this.siteOf(f, 0))
        } else if (callee !== null && showTrace) {
          explainCall(callee, this.siteOf(f, lambdaPos(work, callee, t?.payload)), error)
        }
        native = null
        callee = null
      }
      if (f.thunk !== null) {
        const thunk = f.thunk
        f.thunk = null
        const { code } = thunk
        if (code instanceof Hole && (error.passing || work instanceof Failed)) thunk.code = code.code
        else if (code instanceof Hole || !(error.passing || isEndless(error))) {
          thunk.code = new Failed(error)
          thunk.payload = null
        }
      }
      if (f instanceof BaseLink) {
        this.#abandon(f)
        throw error
      }
      if (f instanceof CodeFrame) {
        error = explainCode(this, f, error, t !== null, work)
        callee = f
      } else {
        const frame = f as Frame
        if (frame.recover !== undefined) {
          this.depth = frame.depth
          this.sp = frame.sp
          let r: Step | undefined
          try {
            r = frame.recover(this, error)
          } catch (again) {
            // Going on has failed in its turn: what that has pushed is taken off, and the frame asked once more.
            error = asNixError(again)
            native = this.starting
            this.starting = null
            this.#owe(frame)
            this.#within(level, nesting)
            continue
          }
          if (r === WAIT) {
            this.#owe(frame)
            this.#within(level, nesting)
            return WAIT
          }
          if (r !== undefined) {
            this.frame = frame.parent
            return r
          }
        }
        frame.explain?.(this, error)
        if (frame.builtin !== null) native = frame.builtin
      }
      this.frame = f.parent
      if (f === last) {
        this.starting = native
        throw error
      }
    }
  }

  /**
   * The dispatch loop. `step`: an answer to hand to the frame on top, or WAIT to go on with the saved activation.
   * Answers what reaches `base`, or WAIT when suspended.
   */
  loop(base: Link, step: Step): Step {
    for (;;) {
      try {
        const r = this.dispatch(base, step)
        if (r !== REENTER) return r
      } catch (error) {
        // There was no room for it on the JavaScript stack.
        this.#fail(error)
      }
      step = this.#failed ? this.#unwind(this.#takeError(), base) : this.#carried
    }
  }

  /**
   * See `loop`. An error is left in `#error` with REENTER for an answer: thrown again by the loop itself, V8 would look for where
   * it is caught a second time, which takes it long in so large a function.
   */
  dispatch(base: Link, step: Step): Step | typeof REENTER {
    const stack = this.stack
    const max = this.settings.maxCallDepth
    const nesting = this.level
    const inside = nesting + 1
    // Whether there is room for compiled units on the JavaScript stack.
    const shallow = nesting < this.maxNesting
    let frame = this.frame as Link
    let depth = this.depth
    let chunk = this.chunk
    let env = this.env
    let pc = this.pc
    let sp = this.sp
    let code: Int32Array = chunk === undefined ? EMPTY_CODE : chunk.code
    // biome-ignore lint/suspicious/noExplicitAny: the accumulator holds Slots, and its type is what each opcode expects
    let acc: any = null
    let op = 0
    // Who has called what is running: see the catch.
    let out = IN_LOOP
    let t: Thunk | null = null
    try {
      if (step !== WAIT) acc = step
      else if (this.suspended !== null) return WAIT
      let answered = step !== WAIT
      next: for (;;) {
        // biome-ignore lint/suspicious/noConfusingLabels: all that waits leaves by it, and nothing is asked of what does not
        wait: {
          // Hand the answer in acc to the frames on top, until one goes on with code.
          while (answered) {
            const f = frame
            if (f === base) {
              this.frame = f
              this.sp = sp
              return acc
            }
            const owes = f.thunk
            if (owes !== null) {
              owes.code = null
              owes.payload = acc
              f.thunk = null
            }
            depth = f.depth
            if (f instanceof CodeFrame) {
              frame = f.parent as Link
              chunk = f.chunk
              code = chunk.code
              pc = f.pc
              env = f.env
              answered = false
              const operands = f.operands
              if (operands !== null) for (let i = 0; i < operands.length; i++) stack[sp++] = operands[i]
            } else {
              this.frame = f.parent
              this.depth = depth
              this.sp = sp
              this.nesting = nesting
              out = IN_STEP
              const r = (f as Frame).step(this, acc)
              out = IN_LOOP
              if (r === WAIT) {
                this.insertStepped(f as Frame)
                break wait
              }
              acc = r
              frame = f.parent as Link
            }
          }
          let x: Slot = null
          // A compiled unit to be run in the environment in x, whether nothing is left to do after it, and the depth of its caller.
          let unit: Proto | null = null
          let tail = false
          let outer = depth
          run: for (;;) {
            op = code[pc++]
            if (COUNT) counts.opcodes[op]++
            switch (op) {
              case Op.INT:
                acc = code[pc++]
                continue
              case Op.STR:
                acc = chunk.strings[code[pc]]
                if (acc === undefined) acc = chunk.string(code[pc])
                pc++
                continue
              case Op.CONST:
                acc = chunk.constant(code[pc++])
                continue
              case Op.TRUE:
                acc = true
                continue
              case Op.FALSE:
                acc = false
                continue
              case Op.NULL:
                acc = null
                continue
              case Op.EMPTY_LIST:
                acc = EMPTY_LIST
                continue
              case Op.GLOBAL:
                acc = chunk.globals[code[pc++]]
                continue
              case Op.THUNK: {
                const unit = code[pc++]
                const p = chunk.protos[unit]
                acc = new Thunk(p === undefined ? chunk.proto(unit) : p, env)
                continue
              }
              case Op.CLOSURE: {
                const unit = code[pc++]
                const p = chunk.protos[unit]
                acc = new Closure(p === undefined ? chunk.proto(unit) : p, env)
                continue
              }
              case Op.CLOSURE_RAW:
                acc = new Thunk(chunk.proto(code[pc++]).delayed, env)
                continue
              case Op.GET0: {
                acc = env[code[pc]]
                if (acc === undefined) acc = env[code[pc]] = materialise(chunk, code[pc + 1], env)
                pc += 2
                continue
              }
              case Op.GET1: {
                const e = env[0]
                acc = e[code[pc]]
                if (acc === undefined) acc = e[code[pc]] = materialise(chunk, code[pc + 1], e)
                pc += 2
                continue
              }
              case Op.GET0F: {
                acc = env[code[pc]]
                if (acc === undefined) acc = env[code[pc]] = materialiseForced(chunk, code[pc + 1], env)
                pc += 2
                if (acc instanceof Thunk) {
                  t = acc
                  break
                }
                continue
              }
              case Op.GET1F: {
                const e = env[0]
                acc = e[code[pc]]
                if (acc === undefined) acc = e[code[pc]] = materialiseForced(chunk, code[pc + 1], e)
                pc += 2
                if (acc instanceof Thunk) {
                  t = acc
                  break
                }
                continue
              }
              case Op.WITH_GET: {
                const memos = chunk.withMemos
                const memo = memos === null ? undefined : memos[code[pc + 2]]
                if (memo === undefined) break
                let e = env
                for (let hops = memo.hops; hops > 0; hops--) e = e[0]
                if (e !== memo.env) break
                acc = memo.value
                pc += 3
                continue
              }
              case Op.GETN:
              case Op.GETNF: {
                let e = env[0][0]
                for (let hops = code[pc] - 2; hops > 0; hops--) e = e[0]
                const forced = op === Op.GETNF
                const desc = code[pc + 2]
                acc = e[code[pc + 1]]
                if (acc === undefined)
                  acc = e[code[pc + 1]] = forced
                    ? materialiseForced(chunk, desc, e)
                    : materialise(chunk, desc, e)
                pc += 3
                if (forced && acc instanceof Thunk) {
                  t = acc
                  break
                }
                continue
              }
              case Op.PUSH:
                stack[sp++] = acc
                continue
              case Op.JUMP:
                pc += code[pc] + 1
                continue
              case Op.BRANCH:
                if (acc === true) {
                  pc++
                  continue
                }
                if (acc === false) {
                  pc += code[pc] + 1
                  continue
                }
                break
              case Op.AND:
                if (acc === true) {
                  pc++
                  continue
                }
                if (acc === false) {
                  pc += code[pc] + 1
                  continue
                }
                break
              case Op.OR:
                if (acc === false) {
                  pc++
                  continue
                }
                if (acc === true) {
                  pc += code[pc] + 1
                  continue
                }
                break
              case Op.IMPL:
                if (acc === true) {
                  pc++
                  continue
                }
                if (acc === false) {
                  acc = true
                  pc += code[pc] + 1
                  continue
                }
                break
              case Op.CHECK_BOOL:
                if (typeof acc === 'boolean') {
                  pc++
                  continue
                }
                break
              case Op.NOT:
                if (typeof acc === 'boolean') {
                  acc = !acc
                  continue
                }
                break
              case Op.ASSERT:
                if (acc === true) {
                  pc += 2
                  continue
                }
                break
              case Op.CALL:
              case Op.TAIL_CALL: {
                const n = code[pc++]
                if (acc instanceof Closure) {
                  const p = acc.proto
                  if (p.arity === n && depth <= max) {
                    let last = stack[sp - 1]
                    if (p.hasFormals) {
                      if (last instanceof Thunk && last.code === null) last = last.payload as Value
                      if (!(last instanceof Attrs)) break
                      const formals = p.formals
                      if (formals!.fits !== last.shape.syms || last.base !== null) {
                        this.frame = frame
                        checkFormals(this, p, last)
                      }
                    }
                    tail = op === Op.TAIL_CALL
                    outer = depth++
                    if (TRACE) {
                      if (!tail) this.observer?.call(p, depth)
                      else this.observer?.tailCall(p, depth)
                    }
                    if (n <= 2 && shallow && (p.compiled !== null || this.warm(p))) {
                      // It makes its environment itself: what runOrStep gets is the closure's, and the arguments.
                      sp -= n
                      unit = p
                      x = acc.env as unknown as Slot
                      acc = last as Value
                      break
                    }
                    let e: Env
                    if (n === 1) {
                      sp--
                      if (p.envSize === 2) {
                        e = [acc.env, last]
                        if (COUNT) counts.environments++
                      } else {
                        e = makeEnv(p.envSize, acc.env)
                        e[1] = last
                      }
                    } else if (n === 2) {
                      sp -= 2
                      e = makeEnv(p.envSize, acc.env)
                      e[1] = stack[sp]
                      e[2] = last
                    } else {
                      e = makeEnv(p.envSize, acc.env)
                      e[n] = last
                      for (let i = n - 1; i > 0; i--) e[i] = stack[sp - 1 - n + i]
                      sp -= n
                    }
                    if (n > 2 && shallow && (p.compiled !== null || this.warm(p))) {
                      unit = p
                      x = e as unknown as Slot
                      break
                    }
                    if (!tail || this.#keepsCallers) frame = new CodeFrame(frame, null, outer, chunk, pc, env)
                    env = e
                    chunk = p.chunk
                    code = chunk.code
                    pc = p.pc
                    continue
                  }
                } else if (acc instanceof Builtin && acc.arity === n && depth <= max && n <= 2) {
                  const params = acc.params
                  const a = stack[sp - n]
                  // biome-ignore lint/suspicious/noExplicitAny: an argument, or the mark NOT_READY
                  const va: any = readyArg(params[0].kind, a)
                  if (va !== NOT_READY) {
                    // biome-ignore lint/suspicious/noExplicitAny: as above
                    let vb: any
                    if (n === 2) {
                      vb = readyArg(params[1].kind, stack[sp - 1])
                      if (vb === NOT_READY) break
                    }
                    sp -= n
                    const b = acc
                    this.frame = frame
                    this.depth = depth + 1
                    this.nesting = nesting
                    this.sp = sp
                    if (TRACE) this.observer?.builtin(b, depth)
                    this.starting = b
                    out = IN_CALL
                    const r = b.run(this, va, vb, undefined)
                    out = IN_LOOP
                    this.starting = null
                    if (r === WAIT) break run
                    acc = r
                    continue
                  }
                }
                break
              }
              case Op.BUILTIN_ENTER:
                if (depth <= max) {
                  depth++
                  continue
                }
                break
              case Op.CHECK_ARG: {
                const b = chunk.globals[code[pc]] as Builtin
                if (readyArg(b.params[code[pc + 1]].kind, acc) !== NOT_READY) {
                  pc += 2
                  continue
                }
                break
              }
              case Op.CALL_BUILTIN: {
                const b = chunk.globals[code[pc]] as Builtin
                const n = code[pc + 1]
                pc += 2
                sp -= n
                const { order } = b
                const first = order[0] === 0
                this.frame = frame
                this.depth = depth
                depth--
                this.nesting = nesting
                this.sp = sp
                if (TRACE) this.observer?.builtin(b, depth)
                this.starting = b
                out = IN_CALL
                const r = b.run(
                  this,
                  stack[first ? sp : sp + n - 1],
                  stack[first ? sp + 1 : sp],
                  n === 3 ? stack[sp + 2] : undefined,
                )
                out = IN_LOOP
                this.starting = null
                if (r === WAIT) break run
                acc = r
                continue
              }
              case Op.RETURN:
                if (--this.ticks < 0) break
                answered = true
                continue next
              case Op.STEP:
                acc = undefined
                answered = true
                continue next
              case Op.ENTER:
                env = makeEnv(code[pc++], env)
                continue
              case Op.SUBUNIT: {
                const p = chunk.proto(code[pc++])
                frame = new CodeFrame(frame, null, depth, chunk, pc, env)
                pc = p.pc
                continue
              }
              case Op.ADD:
                x = stack[--sp]
                if (typeof x === 'number' && typeof acc === 'number') {
                  const sum = x + acc
                  if (sum <= 9007199254740991 && sum >= -9007199254740991) {
                    acc = sum
                    continue
                  }
                } else if (typeof x === 'string' && typeof acc === 'string') {
                  acc = x + acc
                  continue
                }
                break
              case Op.ADDEND:
                if (typeof acc === 'number' || typeof acc === 'string') {
                  stack[sp++] = acc
                  pc++
                  continue
                }
                break
              case Op.SUB:
                x = stack[--sp]
                if (typeof x === 'number' && typeof acc === 'number' && depth <= max) {
                  const difference = x - acc
                  if (difference <= 9007199254740991 && difference >= -9007199254740991) {
                    acc = difference
                    continue
                  }
                }
                break
              case Op.LESS:
                x = stack[--sp]
                if (typeof x === 'number' && typeof acc === 'number' && depth <= max) {
                  acc = x < acc
                  continue
                }
                break
              case Op.EQUAL:
              case Op.NOT_EQUAL:
                x = stack[--sp]
                if ((typeof x !== 'object' && typeof acc !== 'object') || x === null || acc === null) {
                  acc = (x === acc) === (op === Op.EQUAL)
                  continue
                }
                break
              case Op.CONCAT: {
                const n = code[pc]
                let text = ''
                let i = sp - n
                for (; i < sp; i++) {
                  const part = stack[i]
                  if (typeof part !== 'string') break
                  text += part
                }
                if (i === sp) {
                  pc++
                  sp -= n
                  acc = text
                  continue
                }
                break
              }
              case Op.LIST: {
                const n = code[pc++]
                const items = emptySlots(n) as Slot[]
                sp -= n
                for (let i = 0; i < n; i++) items[i] = stack[sp + i]
                acc = new List(items, 0, n)
                continue
              }
              case Op.ATTRS: {
                let shape = chunk.shapes[code[pc]]
                if (shape === undefined) shape = chunk.siteShape(code[pc], code[pc + 1])
                acc = new Attrs(shape, emptySlots(shape.syms.length), env, null)
                pc += 2
                continue
              }
              case Op.CHECK_ATTRS:
                if (acc instanceof Attrs) {
                  pc++
                  continue
                }
                break
              case Op.UPDATE:
                x = stack[--sp]
                if (acc instanceof Attrs) {
                  acc = update(acc, x as Attrs)
                  continue
                }
                break
              case Op.SELECT: {
                if (acc instanceof Attrs) {
                  const cache = code[pc + 1]
                  const a = acc
                  let i: number
                  if (chunk.icShapes[cache] === a.shape) i = chunk.icSlots[cache]
                  else {
                    const name = code[pc]
                    let sym = chunk.syms[name]
                    if (sym < 0) sym = chunk.sym(name)
                    i = a.shape.find(sym)
                    if (i >= 0) {
                      chunk.icShapes[cache] = a.shape
                      chunk.icSlots[cache] = i
                    } else if (a.base !== null) {
                      let layer = a.base
                      for (;;) {
                        i = layer.shape.find(sym)
                        if (i >= 0) {
                          acc = layer
                          // Should it fail, the cache tells where it was defined.
                          if (isPending(layer.vals[i])) {
                            chunk.icShapes[cache] = layer.shape
                            chunk.icSlots[cache] = i
                          }
                          break
                        }
                        if (layer.base === null) break
                        layer = layer.base
                      }
                    }
                  }
                  if (i >= 0) {
                    const v = acc.vals[i]
                    acc = v !== undefined ? v : slotAt(acc, i)
                    pc += 3
                    if (acc instanceof Thunk) {
                      t = acc
                      break
                    }
                    continue
                  }
                  acc = a
                }
                break
              }
              case Op.SELECT_OR: {
                if (acc instanceof Attrs) {
                  const name = code[pc]
                  let sym = chunk.syms[name]
                  if (sym < 0) sym = chunk.sym(name)
                  let layer: Attrs | null = acc
                  let i = -1
                  do {
                    i = layer.shape.find(sym)
                    if (i >= 0) break
                    layer = layer.base
                  } while (layer !== null)
                  if (layer !== null) {
                    const v = layer.vals[i]
                    acc = v !== undefined ? v : slotAt(layer, i)
                    pc += 3
                    if (acc instanceof Thunk) {
                      // Should it fail, the cache tells where it was defined.
                      const cache = code[pc - 2]
                      chunk.icShapes[cache] = layer.shape
                      chunk.icSlots[cache] = i
                      t = acc
                      break
                    }
                    continue
                  }
                }
                pc += 3 + code[pc + 2]
                continue
              }
              case Op.HAS: {
                if (acc instanceof Attrs) {
                  const name = code[pc]
                  let sym = chunk.syms[name]
                  if (sym < 0) sym = chunk.sym(name)
                  let layer: Attrs | null = acc
                  acc = false
                  do {
                    if (layer.shape.find(sym) >= 0) {
                      acc = true
                      break
                    }
                    layer = layer.base
                  } while (layer !== null)
                } else acc = false
                pc++
                continue
              }
              case Op.DYN_NAME:
                if (typeof acc === 'string') {
                  pc++
                  continue
                }
                break
              case Op.ASSERT_EQ:
              case Op.MUL:
              case Op.DIV:
              case Op.CONCAT_LISTS:
              case Op.SELECT_DYN:
              case Op.SELECT_DYN_OR:
              case Op.HAS_DYN:
                x = stack[--sp]
                break
              default:
                // Everything rare is done by slowStep.
                break
            }
            if (t !== null) {
              // Force t: the fast ways here, the others in startThunk.
              const c = t.code
              if (c === null) {
                acc = t.payload
                t = null
                continue
              }
              if (TRACE) this.observer?.force(t, depth)
              let p: Proto | null = null
              let inner = depth
              let e = t.payload as Env
              if (c instanceof Proto) {
                p = c
                t.code = p.hole
              } else if (c instanceof Closure && depth <= max && c.proto.arity === 1 && !c.proto.hasFormals) {
                p = c.proto
                // An application: see startThunk.
                inner++
                e = makeEnv(p.envSize, c.env)
                e[1] = t.payload
              }
              if (p !== null) {
                if (!(shallow && (p.compiled !== null || this.warm(p)))) {
                  frame = new CodeFrame(frame, t, depth, chunk, pc, env)
                  depth = inner
                  env = e
                  chunk = p.chunk
                  code = chunk.code
                  pc = p.pc
                  t = null
                  continue
                }
              } else if (c instanceof Hole) throw infiniteRecursion()
              this.frame = frame
              this.depth = inner
              this.sp = sp
              out = IN_CALL
              this.nesting = p !== null ? inside : nesting
              const r: Step = runOrStart(this, p, e, t, c as Deferred | Value)
              out = IN_LOOP
              if (r === WAIT) {
                this.owed = t
                t = null
                break
              }
              t.code = null
              t.payload = acc = r
              t = null
              continue
            }
            this.frame = frame
            this.depth = depth
            this.sp = sp
            // A compiled unit, or the slow path of the opcode with the activation in the fields.
            if (unit !== null) {
              depth = outer
              this.nesting = inside
              out = tail ? IN_TAIL : IN_CALL
            } else {
              pc += operandCount(op)
              this.nesting = nesting
              this.chunk = chunk
              this.pc = pc
              this.env = env
              out = IN_CALL
            }
            const r: Step | typeof MISSING | typeof REENTER = runOrStep(this, unit, op, x, acc)
            out = IN_LOOP
            x = null
            sp = this.sp
            if (r === WAIT) break
            if (unit !== null) {
              acc = r
              unit = null
              if (tail) {
                answered = true
                continue next
              }
            } else if (r === MISSING) pc += code[pc - 1]
            else if (r === REENTER) return REENTER
            else acc = r
          }
          // What has been called has to wait, and so has the running activation.
          if (unit === null || !tail) this.spill(chunk, pc, env, depth, null)
        }
        // The loop goes on with what is on top now.
        if (this.#mustLeave(base)) return WAIT
        sp = this.sp
        frame = this.frame as Link
        depth = this.depth
        chunk = this.chunk
        code = chunk.code
        pc = this.pc
        env = this.env
        answered = false
      }
    } catch (error) {
      // Who was running joins the list, so that unwinding tells what it was doing.
      if (t !== null) this.owed = t
      if (out === IN_STEP) {
        this.insertStepped(frame as Frame)
      } else if (out !== IN_TAIL) {
        if (out === IN_LOOP) {
          this.frame = frame
          this.sp = sp
        }
        this.insert(new CodeFrame(null, null, depth, chunk, pc, env))
      }
      if (nesting > 0) this.#lowest(base)
      this.#fail(error)
      return REENTER
    }
  }
}

// What the loop has called when an error comes by.
/** Nothing. */
const IN_LOOP = 0
/** Something for the running activation. */
const IN_CALL = 1
/** A unit, as the last thing that the activation does. */
const IN_TAIL = 2
/** The frame on top. */
const IN_STEP = 3

/** Returns of units between two questions whether to go on: about a hundredth of a second. */
const TICKS = 20_000

/** Returns of units between two times that caches are emptied which keep values alive: about half a second. */
const FORGET = 64 * TICKS

const EMPTY_CODE: Int32Array = new Int32Array(0)

/**
 * Native steps and compiled functions within each other, at most: a Nix program never decides how deep the JavaScript stack
 * gets.
 */
const MAX_NESTING = 300
/** Runs of a unit before it is compiled. */
const THRESHOLD = 1000
/** The same in a small program, which spends its time in few units. */
const SMALL_THRESHOLD = 80
/** One with more units than this that have run so often does not, and compiling them all takes longer than it gains. */
const EARLY_UNITS = 48
/** The further ones are compiled after so many runs. */
const LATER_THRESHOLD = 300
/**
 * And of how many runs of all units, at most, it is one: compiling what is run as seldom as all else gains nothing. In a big
 * program, a function that is run now and then stays in V8's lowest tiers for long, where the loop is in the highest.
 */
const SHARE = 50
const SMALL_SHARE = 200
/** So many runs are enough in any case: V8's highest tier takes fewer, and in a long program they are no longer a share. */
const OFTEN = 100_000
/**
 * More runs than a unit has. A small integer: a machine with an infinite number in a field that has been one is another kind of
 * object to V8, which throws away all that it has compiled for the machines before.
 */
const UNREACHED = 2 ** 31 - 1
/** The heat of a unit that has been compiled, or cannot be. */
const NEVER = -(2 ** 30)

/** The one chunk of the machine's own: `STEP`. */
function stepChunk(symbols: SymbolTable): LoadedChunk {
  const chunk: Chunk = {
    code: Int32Array.of(Op.STEP),
    units: Int32Array.of(0, 0, 0, -1, -1, -1),
    spans: EMPTY_CODE,
    regions: EMPTY_CODE,
    strings: [],
    bigInts: [],
    floats: [],
    paths: [],
    siteCount: 0,
    cacheCount: 0,
    lineStarts: null,
    sourceLength: 0,
    warnings: [],
    compiled: undefined,
    growth: undefined,
  }
  return new LoadedChunk(chunk, symbols, 0, '/', { homeDir: () => '/' }, null, [])
}

/** Whether a slot is not there yet or not evaluated. */
function isPending(v: Slot | undefined): boolean {
  return v === undefined || (v instanceof Thunk && v.code !== null)
}

/** Operand words that an opcode's case leaves for slowStep to read: those after pc when the case breaks. */
function operandCount(op: number): number {
  switch (op) {
    case Op.FORMAL:
    case Op.SELECT:
    case Op.WITH_GET:
      return 3
    case Op.CHECK_ARG:
    case Op.ASSERT:
    case Op.ASSERT_EQ:
    case Op.ATTRS_DYN:
      return 2
    case Op.CUR_POS:
    case Op.CHECK_BOOL:
    case Op.COERCE:
    case Op.CONCAT:
    case Op.CONCAT_PATH:
    case Op.OVERRIDES:
    case Op.CHECK_ATTRS:
    case Op.SELECT_DYN:
    case Op.SELECT_DYN_OR:
    case Op.DYN_NAME:
    case Op.FAIL:
    case Op.BRANCH:
    case Op.AND:
    case Op.OR:
    case Op.IMPL:
      return 1
    default:
      return 0
  }
}

/** One place for the calls of all compiled units: V8 learns once that it is not always the same one. */
function runCompiled(unit: Proto, vm: Vm, env: Env): Step {
  return (unit.compiled as Compiled)(vm, env)
}

/** What the loop calls for a thunk that it does not run itself: see rule 6. */
function runOrStart(vm: Vm, unit: Proto | null, env: Env, t: Thunk, code: Deferred | Value): Step {
  return unit !== null ? runCompiled(unit, vm, env) : vm.startThunk(t, code)
}

/** The same for a call of a compiled unit, and for the slow path of an opcode. */
function runOrStep(
  vm: Vm,
  unit: Proto | null,
  op: number,
  x: Slot,
  acc: Value,
): Step | typeof MISSING | typeof REENTER {
  if (unit === null) return slowStep(vm, op, x, acc)
  const { arity } = unit
  if (arity > 2) return runCompiled(unit, vm, x as unknown as Env)
  const first = arity === 1 ? acc : vm.stack[vm.sp]
  return (unit.compiled as Compiled)(vm, null, x as unknown as Env, first, acc)
}

// The frames of calls that wait for the function, for the argument of a `{ … }:` function, for an argument of a builtin.
const applied = (args: readonly Slot[]): Frame => new ApplyFrame(args)
const entered = (args: readonly Slot[], fn: Closure): Frame => new FormalsFrame(fn, args)
const started = (args: readonly Slot[], b: Builtin, i: number): Frame => new ArgsFrame(b, args.slice(), i)

/** How many of so many arguments a function takes in one call; what is no function: all, and fails. */
export function takenAtOnce(fn: Value, left: number): number {
  return fn instanceof Closure
    ? fn.proto.arity
    : fn instanceof Builtin
      ? fn.arity
      : fn instanceof Attrs
        ? 1
        : left
}

/** Whether it is a function that one argument is too few for. */
function wantsMore(fn: Deferred | Value): fn is Closure | Builtin {
  return fn instanceof Closure ? fn.proto.arity > 1 : fn instanceof Builtin && fn.arity > 1
}

/** The same given fewer than it takes. */
function partial(fn: Closure | Builtin, args: readonly Slot[]): Partial {
  return args.length === 1 ? new Partial(fn, args[0]) : new Partial(fn, args[0], args.slice(1))
}

/** The environment of a lambda that has been given all its arguments, some before. */
function partialEnv(p: Proto, outer: Env, before: Partial, args: readonly Slot[]): Env {
  const { more } = before
  const env = makeEnv(p.envSize, outer)
  env[1] = before.first
  let n = 2
  for (let i = 0; i < more.length; i++) env[n++] = more[i]
  for (let i = 0; i < args.length; i++) env[n++] = args[i]
  return env
}

/** An argument as the builtin gets it, or NOT_READY when it has to be forced or refused first. */
function readyArg(kind: number, v: Slot): Slot | typeof NOT_READY {
  if (kind === LAZY) return v
  if (v instanceof Thunk) {
    if (v.code !== null) return NOT_READY
    v = v.payload as Value
  }
  switch (kind) {
    case ANY:
      return v
    case LIST:
      return v instanceof List ? v : NOT_READY
    case ATTRS:
      return v instanceof Attrs ? v : NOT_READY
    case STRING:
      return typeof v === 'string' || v instanceof StringWithContext ? v : NOT_READY
    case PLAIN_STRING:
      return typeof v === 'string' ? v : NOT_READY
    case INTEGER:
      return typeof v === 'number' || typeof v === 'bigint' ? v : NOT_READY
    case NUMBER:
      return typeof v === 'number' || typeof v === 'bigint' || v instanceof Float ? v : NOT_READY
    case OFFSET:
      return typeof v === 'number' && v >= 0 ? v : NOT_READY
    case BOOL:
      return typeof v === 'boolean' ? v : NOT_READY
    case FUNCTION:
      return v instanceof Closure || v instanceof Builtin || v instanceof Partial ? v : NOT_READY
    default:
      return NOT_READY
  }
}

/** What V8 throws at its limits is an error of the program; anything else unknown is our fault. */
function asNixError(thrown: unknown): NixError {
  if (thrown instanceof NixError) return thrown
  const limit = limitOf(thrown)
  if (limit !== undefined) return limit
  const fault = new NixError('internal', thrown instanceof Error ? `${thrown.message}` : String(thrown))
  if (thrown instanceof Error && thrown.stack !== undefined) fault.stack = thrown.stack
  return fault
}

/** The machine puts in the position at which the thunk was forced again. */
function infiniteRecursion(): NixError {
  return atSite(new NixError('infinite-recursion', 'infinite recursion encountered'))
}

function atSite(error: NixError): NixError {
  error.site = 'pos'
  return error
}

/** What a thunk under way does; null when there is none. */
export function workOf(t: Thunk | null): Thunk['code'] {
  return t === null ? null : t.code instanceof Hole ? t.code.code : t.code
}

/** Where the function stands that an error has come out of: the one a thunk applies, or the one called. */
export function lambdaPos(code: Thunk['code'], callee: CodePlace | null, payload: unknown): PosIdx {
  if (code instanceof Closure || code instanceof Partial) return lambdaOf(code)?.pos ?? 0
  if (code instanceof Deferred) return code.lambdaPos?.(payload) ?? 0
  if (code instanceof Attrs) return determinePos(code)
  if (code instanceof Proto) return code.arity === 0 ? 0 : code.params[0].pos
  if (callee === null) return 0
  const proto = callee.chunk.proto(unitAt(callee.chunk, callee.pc - 1))
  return proto.arity === 0 ? 0 : proto.params[0].pos
}

/** Errors of calls within each other: a call put off, which has no black hole, may be among them several times. */
function isEndless(error: NixError): boolean {
  return error.kind === 'infinite-recursion' || error.kind === 'stack-overflow'
}

export function stackOverflow(pos: PosIdx): NixError {
  return new NixError('stack-overflow', 'stack overflow; max-call-depth exceeded', { pos })
}
