/**
 * Every attribute of a tree, one JSON line each (floor 6), in the schema of nix-eval-jobs: derivations and errors get a
 * line, sets that may be entered are entered, anything else is passed over. One attribute's error does not stop the rest.
 */
import { words } from '../builtins/text/strings.ts'
import { NixError } from '../errors.ts'
import { autoCall } from '../runtime/attr-path.ts'
import { isDerivation } from '../runtime/equal.ts'
import { expectAttrs, expectBool, expectPlainString } from '../runtime/expect.ts'
import { queryDrvPath, queryMeta, queryOutputs } from '../runtime/get-drvs.ts'
import type { Machine } from '../runtime/machine.ts'
import { type Derivation, derivationKind, inputOutputs } from '../store/derivation.ts'
import { flat, positionOf, slotAt } from '../values/attrs.ts'
import { quoteJson } from '../values/json-text.ts'
import { Attrs, type Slot, type Value } from '../values/value.ts'
import { Aggregate } from './aggregate.ts'
import { attribute, type Evaluation, isOfAttribute, type Listener, textOfString } from './evaluation.ts'
import { jsonObject, jsonOf } from './nix-env.ts'

export interface WalkOptions {
  autoArgs: Attrs
  /** The path of the value that the walk begins with. */
  prefix: readonly string[]
  /** Enters sets that do not say `recurseForDerivations = true`, too. */
  forceRecurse: boolean
  meta: boolean
  showInputDrvs: boolean
  constituents: boolean
  /** A function whose result for each derivation goes into `extraValue`. */
  apply: Slot | undefined
  /** Where to go on: what a walk of the same value has answered. */
  from?: readonly string[] | undefined
  /**
   * Asked before each attribute whether to stop there; `done`: how many have been looked at. `error`: looking at it has failed for a
   * reason that is not its own.
   */
  stopsAt?: ((done: number, error?: unknown) => boolean) | undefined
}

/** One attribute to be looked at. */
export interface Place {
  readonly path: readonly string[]
  readonly slot: Slot
}

/** What came of the look at one: attributes to go on with, in byte order, or its line, with the text of the error that it tells of. */
export type Look =
  | { readonly children: readonly Place[] }
  | { readonly line: string; readonly error?: string }

/**
 * Writes a line for each derivation in a value and for each attribute that fails. The value itself is called if it is a
 * function. Answers the path of the attribute where it has stopped; undefined when all is done.
 * @throws NixError when the value itself does not evaluate
 */
export async function walkJobs(
  evaluation: Evaluation,
  root: Slot,
  options: WalkOptions,
  listener: Listener,
  write: (line: string) => void,
): Promise<readonly string[] | undefined> {
  const { from, stopsAt } = options
  const top = await evaluation.run((m) => autoCall(m, options.autoArgs, root))
  let done = 0
  // Depth first, in byte order.
  const todo: Place[] = [{ path: options.prefix, slot: top }]
  for (let place = todo.pop(); place !== undefined; place = todo.pop()) {
    const { path } = place
    if (done > 0 && stopsAt?.(done)) return path
    const first = path === options.prefix
    let look: Look
    try {
      look = await lookAt(evaluation, place, options, first)
    } catch (error) {
      if (done > 0 && stopsAt?.(done, error)) return path
      throw error
    }
    if ('children' in look) {
      if (!first && !leadsTo(path, from)) done++
      for (let i = look.children.length - 1; i >= 0; i--) todo.push(look.children[i])
      continue
    }
    done++
    if (look.error !== undefined) {
      evaluation.log(look.error)
      listener.failed()
    }
    listener.done()
    write(look.line)
  }
  return undefined
}

/**
 * Looks at one attribute. `first`: it is the one that the walk begins with.
 * @throws what is not the attribute's own: see isOfAttribute
 */
