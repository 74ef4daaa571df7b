/**
 * What `nix-env -qa` lists (floor 6): a value comes in, lines or JSON go out. Everything is looked for first, then sorted
 * by name, then asked for its paths. Nix: nix-env.cc (loadDerivations, opQuery, queryJSON), table.cc.
 */
import { NixError } from '../errors.ts'
import {
  type DrvInfo,
  findDerivations,
  queryDrvPath,
  queryMeta,
  queryOutputName,
  queryOutputs,
  querySystem,
} from '../runtime/get-drvs.ts'
import type { Machine, Step } from '../runtime/machine.ts'
import { toJson } from '../runtime/to-json.ts'
import { TextOut } from '../text-out.ts'
import { flat, lookup } from '../values/attrs.ts'
import { quoteJson } from '../values/json-text.ts'
import { Attrs, peek, type Slot, type Value } from '../values/value.ts'
import { attribute, type Evaluation, type Listener, textOfString } from './evaluation.ts'
import { introSort } from './intro-sort.ts'
import { layOutJson } from './json-layout.ts'

export interface ListingOptions {
  /** Where the value comes from: the beginning of all attribute paths. */
  prefix: string
  autoArgs: Attrs
  json: boolean
  /** Which columns a line has besides the attribute path. */
  name: boolean
  drvPath: boolean
  outPath: boolean
  description: boolean
  meta: boolean
  /** `*` for all. */
  systemFilter: string
}

/** One derivation found, with the key it is sorted by. */
interface Element extends DrvInfo {
  key: string
}

/** What a listing says of one derivation: the columns of its line, or its attribute path and JSON. */
export type ListingEntry =
  | { readonly row: readonly string[] }
  | { readonly path: string; readonly json: string }

/**
 * Writes the listing of all derivations in a value. What throws is left out; any other error ends it.
 * @throws NixError of findDerivations, and what an attribute asked for throws
 */
export async function listDerivations(
  evaluation: Evaluation,
  root: Slot,
  options: ListingOptions,
  listener: Listener,
  write: (piece: string) => void,
): Promise<void> {
  const listing = await Listing.of(evaluation, root, options, listener)
  const entries: (ListingEntry | undefined)[] = []
  for (let i = 0; i < listing.size; i++) {
    const { entry, failed } = await listing.entry(i)
    listener.done()
    if (failed) listener.failed()
    entries.push(entry)
  }
  writeListing(entries, options, write)
}

/** All derivations in a value, in the order of their listing. */
export class Listing {
  readonly #evaluation: Evaluation
  readonly #options: ListingOptions
  readonly #elements: (Element | null)[]

  private constructor(evaluation: Evaluation, options: ListingOptions, elements: Element[]) {
    this.#evaluation = evaluation
    this.#options = options
    this.#elements = elements
  }

  /** Looks for them. @throws NixError of findDerivations */
  static async of(
    evaluation: Evaluation,
    root: Slot,
    options: ListingOptions,
    listener: Listener,
  ): Promise<Listing> {
    evaluation.machine.services.derivations.keepTexts = false
    const elements = await collect(evaluation, root, options, listener)
    introSort(elements, (a, b) => a.key < b.key)
    return new Listing(evaluation, options, elements)
  }

  get size(): number {
    return this.#elements.length
  }

  /** Where the derivations are: the paths of their attributes, of all that have not been asked for. */
  get attrPaths(): string[] {
    return this.#elements.map((element) => element?.attrPath ?? '')
  }

  /**
   * What it says of one, which can be asked once; undefined when it leaves it out. `failed`: something has thrown.
   * @throws NixError any other error
   */
  async entry(index: number): Promise<{ entry: ListingEntry | undefined; failed: boolean }> {
    const evaluation = this.#evaluation
    const options = this.#options
    const element = this.#elements[index] as Element
    // What has been told need not be kept for the listing's sake.
    this.#elements[index] = null
    if (!options.json) {
      const row: string[] = []
      const good = await attempt(element, () => addColumns(evaluation, element, options, row))
      return { entry: good ? { row } : undefined, failed: !good }
    }
    const fields = new Map<string, string>()
    const good = await attempt(element, () => addFields(evaluation, element, options, fields))
    // Of one that throws in between, what was known before stays in Nix's listing.
    const json = good || fields.size > 0 ? jsonObject(fields) : 'null'
    return { entry: { path: element.attrPath, json }, failed: !good }
  }
}

