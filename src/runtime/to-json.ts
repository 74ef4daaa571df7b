/**
 * JSON (floor 3): a slot comes in, its JSON text with the context of all strings in it goes out.
 * Nix: printValueAsJSON (value-to-json.cc), and the text of nlohmann's library.
 */
import { NixError } from '../errors.ts'
import type { PosIdx } from '../source.ts'
import { TextOut, type Write } from '../text-out.ts'
import { flat, lookup, positionOf, slotAt } from '../values/attrs.ts'
import { lambdaOf, quoteName, shownSlot, showType } from '../values/describe.ts'
import { formatJson } from '../values/float.ts'
import { invalidUtf8, isPlainJson, quoteJson, writtenOfInvalid } from '../values/json-text.ts'
import { intText } from '../values/number.ts'
import type { Shape } from '../values/shape.ts'
import { SYM } from '../values/symbols.ts'
import {
  Attrs,
  Closure,
  Float,
  List,
  makeString,
  Partial,
  Path,
  peek,
  type Slot,
  StringWithContext,
  Thunk,
  textOf,
  type Value,
} from '../values/value.ts'
import { coerceToString } from './coerce.ts'
import { ContextSet } from './context.ts'
import { type Machine, type Step, WAIT } from './machine.ts'
import { Walker } from './walker.ts'

export interface JsonOptions {
  /** Forces everything (the default); otherwise an unforced part is an error. */
  strict?: boolean
  /** A path becomes its place in the store (the default); otherwise its text. */
  copyToStore?: boolean
  pos?: PosIdx
  /** Is told what is wrong with a text that is not UTF-8, the first one; otherwise that is an error. */
  invalid?: (what: string) => void
}

function serializationError(what: string): NixError {
  return new NixError('eval', `JSON serialization error: ${what}`)
}

/**
 * The JSON text of a value: answers a string, or a StringWithContext.
 * @throws NixError `cannot convert T to JSON`, stack overflow, `JSON serialization error: …`, and what forcing throws
 */
export function toJson(m: Machine, slot: Slot, options: JsonOptions = {}): Step {
  const v = peek(slot)
  if (typeof v === 'string' && m.depth <= m.settings.maxCallDepth) {
    const invalid = invalidUtf8(v)
    if (invalid !== null) {
      if (options.invalid === undefined) throw serializationError(invalid)
      options.invalid(invalid)
    }
    return quoteJson(v)
  }
  return new JsonWriter(m, slot, options, undefined).start(m)
}

/**
 * The same for output of any length: nothing is written before all of it is known, as an error prints no half JSON; but for
 * that of bytes that are no UTF-8, which Nix meets while it writes. Answers null. @throws NixError as `toJson`
 */
export function writeJson(m: Machine, slot: Slot, options: JsonOptions, write: Write): Step {
  return new JsonWriter(m, slot, options, write).start(m)
}

/** So many sets and lists inside each other are written at once; below that a walk keeps its own stack. */
const AT_ONCE = 8

/**
 * The JSON text of a value in which everything has been forced, its context put into `context`; undefined where something has to
 * be evaluated, or refused, first: `toJson` then begins anew. Most attributes of derivations are such values.
 */
export function forcedJson(m: Machine, v: Value, context: ContextSet): string | undefined {
  return forcedText(v, context, Math.min(AT_ONCE, m.settings.maxCallDepth - m.depth))
}

/** `levels`: how many more it may go down. */
function forcedText(v: Value, context: ContextSet, levels: number): string | undefined {
  if (levels < 0) return undefined
  switch (typeof v) {
    case 'string':
      return textInJson(v)
    case 'number':
    case 'bigint':
      return intText(v)
    case 'boolean':
      return v ? 'true' : 'false'
  }
  if (v === null) return 'null'
  if (v instanceof StringWithContext) {
    context.add(v.context)
    return textInJson(v.text)
  }
  if (v instanceof List) {
    let text = ''
    for (let i = 0; i < v.length; i++) {
      const element = peek(v.at(i))
      if (element === undefined) return undefined
      const written = forcedText(element, context, levels - 1)
      if (written === undefined) return undefined
      text += i === 0 ? `[${written}` : `,${written}`
    }
    return text === '' ? '[]' : `${text}]`
  }
  if (v instanceof Attrs)
    return lookup(v, SYM.TO_STRING) === undefined ? setText(v, context, levels) : undefined
  return v instanceof Float ? formatJson(v.value) : undefined
}

