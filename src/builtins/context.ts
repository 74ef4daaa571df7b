/**
 * Builtins on string contexts (floor 4). Nix: primops/context.cc.
 *
 * An element is a store path (`/nix/store/…`), a derivation with all its outputs (`=/nix/store/….drv`) or one output
 * of a derivation (`!out!/nix/store/….drv`).
 */
import { NixError } from '../errors.ts'
import { ContextSet } from '../runtime/context.ts'
import { expectAttrs, expectBool, expectList, expectPlainString } from '../runtime/expect.ts'
import { builtin, Frame, type Machine, param, type Step, WAIT } from '../runtime/machine.ts'
import type { PosIdx } from '../source.ts'
import { type Context, decodeElement, contextOf as sortedContext } from '../store/context.ts'
import { isStorePath, type StoreConfig, storeConfig } from '../store/path.ts'
import { AttrsBuilder, attrsOfAny, flat, lookup, positionOf, slotAt } from '../values/attrs.ts'
import { quoteName } from '../values/describe.ts'
import { emptySlots } from '../values/slots.ts'
import {
  ATTRS,
  type Attrs,
  type Builtin,
  contextOf,
  LAZY,
  type List,
  list,
  makeString,
  type Slot,
  STRING,
  StringWithContext,
  textOf,
  type Value,
} from '../values/value.ts'
import { FixedShape, withCoerced } from './support.ts'

function coerced(name: string, use: (m: Machine, s: string | StringWithContext) => Value): Builtin {
  const options = {
    more: false,
    copyToStore: true,
    context: `while evaluating the argument passed to builtins.${name}`,
  }
  return builtin({
    name,
    params: [param(LAZY)],
    start: (m, slot: Slot) => withCoerced(m, slot, options, use),
  })
}

/** `=drv` elements become plain paths. */
function discardOutputDependency(s: string | StringWithContext): Value {
  if (typeof s === 'string') return s
  const elements = new Set<string>()
  for (const element of s.context) elements.add(element.startsWith('=') ? element.slice(1) : element)
  return makeString(s.text, sortedContext(elements))
}

/** The only element, a .drv path, becomes `=drv`. */
function addDrvOutputDependencies(s: string | StringWithContext): Value {
  const context = contextOf(s)
  if (context.length !== 1) {
    const message = `context of string '${textOf(s)}' must have exactly one element, but has ${context.length}`
    throw new NixError('eval', message)
  }
  const element = context[0]
  if (element.startsWith('=')) return s
  if (element.startsWith('!')) {
    const output = element.slice(1, element.indexOf('!', 1))
    const message = `\`addDrvOutputDependencies\` can only act on derivations, not on a derivation output such as '${output}'`
    throw new NixError('eval', message)
  }
  if (!element.endsWith('.drv')) throw new NixError('eval', `path '${element}' is not a derivation`)
  return new StringWithContext(textOf(s), [`=${element}`])
}

/** The error for an output of a derivation that is itself an output: what that is, the build will tell. */
function unbuilt(text: string): NixError {
  let element = decodeElement(text)
  while (element.kind === 'built' && element.drv.startsWith('!')) element = decodeElement(element.drv)
  const { drv, output } = element as { drv: string; output: string }
  return new NixError('eval', `cannot operate on output '${output}' of the unbuilt derivation '${drv}'`)
}

/** What a context says of one path; the elements that do need not follow each other. */
class ContextInfo {
  readonly path: string
  isPath = false
  allOutputs = false
  readonly outputs: string[] = []
  constructor(path: string) {
    this.path = path
  }
}

/** By path. A context has no element twice; that of one path comes more than once if it has several outputs, or is a path as well. */
function infosOf(context: Context): ContextInfo[] {
  const infos: ContextInfo[] = []
  let known: Map<string, ContextInfo> | null = null
  const info = (path: string): ContextInfo => {
    const last = infos.length - 1
    if (last >= 0 && infos[last].path === path) return infos[last]
    let i = known?.get(path)
    if (i !== undefined) return i
    infos.push((i = new ContextInfo(path)))
    known?.set(path, i)
    return i
  }
  // Within each kind of element, those of one path follow each other.
  let kind = ''
  for (const text of context) {
    const element = decodeElement(text)
    if (element.kind !== kind) {
      if (infos.length > 0) known ??= new Map(infos.map((i) => [i.path, i]))
      kind = element.kind
    }
    if (element.kind === 'deep') info(element.drv).allOutputs = true
    else if (element.kind === 'built') {
      if (element.drv.startsWith('!')) throw unbuilt(element.drv)
      info(element.drv).outputs.push(element.output)
    } else info(element.path).isPath = true
  }
  return infos
}

/** The sets of `getContext` that have one attribute, as nearly all of them. */
interface ContextShapes {
  readonly path: FixedShape
  readonly outputs: FixedShape
}

function entryOf(m: Machine, info: ContextInfo, shapes: ContextShapes): Attrs {
  const { isPath, allOutputs, outputs } = info
  if (!allOutputs) {
    if (outputs.length === 0) return shapes.path.make(m.symbols, true)
    if (!isPath) return shapes.outputs.make(m.symbols, list(outputs.sort()))
  }
  const entry = new AttrsBuilder(m.symbols)
  if (allOutputs) entry.setName('allOutputs', true)
  if (outputs.length > 0) entry.setName('outputs', list(outputs.sort()))
  if (isPath) entry.setName('path', true)
  return entry.build()
}

