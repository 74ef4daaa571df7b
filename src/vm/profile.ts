/**
 * A profile of a running program (floor 4): shown the list of frames now and then, it makes folded stacks of what it has
 * seen, with the frames of Nix's profiler (eval-profiler.cc). Only a machine that was given a profiler knows of it (VmOptions):
 * then everybody who waits is in the list, and builtins are made by `watch`.
 */
import type { NixError } from '../errors.ts'
import { Frame, type Link, type Step, WAIT } from '../runtime/machine.ts'
import type { PosIdx } from '../source.ts'
import { lookup, positionOf } from '../values/attrs.ts'
import type { LoadedChunk } from '../values/code.ts'
import { quoteName, showPos } from '../values/describe.ts'
import { SYM } from '../values/symbols.ts'
import { Attrs, Builtin, Closure, isString, peek, type Slot, textOf, type Value } from '../values/value.ts'
import { callsAround } from './explain.ts'
import { FormalsFrame, FunctorFrame } from './frames.ts'
import { LessFrame } from './ops.ts'
import { type CodePlace, posOf, unitAt } from './places.ts'
import { CodeFrame, lambdaPos, takenAtOnce, type Vm, workOf } from './vm.ts'

export interface ProfilerOptions {
  /** Samples per second; 0: at every call. */
  frequency: number
  /** The time, in milliseconds. */
  clock: () => number
}

/** Returns of units between two looks at the clock: some microseconds. A prime with the one that is looked at. */
const INTERVAL = 30

/** The builtin whose frame bears the name of what it makes. */
const DERIVATION = 'derivationStrict'

/** Stacks that were seen, as a tree: one that begins with another is below it. Most have one below them, so those are a list. */
class Stack {
  /** Number of the text of its innermost frame. */
  readonly text: number
  readonly next: Stack | null
  first: Stack | null = null
  /** How often it was seen as a whole. */
  count = 0
  constructor(text: number, next: Stack | null) {
    this.text = text
    this.next = next
  }
}

/**
 * Samples the stack of calls under way. Nix: SampleStack.
 *
 * With a frequency, when a sample's time has come it is taken as soon as a unit returns or a builtin has answered, with that call
 * still in it: time spent in a builtin is that builtin's. (Nix looks at the clock when the next call begins.) With frequency 0
 * there is one for each call, of a lambda when it returns and of a builtin when it begins. Not among them are calls that have no
 * code of their own here: operators, sets that are called (their functions are), and what only gives a function that waits for more
 * arguments; and calls of lambdas that fail.
 *
 * Functions have their names even when they are called before they are evaluated, for which Nix has only a position.
 */
export class Profiler {
  /** How many returns of units the machine lets pass between two calls of `returned`. */
  readonly interval: number
  readonly #every: boolean
  readonly #period: number
  readonly #clock: () => number
  #last: number
  readonly #root = new Stack(-1, null)
  /** Texts of frames, each once. */
  readonly #texts: string[] = []
  readonly #byText = new Map<string, number>()
  /** Their numbers by what was called and where. */
  readonly #known = new Map<string, Map<PosIdx, number>>()

  constructor({ frequency, clock }: ProfilerOptions) {
    this.#every = frequency === 0
    this.interval = this.#every ? 0 : INTERVAL
    this.#period = 1000 / frequency
    this.#clock = clock
    this.#last = clock()
  }

  // ------------------------------------------------------------ what it is told

