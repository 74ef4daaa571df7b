/**
 * The derivations of an evaluation (floor 1): new derivations in, their paths out, remembered with their hashes modulo
 * for those who depend on them. Nix: derivation/modulo.cc, derivations.cc (fillInOutputPaths).
 */
import { NixError } from '../errors.ts'
import { type Context, type ContextElement, decodeElement } from './context.ts'
import {
  type Derivation,
  derivationKind,
  type InputDrv,
  inputOutputs,
  isDynamic,
  outputKind,
  referencesOf,
  sortedMap,
} from './derivation.ts'
import { DerivationWriter } from './derivation-writer.ts'
import { makeOutputPath, type StoreConfig, storePathOf } from './path.ts'
import { SortedMap } from './sorted-map.ts'

/**
 * What stands for a derivation in the hash of one that uses it. `fixed`: the hash of its only output, however that is
 * got; `regular`: of its text; `deferred`: its outputs are not known before they are built.
 */
export interface InputHash {
  readonly kind: 'regular' | 'fixed' | 'deferred'
  /** Sha256 in hex; empty if deferred. */
  readonly hash: string
}

/** What a context contributes to a derivation. */
export interface ContextInputs {
  readonly inputDrvs: SortedMap<InputDrv>
  readonly inputSrcs: string[]
  /** By input, what is known to stand for it; may be shorter. */
  readonly hashes: readonly (InputHash | undefined)[]
}

/** An element of contexts, decoded. They are shared by all derivations, and so are the strings in here, whose hashes are known. */
class Known {
  readonly element: ContextElement
  /** The list of its output. There are as many as there are edges between derivations, nearly all of them `out`. */
  readonly outputs: readonly string[]
  /** What stands for its derivation, once somebody has asked. */
  hash: InputHash | undefined = undefined
  constructor(element: ContextElement, outputs: readonly string[]) {
    this.element = element
    this.outputs = outputs
  }
}

/** A derivation, and what stands for it once that is known. */
class Made {
  readonly drv: Derivation
  hash: InputHash | undefined
  constructor(drv: Derivation, hash: InputHash | undefined) {
    this.drv = drv
    this.hash = hash
  }
}

const DEFERRED: InputHash = { kind: 'deferred', hash: '' }

const NONE: readonly undefined[] = []
const NO_OUTPUTS: readonly string[] = []
// What is kept of a derivation whose texts are not.
const NO_ARGS: readonly string[] = []
const NO_ENV: SortedMap<string> = new SortedMap<string>()

/** A dynamic input while it is put together. */
interface InputNode {
  readonly outputs: Set<string>
  readonly dynamic: Map<string, InputNode>
}

/** Finishes a tree of inputs, innermost first, on an explicit stack. */
function finishInput(root: InputNode): InputDrv {
  const order: InputNode[] = [root]
  for (let i = 0; i < order.length; i++) order.push(...order[i].dynamic.values())
  const done = new Map<InputNode, InputDrv>()
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i]
    const outputs = [...node.outputs].sort()
    if (node.dynamic.size === 0) done.set(node, outputs)
    else {
      const dynamic = new Map<string, InputDrv>()
      for (const [output, child] of sortedMap(node.dynamic)) dynamic.set(output, done.get(child)!)
      done.set(node, { outputs, dynamic })
    }
  }
  return done.get(root)!
}

/** All derivations that an evaluation has made or read. */
export class DerivationTable {
  readonly store: StoreConfig
  /**
   * false: what a derivation does (`args`, `env`) is forgotten once it has a path. For long runs that want nothing but
   * paths; inputs and outputs stay.
   */
  keepTexts = true
  readonly #made = new Map<string, Made>()
  /** References of texts that were added to the store. */
  readonly #textReferences = new Map<string, readonly string[]>()
  readonly #singles = new Map<string, readonly string[]>()
  readonly #known = new Map<string, Known>()
  readonly #writer = new DerivationWriter()
  /** For derivations that were read. */
  #reader: DerivationWriter | undefined
  readonly #load: ((drvPath: string) => Derivation | undefined) | undefined

