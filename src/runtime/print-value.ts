/**
 * Printing that evaluates as it goes (floor 3): what `nix eval` and the repl show. Nix: Printer (print.cc).
 */
import type { NixError } from '../errors.ts'
import { TextOut, type Write } from '../text-out.ts'
import { flat, lookup, slotAt } from '../values/attrs.ts'
import {
  CLOSE_QUOTE,
  describeAtom,
  describeThunk,
  importantFirst,
  OPEN_QUOTE,
  quoteName,
  setIdentity,
  shownSlot,
} from '../values/describe.ts'
import { SYM } from '../values/symbols.ts'
import {
  Attrs,
  List,
  peek,
  type Slot,
  StringWithContext,
  Thunk,
  textOf,
  type Value,
} from '../values/value.ts'
import { coerceToString } from './coerce.ts'
import { isDerivation } from './equal.ts'
import { type Machine, type Step, WAIT } from './machine.ts'
import { Walker } from './walker.ts'

export interface PrintOptions {
  /** Forces what it prints. */
  force?: boolean
  /** With `force`: a derivation prints as `«derivation /nix/store/….drv»`. */
  derivationPaths?: boolean
  trackRepeated?: boolean
  /** Sets and lists deeper than this print as `{ ... }` and `[ ... ]`. */
  maxDepth?: number
  maxAttrs?: number
  maxListItems?: number
  maxStringLength?: number
  /** Spaces per level; 0 prints on one line. */
  prettyIndent?: number
  /** What happens to an error in a value: it prints, is thrown, or is thrown only for the value as a whole. */
  errors?: 'print' | 'throw' | 'throw-top-level'
  color?: boolean
  /** Takes the output piece by piece. */
  write?: Write
}

const MAGENTA = '\x1b[35;1m'
const CYAN = '\x1b[36;1m'
const GREEN = '\x1b[32;1m'
const BLUE = '\x1b[34;1m'
const RED = '\x1b[31;1m'
const FAINT = '\x1b[2m'
const NORMAL = '\x1b[0m'

/** A set or list being printed. */
interface Open {
  value: Attrs | List
  /** Attributes in the order in which they print; null: as they are. */
  order: readonly number[] | null
  next: number
  pretty: boolean
}

const VALUE = 0
const TYPE = 1
const DERIVATION = 2
const SINGLE = 3
const NEXT = 4

/**
 * Prints a value; answers the text, or '' when `options.write` has taken it. By default unforced parts stay unforced
 * and errors print as `«error: …»`.
 * @throws NixError stack overflow, and others as `options.errors` says
 */
export function printValue(m: Machine, v: Slot, options: PrintOptions = {}): Step {
  return new Printer(m, v, options).start(m)
}

class Printer extends Walker {
  readonly #options: PrintOptions
  readonly #out: TextOut
  readonly #seen = new Set<unknown>()
  readonly #stack: Open[] = []
  readonly #maxDepth: number
  readonly #maxAttrs: number
  readonly #maxItems: number
  readonly #maxString: number
  readonly #pretty: number
  #indent = ''
  #attrs = 0
  #items = 0
  #slot: Slot | undefined
  #set: Attrs | null = null
  #state = VALUE

  constructor(m: Machine, slot: Slot, options: PrintOptions) {
    super(m)
    this.#slot = slot
    this.#options = options
    this.#out = new TextOut(options.write)
    this.#maxDepth = options.maxDepth ?? Number.POSITIVE_INFINITY
    this.#maxAttrs = options.maxAttrs ?? Number.POSITIVE_INFINITY
    this.#maxItems = options.maxListItems ?? Number.POSITIVE_INFINITY
    this.#maxString = options.maxStringLength ?? Number.POSITIVE_INFINITY
    this.#pretty = options.prettyIndent ?? 0
  }

