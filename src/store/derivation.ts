/**
 * Derivations (floor 1): what a program asked to be built in, .drv text and store paths out. Here are the shapes, the
 * ATerm writer and the choice of output paths; `aterm-parser.ts` reads .drv files, `derivation-table.ts` remembers
 * derivations and their hashes modulo. Nix: derivation/aterm.cc, derivations.cc.
 */

import { NixError } from '../errors.ts'
import { escapeByte } from '../quote.ts'
import { type Hash, type HashAlgo, parseHashAlgo } from './hash.ts'
import {
  downstreamPlaceholder,
  type IngestionMethod,
  makeFixedOutputPath,
  methodPrefix,
  outputPathName,
  type StoreConfig,
} from './path.ts'
import type { TextMap } from './text-map.ts'

/** One output, as the three texts that a .drv file has of it. */
export interface DerivationOutput {
  /** Empty while it is not known. */
  readonly path: string
  /** Empty, or method and algorithm of a content-addressed output: `r:sha256`. */
  readonly hashAlgo: string
  /** Empty, `impure`, or the hex digest of a fixed output. */
  readonly hash: string
}

/** Which outputs of an input are wanted, and of derivations that it makes, which outputs. */
export interface DynamicInput {
  readonly outputs: readonly string[]
  readonly dynamic: ReadonlyMap<string, InputDrv>
}

/** Sorted output names; the long form only for dynamic derivations. */
export type InputDrv = readonly string[] | DynamicInput

/**
 * A derivation. The maps are in the byte order of their keys and the lists of paths sorted: a writer takes them as
 * they are. `__json` of structured attributes is one of the environment.
 */
export interface Derivation {
  readonly name: string
  readonly outputs: Map<string, DerivationOutput>
  readonly inputDrvs: Map<string, InputDrv>
  readonly inputSrcs: readonly string[]
  readonly system: string
  readonly builder: string
  readonly args: readonly string[]
  readonly env: TextMap
}

/** How the path of an output comes about. */
export type OutputKind = 'inputAddressed' | 'deferred' | 'fixed' | 'floating' | 'impure'

/** An input-addressed output whose path is not known yet, or cannot be before the inputs are built. */
export const DEFERRED_OUTPUT: DerivationOutput = { path: '', hashAlgo: '', hash: '' }

/** The kind of an output. */
export function outputKind(output: DerivationOutput): OutputKind {
  if (output.hashAlgo === '') return output.path === '' ? 'deferred' : 'inputAddressed'
  if (output.hash === '') return 'floating'
  return output.hash === 'impure' ? 'impure' : 'fixed'
}

/**
 * The kind all outputs of a derivation share. Throws NixError for none, for different ones, and for a fixed output that
 * is not alone or not `out`. Nix: derivations.cc, type.
 */
export function derivationKind(drv: Derivation): OutputKind {
  let kind: OutputKind | undefined
  let floatingAlgo = ''
  for (const [name, output] of drv.outputs) {
    const next = outputKind(output)
    if (kind !== undefined && kind !== next) throw new NixError('eval', "can't mix derivation output types")
    if (kind === 'fixed') throw new NixError('eval', 'only one fixed output is allowed for now')
    if (next === 'fixed' && name !== 'out') {
      throw new NixError('eval', 'single fixed output must be named "out"')
    }
    if (next === 'floating') {
      const algo = output.hashAlgo.slice(output.hashAlgo.lastIndexOf(':') + 1)
      if (kind !== undefined && algo !== floatingAlgo) {
        throw new NixError('eval', 'all floating outputs must use the same hash algorithm')
      }
      floatingAlgo = algo
    }
    kind = next
  }
  if (kind === undefined) throw new NixError('eval', 'must have at least one output')
  return kind
}

