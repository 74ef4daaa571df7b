/**
 * derivationStrict and its kin (floor 4): attributes in, a derivation in the evaluator's table and its paths out.
 * Nix: primops.cc, derivationStrictInternal.
 */
import { NixError } from '../errors.ts'
import type { HashAlgo } from '../io/io.ts'
import { quoteName } from '../quote.ts'
import { type CoerceOptions, coerceToString, forceBelow } from '../runtime/coerce.ts'
import { ContextSet } from '../runtime/context.ts'
import { expectBool, expectList, expectPlainString, expectString } from '../runtime/expect.ts'
import {
  builtin,
  type EvalSettings,
  Frame,
  type Machine,
  param,
  type Step,
  says,
  VERBOSITY,
  WAIT,
} from '../runtime/machine.ts'
import { forcedJson, jsonKey, toJson } from '../runtime/to-json.ts'
import { type ContextElement, decodeElement, encodeElement, showElement } from '../store/context.ts'
import {
  DEFERRED_OUTPUT,
  type Derivation,
  type DerivationOutput,
  fixedOutput,
  floatingOutput,
  impureOutput,
  outputValue,
} from '../store/derivation.ts'
import { parseHashAllowEmpty } from '../store/hash.ts'
import {
  downstreamPlaceholder,
  type IngestionMethod,
  placeholder,
  storePathNameProblem,
} from '../store/path.ts'
import { SortedMap } from '../store/sorted-map.ts'
import { AttrsBuilder, flat, lookup, positionOf, slotAt } from '../values/attrs.ts'
import { showPos } from '../values/describe.ts'
import { invalidUtf8, quoteJson } from '../values/json-text.ts'
import { KNOWN_COUNT, SYM } from '../values/symbols.ts'
import {
  ATTRS,
  type Attrs,
  type Builtin,
  contextOf,
  LAZY,
  type List,
  makeString,
  PLAIN_STRING,
  peek,
  type Slot,
  STRING,
  type StringWithContext,
  textOf,
  type Value,
} from '../values/value.ts'
import { FixedShape } from './support.ts'
import { normalJsonObject } from './text/json.ts'
import { words } from './text/strings.ts'

const HASH_ALGOS: ReadonlySet<string> = new Set(['md5', 'sha1', 'sha256', 'sha512', 'blake3'])
/** Attributes that structured attributes make ineffective (Nix warns). */
const UNSTRUCTURED = new Set([
  'allowedReferences',
  'allowedRequisites',
  'disallowedReferences',
  'disallowedRequisites',
  'maxSize',
  'maxClosureSize',
])

const OF_NAME = 'while evaluating the `name` attribute passed to builtins.derivationStrict'
const OF_STRUCTURED = 'while evaluating the `__structuredAttrs` attribute passed to builtins.derivationStrict'
const OF_IGNORE_NULLS = 'while evaluating the `__ignoreNulls` attribute passed to builtins.derivationStrict'

// What the frame is waiting for.
const START = 0
const NAME = 1
const STRUCTURED = 2
const IGNORE_NULLS = 3
const NEXT = 4
const NULL_CHECK = 5
const FLAG = 6
const ARGS = 7
const ARG = 8
const STRING_VALUE = 9
const JSON_VALUE = 10
const AFTER_JSON = 11
const OUTPUT_NAME = 12
const FORCED_VALUE = 13

const ATTRIBUTE: CoerceOptions = { more: true, copyToStore: true, context: '' }
const ARGUMENT: CoerceOptions = {
  more: true,
  copyToStore: true,
  context: 'while evaluating an element of the argument list',
}

