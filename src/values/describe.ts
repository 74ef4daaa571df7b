/**
 * Values in error messages (floor 2): a slot comes in, `an integer` or `{ a = «thunk»; }` goes out, as byte strings.
 * Nothing is evaluated. Nix: showType (eval.cc) and Printer (print.cc) with errorPrintOptions.
 */
import * as Op from '../bytecode/opcodes.ts'
import { quoteName, quoteString } from '../quote.ts'
import type { PosIdx, PosTable, Source } from '../source.ts'
import { flat, lookup, materialise } from './attrs.ts'
import type { LoadedChunk } from './code.ts'
import { showFloat } from './float.ts'
import {
  Attrs,
  Builtin,
  Closure,
  Deferred,
  type Env,
  Failed,
  Float,
  Hole,
  List,
  Partial,
  Path,
  type Slot,
  StringWithContext,
  Thunk,
  type Value,
} from './value.ts'

export { quoteName, quoteString }

/** `«`, as UTF-8 in a byte string. */
export const OPEN_QUOTE = '\xc2\xab'
/** `»`, as UTF-8 in a byte string. */
export const CLOSE_QUOTE = '\xc2\xbb'

/** What Nix prints for a position: `/path:3:5`, `«string»:1:1`, or `«none»:0`. */
export function showPos(positions: PosTable, pos: PosIdx): string {
  const p = positions.resolve(pos)
  if (p === undefined) return `${OPEN_QUOTE}none${CLOSE_QUOTE}:0`
  return `${p.source.display}:${p.line}:${p.column}`
}

/**
 * The path of a source as programs see it (`unsafeGetAttrPos`, `--xml`); undefined for what is in no file. Nix's own files lie in
 * a file system of their own, at its root. Nix: EvalState::mkPos, posToXML.
 */
export function filePathOf(source: Source): string | undefined {
  const { origin, name } = source
  if (origin === 'file') return name
  if (origin !== 'internal' || name === '') return undefined
  return `/${name.replace(/^<nix\/(.*)>$|^\xc2\xab.*\xc2\xbb\//s, '$1')}`
}

/** Name and position of the lambda that a function value will enter next; undefined for builtins. */
export function lambdaOf(v: Closure | Partial): { name: string | null; pos: PosIdx } | undefined {
  if (v instanceof Closure) return { name: v.proto.name, pos: v.proto.params[0]?.pos ?? 0 }
  const fn = v.fn
  if (!(fn instanceof Closure)) return undefined
  return { name: fn.proto.name, pos: fn.proto.params[v.given]?.pos ?? 0 }
}

/** Where the function or the literal of the set stands that a slot is or, unforced, applies; else 0. Nix: Value::determinePos. */
export function determinePos(slot: Slot): PosIdx {
  const v = slot instanceof Thunk ? (slot.code === null ? (slot.payload as Value) : slot.code) : slot
  if (v instanceof Closure || v instanceof Partial) return lambdaOf(v)?.pos ?? 0
  if (v instanceof Attrs) return v.base === null ? (v.shape.site?.pos ?? 0) : 0
  return v instanceof Deferred ? (v.lambdaPos?.((slot as Thunk).payload) ?? 0) : 0
}

/** The name of a builtin as messages spell it, and of the one that a partial application waits for. */
export function builtinOf(v: Builtin | Partial): Builtin | undefined {
  if (v instanceof Builtin) return v
  return v.fn instanceof Builtin ? v.fn : undefined
}

/** The kind of a thunk for messages: Nix tells the application of a function that a builtin put off from code. */
function showThunk(t: Thunk): string {
  const code = t.code
  if (code instanceof Hole) return 'a black hole'
  if (code === null) return showType(t.payload as Value)
  if (code instanceof Failed) return 'an error'
  if (code instanceof Deferred) return 'proto' in code ? 'a thunk' : 'a function application'
  return isCode(code) ? 'a thunk' : 'a function application'
}

function isCode(code: Thunk['code']): boolean {
  return typeof code === 'object' && code !== null && 'pc' in code
}

