/**
 * Coercion to strings and paths (floor 3): a slot comes in, a string (or a Path) goes out.
 * Nix: EvalState::coerceToString, coerceToPath, tryAttrsToString (eval.cc).
 */
import { NixError } from '../errors.ts'
import type { PosIdx } from '../source.ts'
import { TextOut } from '../text-out.ts'
import { has, lookup } from '../values/attrs.ts'
import { canonical } from '../values/code.ts'
import { describeValue, showType } from '../values/describe.ts'
import { floatToString } from '../values/float.ts'
import { intText } from '../values/number.ts'
import { SYM } from '../values/symbols.ts'
import {
  Attrs,
  Float,
  List,
  makeString,
  Path,
  peek,
  type Slot,
  StringWithContext,
  type Thunk,
  textOf,
  type Value,
} from '../values/value.ts'
import { ContextSet } from './context.ts'
import { checkDepth, type Machine, type Step, WAIT } from './machine.ts'
import { Walker } from './walker.ts'

export interface CoerceOptions {
  /** `toString`: numbers, Booleans, null and lists as well. */
  more: boolean
  /** A path becomes its place in the store; otherwise its text. */
  copyToStore: boolean
  /** Of no effect here, since a Path is always canonical. */
  canonicalizePath?: boolean
  /** Trace line of a type error; '' for none. */
  context: string
  pos?: PosIdx
}

const OF_TO_STRING = 'while evaluating the result of the `__toString` attribute'
const OF_LIST = 'while evaluating one element of the list'

/** What needs no frame; undefined for sets, lists and values that cannot be coerced. */
function simple(v: Value, more: boolean): string | StringWithContext | undefined {
  if (typeof v === 'string') return v
  if (v instanceof StringWithContext) return v
  if (!more) return undefined
  switch (typeof v) {
    case 'number':
    case 'bigint':
      return intText(v)
    case 'boolean':
      return v ? '1' : ''
    default:
  }
  if (v === null) return ''
  if (v instanceof Float) return floatToString(v)
  return undefined
}

/** `cannot coerce T to a string: V`, with the trace line of who asked. */
export function coerceError(m: Machine, v: Value, context: string, pos: PosIdx = 0): NixError {
  const message = `cannot coerce ${showType(v)} to a string: ${describeValue(v, m.positions)}`
  const error = new NixError('type', message)
  return context === '' ? error : error.addTrace(context, pos)
}

/**
 * The string of a value: answers a string, or a StringWithContext.
 * @throws NixError `cannot coerce T to a string: V`, stack overflow, and what forcing throws
 */
export function coerceToString(m: Machine, slot: Slot, options: CoerceOptions): Step {
  let v = peek(slot)
  if (v === undefined && m.depth <= m.settings.maxCallDepth) {
    const r = m.forceFor(slot as Thunk, Coercion.waiting, options)
    if (r === WAIT) return WAIT
    slot = v = r
  }
  if (v !== undefined) {
    const plain = atHand(m, v, options.more)
    if (plain !== undefined) return plain
    if (v instanceof Path) return options.copyToStore ? m.services.copyToStore(m, v.path) : v.path
    if (v instanceof List && options.more) {
      const joined = joinForced(m, v)
      if (joined !== undefined) return joined
    }
  }
  return new Coercion(m, slot, options).start(m)
}

/**
 * Forces a slot for a frame that will coerce it: one level down, as if `coerceToString` had been asked (Nix: coerceToString
 * counts as a call). It saves the frame of a coercion.
 * @throws NixError stack overflow, and what forcing throws
 */
export function forceBelow(m: Machine, slot: Slot): Step {
  checkDepth(m, 0)
  const { depth } = m
  m.depth = depth + 1
  const r = m.force(slot)
  // What is still to be run begins at the depth that the machine has then.
  if (r !== WAIT) m.depth = depth
  return r
}

/** What needs no frame, of a derivation that has been forced as well. */
function atHand(m: Machine, v: Value, more: boolean): string | StringWithContext | undefined {
  return simple(v, more) ?? (v instanceof Attrs ? outPathOf(m, v, more) : undefined)
}

/** A forced `outPath` that is a string, as derivations have. */
function outPathOf(m: Machine, v: Attrs, more: boolean): string | StringWithContext | undefined {
  if (has(v, SYM.TO_STRING)) return undefined
  const slot = lookup(v, SYM.OUT_PATH)
  if (slot === undefined || m.depth >= m.settings.maxCallDepth) return undefined
  const out = peek(slot)
  return out === undefined ? undefined : simple(out, more)
}