/** The same for a set that is not to be called. */
function setText(v: Attrs, context: ContextSet, levels: number): string | undefined {
  const out = lookup(v, SYM.OUT_PATH)
  if (out !== undefined) {
    const path = peek(out)
    return path === undefined ? undefined : forcedText(path, context, levels - 1)
  }
  const { shape } = flat(v)
  let text = ''
  for (let i = 0; i < shape.size; i++) {
    const value = peek(slotAt(v, i))
    const key = jsonKey(shape, i)
    if (value === undefined || key === undefined) return undefined
    const written = forcedText(value, context, levels - 1)
    if (written === undefined) return undefined
    text += i === 0 ? `{${key}${written}` : `,${key}${written}`
  }
  return text === '' ? '{}' : `${text}}`
}

/** A string as JSON, undefined if it is not UTF-8. */
function textInJson(text: string): string | undefined {
  if (isPlainJson(text)) return `"${text}"`
  return invalidUtf8(text) === null ? quoteJson(text) : undefined
}

/** The i-th name of a shape as a key, with its colon; undefined if it is not UTF-8. */
export function jsonKey({ symbols, syms }: Shape, i: number): string | undefined {
  const { jsonKeys } = symbols
  const sym = syms[i]
  const known = jsonKeys.get(sym)
  if (known !== undefined) return known
  const text = textInJson(symbols.names[sym])
  if (text === undefined) return undefined
  const key = `${text}:`
  if (jsonKeys.size < MOST_KEYS) jsonKeys.set(sym, key)
  return key
}

/** A set or list being written. */
interface Open {
  value: Attrs | List
  next: number
  pos: PosIdx
  level: number
}

const VALUE = 0
const STRING = 1
const CALLED = 2

/** More keys are not remembered: a set may have a million, once. */
const MOST_KEYS = 1 << 13

class JsonWriter extends Walker {
  readonly #options: JsonOptions
  readonly #write: Write | undefined
  #out = new TextOut()
  readonly #gathered = new ContextSet()
  readonly #stack: Open[] = []
  /** undefined: code that nobody has asked for. */
  #slot: Slot | undefined
  #pos: PosIdx
  #level = 0
  #state = VALUE
  #invalid: string | null = null
  /** What stands before text that is not UTF-8. */
  #before: TextOut | null = null

  constructor(m: Machine, slot: Slot, options: JsonOptions, write: Write | undefined) {
    super(m)
    this.#slot = slot
    this.#options = options
    this.#pos = options.pos ?? 0
    this.#write = write
  }