export async function lookAt(
  evaluation: Evaluation,
  place: Place,
  options: WalkOptions,
  first: boolean,
): Promise<Look> {
  const { path } = place
  const fields = new Map<string, string>([
    ['attr', quoteJson(joinPath(path))],
    ['attrPath', `[${path.map(quoteJson).join(',')}]`],
  ])
  try {
    const children = await new Visit(evaluation, options, fields).visit(place, first)
    return children === undefined ? { line: `${jsonObject(fields)}\n` } : { children }
  } catch (error) {
    if (!isOfAttribute(error)) throw error
    const text = evaluation.describe(error)
    fields.set('error', quoteJson(text))
    return { line: `${jsonObject(fields)}\n`, error: text }
  }
}

/** Whether a walk that goes on at `from` has to go through the set at `path` to get there. */
function leadsTo(path: readonly string[], from: readonly string[] | undefined): from is readonly string[] {
  return from !== undefined && path.length < from.length && path.every((name, i) => name === from[i])
}

/** `a."b.c"`: names with a dot are quoted. */
function joinPath(path: readonly string[]): string {
  return path.map((name) => (name.includes('.') ? `"${name}"` : name)).join('.')
}

/** The look at one attribute. */
class Visit {
  readonly #evaluation: Evaluation
  readonly #options: WalkOptions
  readonly #fields: Map<string, string>

  constructor(evaluation: Evaluation, options: WalkOptions, fields: Map<string, string>) {
    this.#evaluation = evaluation
    this.#options = options
    this.#fields = fields
  }

