/**
 * What a flake.nix says of itself (floor 4): its directory in the store in, its inputs as plain data out.
 * Nix: libflake/flake.cc, readFlake.
 */
import { NixError } from '../errors.ts'
import { flakeRefFromAttrs, parseFlakeRef } from '../fetch/flake-ref.ts'
import type { InputOptions, InputValue } from '../fetch/input.ts'
import type { FlakeInfo, FlakeInput } from '../fetch/lock.ts'
import { type InputPath, parseInputPath } from '../fetch/lock-file.ts'
import { isPromise } from '../io/io.ts'
import { quoteName } from '../quote.ts'
import { formalsOf } from '../runtime/attr-path.ts'
import { firstMet } from '../runtime/first-met.ts'
import { Frame, type Machine, type Step, WAIT } from '../runtime/machine.ts'
import type { PosIdx } from '../source.ts'
import { untracked } from '../store/virtual-store.ts'
import {
  type AttrsNode,
  FLOAT,
  INT,
  LAMBDA,
  LIST,
  ATTRS as NODE_ATTRS,
  type Node,
  PATH,
  STRING,
  VAR,
} from '../syntax/ast.ts'
import { parse } from '../syntax/parser.ts'
import { flat, lookup, positionOf, slotAt } from '../values/attrs.ts'
import { showPos, showType } from '../values/describe.ts'
import {
  Attrs,
  Closure,
  isFunction,
  isString,
  List,
  Path,
  peek,
  type Slot,
  textOf,
  type Value,
} from '../values/value.ts'

const PARTS = ['description', 'inputs', 'nixConfig', 'outputs']

function fail(message: string): NixError {
  return new NixError('eval', message)
}

/** Reads the flake.nix in a directory; `take` gets what it says. The frame's own value is null. */
export class FlakeInfoFrame extends Frame {
  readonly directory: string
  readonly root: InputPath
  /** The flake, for messages. */
  readonly shown: string
  /** What the directory is called where it is not in the store yet. */
  readonly place: string
  readonly options: InputOptions
  readonly take: (info: FlakeInfo) => void
  #state = 0
  #attrs: Attrs | null = null
  /** What is still to be forced: all that the file does not compute is data, and small. */
  readonly #todo: { readonly slot: Slot; readonly path: string }[] = []
  #info: FlakeInfo | null = null
  readonly #copies: string[] = []
  /** Of what is being forced. */
  #path = ''
  /** Attributes that the file computes, which it may not: `inputs\\0a\\0url`. */
  #computed: ReadonlySet<string> = new Set()

  constructor(
    place: { directory: string; root: InputPath; shown: string; place: string },
    options: InputOptions,
    take: (info: FlakeInfo) => void,
  ) {
    super()
    this.directory = place.directory
    this.root = place.root
    this.shown = place.shown
    this.place = place.place
    this.options = options
    this.take = take
  }