/** The output of a fixed-output derivation: its path follows from its hash. Throws NixError for a bad name. */
export function fixedOutput(
  store: StoreConfig,
  drvName: string,
  method: IngestionMethod,
  hash: Hash,
  output = 'out',
): DerivationOutput {
  return {
    path: makeFixedOutputPath(store, method, hash, outputPathName(drvName, output)),
    hashAlgo: methodPrefix(method) + hash.algo,
    hash: hash.hex,
  }
}

/** A content-addressed output whose hash the build will tell. */
export function floatingOutput(method: IngestionMethod, algo: HashAlgo): DerivationOutput {
  return { path: '', hashAlgo: methodPrefix(method) + algo, hash: '' }
}

/** The same for a derivation that may do anything. */
export function impureOutput(method: IngestionMethod, algo: HashAlgo): DerivationOutput {
  return { path: '', hashAlgo: methodPrefix(method) + algo, hash: 'impure' }
}

/** Method and algorithm of `r:sha256`. Throws NixError for an unknown algorithm. */
export function parseMethodAlgo(text: string): { method: IngestionMethod; algo: HashAlgo } {
  for (const method of ['recursive', 'git', 'text'] as const) {
    const prefix = methodPrefix(method)
    if (text.startsWith(prefix))
      return { method, algo: parseHashAlgo(text.slice(prefix.length), { blake3: true }) }
  }
  return { method: 'flat', algo: parseHashAlgo(text, { blake3: true }) }
}

/** What `derivation` gives for an output: its path, or what stands for it until it is built. */
export function outputValue(store: StoreConfig, drvPath: string, drv: Derivation, output: string): string {
  const path = drv.outputs.get(output)?.path
  return path ? path : downstreamPlaceholder(store, drvPath, output)
}

/** A map in the byte order of its keys; the map itself if it already is. */
export function sortedMap<V>(map: Map<string, V>): Map<string, V> {
  let last = ''
  let sorted = true
  map.forEach((_, key) => {
    if (key < last) sorted = false
    last = key
  })
  if (sorted) return map
  const result = new Map<string, V>()
  for (const key of [...map.keys()].sort()) result.set(key, map.get(key) as V)
  return result
}

