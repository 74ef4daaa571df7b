/**
 * Looking for derivations (floor 3): a value comes in, the derivations in it go out, in Nix's order; and questions
 * about a derivation. Nix: getDerivations, PackageInfo (get-drvs.cc).
 */
import { NixError } from '../errors.ts'
import { quoteName } from '../quote.ts'
import type { PosIdx } from '../source.ts'
import { AttrsBuilder, flat, has, lookup, positionOf, slotAt } from '../values/attrs.ts'
import { SYM } from '../values/symbols.ts'
import { Attrs, Float, isString, List, type Slot, textOf, type Value } from '../values/value.ts'
import { autoCall } from './attr-path.ts'
import { coerceToString } from './coerce.ts'
import { isDerivation } from './equal.ts'
import { expectAttrs, expectBool, expectList, expectPlainString } from './expect.ts'
import { type Machine, type Step, WAIT } from './machine.ts'
import { isStorePath } from './print-value.ts'
import { Walker } from './walker.ts'

/** A derivation that was found. */
export interface DrvInfo {
  /** Where: `a.b.0`, '' for the value itself. */
  attrPath: string
  name: string
  attrs: Attrs
}

export interface FindOptions {
  /** Arguments for functions on the way. */
  autoArgs: Attrs
  prefix?: string
  /** Leaves out what throws (`throw`, failed `assert`). */
  ignoreAssertionFailures?: boolean
  found: (drv: DrvInfo) => unknown
}

/**
 * Walks a value and hands each derivation to `found`; answers null. It descends into lists and the sets in them, into
 * the attributes of the first set, and deeper only where a set says `recurseForDerivations = true`.
 * @throws NixError `expression does not evaluate to a derivation (or a set or list of those)`, and what forcing throws
 */
export function findDerivations(m: Machine, root: Slot, options: FindOptions): Step {
  return new DrvWalk(m, root, options).start(m)
}

/** A set or list being searched. */
interface Open {
  value: Attrs | List
  next: number
  path: string
  /** `_combineChannels`: every attribute is searched as a root of its own. */
  combine: boolean
  level: number
}

/** What a slot is: something to search, an attribute of a set, or an element of a list. */
const ROOT = 0
const ATTRIBUTE = 1
const ELEMENT = 2

const CALL = 0
const FORCE = 1
const TYPE = 2
const NAME = 3
const RECURSE = 4
const NEXT = 5

const OF_NAME = "while evaluating the 'name' attribute of a derivation"
const OF_RECURSION = 'while evaluating the attribute `recurseForDerivations`'

const COMPONENT = /^[A-Za-z_][A-Za-z0-9\-_+]*$/

class DrvWalk extends Walker {
  readonly #options: FindOptions
  readonly #done = new Set<Attrs>()
  readonly #stack: Open[] = []
  #slot: Slot
  #path: string
  #level = 0
  #kind = ROOT
  #value: Value = null
  #state = CALL
  /** What an attribute is being forced for, when errors in it are told of with that. */
  #forcing = ''
  #forcingPos: PosIdx = 0

  constructor(m: Machine, root: Slot, options: FindOptions) {
    super(m)
    this.#slot = root
    this.#options = options
    this.#path = options.prefix ?? ''
  }

