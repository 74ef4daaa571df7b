/**
 * XML (floor 3): a slot comes in, the text of `--xml` and `builtins.toXML` goes out.
 * Nix: printValueAsXML (value-to-xml.cc), XMLWriter (xml-writer.cc).
 */
import type { NixError } from '../errors.ts'
import type { PosIdx } from '../source.ts'
import { TextOut, type Write } from '../text-out.ts'
import { flat, lookup, slotAt } from '../values/attrs.ts'
import { filePathOf, lambdaOf, shownSlot } from '../values/describe.ts'
import { showFloat } from '../values/float.ts'
import { SYM } from '../values/symbols.ts'
import {
  Attrs,
  Closure,
  Float,
  isString,
  List,
  makeString,
  Partial,
  Path,
  peek,
  type Slot,
  StringWithContext,
  textOf,
  type Value,
} from '../values/value.ts'
import { ContextSet } from './context.ts'
import { isDerivation } from './equal.ts'
import { type Machine, type Step, WAIT } from './machine.ts'
import { Walker } from './walker.ts'

export interface XmlOptions {
  /** Forces everything (the default); otherwise an unforced part is `<unevaluated />`. */
  strict?: boolean
  /** Positions of attributes and functions are written; not by default. */
  location?: boolean
  pos?: PosIdx
}

/**
 * The XML text of a value: answers a string, or a StringWithContext.
 * @throws NixError stack overflow, and what forcing throws
 */
export function toXml(m: Machine, slot: Slot, options: XmlOptions = {}): Step {
  return new XmlWriter(m, slot, options, undefined).start(m)
}

/**
 * The same for output of any length, written as it grows; an error closes what is open, as Nix does. Answers null.
 * @throws NixError as `toXml`
 */
export function writeXml(m: Machine, slot: Slot, options: XmlOptions, write: Write): Step {
  return new XmlWriter(m, slot, options, write).start(m)
}

/** An element that is open: a set's or derivation's attributes, a list, or (null) the one `<attr>` of a value. */
interface Open {
  value: Attrs | List | null
  next: number
  pos: PosIdx
  level: number
  tag: string
}

const VALUE = 0
const TYPE = 1
const DRV_PATH = 2
const OUT_PATH = 3

class XmlWriter extends Walker {
  readonly #options: XmlOptions
  readonly #out: TextOut
  readonly #write: Write | undefined
  readonly #gathered = new ContextSet()
  readonly #drvsSeen = new Set<string>()
  readonly #stack: Open[] = []
  readonly #indents: string[] = []
  /** undefined: code that nobody has asked for. */
  #slot: Slot | undefined
  #pos: PosIdx
  #level = 0
  #state = VALUE
  #set: Attrs | null = null
  #drvPath: string | undefined
  #outPath: string | undefined

  constructor(m: Machine, slot: Slot, options: XmlOptions, write: Write | undefined) {
    super(m)
    this.#slot = slot
    this.#options = options
    this.#pos = options.pos ?? 0
    this.#write = write
    this.#out = new TextOut(write)
    this.#out.add("<?xml version='1.0' encoding='utf-8'?>\n<expr>\n")
  }

  protected run(m: Machine, answer: Value | undefined): Step {
    let got: Step | undefined = answer
    for (;;) {
      if (this.#state === VALUE) {
        if (got === undefined) {
          this.enter(m, this.#level, this.#pos)
          const slot = this.#slot
          if (slot !== undefined) {
            got = this.#options.strict !== false ? this.get(m, slot, this.#level + 1) : peek(slot)
            if (got === WAIT) return WAIT
          }
        }
        const v = got as Value | undefined
        got = undefined
        if (v instanceof Attrs) {
          this.#set = v
          this.#state = TYPE
          continue
        }
        this.#add(m, v)
      } else if (this.#state === TYPE) {
        const set = this.#set as Attrs
        const type = lookup(set, SYM.TYPE)
        if (type !== undefined && got === undefined) {
          got = this.get(m, type, this.#level + 1)
          if (got === WAIT) return WAIT
        }
        got = undefined
        if (isDerivation(set) === true) {
          this.#state = DRV_PATH
          continue
        }
        this.#state = VALUE
        this.#open('attrs', '', set)
      } else {
        const set = this.#set as Attrs
        const isDrv = this.#state === DRV_PATH
        const slot = lookup(set, m.symbols.find(isDrv ? 'drvPath' : 'outPath'))
        let text: string | undefined
        if (slot !== undefined) {
          if (got === undefined)
            got = this.#options.strict !== false ? this.get(m, slot, this.#level + 1) : peek(slot)
          if (got === WAIT) return WAIT
          const v = got as Value | undefined
          if (v !== undefined && isString(v)) text = textOf(v)
        }
        got = undefined
        if (isDrv) {
          this.#drvPath = text
          this.#state = OUT_PATH
          continue
        }
        this.#outPath = text
        this.#state = VALUE
        this.#openDerivation(set)
      }
      if (!this.#advance(m)) return this.#finish()
    }
  }

  #finish(): Value {
    this.#out.add('</expr>\n')
    if (this.#write === undefined) return makeString(this.#out.text, this.#gathered.context)
    this.#out.flush()
    return null
  }

  #line(text: string): void {
    this.#out.add(`${this.#indent()}${text}\n`)
  }

  /** The blanks before a line, as deep as it stands. */
  #indent(): string {
    const indents = this.#indents
    const depth = this.#stack.length + 1
    while (indents.length <= depth)
      indents.push(indents.length === 0 ? '' : `${indents[indents.length - 1]}  `)
    return indents[depth]
  }

  /** A line with one text in it that has to be escaped. */
  #textLine(before: string, text: string, after: string): void {
    this.#out.add(this.#indent() + before + escaped(text) + after)
  }

