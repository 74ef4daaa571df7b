/**
 * Locking a flake (floor 2): from what flake.nix says and what flake.lock says to the graph of all inputs.
 * Nix: libflake/flake.cc, lockFlake.
 *
 * The function is plain: it neither waits nor evaluates. What it must know it asks an oracle; one that does not know yet
 * throws `Need`, and whoever called finds out and calls again. There are as many calls as there are flakes to be fetched.
 */
import { NixError } from '../errors.ts'
import { canonPath } from '../io/io.ts'
import { canonicalFlakeRef, type FlakeRef, printFlakeRef, sameFlakeRef } from './flake-ref.ts'
import {
  type Input,
  type InputOptions,
  type InputValue,
  inputFromAttrs,
  isLocked,
  printInput,
  relativePath,
  withAttrs,
} from './input.ts'
import {
  checkLockFile,
  type InputPath,
  LockNode,
  parseLockFile,
  printInputPath,
  printLockFile,
} from './lock-file.ts'

/** An input as a flake.nix describes it. */
export interface FlakeInput {
  readonly ref: FlakeRef | undefined
  readonly isFlake: boolean
  readonly follows: InputPath | undefined
  /** What it says of the inputs of this input. */
  readonly overrides: ReadonlyMap<string, FlakeInput>
}

/** What a flake.nix says. */
export interface FlakeInfo {
  readonly inputs: ReadonlyMap<string, FlakeInput>
  /** `inputs.self`: what the tree itself is to be fetched with. */
  readonly self: ReadonlyMap<string, InputValue>
  /** Its flake.lock. */
  readonly lockText: string | undefined
  /** The settings that it would like to have (`nixConfig`). */
  readonly config: readonly string[]
}

/** Something that has to be found out first. */
export type Question =
  | { readonly kind: 'tree'; readonly input: Input; readonly limited: boolean; readonly registries: boolean }
  | {
      readonly kind: 'flake'
      readonly directory: string
      readonly root: InputPath
      readonly shown: string
      readonly place: string
    }

/** Thrown by an oracle that does not know. */
export class Need extends Error {
  readonly key: string
  readonly question: Question
  constructor(key: string, question: Question) {
    super('something has to be found out first')
    this.key = key
    this.question = question
  }
}

/** What is known so far; a failure is thrown when it is asked about. */
export class Oracle {
  readonly #known = new Map<string, unknown>()

  tell(key: string, answer: unknown): void {
    this.#known.set(key, answer)
  }
  #ask<T>(key: string, question: Question): T {
    if (!this.#known.has(key)) throw new Need(key, question)
    const answer = this.#known.get(key)
    if (answer instanceof NixError) throw answer
    return answer as T
  }
  tree(
    input: Input,
    limited: boolean,
    registries: boolean,
  ): { storePath: string; input: Input; resolved: Input; dir: string | undefined } {
    const key = `tree ${limited} ${registries} ${[...input.keys()]
      .sort()
      .map((k) => `${k}=${input.get(k)}`)
      .join('\n')}`
    return this.#ask(key, { kind: 'tree', input, limited, registries })
  }
  /** `place`: what the directory is called where not by its place in the store. */
  flake(directory: string, root: InputPath, shown: string, place?: string): FlakeInfo {
    return this.#ask(`flake ${directory}\n${root.join('/')}`, {
      kind: 'flake',
      directory,
      root,
      shown,
      place: place ?? directory,
    })
  }
}

/** How a flake is locked. */
export interface LockOptions extends InputOptions {
  readonly useRegistries: boolean
  /** false: every new input must be locked by its own reference. */
  readonly allowUnlocked: boolean
  /** Inputs by their paths (`a/b`) that are taken from elsewhere, whatever the files say (`--override-input`). */
  readonly overrides?: ReadonlyMap<string, FlakeRef>
}

/** A flake with all that it refers to. */
export interface LockedFlake {
  readonly original: FlakeRef
  readonly locked: FlakeRef
  /** Its directory in the store. */
  readonly directory: string
  readonly config: readonly string[]
  readonly old: LockNode
  readonly root: LockNode
  /** The directories of the nodes that have been fetched. */
  readonly directories: ReadonlyMap<LockNode, string>
  /** Whether the lock file is what it would be if it were written now. */
  readonly upToDate: boolean
}

/** Flakes within flakes: a chain longer than this is taken for an endless one. */
const MAX_NESTING = 500

function error(message: string): NixError {
  return new NixError('eval', message)
}

interface Flake {
  readonly info: FlakeInfo
  readonly locked: FlakeRef
  readonly directory: string
}