  get #machine(): Machine {
    return this.#evaluation.machine
  }

  /** The attributes to go on with; undefined when there is a line to be written. Throws NixError. */
  async visit(place: Place, first: boolean): Promise<Place[] | undefined> {
    const evaluation = this.#evaluation
    const value = await evaluation.run((m) => autoCall(m, this.#options.autoArgs, place.slot))
    if (!(value instanceof Attrs)) return []
    const type = attribute(this.#machine, value, 'type')
    if (type !== undefined) await evaluation.run((m) => m.force(type))
    if (isDerivation(value) !== true) return this.#children(place, value, first)
    await this.#derivation(value)
    return undefined
  }

  async #children(place: Place, set: Attrs, first: boolean): Promise<Place[]> {
    const { forceRecurse } = this.#options
    flat(set)
    let enter = forceRecurse || first
    const says = attribute(this.#machine, set, 'recurseForDerivations')
    if (says !== undefined && !forceRecurse) {
      const pos = positionOf(set, this.#machine.symbols.find('recurseForDerivations'))
      const answer = await this.#evaluation.run((m) => m.force(says))
      enter = expectBool(this.#machine, answer, 'while evaluating recurseForDerivations', pos)
    }
    if (!enter) return []
    const { from } = this.#options
    const { path } = place
    // What comes before is done.
    const begin = leadsTo(path, from) ? from[path.length] : ''
    const children: Place[] = []
    for (let i = 0; i < set.shape.size; i++) {
      const name = set.shape.nameAt(i)
      if (name >= begin) children.push({ path: [...path, name], slot: slotAt(set, i) })
    }
    return children
  }

  async #derivation(attrs: Attrs): Promise<void> {
    const evaluation = this.#evaluation
    const { meta, showInputDrvs, constituents, apply } = this.#options
    const fields = this.#fields
    const m = this.#machine
    const nameSlot = attribute(m, attrs, 'name')
    if (nameSlot === undefined) throw new NixError('type', 'derivation name missing')
    const nameValue = await evaluation.run((machine) => machine.force(nameSlot))
    const name = expectPlainString(m, nameValue, "while evaluating the 'name' attribute of a derivation")
    const made = new Map<string, string>()
    if (constituents) await this.#constituents(attrs, made)
    if (apply !== undefined) {
      const extra = await evaluation.run((machine) => machine.call(apply, attrs))
      made.set(
        'extraValue',
        await jsonOf(evaluation, expectAttrs(m, extra, 'apply needs to evaluate to an attrset')),
      )
    }
    made.set('outputs', await this.#outputs(attrs))
    const drvPath = textOfString(await evaluation.run((machine) => queryDrvPath(machine, attrs)))
    const drv = m.services.derivations.get(drvPath)
    made.set('name', quoteJson(name))
    made.set('drvPath', quoteJson(drvPath))
    made.set('system', quoteJson(drv.system))
    made.set('requiredSystemFeatures', jsonStrings(await this.#requiredFeatures(drv)))
    if (meta) {
      const data = flat((await evaluation.run((machine) => queryMeta(machine, attrs))) as Attrs)
      const entries = new Map<string, string>()
      for (let i = 0; i < data.shape.syms.length; i++) {
        entries.set(data.shape.nameAt(i), await jsonOf(evaluation, slotAt(data, i)))
      }
      made.set('meta', entries.size === 0 ? 'null' : jsonObject(entries))
    }
    if (showInputDrvs) {
      const inputs = new Map<string, string>()
      const { names, values } = drv.inputDrvs
      for (let i = 0; i < names.length; i++) inputs.set(names[i], jsonStrings(inputOutputs(values[i])))
      made.set('inputDrvs', jsonObject(inputs))
    }
    // All or nothing: a line with an error has no half of a derivation in it.
    for (const [field, json] of made) fields.set(field, json)
  }

  /** Names of outputs with their paths, null where only the build can tell. */
  async #outputs(attrs: Attrs): Promise<string> {
    const evaluation = this.#evaluation
    let outputs: Attrs
    try {
      outputs = (await evaluation.run((m) => queryOutputs(m, attrs, true))) as Attrs
    } catch (error) {
      if (!isOfAttribute(error)) throw error
      if (!this.#machine.settings.features.has('ca-derivations')) {
        const path = (this.#fields.get('attr') as string).slice(1, -1)
        const why = evaluation.describe(error)
        throw new NixError('eval', `derivation '${path}' does not have valid outputs: ${why}`)
      }
      outputs = (await evaluation.run((m) => queryOutputs(m, attrs, false))) as Attrs
    }
    flat(outputs)
    const entries = new Map<string, string>()
    for (let i = 0; i < outputs.shape.syms.length; i++) {
      const path = slotAt(outputs, i) as Value
      entries.set(outputs.shape.nameAt(i), path === null ? 'null' : quoteJson(textOfString(path)))
    }
    return jsonObject(entries)
  }

  /** Nix: DerivationOptions::getRequiredSystemFeatures. */
  async #requiredFeatures(drv: Derivation): Promise<string[]> {
    const features = new Set<string>()
    const structured = drv.env.get('__json')
    if (structured !== undefined) {
      const parsed = JSON.parse(structured) as Record<string, unknown>
      const list = parsed.requiredSystemFeatures
      if (Array.isArray(list))
        for (const feature of list) if (typeof feature === 'string') features.add(feature)
    } else {
      const text = drv.env.get('requiredSystemFeatures') ?? ''
      for (const feature of words(text)) features.add(feature)
    }
    const kind = derivationKind(drv)
    if (kind !== 'inputAddressed' && kind !== 'fixed') features.add('ca-derivations')
    return [...features].sort()
  }

  /** What Hydra calls an aggregate: the jobs that it stands for. */
  async #constituents(attrs: Attrs, made: Map<string, string>): Promise<void> {
    const evaluation = this.#evaluation
    const m = this.#machine
    const parts = new Aggregate()
    const flag = async (name: string): Promise<boolean> => {
      const slot = attribute(m, attrs, name)
      if (slot === undefined) return false
      const v = await evaluation.run((machine) => machine.force(slot))
      const pos = positionOf(attrs, m.symbols.find(name))
      return expectBool(m, v, `while evaluating the \`${name}\` attribute`, pos)
    }
    let globs = false
    if (await flag('_hydraAggregate')) {
      const slot = attribute(m, attrs, 'constituents')
      if (slot === undefined) throw new NixError('eval', "derivation must have a 'constituents' attribute")
      await parts.read(evaluation, slot, positionOf(attrs, m.symbols.find('constituents')))
      globs = await flag('_hydraGlobConstituents')
    }
    made.set('constituents', jsonStrings(parts.drvPaths))
    made.set('namedConstituents', jsonStrings(parts.names))
    made.set('globConstituents', String(globs))
  }
}

function jsonStrings(texts: readonly string[]): string {
  return `[${texts.map(quoteJson).join(',')}]`
}