/** How many levels below a list the strings of derivations in it lie. */
const JOIN_LEVELS = 3

/**
 * The string of a list of strings and derivations that are all there; undefined of another one. Most lists in derivations
 * are empty, and most of the others are asked for more than once.
 */
function joinForced(m: Machine, list: List): string | StringWithContext | undefined {
  if (m.depth + JOIN_LEVELS > m.settings.maxCallDepth) return undefined
  const n = list.length
  if (n === 0) return ''
  const pieces: string[] = new Array(n)
  let gathered: ContextSet | null = null
  for (let i = 0; i < n; i++) {
    const v = peek(list.at(i))
    if (v === undefined) return undefined
    const piece = atHand(m, v, true)
    if (piece === undefined) return undefined
    if (typeof piece === 'string') pieces[i] = piece
    else {
      if (gathered === null) gathered = new ContextSet()
      gathered.add(piece.context)
      pieces[i] = piece.text
    }
  }
  const text = n === 1 ? pieces[0] : pieces.join(' ')
  return gathered === null ? text : makeString(text, gathered.context)
}

/** A list being joined. */
interface Joining {
  list: List
  next: number
  /** The trace line and level of the list itself. */
  context: string
  level: number
}

/** The lists that a coercion is in, and what has come of their elements so far. */
class Joint {
  readonly lists: Joining[] = []
  readonly gathered = new ContextSet()
  readonly joined = new TextOut()

  take(piece: string | StringWithContext): void {
    if (typeof piece === 'string') this.joined.add(piece)
    else {
      this.gathered.add(piece.context)
      this.joined.add(piece.text)
    }
  }
}

const FORCE = 0
const CALLED = 1
const COPIED = 2

/** What could not be coerced at once. Nearly all of these force one thunk and are done: a list has its own object. */
class Coercion extends Walker {
  /** Its position is looked up only for an error. */
  private readonly options: CoerceOptions
  private joint: Joint | null
  private what: Slot
  private context: string
  private level: number
  private state: number

  constructor(m: Machine, slot: Slot, options: CoerceOptions) {
    super(m)
    this.options = options
    this.joint = null
    this.what = slot
    this.context = options.context
    this.level = 0
    this.state = FORCE
  }

  /** One that has asked for its slot. */
  static waiting(m: Machine, slot: Slot, options: CoerceOptions): Coercion {
    return new Coercion(m, slot, options).begun(slot)
  }

  protected run(m: Machine, answer: Value | undefined): Step {
    const { more, copyToStore } = this.options
    let got: Step | undefined = answer
    for (;;) {
      let piece: string | StringWithContext | undefined
      if (this.state === COPIED) {
        piece = got as string | StringWithContext
        got = undefined
      } else {
        if (this.state === CALLED) {
          this.what = got as Value
          this.context = OF_TO_STRING
          this.level++
          got = undefined
        }
        this.state = FORCE
        if (got === undefined) {
          if (this.tooDeep(m, this.level)) this.enter(m, this.level, this.options.pos)
          got = this.get(m, this.what, this.level + 1)
          if (got === WAIT) return WAIT
        }
        const v: Value = got as Value
        got = undefined
        piece = simple(v, more)
        if (piece === undefined) {
          if (v instanceof Path) {
            if (copyToStore) {
              this.state = COPIED
              const copied = this.ask(m, this.level + 1, (machine) =>
                machine.services.copyToStore(machine, v.path),
              )
              if (copied === WAIT) return WAIT
              got = copied
              continue
            }
            piece = v.path
          } else if (v instanceof Attrs) {
            const called = this.enterAttrs(m, v)
            if (called === WAIT) return WAIT
            got = called
            continue
          } else if (v instanceof List && more) {
            if (this.joint === null) this.joint = new Joint()
            this.joint.lists.push({ list: v, next: 0, context: this.context, level: this.level })
          } else throw coerceError(m, v, this.context, this.options.pos ?? 0)
        }
      }
      this.state = FORCE
      const { joint } = this
      if (joint === null) return piece as string | StringWithContext
      if (piece !== undefined) {
        if (joint.lists.length === 0) return piece
        joint.take(piece)
      }
      if (this.nextElement(joint)) continue
      return makeString(joint.joined.text, joint.gathered.context)
    }
  }