  protected run(m: Machine, answer: Value | undefined): Step {
    let got: Step | undefined = answer
    for (;;) {
      switch (this.#state) {
        case CALL:
          if (got === undefined) {
            this.enter(m, this.#level)
            const slot = this.#slot
            got = this.ask(m, this.#level + 1, (machine) => autoCall(machine, this.#options.autoArgs, slot))
            if (got === WAIT) return WAIT
          }
          this.#slot = got as Value
          this.#kind = ROOT
          this.#level++
          got = undefined
          this.#state = FORCE
          break
        case FORCE:
          if (got === undefined) {
            got = this.get(m, this.#slot, this.#level)
            if (got === WAIT) return WAIT
          }
          this.#value = got as Value
          got = undefined
          if (this.#value instanceof Attrs) this.#state = TYPE
          else this.#search(m)
          break
        case TYPE: {
          const set = this.#value as Attrs
          const type = lookup(set, SYM.TYPE)
          if (type !== undefined && got === undefined) {
            got = this.get(m, type, this.#level)
            if (got === WAIT) return WAIT
          }
          got = undefined
          if (isDerivation(set) !== true) this.#search(m)
          else if (this.#done.has(set)) this.#state = NEXT
          else {
            this.#done.add(set)
            this.#state = NAME
          }
          break
        }
        case NAME: {
          const attrs = this.#value as Attrs
          if (got === undefined) {
            const slot = lookup(attrs, SYM.NAME)
            if (slot === undefined) throw new NixError('type', 'derivation name missing')
            this.#forcing = OF_NAME
            this.#forcingPos = 0
            got = this.get(m, slot, this.#level)
            if (got === WAIT) return WAIT
          }
          this.#forcing = ''
          const name = expectPlainString(m, got as Value, OF_NAME)
          got = undefined
          this.#state = NEXT
          this.#options.found({ attrPath: this.#path, name, attrs })
          break
        }
        case RECURSE: {
          const set = this.#value as Attrs
          const sym = m.symbols.find('recurseForDerivations')
          const pos = positionOf(set, sym)
          if (got === undefined) {
            const slot = lookup(set, sym)
            if (slot === undefined) {
              this.#state = NEXT
              break
            }
            this.#forcing = OF_RECURSION
            this.#forcingPos = pos
            got = this.get(m, slot, this.#level)
            if (got === WAIT) return WAIT
          }
          this.#forcing = ''
          const yes = expectBool(m, got as Value, OF_RECURSION, pos)
          got = undefined
          this.#state = yes ? CALL : NEXT
          break
        }
        default:
          if (!this.#advance()) return null
      }
    }
  }

  /** Decides about a value that is no derivation. */
  #search(m: Machine): void {
    const v = this.#value
    if (this.#kind === ATTRIBUTE) {
      this.#state = v instanceof Attrs ? RECURSE : NEXT
      return
    }
    if (this.#kind === ELEMENT) {
      this.#state = CALL
      return
    }
    this.#state = NEXT
    if (v instanceof Attrs) {
      const sym = m.symbols.find('_combineChannels')
      const combine = sym >= 0 && has(v, sym)
      this.#stack.push({ value: flat(v), next: 0, path: this.#path, combine, level: this.#level })
    } else if (v instanceof List) {
      this.#stack.push({ value: v, next: 0, path: this.#path, combine: false, level: this.#level })
    } else {
      throw new NixError('type', 'expression does not evaluate to a derivation (or a set or list of those)')
    }
  }

  /** Moves to the next part; false at the end. */
  #advance(): boolean {
    const stack = this.#stack
    while (stack.length > 0) {
      const top = stack[stack.length - 1]
      const { value } = top
      this.#level = top.level
      if (value instanceof List) {
        if (top.next < value.length) {
          this.#go(ELEMENT, value.at(top.next), top.path, String(top.next))
          this.#state = FORCE
          top.next++
          return true
        }
      } else {
        while (top.next < value.shape.size) {
          const i = top.next++
          const name = value.shape.nameAt(i)
          if (!COMPONENT.test(name)) continue
          this.#go(ATTRIBUTE, slotAt(value, i), top.path, name)
          this.#state = top.combine ? CALL : FORCE
          return true
        }
      }
      stack.pop()
    }
    return false
  }

  #go(kind: number, slot: Slot, path: string, name: string): void {
    this.#kind = kind
    this.#slot = slot
    this.#path = path === '' ? name : `${path}.${name}`
  }

  override recover(m: Machine, error: NixError): Step | undefined {
    if (this.#options.ignoreAssertionFailures !== true || !error.catchable) return undefined
    if (this.#state !== FORCE && this.#state !== TYPE && this.#state !== NAME) return undefined
    this.#state = NEXT
    const r = this.run(m, undefined)
    if (r !== WAIT) m.depth = this.base
    return r
  }

  override explain(_m: Machine, error: NixError): void {
    if (this.#forcing !== '') error.addTrace(this.#forcing, this.#forcingPos)
    for (let n = this.#stack.length - 1; n >= 0; n--) {
      const { value, next } = this.#stack[n]
      if (value instanceof List || next === 0) continue
      const { shape } = value
      error.addTrace(
        `while evaluating the attribute '${quoteName(shape.nameAt(next - 1))}'`,
        shape.positionAt(next - 1),
      )
    }
  }
}

/** One question about a derivation: forces an attribute, then makes the answer of it. */
class Question extends Walker {
  readonly #request: (m: Machine) => Step
  readonly #make: (v: Value) => Value

  constructor(m: Machine, request: (m: Machine) => Step, make: (v: Value) => Value) {
    super(m)
    this.#request = request
    this.#make = make
  }

  protected run(m: Machine, answer: Value | undefined): Step {
    let got: Step | undefined = answer
    if (got === undefined) {
      got = this.ask(m, 0, this.#request)
      if (got === WAIT) return WAIT
    }
    return this.#make(got as Value)
  }
}

/** A string attribute without context, or `missing` when there is none. */
function queryString(
  m: Machine,
  attrs: Attrs,
  name: string,
  missing: string,
  context: string,
  at: boolean,
): Step {
  const sym = m.symbols.find(name)
  const slot = sym < 0 ? undefined : lookup(attrs, sym)
  if (slot === undefined) return missing
  const pos = at ? positionOf(attrs, sym) : 0
  return new Question(
    m,
    (machine) => machine.force(slot),
    (v) => expectPlainString(m, v, context, pos),
  ).start(m)
}

/** The system a derivation is for; `unknown` when it does not say. */
export function querySystem(m: Machine, attrs: Attrs): Step {
  return queryString(
    m,
    attrs,
    'system',
    'unknown',
    "while evaluating the 'system' attribute of a derivation",
    true,
  )
}

/** The output that the value stands for; '' when it does not say. */
export function queryOutputName(m: Machine, attrs: Attrs): Step {
  return queryString(m, attrs, 'outputName', '', 'while evaluating the output name of a derivation', false)
}

function storePath(m: Machine, attrs: Attrs, name: string, context: string, missing: string): Step {
  const sym = m.symbols.find(name)
  const slot = sym < 0 ? undefined : lookup(attrs, sym)
  if (slot === undefined) throw new NixError('eval', missing)
  const pos = positionOf(attrs, sym)
  return new Question(
    m,
    (machine) => coerceToString(machine, slot, { more: false, copyToStore: false, context, pos }),
    (v) => {
      const path = isString(v) ? textOf(v) : ''
      if (!isStorePath(m, path)) {
        throw new NixError('eval', `path '${path}' is not in the Nix store`).addTrace(context, pos)
      }
      if (name === 'drvPath' && !path.endsWith('.drv')) {
        const base = path.slice(m.settings.storeDir.length + 1)
        throw new NixError('eval', `store path '${base}' is not a valid derivation path`).addTrace(
          context,
          pos,
        )
      }
      return path
    },
  ).start(m)
}

/**
 * The path of the .drv file, as a plain string.
 * @throws NixError `derivation does not contain a 'drvPath' attribute`, `path '…' is not in the Nix store`
 */
export function queryDrvPath(m: Machine, attrs: Attrs): Step {
  const context = "while evaluating the 'drvPath' attribute of a derivation"
  return storePath(m, attrs, 'drvPath', context, "derivation does not contain a 'drvPath' attribute")
}

/** The path of the output, as a plain string. @throws NixError `derivation does not have attribute 'outPath'` */
function queryOutPath(m: Machine, attrs: Attrs): Step {
  const context = 'while evaluating the output path of a derivation'
  return storePath(m, attrs, 'outPath', context, "derivation does not have attribute 'outPath'")
}

/**
 * What `nix-instantiate` prints of each derivation: hands path and output name to `found`, in order; answers null.
 * @throws NixError of queryDrvPath and queryOutputName, `derivation '…' lacks an 'outputName' attribute`
 */
export function queryDrvPaths(
  m: Machine,
  drvs: readonly DrvInfo[],
  found: (drvPath: string, outputName: string) => unknown,
): Step {
  return new PathQueries(m, drvs, found).start(m)
}

class PathQueries extends Walker {
  readonly #drvs: readonly DrvInfo[]
  readonly #found: (drvPath: string, outputName: string) => unknown
  #i = 0
  #path: string | undefined

  constructor(m: Machine, drvs: readonly DrvInfo[], found: (drvPath: string, outputName: string) => unknown) {
    super(m)
    this.#drvs = drvs
    this.#found = found
  }

  protected run(m: Machine, answer: Value | undefined): Step {
    let got: Step | undefined = answer
    while (this.#i < this.#drvs.length) {
      const { attrs } = this.#drvs[this.#i]
      if (got === undefined) {
        const query = this.#path === undefined ? queryDrvPath : queryOutputName
        got = this.ask(m, 0, (machine) => query(machine, attrs))
        if (got === WAIT) return WAIT
      }
      const text = got as string
      got = undefined
      if (this.#path === undefined) {
        this.#path = text
        continue
      }
      if (text === '')
        throw new NixError('eval', `derivation '${this.#path}' lacks an 'outputName' attribute`)
      this.#found(this.#path, text)
      this.#path = undefined
      this.#i++
    }
    return null
  }
}

/**
 * The outputs of a derivation: answers a set from output name to path, or to null unless `withPaths`.
 * @throws NixError for attributes of the wrong type
 */
export function queryOutputs(m: Machine, attrs: Attrs, withPaths: boolean): Step {
  return new Outputs(m, attrs, withPaths).start(m)
}

const OUTPUTS = 0
const OUTPUT_NAME = 1
const OUTPUT = 2
const OUTPUT_PATH = 3
const ONLY_OUT = 4

class Outputs extends Walker {
  readonly #attrs: Attrs
  readonly #withPaths: boolean
  readonly #result: AttrsBuilder
  #list: List | null = null
  #i = 0
  #name = ''
  #output: Attrs | null = null
  #state = OUTPUTS

  constructor(m: Machine, attrs: Attrs, withPaths: boolean) {
    super(m)
    this.#attrs = attrs
    this.#withPaths = withPaths
    this.#result = new AttrsBuilder(m.symbols)
  }

  protected run(m: Machine, answer: Value | undefined): Step {
    const attrs = this.#attrs
    const pos = positionOf(attrs, SYM.OUTPUTS)
    let got: Step | undefined = answer
    for (;;) {
      switch (this.#state) {
        case OUTPUTS: {
          const slot = lookup(attrs, SYM.OUTPUTS)
          if (slot === undefined) {
            this.#state = ONLY_OUT
            break
          }
          if (got === undefined) got = this.get(m, slot, 0)
          if (got === WAIT) return WAIT
          this.#list = expectList(
            m,
            got as Value,
            "while evaluating the 'outputs' attribute of a derivation",
            pos,
          )
          got = undefined
          this.#state = OUTPUT_NAME
          break
        }
        case ONLY_OUT:
          if (got === undefined && this.#withPaths)
            got = this.ask(m, 0, (machine) => queryOutPath(machine, attrs))
          if (got === WAIT) return WAIT
          return this.#result.setName('out', got ?? null).build()
        case OUTPUT_NAME: {
          const items = this.#list as List
          if (this.#i === items.length) return this.#result.build()
          if (got === undefined) got = this.get(m, items.at(this.#i), 0)
          if (got === WAIT) return WAIT
          const context = 'while evaluating the name of an output of a derivation'
          this.#name = expectPlainString(m, got as Value, context, pos)
          got = undefined
          this.#i++
          if (this.#withPaths) this.#state = OUTPUT
          else this.#result.setName(this.#name, null)
          break
        }
        case OUTPUT: {
          const named = m.symbols.find(this.#name)
          const slot = named < 0 ? undefined : lookup(attrs, named)
          this.#state = OUTPUT_NAME
          if (slot === undefined) break
          this.#state = OUTPUT
          if (got === undefined) got = this.get(m, slot, 0)
          if (got === WAIT) return WAIT
          this.#output = expectAttrs(m, got as Value, 'while evaluating an output of a derivation', pos)
          got = undefined
          this.#state = has(this.#output, SYM.OUT_PATH) ? OUTPUT_PATH : OUTPUT_NAME
          break
        }
        default: {
          const output = this.#output as Attrs
          const context = 'while evaluating an output path of a derivation'
          if (got === undefined)
            got = this.ask(m, 0, (machine) => storePath(machine, output, 'outPath', context, ''))
          if (got === WAIT) return WAIT
          this.#result.setName(this.#name, got as Value)
          got = undefined
          this.#state = OUTPUT_NAME
        }
      }
    }
  }
}

/**
 * The `meta` of a derivation: answers a set of those attributes that are data all through (Nix: checkMeta), the others
 * left out; an empty set when there is no `meta`. @throws NixError what forcing throws
 */
export function queryMeta(m: Machine, attrs: Attrs): Step {
  return new Meta(m, attrs).start(m)
}

class Meta extends Walker {
  readonly #attrs: Attrs
  readonly #result: AttrsBuilder
  #meta: Attrs | null = null
  #i = -1
  /** What is left to look at of the current attribute. */
  readonly #rest: { slot: Slot; level: number }[] = []
  #slot: Slot = null
  #level = 0

  constructor(m: Machine, attrs: Attrs) {
    super(m)
    this.#attrs = attrs
    this.#result = new AttrsBuilder(m.symbols)
  }

  protected run(m: Machine, answer: Value | undefined): Step {
    let got: Step | undefined = answer
    if (this.#meta === null) {
      const slot = lookup(this.#attrs, SYM.META)
      if (slot === undefined) return m.emptyAttrs
      if (got === undefined) got = this.get(m, slot, 0)
      if (got === WAIT) return WAIT
      const context = "while evaluating the 'meta' attribute of a derivation"
      this.#meta = flat(expectAttrs(m, got as Value, context, positionOf(this.#attrs, SYM.META)))
      got = undefined
      if (!this.#nextAttribute()) return this.#result.build()
    }
    for (;;) {
      if (got === undefined) {
        this.enter(m, this.#level)
        got = this.get(m, this.#slot, this.#level + 1)
        if (got === WAIT) return WAIT
      }
      const v = got as Value
      got = undefined
      const good = this.#look(v)
      const next = good ? this.#rest.pop() : undefined
      if (next !== undefined) {
        this.#slot = next.slot
        this.#level = next.level
        continue
      }
      const meta = this.#meta
      if (good)
        this.#result.set(meta.shape.syms[this.#i], slotAt(meta, this.#i), meta.shape.positionAt(this.#i))
      if (!this.#nextAttribute()) return this.#result.build()
    }
  }

  #nextAttribute(): boolean {
    const meta = this.#meta as Attrs
    if (++this.#i >= meta.shape.size) return false
    this.#rest.length = 0
    this.#slot = slotAt(meta, this.#i)
    this.#level = 0
    return true
  }

  #look(v: Value): boolean {
    const level = this.#level + 1
    if (v instanceof List) {
      for (let i = v.length - 1; i >= 0; i--) this.#rest.push({ slot: v.at(i), level })
      return true
    }
    if (v instanceof Attrs) {
      if (has(v, SYM.OUT_PATH)) return false
      flat(v)
      for (let i = v.shape.size - 1; i >= 0; i--) this.#rest.push({ slot: slotAt(v, i), level })
      return true
    }
    return (
      isString(v) ||
      typeof v === 'number' ||
      typeof v === 'bigint' ||
      typeof v === 'boolean' ||
      v instanceof Float
    )
  }
}