  /** A unit, whose code ends before `pc`, has returned; the machine's fields say who waits for it. */
  returned(vm: Vm, chunk: LoadedChunk, pc: number): void {
    const place = { chunk, pc }
    if (this.#every) {
      if (chunk.proto(unitAt(chunk, pc - 1)).arity === 0 || goesOn(vm.frame)) return
    } else if (!this.#due()) return
    const stack: number[] = []
    this.#code(vm, place, vm.frame, stack)
    this.#links(vm, vm.frame, stack)
    this.#count(stack)
  }

  /** The builtin as a profiled program gets it. */
  watch(builtin: Builtin): Builtin {
    const { name, params, order, run, forms } = builtin
    // It is gone before anybody looks at its argument.
    if (name === 'break') return builtin
    const every = this.#every
    const watched: Builtin = new Builtin(
      name,
      params,
      (vm: Vm, a: Slot, b: Slot, c: Slot): Step => {
        // The frames that stand for the builtin are those of this file.
        vm.starting = null
        const whole = (): Step => run(vm, a, b, c) as Step
        if (name === DERIVATION) return vm.pushLater(new DerivationCall(this, watched, a as Attrs, whole))
        if (every) return vm.pushLater(new WatchedFrame(this, watched, whole))
        const { depth } = vm
        let r: Step
        try {
          r = whole()
        } catch (error) {
          vm.keep(new WatchedFrame(this, watched, null), null, depth)
          throw error
        }
        if (r === WAIT) vm.keep(new WatchedFrame(this, watched, null), null, depth)
        // Who has called it can be seen only when the JavaScript stack is empty.
        else if (this.#due()) return vm.pushLater(new WatchedFrame(this, watched, () => r))
        return r
      },
      true,
      order,
      forms,
    )
    return watched
  }

  /** A call with more arguments than the function takes at once, as a frame. */
  spread(fn: Value, args: readonly Slot[]): Frame {
    return new SpreadFrame(this, fn, args)
  }

  /** A call of a builtin, or one with many arguments, begins. */
  began(vm: Vm, frame: Frame): void {
    if (this.#every && !goesOn(frame.parent)) this.#sample(vm, frame)
  }

  /** A builtin has answered. */
  answered(vm: Vm, frame: Frame): void {
    if (!this.#every && this.#due()) this.#sample(vm, frame)
  }

  // ------------------------------------------------------------ sampling

  #due(): boolean {
    return this.#clock() - this.#last > this.#period
  }

  /** `top`: the frame that is being stepped. */
  #sample(vm: Vm, top: Frame): void {
    const stack: number[] = []
    this.#links(vm, top, stack)
    this.#count(stack)
  }

  /** Counts a stack, the innermost frame first. */
  #count(stack: readonly number[]): void {
    if (stack.length === 0) return
    this.#last = this.#clock()
    let at = this.#root
    for (let i = stack.length - 1; i >= 0; i--) {
      const text = stack[i]
      let below = at.first
      while (below !== null && below.text !== text) below = below.next
      at = below ?? (at.first = new Stack(text, at.first))
    }
    at.count++
  }

  #links(vm: Vm, from: Link | null, stack: number[]): void {
    for (let f = from; f !== null; f = f.parent) {
      if (f instanceof CodeFrame) this.#code(vm, f, f.parent, stack)
      else if (f instanceof Frame) this.#native(vm, f, stack)
    }
  }