class DerivationFrame extends Frame {
  readonly attrs: Attrs
  /** Shape of the answer when there is one output, `out`. */
  readonly single: FixedShape
  #state = START
  #name = ''
  #named = false
  /** The line of what is being forced to be of a certain type. */
  #forcing = ''
  #i = -1
  #key = ''
  /** Whether Nix may do anything more with the attribute than hand it on. */
  #special = false
  #slot: Slot = null
  #structured = false
  #ignoreNulls = false
  #contentAddressed = false
  #impure = false
  #json: string[] = []
  #jsonKey = ''
  /** What is wrong with a text in `#json`. */
  #invalid: string | null = null
  #list: List | null = null
  #item = 0
  #outputNames: string[] = []
  #inAttr = false
  readonly #context = new ContextSet()
  readonly #env = new SortedMap<string>()
  readonly #args: string[] = []
  #builder = ''
  #system = ''
  /** Once the derivation has said something of them; else there is one, `out`. */
  #outputs: SortedMap<DerivationOutput> | null = null
  #outputHash: string | undefined
  #outputHashAlgo: HashAlgo | undefined
  #method: IngestionMethod | undefined

  constructor(attrs: Attrs, single: FixedShape) {
    super()
    this.attrs = attrs
    this.single = single
  }

  override step(m: Machine, answer: Value | undefined): Step {
    const { attrs } = this
    let v: Step | undefined = answer
    for (;;) {
      switch (this.#state) {
        case START: {
          flat(attrs)
          const slot = lookup(attrs, SYM.NAME)
          if (slot === undefined) {
            throw new NixError('missing-attribute', "attribute 'name' missing").addTrace(
              'in the attrset passed as argument to builtins.derivationStrict',
            )
          }
          this.#state = NAME
          this.#forcing = OF_NAME
          v = m.force(slot)
          if (v === WAIT) return WAIT
          break
        }
        case NAME: {
          this.#forcing = ''
          this.#name = expectPlainString(m, v as Value, OF_NAME)
          this.#named = true
          const problem = storePathNameProblem(this.#name)
          if (problem !== undefined) {
            throw new NixError('eval', `invalid derivation name: ${problem}. Please pass a different 'name'.`)
          }
          this.#state = STRUCTURED
          this.#forcing = OF_STRUCTURED
          const slot = lookup(attrs, SYM.STRUCTURED_ATTRS)
          v = slot === undefined ? false : m.force(slot)
          if (v === WAIT) return WAIT
          break
        }
        case STRUCTURED: {
          this.#forcing = ''
          this.#structured = expectBool(m, v as Value, OF_STRUCTURED)
          this.#state = IGNORE_NULLS
          this.#forcing = OF_IGNORE_NULLS
          const slot = lookup(attrs, SYM.IGNORE_NULLS)
          v = slot === undefined ? false : m.force(slot)
          if (v === WAIT) return WAIT
          break
        }
        case IGNORE_NULLS: {
          this.#forcing = ''
          this.#ignoreNulls = expectBool(m, v as Value, OF_IGNORE_NULLS)
          this.#state = NEXT
          break
        }
        case NEXT: {
          this.#inAttr = false
          this.#i++
          if (this.#i >= attrs.shape.syms.length) return this.#finish(m)
          const sym = attrs.shape.syms[this.#i]
          this.#special = sym < KNOWN_COUNT
          if (sym === SYM.IGNORE_NULLS) break
          this.#key = attrs.shape.nameAt(this.#i)
          this.#inAttr = true
          this.#slot = slotAt(attrs, this.#i)
          if (this.#ignoreNulls) {
            this.#state = NULL_CHECK
            v = m.force(this.#slot)
            if (v === WAIT) return WAIT
            break
          }
          v = this.#begin(m)
          if (v === WAIT) return WAIT
          break
        }
        case NULL_CHECK:
          if (v === null) this.#state = NEXT
          else {
            v = this.#begin(m)
            if (v === WAIT) return WAIT
          }
          break
        case FLAG:
          this.#flag(m, v as Value)
          this.#state = NEXT
          break
        case ARGS:
          this.#list = expectList(m, v as Value, '')
          this.#item = 0
          v = this.#nextArg(m)
          if (v === WAIT) return WAIT
          break
        case ARG: {
          const s = v as string | StringWithContext
          this.#args.push(textOf(s))
          this.#context.add(contextOf(s))
          this.#item++
          v = this.#nextArg(m)
          if (v === WAIT) return WAIT
          break
        }
        case FORCED_VALUE:
          v = this.#write(m, v as Value)
          if (v === WAIT) return WAIT
          break
        case STRING_VALUE: {
          const s = v as string | StringWithContext
          if (typeof s !== 'string') this.#context.add(s.context)
          this.#string(m, textOf(s))
          this.#state = NEXT
          break
        }
        case JSON_VALUE: {
          const s = v as string | StringWithContext
          this.#json.push(this.#jsonKey + textOf(s))
          this.#context.add(contextOf(s))
          this.#state = NEXT
          if (!this.#special) break
          if (UNSTRUCTURED.has(this.#key)) {
            this.#warn(
              m,
              `In a derivation named '${this.#name}', 'structuredAttrs' disables the effect of the derivation attribute '${this.#key}'; use 'outputChecks.<output>.${this.#key}' instead`,
            )
          }
          switch (this.#key) {
            case 'builder':
            case 'system':
            case 'outputHash':
            case 'outputHashAlgo':
            case 'outputHashMode':
            case 'outputs':
              this.#state = AFTER_JSON
              v = m.force(this.#slot)
              if (v === WAIT) return WAIT
          }
          break
        }
        case AFTER_JSON:
          if (this.#key === 'outputs') {
            this.#list = expectList(m, v as Value, '')
            this.#item = 0
            this.#outputNames = []
            v = this.#nextOutput(m)
            if (v === WAIT) return WAIT
          } else {
            if (this.#key === 'builder') {
              const s = expectString(m, v as Value, '')
              this.#context.add(contextOf(s))
              this.#builder = textOf(s)
            } else this.#set(m, expectPlainString(m, v as Value, ''))
            this.#state = NEXT
          }
          break
        case OUTPUT_NAME:
          this.#outputNames.push(expectPlainString(m, v as Value, ''))
          this.#item++
          v = this.#nextOutput(m)
          if (v === WAIT) return WAIT
          break
      }
    }
  }

  /** Begins with the value of the attribute; sets the state in which its answer is wanted. */
  #begin(m: Machine): Step {
    if (this.#special) {
      switch (this.#key) {
        case '__contentAddressed':
        case '__impure':
          this.#state = FLAG
          return m.force(this.#slot)
        case 'args':
          this.#state = ARGS
          return m.force(this.#slot)
        case '__structuredAttrs':
          if (this.#structured) {
            this.#state = NEXT
            return null
          }
      }
    }
    if (this.#structured) this.#jsonKey = this.#keyInJson()
    let value: Step | undefined = peek(this.#slot)
    if (value === undefined) {
      this.#state = FORCED_VALUE
      value = forceBelow(m, this.#slot)
      if (value === WAIT) return WAIT
    }
    return this.#write(m, value as Value)
  }

  /** Has the forced value of the attribute made a text of; sets the state in which that is wanted. */
  #write(m: Machine, value: Value): Step {
    if (!this.#structured) {
      this.#state = STRING_VALUE
      return coerceToString(m, value, ATTRIBUTE)
    }
    this.#state = JSON_VALUE
    const text = forcedJson(m, value, this.#context)
    if (text !== undefined) return text
    return toJson(m, this.#slot, {
      strict: true,
      copyToStore: true,
      invalid: (what) => this.#noteInvalid(what),
    })
  }

  #keyInJson(): string {
    const known = jsonKey(this.attrs.shape, this.#i)
    if (known !== undefined) return known
    this.#noteInvalid(invalidUtf8(this.#key) as string)
    return `${quoteJson(this.#key)}:`
  }

  /** Texts that are not UTF-8 are noticed last of all, when the derivation is written; of several, the first one. */
  #noteInvalid(what: string): void {
    if (this.#invalid === null) this.#invalid = what
  }

  #nextArg(m: Machine): Step {
    const list = this.#list as List
    if (this.#item >= list.length) {
      this.#state = NEXT
      return null
    }
    this.#state = ARG
    return coerceToString(m, list.at(this.#item), ARGUMENT)
  }

  #nextOutput(m: Machine): Step {
    const list = this.#list as List
    if (this.#item >= list.length) {
      this.#setOutputs(this.#outputNames)
      this.#state = NEXT
      return null
    }
    this.#state = OUTPUT_NAME
    return m.force(list.at(this.#item))
  }

  #flag(m: Machine, v: Value): void {
    if (!expectBool(m, v, '')) return
    if (this.#key === '__impure') {
      requireFeature(m, 'impure-derivations')
      this.#impure = true
    } else {
      requireFeature(m, 'ca-derivations')
      this.#contentAddressed = true
    }
  }

  #string(m: Machine, s: string): void {
    if (!this.#special) {
      this.#env.append(this.#key, s)
      return
    }
    if (this.#key === '__json') {
      this.#warn(
        m,
        `In derivation '${this.#name}': setting structured attributes via '__json' is deprecated, and may be disallowed in future versions of Nix. Set '__structuredAttrs = true' instead.`,
      )
      this.#env.set('__json', parsedJson(s))
      return
    }
    this.#env.set(this.#key, s)
    if (this.#key === 'builder') this.#builder = s
    else if (this.#key === 'outputs') this.#setOutputs(words(s))
    else this.#set(m, s)
  }

  #set(m: Machine, s: string): void {
    switch (this.#key) {
      case 'system':
        this.#system = s
        return
      case 'outputHash':
        this.#outputHash = s
        return
      case 'outputHashAlgo':
        if (s === 'blake3') requireFeature(m, 'blake3-hashes')
        if (HASH_ALGOS.has(s)) this.#outputHashAlgo = s as HashAlgo
        return
      case 'outputHashMode':
        if (s === 'recursive' || s === 'nar') this.#method = 'recursive'
        else if (s === 'flat') this.#method = 'flat'
        else if (s === 'text') {
          const reason = `text-hashed derivation '${this.#name}', outputHashMode = "text"`
          requireFeature(m, 'dynamic-derivations', reason)
          this.#method = 'text'
        } else if (s === 'git') {
          requireFeature(m, 'git-hashing')
          this.#method = 'git'
        } else throw new NixError('eval', `invalid value '${s}' for 'outputHashMode' attribute`)
    }
  }

  #setOutputs(names: readonly string[]): void {
    const outputs = new SortedMap<DerivationOutput>()
    for (const name of names) {
      if (outputs.has(name)) throw new NixError('eval', `duplicate derivation output '${name}'`)
      if (name === 'drvPath') throw new NixError('eval', "invalid derivation output name 'drvPath'")
      outputs.set(name, DEFERRED_OUTPUT)
    }
    if (outputs.size === 0) throw new NixError('eval', 'derivation cannot have an empty set of outputs')
    this.#outputs = outputs
  }

  #warn(m: Machine, text: string): void {
    m.log(`warning: ${text}`)
  }

  #finish(m: Machine): Value {
    const table = m.services.derivations
    const { store } = table
    const env = this.#env
    if (this.#structured) env.set('__json', `{${this.#json.join(',')}}`)
    if (this.#builder === '') throw new NixError('eval', "required attribute 'builder' missing")
    if (this.#system === '') throw new NixError('eval', "required attribute 'system' missing")
    const name = this.#name
    const outputs = this.#outputs ?? new SortedMap(['out'], [DEFERRED_OUTPUT])
    const { names } = outputs
    const single = names.length === 1 && names[0] === 'out'
    if (name.endsWith('.drv') && !(this.#method === 'text' && single)) {
      throw new NixError(
        'eval',
        "derivation names are allowed to end in '.drv' only if they produce a single derivation file",
      )
    }
    let output = DEFERRED_OUTPUT
    if (this.#outputHash !== undefined) {
      if (!single)
        throw new NixError('eval', 'multiple outputs are not supported in fixed-output derivations')
      const hash = parseHashAllowEmpty(
        this.#outputHash,
        this.#outputHashAlgo,
        (text) => m.log(`warning: ${text}`),
        { blake3: m.settings.features.has('blake3-hashes') },
      )
      output = fixedOutput(store, name, this.#method ?? 'flat', hash)
      env.set('out', output.path)
    } else if (this.#contentAddressed || this.#impure) {
      if (this.#contentAddressed && this.#impure) {
        throw new NixError('eval', 'derivation cannot be both content-addressed and impure')
      }
      const algo = this.#outputHashAlgo ?? 'sha256'
      const method = this.#method ?? 'recursive'
      output = this.#impure ? impureOutput(method, algo) : floatingOutput(method, algo)
      for (const o of names) env.set(o, placeholder(store, o))
    } else for (const o of names) env.set(o, '')
    if (output !== DEFERRED_OUTPUT) for (const o of names) outputs.set(o, output)
    const { context } = this.#context
    if (!m.services.virtualStore.readable) needDerivations(m, context)
    const inputs = table.inputsOf(context)
    if (this.#invalid !== null) throw new NixError('encoding', this.#invalid)
    const drv: Derivation = {
      name,
      outputs,
      inputDrvs: inputs.inputDrvs,
      inputSrcs: inputs.inputSrcs,
      system: this.#system,
      builder: this.#builder,
      args: this.#args.slice(),
      env,
    }
    const drvPath = table.instantiate(drv, inputs)
    if (says(m, VERBOSITY.chatty)) m.log(`instantiated '${name}' -> '${drvPath}'`)
    const all = makeString(drvPath, [`=${drvPath}`])
    if (single) {
      const out = makeString(outputValue(store, drvPath, drv, 'out'), [`!out!${drvPath}`])
      return this.single.make(m.symbols, all, out)
    }
    const result = new AttrsBuilder(m.symbols).setName('drvPath', all)
    for (const o of names) {
      result.setName(o, makeString(outputValue(store, drvPath, drv, o), [`!${o}!${drvPath}`]))
    }
    return result.build()
  }

  override explain(m: Machine, error: NixError): void {
    const pos = positionOf(this.attrs, SYM.NAME)
    if (this.#forcing !== '') error.addTrace(this.#forcing)
    if (!this.#named) {
      if (this.#state === START) return
      error.addTrace("while evaluating the derivation attribute 'name'", pos)
      return
    }
    if (this.#inAttr) {
      error.addTrace(
        `while evaluating attribute '${quoteName(this.#key)}' of derivation '${this.#name}'`,
        this.attrs.shape.positionAt(this.#i),
      )
    }
    error.addTrace(
      `while evaluating derivation '${this.#name}'\n  whose name attribute is located at ${showPos(m.positions, pos)}`,
    )
  }
}

/** `__json` as it is written to the derivation. Nix: parsed-derivations.cc, StructuredAttrs::parse. */
function parsedJson(text: string): string {
  try {
    return normalJsonObject(text)
  } catch (error) {
    if (!(error instanceof NixError)) throw error
    throw new NixError('eval', `cannot process __json attribute: ${error.message}`)
  }
}

/** Throws Nix's error when the closure of a derivation is wanted that was not written to the store. */
function needDerivations(m: Machine, context: readonly string[]): void {
  for (const element of context) {
    if (!element.startsWith('=')) continue
    const path = element.slice(1)
    if (m.io.fileType(path) === undefined) throw new NixError('io', `path '${path}' is not valid`)
  }
}

/** Throws Nix's error unless an experimental feature is on; it says what for, if there is a reason. */
export function requireFeature(m: Machine, feature: string, reason = ''): void {
  if (m.settings.features.has(feature)) return
  throw new NixError(
    'eval',
    `experimental Nix feature '${feature}' is disabled${reason === '' ? '' : ` (${reason})`}; add '--extra-experimental-features ${feature}' to enable it`,
  )
}

const OF_REFERENCE = 'while evaluating the first argument to builtins.outputOf'
const OF_OUTPUT = 'while evaluating the second argument to builtins.outputOf'

/** The text that goes with a path or an output in a context. Nix: EvalState::mkSingleDerivedPathStringRaw. */
function textOfElement(m: Machine, element: ContextElement): string {
  if (element.kind === 'opaque') return element.path
  const { derivations } = m.services
  const { store } = derivations
  const { drv: drvPath, output } = element as { drv: string; output: string }
  if (drvPath.startsWith('!')) return downstreamPlaceholder(store, drvPath, output)
  const drv = readDerivation(m, drvPath)
  if (!drv.outputs.has(output))
    throw new NixError('eval', `derivation '${drvPath}' does not have output '${output}'`)
  return outputValue(store, drvPath, drv, output)
}

function readDerivation(m: Machine, path: string): Derivation {
  const { derivations, virtualStore } = m.services
  const invalid = () => new NixError('io', `path '${path}' is not a valid store path`)
  if (!virtualStore.readable && m.io.fileType(path) === undefined) throw invalid()
  if (!path.endsWith('.drv')) {
    const base = path.slice(derivations.store.storeDir.length + 1)
    throw new NixError(
      'eval',
      `error parsing derivation '${path}': store path '${base}' is not a valid derivation path`,
    )
  }
  const drv = derivations.find(path)
  if (drv === undefined) throw invalid()
  return drv
}

/** The path or output that a string stands for, as a context has it. Nix: EvalState::coerceToSingleDerivedPath. */
function singleElement(m: Machine, s: string | StringWithContext): string {
  const context = contextOf(s)
  const text = textOf(s)
  const fail = (message: string): NixError => new NixError('eval', message).addTrace(OF_REFERENCE)
  if (context.length !== 1) {
    throw fail(
      `string '${text}' has ${context.length} entries in its context. It should only have exactly one entry`,
    )
  }
  const element = decodeElement(context[0])
  if (element.kind === 'deep') {
    throw fail(
      `string '${text}' has a context which refers to a complete source and binary closure. This is not supported at this time`,
    )
  }
  const expected = textOfElement(m, element)
  if (text === expected) return context[0]
  if (element.kind === 'opaque')
    throw fail(`path string '${text}' has context with the different path '${expected}'`)
  throw fail(
    `string '${text}' has context with the output '${element.output}' from derivation '${showElement(element.drv)}', but the string is not the right placeholder for this derivation output. It should be '${expected}'`,
  )
}

/** Nix looks at the derivation before it forces the name of the output. Nix: primops.cc, prim_outputOf. */
class OutputOfFrame extends Frame {
  readonly drv: string
  readonly output: Slot
  #forcing = true
  constructor(drv: string, output: Slot) {
    super()
    this.drv = drv
    this.output = output
  }
  step(m: Machine, answer: Value | undefined): Step {
    const v = answer ?? m.force(this.output)
    if (v === WAIT) return WAIT
    this.#forcing = false
    const output = expectPlainString(m, v as Value, OF_OUTPUT)
    const element = { kind: 'built', drv: this.drv, output } as const
    return makeString(textOfElement(m, element), [encodeElement(element)])
  }
  override explain(_m: Machine, error: NixError): void {
    if (this.#forcing) error.addTrace(OF_OUTPUT)
  }
}

/** The builtins of this file; `outputOf` is there only with its feature. */
export function derivationBuiltins(settings: EvalSettings): Builtin[] {
  const single = new FixedShape('drvPath', 'out')
  const outputOf = builtin({
    name: 'outputOf',
    params: [param(STRING, OF_REFERENCE), param(LAZY)],
    start: (m, drv: string | StringWithContext, output: Slot) =>
      m.push(new OutputOfFrame(singleElement(m, drv), output)),
  })
  return [
    ...(settings.features.has('dynamic-derivations') ? [outputOf] : []),
    builtin({
      name: 'derivationStrict',
      params: [param(ATTRS, 'while evaluating the argument passed to builtins.derivationStrict')],
      start: (m, attrs: Attrs) => m.push(new DerivationFrame(attrs, single)),
    }),
    builtin({
      name: 'placeholder',
      params: [param(PLAIN_STRING)],
      call: (m, output: string) => placeholder(m.services.derivations.store, output),
    }),
  ]
}