  #open(tag: string, attributes: string, value: Attrs | List): void {
    if (value instanceof Attrs) flat(value)
    this.#line(`<${tag}${attributes}>`)
    this.#stack.push({ value, next: 0, pos: this.#pos, level: this.#level, tag })
  }

  #openDerivation(set: Attrs): void {
    const drvPath = this.#drvPath
    let attributes = ''
    if (drvPath !== undefined) attributes += attribute('drvPath', drvPath)
    if (this.#outPath !== undefined) attributes += attribute('outPath', this.#outPath)
    if (drvPath === undefined || drvPath === '' || this.#drvsSeen.has(drvPath)) {
      this.#line(`<derivation${attributes}>`)
      this.#line('  <repeated />')
      this.#line('</derivation>')
      return
    }
    this.#drvsSeen.add(drvPath)
    this.#open('derivation', attributes, set)
  }

  /** Writes everything but a set. */
  #add(m: Machine, v: Value | undefined): void {
    switch (typeof v) {
      case 'string':
        this.#textLine('<string value="', v, '" />\n')
        return
      case 'number':
      case 'bigint':
        this.#line(`<int value="${v}" />`)
        return
      case 'boolean':
        this.#line(`<bool value="${v}" />`)
        return
      default:
    }
    if (v === null) this.#line('<null />')
    else if (v instanceof StringWithContext) {
      this.#gathered.add(v.context)
      this.#textLine('<string value="', v.text, '" />\n')
    } else if (v instanceof Float) this.#line(`<float value="${showFloat(v)}" />`)
    else if (v instanceof Path) this.#line(`<path${attribute('value', v.path)} />`)
    else if (v instanceof List) this.#open('list', '', v)
    else if (v instanceof Closure || (v instanceof Partial && v.fn instanceof Closure)) this.#addLambda(m, v)
    else this.#line('<unevaluated />')
  }

  #addLambda(m: Machine, v: Closure | Partial): void {
    const at = v instanceof Closure ? 0 : v.given
    const { proto } = (v instanceof Closure ? v : v.fn) as Closure
    const place = this.#options.location ? this.#place(m, lambdaOf(v)?.pos ?? 0, '') : ''
    const name = proto.params[at].name
    const formals = at === proto.arity - 1 ? proto.formals : null
    this.#line(`<function${place}>`)
    if (formals === null) this.#line(`  <varpat${attribute('name', name)} />`)
    else {
      const ellipsis = formals.ellipsis ? ' ellipsis="1"' : ''
      this.#line(`  <attrspat${ellipsis}${name === '' ? '' : attribute('name', name)}>`)
      for (const formal of formals.list) this.#line(`    <attr${attribute('name', formal.name)} />`)
      this.#line('  </attrspat>')
    }
    this.#line('</function>')
  }

  /** Attributes in the order of their names: column, line, name, path. */
  #place(m: Machine, pos: PosIdx, name: string): string {
    const p = m.positions.resolve(pos)
    const file = p === undefined ? undefined : filePathOf(p.source)
    const path = file === undefined ? '' : attribute('path', file)
    return `${attribute('column', String(p?.column ?? 0))}${attribute('line', String(p?.line ?? 0))}${name}${path}`
  }

  /** Moves to the next value to write; false at the end. */
  #advance(m: Machine): boolean {
    const stack = this.#stack
    while (stack.length > 0) {
      const top = stack[stack.length - 1]
      const { value } = top
      const i = top.next++
      if (value instanceof List) {
        if (i < value.length) {
          this.#slot = value.at(i)
          this.#pos = top.pos
          this.#level = top.level + 1
          return true
        }
      } else if (value !== null && i < value.shape.size) {
        const pos = value.shape.positionAt(i)
        const name = value.shape.nameAt(i)
        if (this.#options.location && pos !== 0)
          this.#line(`<attr${this.#place(m, pos, attribute('name', name))}>`)
        else this.#textLine('<attr name="', name, '">\n')
        stack.push({ value: null, next: 0, pos, level: top.level, tag: 'attr' })
        this.#slot = this.#options.strict !== false ? slotAt(value, i) : shownSlot(value, i)
        this.#pos = pos
        this.#level = top.level + 1
        return true
      }
      this.#close()
    }
    return false
  }

  #close(): void {
    const top = this.#stack.pop() as Open
    this.#out.add(this.#indent() + CLOSING[top.tag])
  }

  override explain(_m: Machine, { kind }: NixError): void {
    // After these two it may be that all is begun again, and goes on where it has come to.
    if (this.#write === undefined || kind === 'memory' || kind === 'unsound') return
    while (this.#stack.length > 0) this.#close()
    this.#finish()
  }
}

const CLOSING: Record<string, string> = {
  attr: '</attr>\n',
  attrs: '</attrs>\n',
  list: '</list>\n',
  derivation: '</derivation>\n',
}

const ESCAPES: Record<string, string> = {
  '"': '&quot;',
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  '\n': '&#xA;',
}

function escaped(value: string): string {
  return /["<>&\n]/.test(value) ? value.replace(/["<>&\n]/g, (c) => ESCAPES[c]) : value
}

function attribute(name: string, value: string): string {
  return ` ${name}="${escaped(value)}"`
}
