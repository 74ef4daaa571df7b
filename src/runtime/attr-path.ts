/**
 * Selection paths and calls without arguments (floor 3): what `-A a.b.0`, `--arg` and their like do to a value.
 * Nix: findAlongAttrPath (attr-path.cc), EvalState::autoCallFunction (eval.cc).
 */
import { NixError } from '../errors.ts'
import type { PosIdx } from '../source.ts'
import { AttrsBuilder, flat, lookup, positionOf } from '../values/attrs.ts'
import type { FormalsInfo } from '../values/code.ts'
import { lambdaOf, showType } from '../values/describe.ts'
import { suggestions } from '../values/suggest.ts'
import { SYM } from '../values/symbols.ts'
import { Attrs, Closure, List, Partial, type Slot, type Value } from '../values/value.ts'
import { firstMissing } from './first-met.ts'
import { type Machine, type Step, WAIT } from './machine.ts'
import { Walker } from './walker.ts'

/** The formals of a function whose next argument is taken apart by `{ … }:`; null for every other value. */
export function formalsOf(v: Value): FormalsInfo | null {
  if (v instanceof Closure) return v.proto.arity === 1 ? v.proto.formals : null
  if (v instanceof Partial && v.fn instanceof Closure) {
    return v.given === v.fn.proto.arity - 1 ? v.fn.proto.formals : null
  }
  return null
}

/**
 * Forces a slot, and calls it with what it takes of `args` if it is a `{ … }:` function; answers the result, forced.
 * @throws NixError `cannot evaluate a function that has an argument without a value ('x')…`
 */
export function autoCall(m: Machine, args: Attrs, slot: Slot): Step {
  return new AutoCall(m, args, slot).start(m)
}

const FORCE = 0
const FUNCTOR = 1
const RESULT = 2

class AutoCall extends Walker {
  readonly #args: Attrs
  #slot: Slot
  #state = FORCE
  /** Where the function stands that is called: to Nix, that is where it is called from. */
  #site: PosIdx = 0

  constructor(m: Machine, args: Attrs, slot: Slot) {
    super(m)
    this.#args = args
    this.#slot = slot
  }