  /** Nix: LambdaFrameInfo. */
  #code(vm: Vm, place: CodePlace, parent: Link | null, stack: number[]): void {
    callsAround(place, (name, pos) => stack.push(this.#primop(vm, name, pos)))
    const proto = place.chunk.proto(unitAt(place.chunk, place.pc - 1))
    if (proto.arity === 0 || goesOn(parent)) return
    const thunk = parent === null ? null : parent.thunk
    const own = lambdaPos(workOf(thunk), place, thunk?.payload)
    stack.push(this.#lambda(vm, proto.name, vm.siteOf(parent, own), own === 0 ? proto.params[0].pos : own))
  }

  #native(vm: Vm, f: Frame, stack: number[]): void {
    const { parent } = f
    if (goesOn(parent)) return
    const site = (): PosIdx => vm.siteOf(parent, 0)
    if (f instanceof SpreadFrame) {
      const { fn } = f
      if (fn instanceof Closure) stack.push(this.#lambda(vm, fn.proto.name, site(), fn.proto.params[0].pos))
      else if (fn instanceof Builtin) stack.push(this.#primop(vm, fn.name, site()))
      else if (fn instanceof Attrs) stack.push(this.#functor(vm, fn, site()))
    } else if (f instanceof WatchedFrame) {
      if (f.label !== null) stack.push(this.#primop(vm, f.label, site()))
    } else if (f.builtin !== null) stack.push(this.#primop(vm, f.builtin.name, site()))
    else if (f instanceof FormalsFrame) {
      const { name, params } = f.fn.proto
      stack.push(this.#lambda(vm, name, site(), params[0].pos))
    } else if (f instanceof FunctorFrame) stack.push(this.#functor(vm, f.set, site()))
    else if (f instanceof LessFrame) stack.push(this.#primop(vm, 'lessThan', posOf(f.chunk, f.pc)))
  }

  /** A lambda's frame: where it is called, or else (0) where it is. */
  #lambda(vm: Vm, name: string | null, site: PosIdx, own: PosIdx): number {
    return this.#frame(vm, name === null ? '' : `:${quoteName(name)}`, site === 0 ? own : site)
  }

  /** Nix: PrimOpFrameInfo, DerivationStrictFrameInfo. */
  #primop(vm: Vm, name: string, site: PosIdx): number {
    return site === 0 ? this.#number(`primop ${name}`) : this.#frame(vm, `:primop ${name}`, site)
  }

  /** Nix: FunctorFrameInfo. */
  #functor(vm: Vm, set: Attrs, site: PosIdx): number {
    return this.#frame(vm, ':functor', site === 0 ? positionOf(set, SYM.FUNCTOR) : site)
  }

  /** The number of the frame at a position whose text ends in `end`. */
  #frame(vm: Vm, end: string, pos: PosIdx): number {
    let places = this.#known.get(end)
    if (places === undefined) {
      places = new Map()
      this.#known.set(end, places)
    }
    let number = places.get(pos)
    if (number === undefined) {
      number = this.#number(showPos(vm.positions, pos) + end)
      places.set(pos, number)
    }
    return number
  }

  #number(text: string): number {
    let number = this.#byText.get(text)
    if (number === undefined) {
      number = this.#texts.push(text) - 1
      this.#byText.set(text, number)
    }
    return number
  }

  // ------------------------------------------------------------ what comes out

  /**
   * What was seen, as folded stacks: a line (a byte string with its newline) for each different stack, its frames from the
   * outermost to the innermost with `;` between, a space, and how often it was seen. In the order of the texts of frames.
   */
  *lines(): Iterable<string> {
    const texts = this.#texts
    const path: string[] = []
    const open = [below(this.#root, texts)]
    for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
      const stack = last.pop()
      if (stack === undefined) {
        open.pop()
        path.pop()
        continue
      }
      path.push(texts[stack.text])
      if (stack.count > 0) yield `${path.join(';')} ${stack.count}\n`
      open.push(below(stack, texts))
    }
  }
}

/** The stacks with one frame more, those whose text comes first in the end. */
function below(stack: Stack, texts: readonly string[]): Stack[] {
  const all: Stack[] = []
  for (let s = stack.first; s !== null; s = s.next) all.push(s)
  return all.sort((a, b) => (texts[a.text] < texts[b.text] ? 1 : -1))
}

/** Whether a link has asked for a part of a call with more arguments than the function takes: one frame for all of it. */
function goesOn(link: Link | null): boolean {
  for (let f = link; f instanceof Frame; f = f.parent) {
    if (f instanceof SpreadFrame) return true
    if (f.passes?.() !== true) return false
  }
  return false
}

/**
 * A call of a builtin that is seen as a whole: it stands in the list from its beginning to its end, above its caller, whatever
 * the builtin itself puts there.
 */
class WatchedFrame extends Frame {
  readonly profiler: Profiler
  /** What the call is shown as; null: it has not begun. */
  label: string | null = null
  readonly #called: Builtin
  readonly #run: (() => Step) | null
  /** `run`: what is still to be done; null: it has been begun. */
  constructor(profiler: Profiler, called: Builtin, run: (() => Step) | null) {
    super()
    this.profiler = profiler
    this.#called = called
    this.#run = run
    if (run === null) this.#begin()
  }
  #begin(): void {
    this.builtin = this.#called
    this.label = this.labelOf(this.#called)
  }
  override step(vm: Vm, answer: Value | undefined): Step {
    let r: Step | undefined = answer
    if (this.label === null) {
      this.#begin()
      this.profiler.began(vm, this)
      r = (this.#run as () => Step)()
      if (r === WAIT) return WAIT
    }
    this.profiler.answered(vm, this)
    return r as Value
  }
  protected labelOf(called: Builtin): string {
    return called.name
  }
  override sitePos(vm: Vm, lambda: PosIdx): PosIdx {
    return vm.siteOf(this.parent, lambda)
  }
}

/**
 * A call of `derivationStrict`, shown with the name of the derivation. That is evaluated before the call begins, and what is wrong
 * with it is left to the builtin (Nix: SampleStack::getPrimOpFrameInfo).
 */
class DerivationCall extends WatchedFrame {
  readonly #name: Slot | undefined
  #tried = false
  constructor(profiler: Profiler, called: Builtin, set: Attrs, run: () => Step) {
    super(profiler, called, run)
    this.#name = lookup(set, SYM.NAME)
  }
  override step(vm: Vm, answer: Value | undefined): Step {
    if (this.#name !== undefined && !this.#tried) {
      if (answer === undefined && vm.force(this.#name) === WAIT) return WAIT
      this.#tried = true
    }
    return super.step(vm, answer)
  }
  protected override labelOf({ name }: Builtin): string {
    const text = this.#name === undefined ? undefined : peek(this.#name)
    return text !== undefined && isString(text) ? `${name}:${textOf(text)}` : name
  }
  override recover(vm: Vm, error: NixError): Step | undefined {
    if (this.#tried || error.passing) return undefined
    this.#tried = true
    return super.step(vm, undefined)
  }
}

/**
 * A call with more arguments than the function takes at once: one call for Nix, under the name of that function, which goes on with
 * what comes out (EvalState::callFunction).
 */
class SpreadFrame extends Frame {
  readonly profiler: Profiler
  readonly fn: Value
  readonly #args: readonly Slot[]
  #at = 0
  constructor(profiler: Profiler, fn: Value, args: readonly Slot[]) {
    super()
    this.profiler = profiler
    this.fn = fn
    this.#args = args
  }
  override step(vm: Vm, answer: Value | undefined): Step {
    const args = this.#args
    let r: Step = answer === undefined ? this.fn : answer
    if (answer === undefined) this.profiler.began(vm, this)
    while (this.#at < args.length) {
      const from = this.#at
      this.#at = Math.min(from + takenAtOnce(r, args.length - from), args.length)
      r = vm.apply(r, args.slice(from, this.#at))
      if (r === WAIT) return WAIT
    }
    return r
  }
  override passes(): boolean {
    return true
  }
}