/** Nix: getFlake in flake.cc. */
function getFlake(
  oracle: Oracle,
  ref: FlakeRef,
  limited: boolean,
  registries: boolean,
  root: InputPath,
): Flake {
  const tree = oracle.tree(ref.input, limited, registries)
  const dir = tree.dir ?? ref.dir
  const locked: FlakeRef = { input: tree.input, dir }
  const shown = printFlakeRef({ input: tree.resolved, dir })
  const first = oracle.flake(below(tree.storePath, dir), root, shown, below(placeOf(tree), dir))
  let changed: Input = tree.input
  for (const [name, value] of first.self) {
    if (name !== 'submodules' && name !== 'lfs')
      throw error(`flake 'self' attribute '${name}' is not supported`)
    changed = withAttrs(changed, { [name]: value })
  }
  if ([...first.self].every(([name, value]) => tree.input.get(name) === value)) {
    return { info: first, locked, directory: below(tree.storePath, dir) }
  }
  const wanted = withAttrs(changed, { narHash: undefined, __final: undefined })
  const again = oracle.tree(wanted, true, false)
  const directory = below(again.storePath, dir)
  return { info: oracle.flake(directory, root, shown), locked: { input: again.input, dir }, directory }
}

/** What a tree is called before it is in the store. Nix: SourceAccessor::setPathDisplay. */
function placeOf({
  storePath,
  input,
  resolved,
}: {
  storePath: string
  input: Input
  resolved: Input
}): string {
  if (input.get('type') === 'path') return storePath
  // An archive is called as it was asked for; of what comes from Git the revision is known by then.
  const named =
    input.get('type') === 'tarball'
      ? resolved
      : withAttrs(input, { narHash: resolved.get('narHash'), __final: undefined })
  return `\xc2\xab${printInput(named)}\xc2\xbb`
}

function below(path: string, dir: string): string {
  return dir === '' ? path : `${path}/${dir}`
}

/** A relative path seen from a directory, kept inside the tree that the directory is in. */
function resolveIn(directory: string, relative: string): string {
  return canonPath(`/${directory}/${relative}`)
}

interface Override {
  readonly input: FlakeInput
  readonly directory: string
  readonly parent: InputPath
}

function samePath(a: InputPath | undefined, b: InputPath | undefined): boolean {
  return a === undefined || b === undefined ? a === b : printInputPath(a) === printInputPath(b)
}

/**
 * Locks a flake. Throws Need, and NixError with the line `while updating the lock file of flake '…'`.
 * `warn` of the options is called again on every try: the caller takes what the last one says.
 */
export function lockFlake(ref: FlakeRef, oracle: Oracle, options: LockOptions): LockedFlake {
  const registries = options.useRegistries
  const flake = getFlake(oracle, ref, false, registries, [])
  try {
    return lockInputs(ref, flake, oracle, options)
  } catch (e) {
    if (e instanceof NixError) {
      e.addTrace(`while updating the lock file of flake '${printFlakeRef(shownRef(flake.locked))}'`)
    }
    throw e
  }
}

function shownRef(ref: FlakeRef): FlakeRef {
  return { input: withAttrs(ref.input, { __final: undefined }), dir: ref.dir }
}

function readLock(flake: Flake, options: LockOptions): LockNode {
  const text = flake.info.lockText
  return text === undefined
    ? new LockNode(undefined)
    : parseLockFile(text, `${flake.directory}/flake.lock`, options)
}