/** The type of a value with its article: `an integer`, `a string with context`, `the built-in function 'map'`. */
export function showType(v: Slot): string {
  switch (typeof v) {
    case 'number':
    case 'bigint':
      return 'an integer'
    case 'string':
      return 'a string'
    case 'boolean':
      return 'a Boolean'
    default:
  }
  if (v === null) return 'null'
  if (v instanceof Attrs) return 'a set'
  if (v instanceof List) return 'a list'
  if (v instanceof StringWithContext) return 'a string with context'
  if (v instanceof Path) return 'a path'
  if (v instanceof Float) return 'a float'
  if (v instanceof Thunk) return showThunk(v)
  if (v instanceof Builtin) return `the built-in function '${v.name}'`
  if (v instanceof Partial && v.fn instanceof Builtin) {
    return `the partially applied built-in function '${v.fn.name}'`
  }
  return 'a function'
}

/** Limits of the printer for messages (Nix: errorPrintOptions); Infinity for none. */
export interface DescribeLimits {
  depth: number
  attrs: number
  items: number
  string: number
}

const ERROR_LIMITS: DescribeLimits = { depth: 10, attrs: 10, items: 10, string: 1024 }

const plural = (n: number, what: string): string =>
  `${OPEN_QUOTE}${n} ${what}${n === 1 ? '' : 's'} elided${CLOSE_QUOTE}`

/** A string literal cut off after `max` bytes. */
export function quoteLimited(s: string, max: number): string {
  if (s.length <= max) return quoteString(s)
  const cut = s.slice(0, max)
  const quoted = quoteString(cut)
  // The escape of a last `$` depends on the byte after it.
  const fixed = cut.endsWith('$') && s[max] === '{' ? `${quoted.slice(0, -2)}\\$"` : quoted
  return `${fixed} ${plural(s.length - max, 'byte')}`
}

/** A function, printed: `«lambda f @ POS»`, `«primop map»`, `«partially applied primop map»`. */
function describeFunction(v: Closure | Builtin | Partial, positions: PosTable): string {
  if (v instanceof Builtin) return `${OPEN_QUOTE}primop ${v.name}${CLOSE_QUOTE}`
  const lambda = lambdaOf(v)
  if (lambda === undefined) {
    return `${OPEN_QUOTE}partially applied primop ${builtinOf(v as Partial)?.name}${CLOSE_QUOTE}`
  }
  const name = lambda.name === null ? '' : ` ${quoteName(lambda.name)}`
  return `${OPEN_QUOTE}lambda${name} @ ${showPos(positions, lambda.pos)}${CLOSE_QUOTE}`
}

/** Values without parts; undefined for sets, lists and thunks. */
export function describeAtom(v: Slot, positions: PosTable, maxString: number): string | undefined {
  switch (typeof v) {
    case 'string':
      return quoteLimited(v, maxString)
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(v)
    default:
  }
  if (v === null) return 'null'
  if (v instanceof StringWithContext) return quoteLimited(v.text, maxString)
  if (v instanceof Float) return showFloat(v)
  if (v instanceof Path) return v.path
  if (v instanceof Closure || v instanceof Builtin || v instanceof Partial)
    return describeFunction(v, positions)
  return undefined
}

const THUNK = `${OPEN_QUOTE}thunk${CLOSE_QUOTE}`

/** What an unforced slot prints as. */
export function describeThunk(t: Thunk): string {
  return t.code instanceof Hole ? `${OPEN_QUOTE}potential infinite recursion${CLOSE_QUOTE}` : THUNK
}

/**
 * The slot of an attribute as printing shows it, undefined for code that nobody has asked for. An attribute of a
 * literal that is a constant or a variable with a value needs no thunk in Nix, so it prints although untouched.
 */
export function shownSlot(a: Attrs, i: number): Slot | undefined {
  const v = a.vals[i]
  if (v !== undefined) return v
  const site = a.shape.site
  return site === null || a.env === null ? undefined : shownRaw(site.chunk, site.descs[i], a.env as Env)
}

function shownRaw(chunk: LoadedChunk, start: number, from: Env): Slot | undefined {
  const code = chunk.code
  let at = start
  let env = from
  // A chain of variables is as long as the program is, but never a circle that somebody has got out of.
  for (let n = 0; n < 1000; n++) {
    let operand: number
    switch (code[at]) {
      case Op.INT:
      case Op.STR:
      case Op.CONST:
      case Op.TRUE:
      case Op.FALSE:
      case Op.NULL:
      case Op.EMPTY_LIST:
      case Op.GLOBAL:
        return materialise(chunk, at, env)
      case Op.GET0:
        operand = at + 1
        break
      case Op.GET1:
        env = env[0]
        operand = at + 1
        break
      case Op.GETN:
        for (let hops = code[at + 1]; hops > 0; hops--) env = env[0]
        operand = at + 2
        break
      case Op.FORMAL: {
        const given = lookup(env[code[at + 3]] as Attrs, chunk.sym(code[at + 1]))
        if (given !== undefined) return given
        at = code[at + 2]
        continue
      }
      default:
        return undefined
    }
    const v = env[code[operand]] as Slot | undefined
    if (v !== undefined) return v
    at = code[operand + 1]
  }
  return undefined
}