const NEEDS_ESCAPE = /["\\\n\r\t]/
const ESCAPED = /["\\\n\r\t]/g

function quote(text: string): string {
  return NEEDS_ESCAPE.test(text) ? `"${text.replace(ESCAPED, escapeByte)}"` : `"${text}"`
}

/** Names and paths, which need no escapes. */
function plainList(items: readonly string[]): string {
  // Nearly all of them: the outputs wanted of an input.
  if (items.length === 1) return `["${items[0]}"]`
  return items.length === 0 ? '[]' : `["${items.join('","')}"]`
}

function isDynamic(input: InputDrv): input is DynamicInput {
  return !Array.isArray(input)
}

/** The names wanted of an input itself. */
export function inputOutputs(input: InputDrv): readonly string[] {
  return isDynamic(input) ? input.outputs : input
}

/** Whether a derivation needs outputs of derivations that are themselves built. */
export function hasDynamicInputs(drv: Derivation): boolean {
  for (const input of drv.inputDrvs.values()) if (isDynamic(input) && input.dynamic.size > 0) return true
  return false
}

/** The text of one input's names. An explicit stack: a program decides how deep dynamic derivations nest. */
function writeInput(input: InputDrv): string {
  if (!isDynamic(input)) return plainList(input)
  let text = ''
  const todo: (string | InputDrv)[] = [input]
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    if (typeof next === 'string') text += next
    else if (!isDynamic(next)) text += plainList(next)
    else if (next.dynamic.size === 0) text += plainList(next.outputs)
    else {
      text += `(${plainList(next.outputs)},[`
      const parts: (string | InputDrv)[] = []
      for (const [output, child] of next.dynamic) {
        parts.push(parts.length === 0 ? `("${output}",` : `,("${output}",`, child, ')')
      }
      todo.push('])')
      for (let i = parts.length - 1; i >= 0; i--) todo.push(parts[i])
    }
  }
  return text
}

function writeInputDrvs(drv: Derivation): string {
  let text = ''
  let before = '("'
  drv.inputDrvs.forEach((input, path) => {
    text += before
    text += path
    text += `",${writeInput(input)})`
    before = ',("'
  })
  return text
}

function writeOutputs(outputs: ReadonlyMap<string, DerivationOutput>): string {
  let text = ''
  for (const [name, output] of outputs) {
    text += `${text === '' ? '' : ','}("${name}","${output.path}","${output.hashAlgo}","${output.hash}")`
  }
  return text
}

/**
 * A .drv text in the making. A derivation is hashed up to three times: with its outputs blank, to learn their paths;
 * whole, to learn its own; with hashes for inputs, for those who use it. What the three share is written once.
 */
export class DerivationWriter {
  readonly drv: Derivation
  /** Sources, system, builder and arguments. */
  readonly #middle: string
  /** The environment, cut where the values of the outputs go. */
  readonly #envPieces: string[] = []
  /** The outputs whose values go into the cuts. */
  readonly #envOutputs: string[] = []

  constructor(drv: Derivation) {
    this.drv = drv
    let args = ''
    for (const arg of drv.args) args += (args === '' ? '' : ',') + quote(arg)
    this.#middle = `],${plainList(drv.inputSrcs)},"${drv.system}",${quote(drv.builder)},[${args}],[`
    // Appended piece by piece: each `+=` makes one node of a rope, and there are very many of these.
    let text = ''
    let before = '('
    drv.env.forEach((value, name) => {
      text += before
      before = ',('
      text += quote(name)
      if (drv.outputs.has(name)) {
        text += ','
        this.#envPieces.push(text)
        this.#envOutputs.push(name)
        text = ')'
      } else {
        text += ',"'
        text += NEEDS_ESCAPE.test(value) ? value.replace(ESCAPED, escapeByte) : value
        text += '")'
      }
    })
    this.#envPieces.push(`${text}])`)
  }

  /** The .drv file as it is. */
  whole(): string {
    const head = hasDynamicInputs(this.drv) ? 'DrvWithVersion("xp-dyn-drv",[' : 'Derive(['
    return head + this.#text(writeOutputs(this.drv.outputs), writeInputDrvs(this.drv), false)
  }

  /** With these for input derivations (see DerivationTable). `masked`: paths of outputs are blank. */
  modulo(inputs: string, masked: boolean): string {
    let outputs = ''
    if (masked) {
      for (const name of this.drv.outputs.keys())
        outputs += `${outputs === '' ? '' : ','}("${name}","","","")`
    } else outputs = writeOutputs(this.drv.outputs)
    return `Derive([${this.#text(outputs, inputs, masked)}`
  }

  #text(outputs: string, inputs: string, masked: boolean): string {
    let text = `${outputs}],[${inputs}${this.#middle}${this.#envPieces[0]}`
    for (let i = 0; i < this.#envOutputs.length; i++) {
      text += (masked ? '""' : quote(this.drv.env.get(this.#envOutputs[i])!)) + this.#envPieces[i + 1]
    }
    return text
  }
}

/** The text of a derivation's .drv file. */
export function writeAterm(drv: Derivation): string {
  return new DerivationWriter(drv).whole()
}

/** The text of a derivation with its input derivations replaced: what hashes modulo are made of. */
export function writeInputHash(hash: string, outputs: readonly string[]): string {
  return `("${hash}",${plainList(outputs)})`
}

/** The store paths a .drv file refers to, sorted: its sources and input derivations, each of them sorted already. */
export function referencesOf(drv: Derivation): string[] {
  const { inputSrcs } = drv
  const references: string[] = []
  let i = 0
  drv.inputDrvs.forEach((_, path) => {
    while (i < inputSrcs.length && inputSrcs[i] < path) references.push(inputSrcs[i++])
    // A derivation can be a source as well (unsafeDiscardOutputDependency).
    if (inputSrcs[i] === path) i++
    references.push(path)
  })
  while (i < inputSrcs.length) references.push(inputSrcs[i++])
  return references
}