  protected run(m: Machine, answer: Value | undefined): Step {
    let got: Step | undefined = answer
    for (;;) {
      if (this.#state === RESULT) return got as Value
      if (this.#state === FUNCTOR) {
        this.#state = FORCE
        this.#slot = got as Value
      }
      if (got === undefined) {
        got = this.get(m, this.#slot, 0)
        if (got === WAIT) return WAIT
      }
      const v = got as Value
      if (v instanceof Attrs) {
        const functor = lookup(v, SYM.FUNCTOR)
        if (functor === undefined) return v
        this.#state = FUNCTOR
        got = this.ask(m, 0, (machine) => machine.call(functor, v))
      } else {
        const formals = formalsOf(v)
        if (formals === null) return v
        const taken = this.#taken(m, formals)
        this.#state = RESULT
        this.#site = lambdaOf(v as Closure | Partial)?.pos ?? 0
        got = this.ask(m, 0, (machine) => machine.call(v, taken))
      }
      if (got === WAIT) return WAIT
    }
  }

  override sitePos(_m: Machine, lambda: PosIdx): PosIdx {
    return this.#state === FORCE ? lambda : this.#site
  }

  #taken(m: Machine, formals: FormalsInfo): Attrs {
    const args = flat(this.#args)
    if (formals.ellipsis) return args
    const taken = new AttrsBuilder(m.symbols)
    for (const formal of formals.list) {
      const given = lookup(args, formal.sym)
      if (given !== undefined) taken.set(formal.sym, given, positionOf(args, formal.sym))
      else if (formal.fallback === 0) throw noValue(m, formals, args)
    }
    return taken.build()
  }
}

/** The error for the first argument that has neither a value nor a default. */
function noValue(m: Machine, formals: FormalsInfo, args: Attrs): NixError {
  const formal = firstMissing(m, formals, args)
  const message =
    `cannot evaluate a function that has an argument without a value ('${formal.name}')\n` +
    'Nix attempted to evaluate a function as a top level expression; in\n' +
    'this case it must have its arguments supplied either by default\n' +
    "values, or passed explicitly with '--arg' or '--argstr'. See\n" +
    'https://nix.dev/manual/nix/stable/language/syntax.html#functions.'
  return new NixError('type', message, { pos: formal.pos })
}

/**
 * The names of a selection path: `foo."a.b".0`; a trailing dot is ignored.
 * @throws NixError `missing closing quote in selection path '…'`
 */
export function parseAttrPath(text: string): string[] {
  const path: string[] = []
  let current = ''
  for (let i = 0; i < text.length; i++) {
    const c = text[i]
    if (c === '.') {
      path.push(current)
      current = ''
    } else if (c === '"') {
      const end = text.indexOf('"', i + 1)
      if (end < 0) throw new NixError('eval', `missing closing quote in selection path '${text}'`)
      current += text.slice(i + 1, end)
      i = end
    } else current += c
  }
  if (current !== '') path.push(current)
  return path
}

/** A component that counts elements of a list, or undefined. */
function indexOf(name: string): number | undefined {
  if (!/^\+?[0-9]+$/.test(name)) return undefined
  const n = Number(name)
  return n <= 0xffffffff ? n : undefined
}

/**
 * Follows a selection path from a value, calling functions on the way with `autoArgs`; answers the value at its end,
 * forced and not called. `found` is told where the last attribute was defined, 0 if that is nowhere; then it is forced from
 * there, as `nix eval` does it, where nix-instantiate takes the place of the function that the value applies.
 * @throws NixError `attribute 'c' in selection path 'a.c' not found`, with suggestions, and the like
 */
export function selectPath(
  m: Machine,
  root: Slot,
  path: string,
  autoArgs: Attrs,
  found?: (pos: PosIdx) => void,
): Step {
  return new Selection(m, root, path, autoArgs, found).start(m)
}

class Selection extends Walker {
  readonly #path: string
  readonly #names: string[]
  readonly #args: Attrs
  readonly #found: ((pos: PosIdx) => void) | undefined
  #slot: Slot
  #next = 0
  #pos: PosIdx = 0

  constructor(m: Machine, root: Slot, path: string, args: Attrs, found: ((pos: PosIdx) => void) | undefined) {
    super(m)
    this.#found = found
    this.#slot = root
    this.#path = path
    this.#names = parseAttrPath(path)
    this.#args = args
  }

  override sitePos(_m: Machine, lambda: PosIdx): PosIdx {
    return this.#found !== undefined && this.#next === this.#names.length ? this.#pos : lambda
  }

  protected run(m: Machine, answer: Value | undefined): Step {
    let got: Step | undefined = answer
    for (;;) {
      if (this.#next === this.#names.length) {
        if (got !== undefined) return got
        this.#found?.(this.#pos)
        return this.get(m, this.#slot, 0)
      }
      if (got === undefined) {
        const slot = this.#slot
        got = this.ask(m, 0, (machine) => autoCall(machine, this.#args, slot))
        if (got === WAIT) return WAIT
      }
      this.#slot = this.#part(m, got as Value, this.#names[this.#next++])
      got = undefined
    }
  }

  #part(m: Machine, v: Value, name: string): Slot {
    const path = this.#path
    const index = indexOf(name)
    const wanted = index === undefined ? 'set' : 'list'
    if (index === undefined ? !(v instanceof Attrs) : !(v instanceof List)) {
      const message = `the expression selected by the selection path '${path}' should be a ${wanted} but is ${showType(v)}`
      throw new NixError('type', message)
    }
    if (index !== undefined) {
      const items = v as List
      this.#pos = 0
      if (index < items.length) return items.at(index)
      throw new NixError(
        'missing-attribute',
        `list index ${index} in selection path '${path}' is out of range`,
      )
    }
    const set = v as Attrs
    if (name === '') throw new NixError('eval', `empty attribute name in selection path '${path}'`)
    const sym = m.symbols.find(name)
    const found = sym < 0 ? undefined : lookup(set, sym)
    if (found !== undefined) {
      this.#pos = positionOf(set, sym)
      return found
    }
    const { shape } = flat(set)
    const names = shape.syms.map((s) => shape.symbols.names[s])
    const message = `attribute '${name}' in selection path '${path}' not found`
    throw new NixError('missing-attribute', message, { suggestions: suggestions(name, names) })
  }
}