  /** Sets what to coerce instead of a set; answers at once when its `__toString` does. */
  private enterAttrs(m: Machine, v: Attrs): Step | undefined {
    const fn = lookup(v, SYM.TO_STRING)
    if (fn !== undefined) {
      this.state = CALLED
      return this.ask(m, this.level + 1, (machine) => machine.call(fn, v))
    }
    const out = lookup(v, SYM.OUT_PATH)
    if (out === undefined) throw coerceError(m, v, this.context, this.options.pos ?? 0)
    this.what = out
    this.level++
    return undefined
  }

  /** Moves to the next element of the innermost list that has one left; false when all are done. */
  private nextElement(joint: Joint): boolean {
    const { lists } = joint
    while (lists.length > 0) {
      const top = lists[lists.length - 1]
      const { list } = top
      if (top.next > 0 && top.next < list.length) {
        // Nix leaves out the space after an element that is an empty list.
        const last = peek(list.at(top.next - 1))
        if (!(last instanceof List && last.length === 0)) joint.joined.add(' ')
      }
      if (top.next < list.length) {
        this.what = list.at(top.next++)
        this.context = OF_LIST
        this.level = top.level + 1
        return true
      }
      lists.pop()
    }
    return false
  }

  override sitePos(): PosIdx {
    return this.options.pos ?? 0
  }

  override explain(_m: Machine, error: NixError): void {
    if (this.joint === null) return
    const { lists } = this.joint
    for (let i = lists.length - 1; i >= 0; i--) {
      const { context } = lists[i]
      if (context !== '') error.addTrace(context, this.options.pos ?? 0)
    }
  }
}

/**
 * The path of a value: answers a Path, or a StringWithContext whose text is the canonical path when a string with
 * context stood for it.
 * @throws NixError `string 'a' doesn't represent an absolute path`, and what coerceToString throws
 */
export function coerceToPath(m: Machine, slot: Slot, context: string, pos: PosIdx = 0): Step {
  const v = peek(slot)
  if (v instanceof Path) return v
  if (v instanceof StringWithContext || typeof v === 'string') return absolute(v, context, pos)
  return new PathCoercion(m, slot, context, pos).start(m)
}

function absolute(v: string | StringWithContext, context: string, pos: PosIdx): Path | StringWithContext {
  const text = textOf(v)
  if (!text.startsWith('/')) {
    const error = new NixError('eval', `string '${text}' doesn't represent an absolute path`)
    throw context === '' ? error : error.addTrace(context, pos)
  }
  const path = canonical(text)
  return v instanceof StringWithContext ? new StringWithContext(path, v.context) : new Path(path)
}

const COERCED = 3

class PathCoercion extends Walker {
  readonly #context: string
  readonly #pos: PosIdx
  #slot: Slot
  #state = FORCE

  constructor(m: Machine, slot: Slot, context: string, pos: PosIdx) {
    super(m)
    this.#slot = slot
    this.#context = context
    this.#pos = pos
  }

  protected run(m: Machine, answer: Value | undefined): Step {
    let got: Step | undefined = answer
    for (;;) {
      if (this.#state === COERCED)
        return absolute(got as string | StringWithContext, this.#context, this.#pos)
      if (this.#state === CALLED) {
        this.#slot = got as Value
        this.#state = FORCE
      }
      if (got === undefined) {
        got = this.get(m, this.#slot, 0)
        if (got === WAIT) return WAIT
      }
      const v = got as Value
      got = undefined
      if (v instanceof Path) return v
      const fn = v instanceof Attrs ? lookup(v, SYM.TO_STRING) : undefined
      if (fn !== undefined) {
        this.#state = CALLED
        got = this.ask(m, 0, (machine) => machine.call(fn, v))
      } else {
        this.#state = COERCED
        const options = { more: false, copyToStore: false, context: this.#context, pos: this.#pos }
        got = this.ask(m, 0, (machine) => coerceToString(machine, v, options))
      }
      if (got === WAIT) return WAIT
    }
  }

  override sitePos(): PosIdx {
    return this.#pos
  }

  override explain(_m: Machine, error: NixError): void {
    if (this.#state === FORCE && this.#context !== '') error.addTrace(this.#context, this.#pos)
  }
}
