/**
 * A machine without bytecode, for tests of the run-time operations: it runs frames, Deferred thunks and builtins, on an
 * explicit list of frames like the real one.
 */

import type { Chunk } from '../../src/bytecode/chunk.ts'
import { NixError } from '../../src/errors.ts'
import type { EvalIO } from '../../src/io/io.ts'
import {
  type EvalSettings,
  Frame,
  type Machine,
  type Services,
  type Step,
  WAIT,
} from '../../src/runtime/machine.ts'
import { type PosIdx, PosTable, Source } from '../../src/source.ts'
import { AttrsBuilder } from '../../src/values/attrs.ts'
import { LoadedChunk } from '../../src/values/code.ts'
import { SymbolTable } from '../../src/values/symbols.ts'
import {
  type Attrs,
  Builtin,
  Closure,
  Deferred,
  Hole,
  type List,
  list,
  Partial,
  type Slot,
  StringWithContext,
  Thunk,
  type Value,
} from '../../src/values/value.ts'
import { evalSettings } from './settings.ts'

/** Work put off that a test wrote; like bytecode, it never answers at once. */
class TestWork extends Deferred {
  readonly work: (m: FakeMachine) => Step
  constructor(work: (m: FakeMachine) => Step) {
    super()
    this.work = work
  }
  start(m: FakeMachine): Step {
    return m.push(new WorkFrame(this.work))
  }
}

class WorkFrame extends Frame {
  readonly work: (m: FakeMachine) => Step
  constructor(work: (m: FakeMachine) => Step) {
    super()
    this.work = work
  }
  override step(m: Machine, answer: Value | undefined): Step {
    return answer ?? this.work(m as FakeMachine)
  }
}

export class FakeMachine implements Machine {
  readonly io: EvalIO = {} as EvalIO
  readonly symbols: SymbolTable = new SymbolTable()
  readonly positions: PosTable = new PosTable()
  readonly settings: EvalSettings
  readonly services: Services
  readonly emptyAttrs: Attrs
  readonly lines: string[] = []
  depth = 0
  sameAsItself: Attrs | null = null
  frame: Frame | null = null
  #fresh = false
  /** How many frames have been pushed: a fast path pushes none. */
  pushes = 0

  constructor(settings: { [K in keyof EvalSettings]?: EvalSettings[K] } = {}) {
    this.settings = evalSettings({ ...settings })
    this.emptyAttrs = new AttrsBuilder(this.symbols).build()
    this.services = {
      copyToStore: (_m: Machine, path: string) => {
        const place = `/nix/store/00000000000000000000000000000000-${path.slice(path.lastIndexOf('/') + 1)}`
        return new StringWithContext(place, [place])
      },
    } as unknown as Services
  }

  /** A set of JS values; numbers, strings and so on are Nix values already. */
  set(entries: Record<string, Slot>, positions: Record<string, PosIdx> = {}): Attrs {
    const b = new AttrsBuilder(this.symbols)
    for (const [name, slot] of Object.entries(entries)) b.setName(name, slot, positions[name] ?? 0)
    return b.build()
  }
  list(...items: Slot[]): List {
    return list(items)
  }
  /** A thunk whose value `work` computes. */
  later(work: (m: FakeMachine) => Step): Thunk {
    return new Thunk(new TestWork(work), null)
  }
  fails(message = 'x'): Thunk {
    return this.later(() => {
      throw new NixError('throw', message)
    })
  }
  /** A function of one argument. */
  fn(name: string, run: (m: FakeMachine, a: Slot) => Step): Builtin {
    return new Builtin(name, [{ kind: 0, context: '', always: false }], run, true, [0])
  }
  /** A lambda `{ a, b ? …, ... }:`; a name with a `?` has a default. */
  lambda(formals: readonly string[], ellipsis = false): Closure {
    const strings = formals.map((f) => f.replace('?', ''))
    const table = formals.flatMap((f, i) => [i, 0, f.endsWith('?') ? 1 : 0, i + 1])
    const params = 3 + table.length
    const chunk = {
      code: Int32Array.from([formals.length, ellipsis ? 1 : 0, 1, ...table, -1, 0]),
      units: Int32Array.from([0, 0, 0, -1, -1, -1, 0, 1, 1, 0, -1, params]),
      strings,
      constCount: 0,
      siteCount: 0,
      cacheCount: 0,
    } as unknown as Chunk
    return new Closure(
      new LoadedChunk(chunk, this.symbols, this.pos(), '/', { homeDir: () => '/' }, null, []).proto(1),
      [],
    )
  }
  /** A position in a made-up file. */
  pos(text = 'x'): PosIdx {
    return this.positions.add(new Source('file', '/f.nix', text), text.length)
  }