  /** `load` reads a derivation that this evaluation has not made (from a store), if it can. */
  constructor(store: StoreConfig, load?: (drvPath: string) => Derivation | undefined) {
    this.store = store
    this.#load = load
  }

  /** A derivation by its path; undefined if it is unknown. */
  find(drvPath: string): Derivation | undefined {
    return this.#find(drvPath)?.drv
  }

  #find(drvPath: string): Made | undefined {
    let made = this.#made.get(drvPath)
    if (made !== undefined) return made
    const loaded = this.#load?.(drvPath)
    if (loaded !== undefined) this.#made.set(drvPath, (made = new Made(loaded, undefined)))
    return made
  }

  /** A derivation by its path. Throws NixError `path '/nix/store/….drv' is not valid`. */
  get(drvPath: string): Derivation {
    const drv = this.find(drvPath)
    if (drv === undefined) throw new NixError('eval', `path '${drvPath}' is not valid`)
    return drv
  }

  /** The derivations made or read so far. */
  *entries(): IterableIterator<[string, Derivation]> {
    for (const [path, { drv }] of this.#made) yield [path, drv]
  }

  /** Notes the references of a text in the store (`builtins.toFile`), for closures. */
  addText(path: string, references: readonly string[]): void {
    this.#textReferences.set(path, references)
  }

  /** The references of a text that `addText` was told of. */
  textReferences(path: string): readonly string[] {
    return this.#textReferences.get(path) ?? []
  }

  /**
   * Gives a derivation its output paths, in `outputs` and in `env`, unless they are fixed or unknowable; remembers it,
   * and answers its path. Outputs to be filled in are DEFERRED_OUTPUT; their variables must be there if they are to be
   * set. `inputs`: those of the derivation, if they come from `inputsOf`. Throws NixError for mixed outputs, for bad names, and
   * for unknown input derivations.
   */
  instantiate(drv: Derivation, inputs?: ContextInputs): string {
    const { store } = this
    const writer = this.#writer
    const kind = derivationKind(drv)
    writer.begin(drv)
    const filled = kind === 'deferred' && this.#addInputs(writer, drv, inputs?.hashes ?? NONE)
    if (filled) {
      const hash = store.hash('sha256', writer.modulo(true))
      for (const name of drv.outputs.names) {
        const path = makeOutputPath(store, name, hash, drv.name)
        drv.outputs.set(name, { path, hashAlgo: '', hash: '' })
        if (drv.env.has(name)) drv.env.set(name, path)
      }
    }
    const fingerprint = writer.fingerprint(store.hash('sha256', writer.whole()), store.storeDir)
    const drvPath = storePathOf(store, store.hash('sha256', fingerprint), `${drv.name}.drv`)
    const before = this.#made.get(drvPath)
    if (before?.hash === undefined) {
      const hash: InputHash | undefined = filled
        ? { kind: 'regular', hash: store.hash('sha256', writer.modulo(false)) }
        : kind === 'fixed'
          ? this.#fixedHash(drv)
          : kind === 'inputAddressed'
            ? undefined
            : DEFERRED
      this.#made.set(drvPath, new Made(this.#kept(drv), hash))
    }
    return drvPath
  }

  /** A new derivation as it is remembered. */
  #kept(drv: Derivation): Derivation {
    drv.outputs.compact()
    if (!this.keepTexts) return { ...drv, args: NO_ARGS, env: NO_ENV }
    drv.env.compact()
    return drv
  }

  /**
   * What stands for a derivation in the hashes of others. Throws NixError if it or one of its inputs is unknown.
   * Derivations that were read, not made here, are hashed from the bottom up on an explicit stack; should they refer to
   * each other in a circle, that is an error too.
   */
  hashOf(drvPath: string): InputHash {
    const known = this.#made.get(drvPath)?.hash
    if (known !== undefined) return known
    const todo = [drvPath]
    const waiting = new Set<string>()
    for (;;) {
      const path = todo[todo.length - 1]
      const made = this.#find(path)
      if (made === undefined) throw new NixError('eval', `store path '${path}' does not exist`)
      made.hash ??= this.#quickHash(made.drv)
      if (made.hash === undefined) {
        const before = todo.length
        for (const input of made.drv.inputDrvs.names)
          if (this.#made.get(input)?.hash === undefined) todo.push(input)
        if (todo.length > before) {
          // It waits for its inputs; to come here again before they are done means that one of them waits for it.
          if (waiting.has(path)) throw new NixError('eval', `cycle detected in the inputs of '${path}'`)
          waiting.add(path)
          continue
        }
        // Not the one of a derivation in the making, which may be asking.
        this.#reader ??= new DerivationWriter()
        const writer = this.#reader
        writer.begin(made.drv)
        made.hash = this.#addInputs(writer, made.drv, NONE)
          ? { kind: 'regular', hash: this.store.hash('sha256', writer.modulo(false)) }
          : DEFERRED
      }
      todo.pop()
      waiting.delete(path)
      if (todo.length === 0) return made.hash
    }
  }

  /**
   * The inputs that a context stands for: paths are sources, outputs input derivations, and a derivation with its
   * closure all derivations and sources below it, with all their outputs. Throws NixError
   * `path '/nix/store/….drv' is not valid` if the derivations of a closure are unknown.
   */
  inputsOf(context: Context): ContextInputs {
    const sources: string[] = []
    const drvs: string[] = []
    const wanted: InputDrv[] = []
    const hashes: (InputHash | undefined)[] = []
    const deep: string[] = []
    let nodes: Map<string, InputNode> | undefined
    for (const text of context) {
      const known = this.#decode(text)
      const { element } = known
      if (element.kind === 'opaque') sources.push(element.path)
      else if (element.kind === 'deep') deep.push(element.drv)
      else if (element.drv.charCodeAt(0) === 33) {
        nodes ??= new Map()
        this.#addDynamic(nodes, element.drv, element.output)
      } else if (drvs[drvs.length - 1] === element.drv) {
        // The outputs of a derivation follow each other.
        const last = wanted.length - 1
        wanted[last] = [...inputOutputs(wanted[last]), element.output]
      } else {
        drvs.push(element.drv)
        wanted.push(known.outputs)
        hashes.push((known.hash ??= this.#made.get(element.drv)?.hash))
      }
    }
    // Kept for good: what has grown has room to spare.
    const inputDrvs = new SortedMap(drvs.slice(), wanted.slice())
    // The order of a context is the order wanted here, but for what closures and dynamic derivations add.
    if (deep.length === 0 && nodes === undefined) return { inputDrvs, inputSrcs: sources.slice(), hashes }
    const srcs = new Set(sources)
    for (const path of this.closureOf(deep)) {
      srcs.add(path)
      if (!path.endsWith('.drv')) continue
      const outputs = new Set(inputOutputs(inputDrvs.get(path) ?? []))
      for (const name of this.get(path).outputs.names) outputs.add(name)
      inputDrvs.set(path, [...outputs].sort())
    }
    for (const [path, node] of nodes ?? []) {
      for (const name of inputOutputs(inputDrvs.get(path) ?? [])) node.outputs.add(name)
      inputDrvs.set(path, finishInput(node))
    }
    return { inputDrvs, inputSrcs: [...srcs].sort(), hashes: NONE }
  }

  /** Store paths and all they refer to, as far as it is known. Throws NixError for an unknown derivation. */
  closureOf(paths: readonly string[]): Set<string> {
    const seen = new Set(paths)
    const todo = [...paths]
    for (let path = todo.pop(); path !== undefined; path = todo.pop()) {
      const references = path.endsWith('.drv') ? referencesOf(this.get(path)) : this.#textReferences.get(path)
      for (const reference of references ?? []) {
        if (seen.has(reference)) continue
        seen.add(reference)
        todo.push(reference)
      }
    }
    return seen
  }

  /** An element, decoded once: the strings of contexts are shared, so looking them up costs nothing. */
  #decode(text: string): Known {
    let known = this.#known.get(text)
    if (known === undefined) {
      const element = decodeElement(text)
      known = new Known(element, element.kind === 'built' ? this.#single(element.output) : NO_OUTPUTS)
      this.#known.set(text, known)
    }
    return known
  }

  #single(output: string): readonly string[] {
    let list = this.#singles.get(output)
    if (list === undefined) this.#singles.set(output, (list = [output]))
    return list
  }

  #addDynamic(nodes: Map<string, InputNode>, drv: string, output: string): void {
    // `!a!!b!/p.drv` and `c`: output c of the derivation that is output a of the one that is output b of p.
    const way = [output]
    let path = drv
    while (path.charCodeAt(0) === 33) {
      const mark = path.indexOf('!', 1)
      way.push(path.slice(1, mark))
      path = path.slice(mark + 1)
    }
    let level = nodes
    let key = path
    for (;;) {
      let node = level.get(key)
      if (node === undefined) {
        node = { outputs: new Set(), dynamic: new Map() }
        level.set(key, node)
      }
      key = way.pop()!
      if (way.length === 0) {
        node.outputs.add(key)
        return
      }
      level = node.dynamic
    }
  }

  /** The hash of a derivation for which its inputs do not matter; undefined if they do. */
  #quickHash(drv: Derivation): InputHash | undefined {
    if (derivationKind(drv) === 'fixed') return this.#fixedHash(drv)
    for (const output of drv.outputs.values) if (outputKind(output) !== 'inputAddressed') return DEFERRED
    return undefined
  }

  #fixedHash(drv: Derivation): InputHash {
    const [output] = drv.outputs.values
    const text = `fixed:out:${output.hashAlgo}:${output.hash}:${output.path}`
    return { kind: 'fixed', hash: this.store.hash('sha256', text) }
  }

  /**
   * Gives a writer the inputs with hashes for paths; false if one of them is deferred. `known`: by input, the hash if it is
   * known.
   */
  #addInputs(writer: DerivationWriter, drv: Derivation, known: ContextInputs['hashes']): boolean {
    const { names, values } = drv.inputDrvs
    const hashes: string[] = []
    for (let i = 0; i < names.length; i++) {
      const outputs = values[i]
      if (isDynamic(outputs)) return false
      const { kind, hash } = known[i] ?? this.hashOf(names[i])
      if (kind === 'deferred') return false
      if (kind === 'fixed') {
        for (const name of outputs) {
          if (name !== 'out') {
            throw new NixError('eval', `no hash for output '${name}' of derivation '${drv.name}'`)
          }
        }
      }
      hashes.push(hash)
    }
    const order = orderOf(hashes)
    for (let k = 0; k < order.length; k++) {
      const hash = hashes[order[k]]
      let outputs = inputOutputs(values[order[k]])
      // Two derivations can be the same but for how their fixed inputs are got.
      for (; k + 1 < order.length && hashes[order[k + 1]] === hash; k++)
        outputs = [...new Set([...outputs, ...inputOutputs(values[order[k + 1]])])].sort()
      writer.addInput(hash, outputs)
    }
    return true
  }
}

/** For so few texts Array's own sort, which copies them twice, takes longer than putting each in its place. */
const FEW_TEXTS = 24

/** The order of some texts, as their indices. */
function orderOf(texts: readonly string[]): number[] {
  const order: number[] = []
  if (texts.length > FEW_TEXTS) {
    for (let i = 0; i < texts.length; i++) order.push(i)
    return order.sort((a, b) => (texts[a] < texts[b] ? -1 : texts[a] > texts[b] ? 1 : 0))
  }
  for (let i = 0; i < texts.length; i++) {
    let k = i
    for (; k > 0 && texts[order[k - 1]] > texts[i]; k--) order[k] = order[k - 1]
    order[k] = i
  }
  return order
}