  protected run(m: Machine, answer: Value | undefined): Step {
    let got: Step | undefined = answer
    for (;;) {
      if (this.#state === CALLED) {
        const v = got as Value
        this.#state = STRING
        const context = 'while evaluating the result of the `__toString` attribute'
        const options = { more: false, copyToStore: false, context, pos: this.#pos }
        got = this.ask(m, this.#level + 1, (machine) => coerceToString(machine, v, options))
        if (got === WAIT) return WAIT
        continue
      }
      if (this.#state === STRING) this.#addString(got as string | StringWithContext)
      else {
        if (got === undefined) {
          this.enter(m, this.#level, this.#pos)
          const slot = this.#slot
          if (slot === undefined) throw this.#refuse(undefined)
          if (this.#options.strict !== false) got = this.get(m, slot, this.#level + 1)
          else got = peek(slot)
          if (got === WAIT) return WAIT
          if (got === undefined) throw this.#refuse(slot)
        }
        const v = got as Value
        got = undefined
        if (v instanceof Attrs) {
          const next = this.#enterAttrs(m, v)
          if (next === WAIT) return WAIT
          got = next
          if (next !== undefined || this.#state !== VALUE || this.#again) {
            this.#again = false
            continue
          }
        } else if (v instanceof Path && this.#options.copyToStore !== false) {
          this.#state = STRING
          got = this.ask(m, this.#level + 1, (machine) => machine.services.copyToStore(machine, v.path))
          if (got === WAIT) return WAIT
          continue
        } else this.#addSimple(v)
      }
      this.#state = VALUE
      got = undefined
      if (!this.#advance()) return this.#finish()
    }
  }

  /** Set when a set's outPath is to be written instead of it. */
  #again = false

  #enterAttrs(m: Machine, v: Attrs): Step | undefined {
    const fn = lookup(v, SYM.TO_STRING)
    if (fn !== undefined) {
      this.#state = CALLED
      return this.ask(m, this.#level + 1, (machine) => machine.call(fn, v))
    }
    const out = lookup(v, SYM.OUT_PATH)
    if (out !== undefined) {
      this.#slot = out
      this.#pos = positionOf(v, SYM.OUT_PATH)
      this.#level++
      this.#again = true
      return undefined
    }
    flat(v)
    this.#out.add('{')
    this.#stack.push({ value: v, next: 0, pos: this.#pos, level: this.#level })
    return undefined
  }

  #addSimple(v: Value): void {
    const out = this.#out
    switch (typeof v) {
      case 'string':
        this.#addString(v)
        return
      case 'number':
      case 'bigint':
        out.add(intText(v))
        return
      case 'boolean':
        out.add(v ? 'true' : 'false')
        return
      default:
    }
    if (v === null) out.add('null')
    else if (v instanceof StringWithContext) this.#addString(v)
    else if (v instanceof Float) out.add(formatJson(v.value))
    else if (v instanceof Path) this.#addString(v.path)
    else if (v instanceof List) {
      out.add('[')
      this.#stack.push({ value: v, next: 0, pos: this.#pos, level: this.#level })
    } else throw this.#refuse(v)
  }

  #addString(v: string | StringWithContext): void {
    if (v instanceof StringWithContext) this.#gathered.add(v.context)
    this.#addText(textOf(v))
  }

  /** Bytes that are no UTF-8 are an error when the text is made, which is after everything has been evaluated. */
  #addText(text: string): void {
    if (isPlainJson(text)) {
      this.#out.add(`"${text}"`)
      return
    }
    if (this.#invalid === null) {
      this.#invalid = invalidUtf8(text)
      if (this.#invalid !== null) {
        this.#options.invalid?.(this.#invalid)
        this.#out.add(writtenOfInvalid(text))
        this.#before = this.#out
        this.#out = new TextOut(() => {})
        return
      }
    }
    this.#out.add(quoteJson(text))
  }

  #addKey(shape: Shape, i: number): void {
    const key = jsonKey(shape, i)
    if (key !== undefined) {
      this.#out.add(key)
      return
    }
    this.#addText(shape.nameAt(i))
    this.#out.add(':')
  }

  #refuse(v: Slot | undefined): NixError {
    const message = `cannot convert ${v === undefined ? 'a thunk' : showType(v)} to JSON`
    return new NixError('type', message, { pos: (v !== undefined && functionPos(v)) || this.#pos })
  }

  /** Moves to the next value to write; false at the end. */
  #advance(): boolean {
    const stack = this.#stack
    const out = this.#out
    while (stack.length > 0) {
      const top = stack[stack.length - 1]
      const { value } = top
      const i = top.next++
      this.#level = top.level + 1
      if (value instanceof List) {
        if (i < value.length) {
          if (i > 0) out.add(',')
          this.#slot = value.at(i)
          this.#pos = top.pos
          return true
        }
        out.add(']')
      } else {
        const { shape } = value
        if (i < shape.size) {
          if (i > 0) out.add(',')
          this.#addKey(shape, i)
          this.#slot = this.#options.strict !== false ? slotAt(value, i) : shownSlot(value, i)
          this.#pos = shape.positionAt(i)
          return true
        }
        out.add('}')
      }
      stack.pop()
    }
    return false
  }

  #finish(): Value {
    if (this.#invalid !== null) {
      if (this.#write !== undefined) this.#before?.drain(this.#write)
      if (this.#options.invalid === undefined) throw serializationError(this.#invalid)
    }
    if (this.#write === undefined) return makeString(this.#out.text, this.#gathered.context)
    this.#out.drain(this.#write)
    return null
  }

  override sitePos(): PosIdx {
    return this.#pos
  }

  override explain(_m: Machine, error: NixError): void {
    for (let n = this.#stack.length - 1; n >= 0; n--) {
      const { value, next, pos } = this.#stack[n]
      if (next === 0) continue
      if (value instanceof List) error.addTrace(`while evaluating list element at index ${next - 1}`, pos)
      else {
        const { shape } = value
        error.addTrace(
          `while evaluating attribute '${quoteName(shape.nameAt(next - 1))}'`,
          shape.positionAt(next - 1),
        )
      }
    }
  }
}

/** Where a function was written (Nix: Value::determinePos). */
function functionPos(v: Slot): PosIdx | undefined {
  if (v instanceof Thunk && (v.code instanceof Closure || v.code instanceof Partial))
    return functionPos(v.code)
  if (v instanceof Closure || v instanceof Partial) return lambdaOf(v)?.pos
  return undefined
}