  protected run(m: Machine, answer: Value | undefined): Step {
    let got: Step | undefined = answer
    for (;;) {
      switch (this.#state) {
        case VALUE: {
          if (got === undefined) {
            if (this.#stack.length > m.settings.maxCallDepth) this.#out.flush()
            // Nix compares the depth of printing itself, whatever calls are under way.
            this.enter(m, this.#stack.length - this.base)
            if (this.#options.force === true && this.#slot !== undefined) {
              got = this.get(m, this.#slot, 0)
              if (got === WAIT) return WAIT
            }
          }
          const slot = this.#slot
          const v = got !== undefined ? (got as Value) : shown(slot)
          got = undefined
          if (v instanceof Attrs) {
            if (this.#options.trackRepeated !== false && this.#repeated(setIdentity(v))) break
            this.#set = v
            if (this.#options.force === true && this.#options.derivationPaths === true) this.#state = TYPE
            else this.#openSet(v)
          } else if (v instanceof List) {
            if (this.#options.trackRepeated !== false && v.length > 0 && this.#repeated(slot)) break
            this.#openList(v)
          } else {
            this.#printAtom(m, v)
            this.#state = NEXT
          }
          break
        }
        case TYPE: {
          const set = this.#set as Attrs
          const type = lookup(set, SYM.TYPE)
          if (type !== undefined && got === undefined) {
            got = this.get(m, type, 0)
            if (got === WAIT) return WAIT
          }
          got = undefined
          if (isDerivation(set) !== true) {
            this.#openSet(set)
            break
          }
          const drvPath = lookup(set, SYM.DRV_PATH)
          if (drvPath === undefined) {
            this.#color(GREEN, `${OPEN_QUOTE}derivation${CLOSE_QUOTE}`)
            this.#state = NEXT
            break
          }
          this.#state = DERIVATION
          const context = 'while evaluating the drvPath of a derivation'
          got = this.ask(m, 0, (machine) =>
            coerceToString(machine, drvPath, { more: false, copyToStore: false, context }),
          )
          if (got === WAIT) return WAIT
          break
        }
        case DERIVATION: {
          const path = textOf(got as string | StringWithContext)
          got = undefined
          if (isStorePath(m, path)) this.#color(GREEN, `${OPEN_QUOTE}derivation ${path}${CLOSE_QUOTE}`)
          else this.#color(RED, `${OPEN_QUOTE}error: path '${path}' is not in the Nix store${CLOSE_QUOTE}`)
          this.#state = NEXT
          break
        }
        case SINGLE: {
          const top = this.#stack[this.#stack.length - 1]
          if (got === undefined) {
            const v = top.value
            got = this.get(m, v instanceof List ? v.at(0) : slotAt(v, 0), 0)
            if (got === WAIT) return WAIT
          }
          top.pretty = got instanceof List || got instanceof Attrs
          got = undefined
          this.#state = NEXT
          break
        }
        default:
          if (!this.#advance()) return this.#out.text
      }
    }
  }

  /** Moves to the next value to print; false at the end. */
  #advance(): boolean {
    const stack = this.#stack
    const out = this.#out
    while (stack.length > 0) {
      const top = stack[stack.length - 1]
      const { value } = top
      const i = top.next++
      const isList = value instanceof List
      const size = isList ? value.length : value.shape.size
      if (i > 0) {
        if (isList) this.#items++
        else {
          out.add(';')
          this.#attrs++
        }
      }
      if (i < size) {
        out.add(top.pretty ? `\n${this.#indent}` : ' ')
        if (isList ? this.#items < this.#maxItems : this.#attrs < this.#maxAttrs) {
          if (isList) this.#slot = value.at(i)
          else {
            const index = top.order === null ? i : top.order[i]
            out.add(`${quoteName(value.shape.nameAt(index))} = `)
            this.#slot = this.#options.force === true ? slotAt(value, index) : shownSlot(value, index)
          }
          this.#state = VALUE
          return true
        }
        const left = size - i
        const what = isList ? 'item' : 'attribute'
        this.#color(FAINT, `${OPEN_QUOTE}${left} ${what}${left === 1 ? '' : 's'} elided${CLOSE_QUOTE}`)
      }
      stack.pop()
      this.#indent = this.#indent.slice(this.#pretty)
      out.add(top.pretty ? `\n${this.#indent}` : ' ')
      out.add(isList ? ']' : '}')
    }
    return false
  }

  #openSet(v: Attrs): void {
    if (this.#stack.length >= this.#maxDepth) {
      this.#out.add('{ ... }')
      this.#state = NEXT
      return
    }
    flat(v)
    const order = this.#maxAttrs === Number.POSITIVE_INFINITY ? null : importantFirst(v)
    this.#open('{', v, v.shape.size, order)
  }

  #openList(v: List): void {
    if (this.#stack.length >= this.#maxDepth) {
      this.#out.add('[ ... ]')
      this.#state = NEXT
      return
    }
    this.#open('[', v, v.length, null)
  }

  #open(bracket: string, value: Attrs | List, size: number, order: readonly number[] | null): void {
    this.#indent += ' '.repeat(this.#pretty)
    this.#out.add(bracket)
    this.#stack.push({ value, order, next: 0, pretty: this.#pretty > 0 && size > 1 })
    // One part is worth a line of its own only if it has parts itself, which has to be found out.
    this.#state = this.#pretty > 0 && size === 1 ? SINGLE : NEXT
  }

  #repeated(key: unknown): boolean {
    if (this.#seen.has(key)) {
      this.#color(MAGENTA, `${OPEN_QUOTE}repeated${CLOSE_QUOTE}`)
      this.#state = NEXT
      return true
    }
    this.#seen.add(key)
    return false
  }

  #color(color: string, text: string): void {
    this.#out.add(this.#options.color === true ? color + text + NORMAL : text)
  }

  #printAtom(m: Machine, v: Slot | undefined): void {
    if (v === undefined) this.#color(MAGENTA, `${OPEN_QUOTE}thunk${CLOSE_QUOTE}`)
    else if (v instanceof Thunk) this.#color(MAGENTA, describeThunk(v))
    else this.#color(colorOf(v), describeAtom(v, m.positions, this.#maxString) ?? '')
  }