/** Order of attributes when some may be left out: `type` and `_type` first (Nix: ImportantFirstAttrNameCmp). */
export function importantFirst(a: Attrs): number[] {
  const first: number[] = []
  const rest: number[] = []
  const shape = flat(a).shape
  for (let i = 0; i < shape.size; i++) {
    const name = shape.nameAt(i)
    if (name === 'type' || name === '_type') first.push(i)
    else rest.push(i)
  }
  return first.concat(rest)
}

/**
 * By what a set is known as printed before: itself, but empty ones that were made empty are one in Nix.
 */
export function setIdentity(a: Attrs): unknown {
  return a.vals.length === 0 && a.base === null && a.shape.shared ? 'empty' : a
}

class Describer {
  readonly #positions: PosTable
  readonly #limits: DescribeLimits
  readonly #seen = new Set<unknown>()
  readonly #out: string[] = []
  #attrs = 0
  #items = 0

  constructor(positions: PosTable, limits: DescribeLimits) {
    this.#positions = positions
    this.#limits = limits
  }

  text(v: Slot): string {
    this.#print(v, 0)
    return this.#out.join('')
  }

  /** Recursive: the depth limit keeps it shallow. */
  #print(slot: Slot, depth: number): void {
    const out = this.#out
    const v = slot instanceof Thunk && slot.code === null ? (slot.payload as Value) : slot
    const atom = describeAtom(v, this.#positions, this.#limits.string)
    if (atom !== undefined) out.push(atom)
    else if (v instanceof Attrs) this.#printAttrs(v, depth)
    else if (v instanceof List) this.#printList(slot, v, depth)
    else out.push(describeThunk(v as Thunk))
  }

  #repeated(key: unknown): boolean {
    if (this.#seen.has(key)) {
      this.#out.push(`${OPEN_QUOTE}repeated${CLOSE_QUOTE}`)
      return true
    }
    this.#seen.add(key)
    return false
  }

  #printAttrs(a: Attrs, depth: number): void {
    const out = this.#out
    if (this.#repeated(setIdentity(a))) return
    if (depth >= this.#limits.depth) {
      out.push('{ ... }')
      return
    }
    out.push('{')
    const { size } = flat(a).shape
    const order = this.#limits.attrs === Number.POSITIVE_INFINITY ? null : importantFirst(a)
    for (let n = 0; n < size; n++) {
      if (this.#attrs >= this.#limits.attrs) {
        out.push(' ', plural(size - n, 'attribute'))
        break
      }
      const i = order === null ? n : order[n]
      out.push(' ', quoteName(a.shape.nameAt(i)), ' = ')
      const shown = shownSlot(a, i)
      if (shown === undefined) out.push(THUNK)
      else this.#print(shown, depth + 1)
      out.push(';')
      this.#attrs++
    }
    out.push(' }')
  }

  #printList(slot: Slot, l: List, depth: number): void {
    const out = this.#out
    if (l.length > 0 && this.#repeated(slot)) return
    if (depth >= this.#limits.depth) {
      out.push('[ ... ]')
      return
    }
    out.push('[')
    for (let i = 0; i < l.length; i++) {
      out.push(' ')
      if (this.#items >= this.#limits.items) {
        out.push(plural(l.length - i, 'item'))
        break
      }
      this.#print(l.at(i), depth + 1)
      this.#items++
    }
    out.push(' ]')
  }
}

/**
 * A value for an error message: at most 10 attributes and 10 items in all, 10 levels, strings to 1024 bytes.
 * Unforced parts print as `«thunk»`.
 */
export function describeValue(v: Slot, positions: PosTable, limits: DescribeLimits = ERROR_LIMITS): string {
  return new Describer(positions, limits).text(v)
}
