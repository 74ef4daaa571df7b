/**
 * Derivations (floor 1): what a program asked to be built in, store paths out. Here are the shapes and the choice of output
 * paths; `derivation-writer.ts` writes .drv files, `aterm-parser.ts` reads them, `derivation-table.ts` remembers derivations
 * and their hashes modulo. Nix: derivations.cc.
 */

import { NixError } from '../errors.ts'
import { type Hash, type HashAlgo, parseHashAlgo } from './hash.ts'
import {
  downstreamPlaceholder,
  type IngestionMethod,
  makeFixedOutputPath,
  methodPrefix,
  outputPathName,
  type StoreConfig,
} from './path.ts'
import type { SortedMap } from './sorted-map.ts'

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
 * A derivation. Names and the lists of paths are in their byte order: a writer takes them as they are. `__json` of structured attributes is one of the environment.
 */
export interface Derivation {
  readonly name: string
  readonly outputs: SortedMap<DerivationOutput>
  readonly inputDrvs: SortedMap<InputDrv>
  readonly inputSrcs: readonly string[]
  readonly system: string
  readonly builder: string
  readonly args: readonly string[]
  readonly env: SortedMap<string>
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
  const { names, values } = drv.outputs
  for (let i = 0; i < names.length; i++) {
    const output = values[i]
    const next = outputKind(output)
    if (kind !== undefined && kind !== next) throw new NixError('eval', "can't mix derivation output types")
    if (kind === 'fixed') throw new NixError('eval', 'only one fixed output is allowed for now')
    if (next === 'fixed' && names[i] !== 'out') {
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

/** Whether outputs are wanted of what an input makes, too. */
export function isDynamic(input: InputDrv): input is DynamicInput {
  return !Array.isArray(input)
}

/** The names wanted of an input itself. */
export function inputOutputs(input: InputDrv): readonly string[] {
  return isDynamic(input) ? input.outputs : input
}

/** Whether a derivation needs outputs of derivations that are themselves built. */
export function hasDynamicInputs(drv: Derivation): boolean {
  for (const input of drv.inputDrvs.values) if (isDynamic(input) && input.dynamic.size > 0) return true
  return false
}

/** The store paths a .drv file refers to, in their order: its sources and input derivations, each of them sorted already. */
export function visitReferences(drv: Derivation, visit: (path: string) => void): void {
  const { inputSrcs } = drv
  const { names } = drv.inputDrvs
  let i = 0
  for (let k = 0; k < names.length; k++) {
    const path = names[k]
    while (i < inputSrcs.length && inputSrcs[i] < path) visit(inputSrcs[i++])
    // A derivation can be a source as well (unsafeDiscardOutputDependency).
    if (inputSrcs[i] === path) i++
    visit(path)
  }
  while (i < inputSrcs.length) visit(inputSrcs[i++])
}

/** The same as a list. */
export function referencesOf(drv: Derivation): string[] {
  const references: string[] = []
  visitReferences(drv, (path) => {
    references.push(path)
  })
  return references
}