  override recover(m: Machine, error: NixError): Step | undefined {
    if (error.kind === 'stack-overflow' || error.kind === 'interrupted') this.#out.flush()
    if (error.kind === 'stack-overflow' || error.passing) return undefined
    const { errors } = this.#options
    // The one part of a set is looked at by the set, which is printing already.
    const depth = this.#state === SINGLE ? this.#stack.length - 1 : this.#stack.length
    if (errors === 'throw' || (errors === 'throw-top-level' && depth === 0)) return undefined
    this.#color(RED, `${OPEN_QUOTE}error: ${withoutEscapes(error.message)}${CLOSE_QUOTE}`)
    if (this.#state === SINGLE) this.#stack.pop()
    this.#state = NEXT
    const r = this.run(m, undefined)
    if (r !== WAIT) m.depth = this.base
    return r
  }
}

function colorOf(v: Value): string {
  if (typeof v === 'string' || v instanceof StringWithContext) return MAGENTA
  if (typeof v === 'object' && v !== null) return 'path' in v ? GREEN : 'value' in v ? CYAN : BLUE
  return CYAN
}

/** The value of a slot if there is one, otherwise the slot. */
function shown(slot: Slot | undefined): Slot | undefined {
  if (slot === undefined) return undefined
  const v = peek(slot)
  return v === undefined ? slot : v
}

/** Whether a text is exactly the path of an object in the store. */
export function isStorePath(m: Machine, path: string): boolean {
  const dir = `${m.settings.storeDir}/`
  return (
    path.startsWith(dir) && /^[0-9a-df-np-sv-z]{32}-[0-9a-zA-Z+\-._?=]{1,211}$/.test(path.slice(dir.length))
  )
}

/** A text without terminal escapes, tabs expanded (Nix: filterANSIEscapes). */
function withoutEscapes(text: string): string {
  if (!/[\x1b\t\r\x07]/.test(text)) return text
  const plain = text.replace(
    /\x1b\[[\x30-\x3f]*[\x20-\x2f]*[\x40-\x7e]?|\x1b\].*?(?:\x1b\\|\x07)|\x1b.?|[\r\x07]/g,
    '',
  )
  let width = 0
  let out = ''
  for (const c of plain) {
    if (c === '\t') {
      const spaces = 8 - (width % 8)
      out += ' '.repeat(spaces)
      width += spaces
    } else {
      out += c
      // Continuation bytes of UTF-8 take no room.
      if (c === '\n') width = 0
      else if ((c.charCodeAt(0) & 0xc0) !== 0x80) width++
    }
  }
  return out
}