function lockInputs(ref: FlakeRef, top: Flake, oracle: Oracle, options: LockOptions): LockedFlake {
  const registries = options.useRegistries
  const old = readLock(top, options)
  const root = new LockNode(undefined)
  const directories = new Map<LockNode, string>([[root, top.directory]])
  const overrides = new Map<string, Override>()
  const forced = options.overrides ?? new Map<string, FlakeRef>()
  const used = new Set<string>()
  for (const [key, to] of forced) {
    const input: FlakeInput = { ref: to, isFlake: true, follows: undefined, overrides: new Map() }
    overrides.set(key, { input, directory: top.directory, parent: [] })
  }
  const parents: FlakeRef[] = []

  const compute = (
    inputs: ReadonlyMap<string, FlakeInput>,
    node: LockNode,
    prefix: InputPath,
    oldNode: LockNode | undefined,
    followsPrefix: InputPath,
    directory: string,
    trustLock: boolean,
  ): void => {
    if (prefix.length > MAX_NESTING)
      throw error(`flake inputs are nested too deeply: '${printInputPath(prefix)}'`)
    const names = [...inputs.keys()].sort()
    const todo = names
      .map((name) => ({ input: inputs.get(name) as FlakeInput, path: [...prefix, name] }))
      .reverse()
    for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
      for (const [name, input] of at.input.overrides) {
        const path = [...at.path, name]
        const key = printInputPath(path)
        if ((input.ref !== undefined || input.follows !== undefined) && !overrides.has(key)) {
          overrides.set(key, { input, directory, parent: prefix })
        }
        todo.push({ input, path })
      }
    }
    for (const key of [...overrides.keys()].sort()) {
      const slash = key.lastIndexOf('/')
      const name = key.slice(slash + 1)
      if (key.slice(0, Math.max(slash, 0)) === printInputPath(prefix) && !inputs.has(name)) {
        options.warn(`input '${printInputPath(prefix)}' has an override for a non-existent input '${name}'`)
      }
    }
    for (const name of names) {
      const path = [...prefix, name]
      try {
        one(name, inputs.get(name) as FlakeInput, path)
      } catch (e) {
        if (e instanceof NixError) e.addTrace(`while updating the flake input '${printInputPath(path)}'`)
        throw e
      }
    }

    function one(name: string, given: FlakeInput, path: InputPath): void {
      const override = overrides.get(printInputPath(path))
      const isForced = forced.has(printInputPath(path))
      if (isForced) used.add(printInputPath(path))
      const input = override === undefined ? given : { ...override.input, isFlake: given.isFlake }
      const from = override?.directory ?? directory
      if (input.follows !== undefined) {
        node.inputs.set(name, input.follows)
        return
      }
      const wanted: FlakeRef = input.ref ?? {
        input: inputFromAttrs(
          new Map([
            ['type', 'indirect'],
            ['id', name],
          ]),
          options,
        ),
        dir: '',
      }
      const relative = relativePath(wanted.input)
      const parent = relative === undefined ? undefined : (override?.parent ?? prefix)
      const fetched = (what: FlakeRef): Flake => {
        if (relative === undefined) return getFlake(oracle, what, true, registries, path)
        const place = below(resolveIn(from, relative), what.dir)
        return { info: oracle.flake(place, path, printFlakeRef(what)), locked: what, directory: place }
      }
      const edge = oldNode?.inputs.get(name)
      const lock = edge instanceof LockNode ? edge.lock : undefined
      const fits =
        lock !== undefined &&
        sameFlakeRef(canonicalFlakeRef(lock.original), canonicalFlakeRef(wanted)) &&
        samePath(lock.parent, parent) &&
        !isForced
      if (lock !== undefined && fits) {
        const oldChild = edge as LockNode
        const child = new LockNode(lock)
        node.inputs.set(name, child)
        const known = new Map<string, FlakeInput>()
        let refetch = false
        for (const [id, target] of oldChild.inputs) {
          if (target instanceof LockNode) {
            const { original, isFlake } = target.lock as NonNullable<LockNode['lock']>
            known.set(id, { ref: original, isFlake, follows: undefined, overrides: new Map() })
            continue
          }
          // What the lock file follows must still be said somewhere; else the flake is looked at again.
          if (!trustLock && !overrides.has(printInputPath([...path, id]))) {
            refetch = true
            break
          }
          known.set(id, {
            ref: undefined,
            isFlake: true,
            follows: [...followsPrefix, ...target],
            overrides: new Map(),
          })
        }
        if (refetch) {
          const flake = fetched(lock.locked)
          directories.set(child, flake.directory)
          compute(flake.info.inputs, child, path, oldChild, followsPrefix, flake.directory, false)
        } else compute(known, child, path, oldChild, followsPrefix, directory, true)
        return
      }
      if (!options.allowUnlocked && !isLocked(wanted.input) && relative === undefined) {
        throw error(`cannot update unlocked flake input '${printInputPath(path)}' in pure mode`)
      }
      // What the flake says stays in the lock file, so that an override ends with the next locking without it.
      const original = isForced && given.ref !== undefined ? given.ref : wanted
      if (!input.isFlake) {
        const tree =
          relative === undefined
            ? oracle.tree(wanted.input, true, registries)
            : { storePath: resolveIn(from, relative), input: wanted.input }
        const child = new LockNode({
          locked: { input: tree.input, dir: wanted.dir },
          original,
          isFlake: false,
          parent,
        })
        directories.set(child, tree.storePath)
        node.inputs.set(name, child)
        return
      }
      const flake = fetched(wanted)
      const child = new LockNode({ locked: flake.locked, original, isFlake: true, parent })
      node.inputs.set(name, child)
      for (const before of parents) {
        if (sameFlakeRef(before, wanted))
          throw error(`found circular import of flake '${printFlakeRef(before)}'`)
      }
      parents.push(wanted)
      directories.set(child, flake.directory)
      compute(flake.info.inputs, child, path, readLock(flake, options), path, flake.directory, false)
      parents.pop()
    }
  }

  compute(top.info.inputs, root, [], old, [], top.directory, false)
  for (const [key, to] of forced) {
    if (used.has(key)) continue
    options.warn(`the flag '--override-input ${key} ${printFlakeRef(to)}' does not match any input`)
  }
  checkLockFile(root)
  return {
    original: ref,
    locked: top.locked,
    directory: top.directory,
    config: top.info.config,
    old,
    root,
    directories,
    upToDate: printLockFile(root).text === printLockFile(old).text,
  }
}