/** { "/nix/store/…" = { path?; allOutputs?; outputs?; }; … } */
function getContext(m: Machine, s: string | StringWithContext, shapes: ContextShapes): Attrs {
  const infos = infosOf(contextOf(s))
  const n = infos.length
  if (n === 0) return m.emptyAttrs
  const syms: number[] = new Array(n)
  const entries = emptySlots(n) as Slot[]
  for (let i = 0; i < n; i++) {
    syms[i] = m.symbols.intern(infos[i].path)
    entries[i] = entryOf(m, infos[i], shapes)
  }
  return attrsOfAny(m.symbols, syms, entries, null)
}

// What is being forced.
const ENTRY = 0
const PATH = 1
const ALL_OUTPUTS = 2
const OUTPUTS = 3
const OUTPUT = 4

const LINES = [
  'while evaluating the value of a string context',
  'while evaluating the `path` attribute of a string context',
  'while evaluating the `allOutputs` attribute of a string context',
  'while evaluating the `outputs` attribute of a string context',
  'while evaluating an output name within a string context',
]
const FIELDS = ['', 'path', 'allOutputs', 'outputs']

class AppendContextFrame extends Frame {
  readonly subject: string | StringWithContext
  readonly context: Attrs
  readonly store: StoreConfig
  readonly elements = new ContextSet()
  i = 0
  state = ENTRY
  entry: Attrs | null = null
  outputs: List | null = null
  output = 0
  pos: PosIdx = 0
  /** An error met now comes out of forcing what `state` says. */
  forcing = false

  constructor(subject: string | StringWithContext, context: Attrs, store: StoreConfig) {
    super()
    this.store = store
    this.subject = subject
    this.context = flat(context)
    this.elements.add(contextOf(subject))
  }

  step(m: Machine, answer: Value | undefined): Step {
    let r: Step | undefined = answer
    for (;;) {
      if (r !== undefined) {
        this.forcing = false
        this.take(m, r as Value)
      }
      const slot = this.next(m)
      if (slot === undefined) return makeString(textOf(this.subject), this.elements.context)
      this.forcing = true
      r = m.force(slot)
      if (r === WAIT) return WAIT
    }
  }

  get path(): string {
    return this.context.shape.nameAt(this.i)
  }

  /** The next slot to force; undefined at the end. */
  next(m: Machine): Slot | undefined {
    for (;;) {
      if (this.state === OUTPUT) {
        const outputs = this.outputs as List
        if (this.output < outputs.length) return outputs.at(this.output)
        this.outputs = null
        this.entry = null
        this.i++
        this.state = ENTRY
      }
      if (this.entry === null) {
        const { shape } = this.context
        if (this.i === shape.syms.length) return undefined
        this.pos = shape.positionAt(this.i)
        if (!isStorePath(this.store, this.path)) {
          const message = `context key '${quoteName(this.path)}' is not a store path`
          throw new NixError('eval', message, { pos: this.pos })
        }
        this.state = ENTRY
        return slotAt(this.context, this.i)
      }
      this.state++
      if (this.state > OUTPUTS) {
        this.state = ENTRY
        this.entry = null
        this.i++
        continue
      }
      const sym = m.symbols.intern(FIELDS[this.state])
      const slot = lookup(this.entry, sym)
      if (slot !== undefined) {
        this.pos = positionOf(this.entry, sym)
        return slot
      }
    }
  }

  /** The value of what `next` named. */
  take(m: Machine, v: Value): void {
    const { path, pos } = this
    const line = LINES[this.state]
    switch (this.state) {
      case ENTRY:
        this.entry = expectAttrs(m, v, line, pos)
        return
      case PATH:
        if (expectBool(m, v, line, pos)) this.elements.add([path])
        return
      case ALL_OUTPUTS:
        if (!expectBool(m, v, line, pos)) return
        if (!path.endsWith('.drv')) throw this.notDerivation('all-outputs')
        this.elements.add([`=${path}`])
        return
      case OUTPUTS:
        this.outputs = expectList(m, v, line, pos)
        if (this.outputs.length > 0 && !path.endsWith('.drv')) throw this.notDerivation('derivation output')
        this.output = 0
        this.state = OUTPUT
        return
      case OUTPUT:
        this.elements.add([`!${expectPlainString(m, v, line, pos)}!${path}`])
        this.output++
        return
    }
  }

  notDerivation(what: string): NixError {
    const name = quoteName(this.path)
    const message = `tried to add ${what} context of ${name}, which is not a derivation, to a string`
    return new NixError('eval', message, { pos: this.context.shape.positionAt(this.i) })
  }

  override explain(_m: Machine, error: NixError): void {
    // Sets and lists get the line for the wrong type only.
    if (this.forcing && (this.state === PATH || this.state === ALL_OUTPUTS || this.state === OUTPUT)) {
      error.addTrace(LINES[this.state], this.pos)
    }
  }
}

/** The builtins of this file. */
export function contextBuiltins(): Builtin[] {
  const shapes: ContextShapes = { path: new FixedShape('path'), outputs: new FixedShape('outputs') }
  return [
    coerced('unsafeDiscardStringContext', (_m, s) => textOf(s)),
    coerced('unsafeDiscardOutputDependency', (_m, s) => discardOutputDependency(s)),
    coerced('addDrvOutputDependencies', (_m, s) => addDrvOutputDependencies(s)),
    builtin({
      name: 'hasContext',
      params: [param(STRING, 'while evaluating the argument passed to builtins.hasContext')],
      call: (_m, s: string | StringWithContext) => typeof s !== 'string',
    }),
    builtin({
      name: 'getContext',
      params: [param(STRING, 'while evaluating the argument passed to builtins.getContext')],
      call: (m, s: string | StringWithContext) => getContext(m, s, shapes),
    }),
    builtin({
      name: 'appendContext',
      params: [param(STRING), param(ATTRS)],
      start: (m, s: string | StringWithContext, context: Attrs) =>
        m.push(new AppendContextFrame(s, context, storeConfig(m.io, m.settings.storeDir))),
    }),
  ]
}