  override step(m: Machine, answer: Value | undefined): Step {
    let v: Step | undefined = answer
    for (;;) {
      switch (this.#state) {
        case 0:
          this.#state = 1
          this.#mustExist(m)
          this.#computed = this.#check(m)
          v = m.services.importFile(m, `${this.directory}/flake.nix`)
          if (v === WAIT) return WAIT
          break
        case 1:
          if (!(v instanceof Attrs)) throw this.#noSet()
          this.#attrs = v
          this.#literals(v, '')
          this.#state = 2
          break
        case 2: {
          const next = this.#todo.pop()
          if (next === undefined) {
            this.#state = 3
            break
          }
          this.#path = next.path
          this.#state = 6
          v = m.force(next.slot)
          if (v === WAIT) return WAIT
          break
        }
        case 6:
          this.#state = 2
          if (v instanceof Attrs && /^(?:inputs|nixConfig)(?:\0|$)/.test(this.#path))
            this.#literals(v, `${this.#path}\0`)
          break
        case 3: {
          this.#state = 4
          const path = `${this.directory}/flake.lock`
          const type = m.io.fileType(path)
          if (isPromise(type)) throw new NixError('io', 'flakes need a file system that answers at once')
          if (type === undefined) {
            v = null
            break
          }
          const text = m.io.readFile(path)
          if (isPromise(text)) return m.wait(text)
          v = text
          break
        }
        case 4:
          this.#info = this.#read(m, v === null ? undefined : (v as string))
          this.#state = 5
          break
        default: {
          // Paths among the settings are copied.
          const path = this.#copies.pop()
          if (path === undefined) {
            this.take(this.#info as FlakeInfo)
            return null
          }
          v = m.services.copyToStore(m, path)
          if (v === WAIT) return WAIT
        }
      }
    }
  }

  /** Has the attributes of a set forced that are no computations; of the flake itself those that it may have. */
  #literals(attrs: Attrs, prefix: string): void {
    const { shape } = flat(attrs)
    for (let i = 0; i < shape.syms.length; i++) {
      const path = prefix + shape.nameAt(i)
      if (this.#computed.has(path) || (prefix === '' && !PARTS.includes(path))) continue
      this.#todo.push({ slot: slotAt(attrs, i), path })
    }
  }

  #noSet(): NixError {
    const path = `${this.directory}/flake.nix`
    return fail(`file '${path}' must be an attribute set`).addTrace(`while evaluating the file '${path}':`)
  }

  /** Nix looks for the file in the tree itself, before that is in the store. */
  #mustExist(m: Machine): void {
    const path = `${this.directory}/flake.nix`
    if (m.io.fileType(path) !== undefined) return
    if (!m.settings.pureEval) {
      const at = m.services.virtualStore.locate(path)
      const exists = (file: string): boolean => m.io.fileType(file) !== undefined
      const error = at?.kind === 'missing' ? untracked(at, exists) : undefined
      if (error !== undefined) throw error
    }
    try {
      // Says why not.
      m.io.stat(path)
    } catch (error) {
      if (!(error instanceof NixError) || error.message !== `path '${path}' does not exist`) throw error
      throw new NixError(error.kind, `path '${this.place}/flake.nix' does not exist`)
    }
  }

  /** What the file computes. Its syntax is the import's business. */
  #check(m: Machine): ReadonlySet<string> {
    const text = m.io.readFile(`${this.directory}/flake.nix`)
    if (isPromise(text)) return new Set()
    let root: Node
    try {
      const lints = {
        lintUrlLiterals: 'ignore',
        lintShortPathLiterals: 'ignore',
        lintAbsolutePathLiterals: 'ignore',
      } as const
      root = parse(text, { features: m.settings.features, ...lints }, () => {})
    } catch {
      return new Set()
    }
    if (root.kind !== NODE_ATTRS) throw this.#noSet()
    return computedIn(root)
  }