/** Writes a listing: what it says of each derivation, in its order. */
export function writeListing(
  entries: readonly (ListingEntry | undefined)[],
  options: { readonly json: boolean },
  write: (piece: string) => void,
): void {
  // Everything is evaluated before the first line is printed: nobody waits for lines one by one.
  const out = new TextOut(write)
  const add = (piece: string): void => out.add(piece)
  if (options.json) writeJson(entries, add)
  else writeTable(entries, add)
  out.flush()
}

async function collect(
  evaluation: Evaluation,
  root: Slot,
  options: ListingOptions,
  listener: Listener,
): Promise<Element[]> {
  let elements: Element[] = []
  const { autoArgs, prefix } = options
  const found = (drv: DrvInfo): void => {
    elements.push({ attrPath: drv.attrPath, name: drv.name, attrs: drv.attrs, key: upperCase(drv.name) })
    listener.found()
  }
  await evaluation.run((m) =>
    findDerivations(m, root, { autoArgs, prefix, ignoreAssertionFailures: true, found }),
  )
  if (options.systemFilter !== '*') {
    const all = elements
    elements = []
    for (const element of all) {
      const system = await evaluation.run((m) => querySystem(m, element.attrs))
      if (system === options.systemFilter) elements.push(element)
    }
  }
  return elements
}

/** C's toupper in its own locale. */
function upperCase(name: string): string {
  return name.replace(/[a-z]+/g, (letters) => letters.toUpperCase())
}

/** Asks for all of one element's answers; false when it throws. @throws NixError any other error */
async function attempt(element: Element, ask: () => Promise<void>): Promise<boolean> {
  try {
    await ask()
    return true
  } catch (error) {
    if (!(error instanceof NixError)) throw error
    if (!error.catchable) throw error.addTrace(`while querying the derivation named '${element.name}'`)
    return false
  }
}

async function addColumns(
  evaluation: Evaluation,
  { attrPath, name, attrs }: Element,
  options: ListingOptions,
  row: string[],
): Promise<void> {
  row.push(attrPath)
  if (options.name) row.push(name)
  if (options.drvPath) row.push((await drvPathOf(evaluation, attrs)) ?? '-')
  if (options.outPath) {
    const outputs = await outputsOf(evaluation, attrs, true)
    row.push(outputs.map(([output, path]) => (output === 'out' ? path : `${output}=${path}`)).join(';'))
  }
  if (options.description) row.push(await metaString(evaluation, attrs, 'description'))
}

function writeTable(entries: readonly (ListingEntry | undefined)[], write: (piece: string) => void): void {
  const rows: (readonly string[])[] = []
  for (const entry of entries) if (entry !== undefined && 'row' in entry) rows.push(entry.row)
  const widths: number[] = []
  for (const row of rows) {
    for (let c = 0; c < row.length; c++) widths[c] = Math.max(widths[c] ?? 0, row[c].length)
  }
  for (const row of rows) {
    let line = ''
    for (let c = 0; c < row.length; c++) {
      const cell = row[c].replaceAll('\n', ' ')
      line += c < row.length - 1 ? cell.padEnd(widths[c] + 2) : cell
    }
    write(`${line}\n`)
  }
}

async function drvPathOf(evaluation: Evaluation, attrs: Attrs): Promise<string | undefined> {
  if (attribute(evaluation.machine, attrs, 'drvPath') === undefined) return undefined
  return textOfString(await evaluation.run((m) => queryDrvPath(m, attrs)))
}

/** Names of outputs with their paths, in byte order; null where `withPaths` is false. */
async function outputsOf(
  evaluation: Evaluation,
  attrs: Attrs,
  withPaths: boolean,
): Promise<[string, string | null][]> {
  const outputs = flat((await evaluation.run((m) => queryOutputs(m, attrs, withPaths))) as Attrs)
  return outputs.vals.map((v, i) => [outputs.shape.nameAt(i), v === null ? null : textOfString(v as Value)])
}