  force(v: Slot): Step {
    if (!(v instanceof Thunk)) return v
    const code = v.code
    if (code === null) return v.payload as Value
    if (code instanceof Hole) throw new NixError('infinite-recursion', 'infinite recursion encountered')
    const below = this.frame
    if (below !== null) below.thunk = v
    v.code = new Hole(code)
    let r: Step
    if (code instanceof Deferred) r = code.start(this, v.payload)
    else r = this.call(code as Value, v.payload as Slot)
    if (r !== WAIT) {
      v.code = null
      v.payload = r
      if (below !== null) below.thunk = null
    }
    return r
  }
  call(fn: Slot, a: Slot): Step {
    const f = fn instanceof Thunk && fn.code === null ? (fn.payload as Value) : fn
    if (f instanceof Builtin) {
      const depth = this.depth
      if (depth > this.settings.maxCallDepth) throw new NixError('stack-overflow', 'stack overflow')
      this.depth++
      const r = f.arity === 1 ? (f.run(this, a, null, null) as Step) : new Partial(f, a)
      if (r !== WAIT) this.depth = depth
      return r
    }
    // Lambdas have no code here: every one answers its argument.
    if (f instanceof Closure) return this.force(a)
    throw new NixError('type', 'attempt to call something which is not a function')
  }
  call2(): Step {
    throw new Error('not in the fake machine')
  }
  callCurried(): Step {
    throw new Error('not in the fake machine')
  }
  pushLater(frame: Frame): Step {
    return this.push(frame)
  }
  pushCatching(frame: Frame): Step {
    return this.push(frame)
  }
  forceFor<T>(t: Thunk, make: (m: Machine, t: Thunk, what: T) => Frame, what: T): Step {
    return this.push(make(this, t, what))
  }
  push(frame: Frame): Step {
    if (!(frame instanceof WorkFrame)) this.pushes++
    frame.parent = this.frame
    frame.depth = this.depth
    this.frame = frame
    this.#fresh = true
    return WAIT
  }
  wait(): Step {
    throw new Error('not in the fake machine')
  }
  log(line: string): void {
    this.lines.push(line)
  }

  #pop(frame: Frame): void {
    this.frame = frame.parent as Frame | null
    if (this.frame !== null) this.depth = this.frame.depth
  }

  /** Runs a request to its end. */
  run(request: (m: FakeMachine) => Step): Value {
    const depth = this.depth
    let r = this.#attempt(() => request(this))
    for (;;) {
      const f = this.frame
      if (f === null) {
        if (r === WAIT) throw new Error('nobody answers')
        this.depth = depth
        return r
      }
      this.depth = f.depth
      if (r === WAIT) {
        if (!this.#fresh) throw new Error('WAIT with no answer under way')
        this.#fresh = false
        r = this.#attempt(() => f.step(this, undefined))
      } else {
        const answer = r
        if (f.thunk !== null) {
          f.thunk.code = null
          f.thunk.payload = answer
          f.thunk = null
        }
        r = this.#attempt(() => f.step(this, answer))
      }
      if (r !== WAIT && this.frame === f) this.#pop(f)
    }
  }

  #attempt(work: () => Step): Step {
    try {
      return work()
    } catch (error) {
      this.#fresh = false
      return this.#unwind(error)
    }
  }

  #unwind(error: unknown): Step {
    for (;;) {
      const f = this.frame
      if (f === null) throw error
      if (f.thunk !== null) {
        if (f.thunk.code instanceof Hole) f.thunk.code = f.thunk.code.code
        f.thunk = null
      }
      if (error instanceof NixError) {
        this.depth = f.depth
        const r = f.recover?.(this, error)
        if (r === WAIT) return WAIT
        if (r !== undefined) {
          this.frame = f.parent as Frame | null
          return r
        }
        f.explain?.(this, error)
      }
      this.frame = f.parent as Frame | null
    }
  }
}

/** The message and the trace (innermost first) of what a request throws. */
export function failure(
  m: FakeMachine,
  request: (m: FakeMachine) => Step,
): { message: string; trace: string[] } {
  try {
    m.run(request)
  } catch (error) {
    if (error instanceof NixError) return { message: error.message, trace: error.trace.map((t) => t.text) }
    throw error
  }
  throw new Error('nothing was thrown')
}