  /** How a value is described: what is computed is not looked at. */
  #type(slot: Slot, path: string): string {
    return this.#computed.has(path) ? 'a thunk' : showType(slot)
  }

  #expect(m: Machine, slot: Slot, pos: PosIdx, path: string, wanted: string, fits: boolean): void {
    if (fits && !this.#computed.has(path)) return
    throw fail(`expected ${wanted} but got ${this.#type(slot, path)} at ${showPos(m.positions, pos)}`)
  }

  #read(m: Machine, lockText: string | undefined): FlakeInfo {
    const attrs = this.#attrs as Attrs
    const part = (name: string): { slot: Slot; value: Value | undefined; pos: PosIdx } | undefined => {
      const sym = m.symbols.intern(name)
      const slot = lookup(attrs, sym)
      return slot === undefined ? undefined : { slot, value: peek(slot), pos: positionOf(attrs, sym) }
    }
    const description = part('description')
    if (description !== undefined) {
      const { slot, value, pos } = description
      this.#expect(m, slot, pos, 'description', 'a string', value !== undefined && isString(value))
    }
    const inputs = new Map<string, FlakeInput>()
    const self = new Map<string, InputValue>()
    const given = part('inputs')
    if (given !== undefined) this.#inputs(m, given.slot, given.pos, 'inputs', self, inputs)
    const outputs = part('outputs')
    if (outputs === undefined) throw fail(`flake '${this.shown}' lacks attribute 'outputs'`)
    const fn = outputs.value
    this.#expect(m, outputs.slot, outputs.pos, 'outputs', 'a function', fn !== undefined && isFunction(fn))
    if (fn instanceof Closure) {
      for (const name of namesOf(fn)) {
        if (name === 'self' || inputs.has(name)) continue
        inputs.set(name, {
          ref: parseFlakeRef(name, this.options),
          isFlake: true,
          follows: undefined,
          overrides: new Map(),
        })
      }
    }
    const config = part('nixConfig')
    if (config !== undefined) this.#config(m, config.slot, config.pos)
    const { shape } = flat(attrs)
    const others = shape.syms.map((_, i) => shape.nameAt(i)).filter((name) => !PARTS.includes(name))
    if (others.length > 0) {
      // Of several, the one whose name Nix has met first.
      const name = firstMet(m, others) ?? others[0]
      const at = showPos(m.positions, positionOf(attrs, m.symbols.find(name)))
      throw fail(`flake '${this.shown}' has an unsupported attribute '${quoteName(name)}', at ${at}`)
    }
    return { inputs, self, lockText, config: config === undefined ? [] : namesIn(config.value as Attrs) }
  }

  /** Settings are simple values, or lists of strings. */
  #config(m: Machine, slot: Slot, pos: PosIdx): void {
    const attrs = peek(slot)
    this.#expect(m, slot, pos, 'nixConfig', 'a set', attrs instanceof Attrs)
    const { shape } = flat(attrs as Attrs)
    for (let i = 0; i < shape.syms.length; i++) {
      const name = shape.nameAt(i)
      const item = slotAt(attrs as Attrs, i)
      const path = `nixConfig\0${name}`
      const v = this.#computed.has(path) ? undefined : peek(item)
      if (v instanceof Path) this.#copies.push(v.path)
      else if (v instanceof List) {
        for (let k = 0; k < v.length; k++) {
          const element = peek(v.at(k))
          if (element !== undefined && isString(element)) continue
          throw new NixError(
            'type',
            `list element in flake configuration setting '${name}' is a list while a string is expected`,
          )
        }
      } else if (
        v === undefined ||
        !(isString(v) || typeof v === 'number' || typeof v === 'bigint' || typeof v === 'boolean')
      ) {
        throw new NixError('type', `flake configuration setting '${name}' is ${this.#type(item, path)}`)
      }
    }
  }

  /** `self`: where `inputs.self` goes; null where it may not stand. */
  #inputs(
    m: Machine,
    slot: Slot,
    pos: PosIdx,
    path: string,
    self: Map<string, InputValue> | null,
    out: Map<string, FlakeInput>,
  ): void {
    const attrs = peek(slot)
    this.#expect(m, slot, pos, path, 'a set', attrs instanceof Attrs)
    flat(attrs as Attrs)
    const { shape } = attrs as Attrs
    for (let i = 0; i < shape.syms.length; i++) {
      const name = shape.nameAt(i)
      const at = shape.positionAt(i)
      const value = slotAt(attrs as Attrs, i)
      if (name !== 'self') {
        out.set(name, this.#input(m, value, at, `${path}\0${name}`))
        continue
      }
      if (self === null) throw fail(`'self' input attribute not allowed at ${showPos(m.positions, at)}`)
      const own = peek(value)
      this.#expect(m, value, at, `${path}\0self`, 'a set', own instanceof Attrs)
      flat(own as Attrs)
      for (let k = 0; k < (own as Attrs).shape.syms.length; k++) {
        self.set(
          (own as Attrs).shape.nameAt(k),
          this.#simple((own as Attrs).shape.nameAt(k), slotAt(own as Attrs, k), `${path}\0self`),
        )
      }
    }
  }

  #input(m: Machine, slot: Slot, pos: PosIdx, path: string): FlakeInput {
    const value = peek(slot)
    this.#expect(m, slot, pos, path, 'a set', value instanceof Attrs)
    const set = flat(value as Attrs)
    const attrs = new Map<string, InputValue>()
    const overrides = new Map<string, FlakeInput>()
    let url: string | undefined
    let isFlake = true
    let follows: InputPath | undefined
    for (let i = 0; i < set.shape.syms.length; i++) {
      const name = set.shape.nameAt(i)
      const at = set.shape.positionAt(i)
      const item = slotAt(set, i)
      const v = peek(item)
      const noText = (type: string): NixError =>
        fail(`expected a string or a path but got ${type} at ${showPos(m.positions, at)}`)
      try {
        if (name === 'url') {
          if (this.#computed.has(`${path}\0url`)) throw noText(this.#type(item, `${path}\0url`))
          if (v instanceof Path) url = `path:${relativeTo(this.directory, v.path)}`
          else if (v !== undefined && isString(v)) url = textOf(v)
          else
            throw fail(`expected a string or a path but got ${showType(item)} at ${showPos(m.positions, at)}`)
          attrs.set('url', url)
        } else if (name === 'flake') {
          this.#expect(m, item, at, `${path}\0flake`, 'a Boolean', typeof v === 'boolean')
          isFlake = v as boolean
        } else if (name === 'inputs') this.#inputs(m, item, at, `${path}\0inputs`, null, overrides)
        else if (name === 'follows') {
          this.#expect(m, item, at, `${path}\0follows`, 'a string', v !== undefined && isString(v))
          follows = [...this.root, ...parseInputPath(textOf(v as string))]
        } else attrs.set(name, this.#simple(name, item, path))
      } catch (e) {
        if (e instanceof NixError) e.addTrace(`while evaluating flake attribute '${quoteName(name)}'`, at)
        throw e
      }
    }
    let ref: FlakeInput['ref']
    if (attrs.has('type')) {
      try {
        ref = flakeRefFromAttrs(attrs, this.options)
      } catch (e) {
        if (e instanceof NixError) e.addTrace('while evaluating flake input', pos)
        throw e
      }
    } else {
      attrs.delete('url')
      const [unexpected] = [...attrs.keys()].sort()
      if (unexpected !== undefined) {
        throw fail(`unexpected flake input attribute '${unexpected}', at ${showPos(m.positions, pos)}`)
      }
      if (url !== undefined) ref = parseFlakeRef(url, { ...this.options, isFlake, relative: true })
    }
    if (ref !== undefined && follows !== undefined) {
      throw fail(
        `flake input has both a flake reference and a follows attribute, at ${showPos(m.positions, pos)}`,
      )
    }
    return { ref, isFlake, follows, overrides }
  }

  #simple(name: string, slot: Slot, path: string): InputValue {
    const at = `${path}\0${name}`
    const v = this.#computed.has(at) ? undefined : peek(slot)
    if (typeof v === 'number' || typeof v === 'bigint') {
      if (v < 0) throw fail(`negative value given for flake input attribute ${quoteName(name)}: ${v}`)
      return Number(v)
    }
    if (typeof v === 'boolean') return v
    if (v !== undefined && isString(v)) return textOf(v)
    throw new NixError(
      'type',
      // Nothing has looked at it: but for plain values and what is empty, that is a thunk.
      `flake input attribute '${quoteName(name)}' is ${isLater(slot) ? 'a thunk' : this.#type(slot, at)} while a string, Boolean, or integer is expected`,
    )
  }
}