/** A string of `meta`; '' when it is none. Nix: queryMetaString. */
async function metaString(evaluation: Evaluation, attrs: Attrs, name: string): Promise<string> {
  const meta = (await evaluation.run((m) => queryMeta(m, attrs))) as Attrs
  const slot = attribute(evaluation.machine, meta, name)
  return slot === undefined ? '' : textOfString(peek(slot) ?? null)
}

function writeJson(entries: readonly (ListingEntry | undefined)[], write: (piece: string) => void): void {
  // A later derivation takes the place of an earlier one at the same path.
  const texts = new Map<string, string>()
  for (const entry of entries) if (entry !== undefined && 'json' in entry) texts.set(entry.path, entry.json)
  if (texts.size === 0) {
    write('{}\n')
    return
  }
  let open = '{\n  '
  for (const path of [...texts.keys()].sort()) {
    write(`${open}${quoteJson(path)}: ${layOutJson(texts.get(path) as string, 1)}`)
    open = ',\n  '
  }
  write('\n}\n')
}

async function addFields(
  evaluation: Evaluation,
  element: Element,
  options: ListingOptions,
  fields: Map<string, string>,
): Promise<void> {
  const { attrs, name } = element
  const system = textOfString(await evaluation.run((m) => querySystem(m, attrs)))
  const outputName = textOfString(await evaluation.run((m) => queryOutputName(m, attrs)))
  const [pname, version] = splitName(name)
  fields.set('name', quoteJson(name))
  fields.set('pname', quoteJson(pname))
  fields.set('version', quoteJson(version))
  fields.set('system', quoteJson(system))
  fields.set('outputName', quoteJson(outputName))
  const outputs = await outputsOf(evaluation, attrs, options.outPath)
  fields.set(
    'outputs',
    jsonObject(new Map(outputs.map(([o, path]) => [o, path === null ? 'null' : quoteJson(path)]))),
  )
  if (options.drvPath) {
    const path = await drvPathOf(evaluation, attrs)
    if (path !== undefined) fields.set('drvPath', quoteJson(path))
  }
  if (options.meta) {
    const meta = new Map<string, string>()
    try {
      await addMeta(evaluation, element, meta)
    } finally {
      fields.set('meta', jsonObject(meta))
    }
  }
}

async function addMeta(evaluation: Evaluation, element: Element, meta: Map<string, string>): Promise<void> {
  const { machine } = evaluation
  const good = (await evaluation.run((m) => queryMeta(m, element.attrs))) as Attrs
  const slot = attribute(machine, element.attrs, 'meta')
  const all = slot === undefined ? undefined : peek(slot)
  if (!(all instanceof Attrs)) return
  flat(all)
  for (let i = 0; i < all.shape.syms.length; i++) {
    const name = all.shape.nameAt(i)
    const value = lookup(good, all.shape.syms[i])
    if (value === undefined) {
      evaluation.log(`derivation '${element.name}' has invalid meta attribute '${name}'`)
      meta.set(name, 'null')
    } else meta.set(name, await jsonOf(evaluation, value))
  }
}

/** The JSON of a value. Throws NixError. */
export async function jsonOf(evaluation: Evaluation, slot: Slot): Promise<string> {
  const ask = (m: Machine): Step => toJson(m, slot, { strict: true, copyToStore: true })
  return textOfString(await evaluation.run(ask))
}

/** The fields in the byte order of their names, as compact JSON. */
export function jsonObject(fields: ReadonlyMap<string, string>): string {
  const names = [...fields.keys()].sort()
  return `{${names.map((name) => `${quoteJson(name)}:${fields.get(name) as string}`).join(',')}}`
}

/** Name and version of `hello-2.10`: parted at the first dash that no letter follows. Nix: DrvName. */
function splitName(name: string): [string, string] {
  const dash = name.search(/-[^A-Za-z]/s)
  return dash < 0 ? [name, ''] : [name.slice(0, dash), name.slice(dash + 1)]
}