/** Whether Nix has a thunk for a literal that nobody has forced. */
function isLater(slot: Slot): boolean {
  const v = peek(slot)
  return v instanceof Attrs || v instanceof Closure || (v instanceof List && v.length > 0)
}

function namesIn(attrs: Attrs): string[] {
  const { shape } = flat(attrs)
  return shape.syms.map((_, i) => shape.nameAt(i))
}

/** The arguments that a function takes by name. */
function namesOf(fn: Closure): string[] {
  const formals = formalsOf(fn)
  return formals === null ? [] : formals.list.map(({ sym }) => formals.shape.symbols.names[sym])
}

/** A path as seen from a directory. */
function relativeTo(directory: string, path: string): string {
  if (path === directory) return '.'
  if (path.startsWith(`${directory}/`)) return path.slice(directory.length + 1)
  return path
}

/** The attributes of a flake.nix that are computed: neither literals, sets, lists nor functions. Nix: isTrivial. */
function computedIn(root: AttrsNode): Set<string> {
  const out = new Set<string>()
  const todo: [AttrsNode, string][] = [[root, '']]
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const [node, prefix] = next
    for (const { name, value, how } of node.attrs) {
      const path = prefix === '' ? name : `${prefix}\0${name}`
      if (how !== 'plain' || value === null || isComputed(value)) out.add(path)
      else if (value.kind === NODE_ATTRS && (prefix !== '' || name === 'inputs' || name === 'nixConfig'))
        todo.push([value, path])
    }
  }
  return out
}

function isComputed(node: Node): boolean {
  switch (node.kind) {
    case INT:
    case FLOAT:
    case STRING:
    case PATH:
    case LIST:
    case LAMBDA:
      return false
    case NODE_ATTRS:
      return node.dynamic.length > 0
    case VAR:
      return !['true', 'false', 'null'].includes(node.name)
    default:
      return true
  }
}
