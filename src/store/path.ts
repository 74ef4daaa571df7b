/**
 * Store path algebra (floor 1): names, hashes and references in, store paths out. Nix: store-dir-config.cc, path.cc,
 * downstream-placeholder.cc.
 */
import { NixError } from '../errors.ts'
import { bytesOfHex, encodeNix32, type Hash, type HashAlgo, shortDigest } from './hash.ts'

/** What the algebra needs: where the store is, and a hash function. An EvalIO has the latter. */
export interface StoreConfig {
  /** Without a slash at its end; `/nix/store` as a rule. */
  readonly storeDir: string
  /** The hash of a byte string, or of bytes, in lower-case hex. */
  hash(algo: HashAlgo, data: string | Uint8Array): string
}

/** How the hash of a content-addressed thing was made. `recursive` is Nix's `nar`. */
export type IngestionMethod = 'flat' | 'recursive' | 'text' | 'git'

/** The store of an evaluation. */
export function storeConfig(
  hasher: { hash(algo: HashAlgo, data: string | Uint8Array): string },
  storeDir = '/nix/store',
): StoreConfig {
  return { storeDir, hash: (algo, data) => hasher.hash(algo, data) }
}

/** Digits in the hash part of a store path. */
const HASH_LENGTH = 32

/** The longest name of a store path. */
const MAX_NAME_LENGTH = 211

const GOOD_NAME = /^[0-9a-zA-Z+\-._?=]+$/
const BAD_CHARACTER = /[^0-9a-zA-Z+\-._?=]/
const BAD_HASH_CHARACTER = /[^0-9a-df-np-sv-z]/

/** What is wrong with a store path's name; undefined if nothing is. Nix: path.cc, checkName. */
export function storePathNameProblem(name: string): string | undefined {
  if (name === '') return 'name must not be empty'
  if (name.length > MAX_NAME_LENGTH)
    return `name '${name}' must be no longer than ${MAX_NAME_LENGTH} characters`
  if (name.charCodeAt(0) === 46) {
    if (name === '.' || name === '..') return `name '${name}' is not valid`
    for (const first of ['.', '..']) {
      if (name.startsWith(`${first}-`)) {
        return `name '${name}' is not valid: first dash-separated component must not be '${first}'`
      }
    }
  }
  if (GOOD_NAME.test(name)) return undefined
  return `name '${name}' contains illegal character '${BAD_CHARACTER.exec(name)![0]}'`
}

/**
 * The path of a thing of a type with a hash (`sha256:…`, base16) and a name. Throws NixError
 * `path 'HASH-a b' is not a valid store path: name 'a b' contains illegal character ' '`.
 */
function makeStorePath(store: StoreConfig, type: string, hash: string, name: string): string {
  return storePathOf(store, store.hash('sha256', `${type}:${hash}:${store.storeDir}:${name}`), name)
}

/** The path with a name and the hash of what says everything of a thing: sha256, in hex. Throws as `makeStorePath`. */
export function storePathOf(store: StoreConfig, digest: string, name: string): string {
  const base = `${shortDigest(digest)}-${name}`
  const problem = storePathNameProblem(name)
  if (problem !== undefined)
    throw new NixError('eval', `path '${base}' is not a valid store path: ${problem}`)
  return `${store.storeDir}/${base}`
}

/** A derivation's name with the output's: `x`, `x-dev`. */
export function outputPathName(drvName: string, output: string): string {
  return output === 'out' ? drvName : `${drvName}-${output}`
}

/** The path of an input-addressed output, from the hash modulo of its derivation. Throws as `makeStorePath`. */
export function makeOutputPath(
  store: StoreConfig,
  output: string,
  hashModulo: string,
  drvName: string,
): string {
  return makeStorePath(store, `output:${output}`, `sha256:${hashModulo}`, outputPathName(drvName, output))
}

function typeWithReferences(type: string, references: readonly string[], self: boolean): string {
  let text = type
  for (const reference of references) text += `:${reference}`
  return self ? `${text}:self` : text
}

/**
 * The path of a text with this sha256 (.drv files, `builtins.toFile`). References are sorted store paths. Throws as
 * `makeStorePath`.
 */
export function makeTextPath(
  store: StoreConfig,
  name: string,
  sha256: string,
  references: readonly string[] = [],
): string {
  return makeStorePath(store, typeWithReferences('text', references, false), `sha256:${sha256}`, name)
}

/** The prefix that a method has in a .drv file: `r:`. */
export function methodPrefix(method: IngestionMethod): string {
  switch (method) {
    case 'flat':
      return ''
    case 'recursive':
      return 'r:'
    case 'text':
      return 'text:'
    case 'git':
      return 'git:'
  }
}

/**
 * The path of contents with this hash. Throws NixError for references where there can be none, for git with another
 * hash than sha1 or sha256, and as `makeStorePath`. Nix: makeFixedOutputPathFromCA.
 */
export function makeFixedOutputPath(
  store: StoreConfig,
  method: IngestionMethod,
  hash: Hash,
  name: string,
  references: readonly string[] = [],
  self = false,
): string {
  if (method === 'text') return makeTextPath(store, name, hash.hex, references)
  if (method === 'git' && hash.algo !== 'sha1' && hash.algo !== 'sha256') {
    throw new NixError(
      'eval',
      `Git file ingestion must use SHA-1 or SHA-256 hash, but instead using: ${hash.algo}`,
    )
  }
  if (method === 'recursive' && hash.algo === 'sha256') {
    return makeStorePath(store, typeWithReferences('source', references, self), `sha256:${hash.hex}`, name)
  }
  if (references.length > 0 || self) {
    throw new NixError(
      'eval',
      `fixed output derivation '${name}' is not allowed to refer to other store paths.\nYou may need to use the 'unsafeDiscardReferences' derivation attribute, see the manual for more details.`,
    )
  }
  const digest = store.hash('sha256', `fixed:out:${methodPrefix(method)}${hash.algo}:${hash.hex}:`)
  return makeStorePath(store, 'output:out', `sha256:${digest}`, name)
}

/** The path of a source tree with this NAR hash (sha256, hex). Throws as `makeStorePath`. */
export function makeSourcePath(store: StoreConfig, name: string, narHash: string): string {
  return makeStorePath(store, 'source', `sha256:${narHash}`, name)
}

/**
 * What is wrong with the last component of a store path; undefined if nothing is. What stands between hash and name is not
 * looked at. Nix: path.cc, StorePath.
 */
function baseNameProblem(base: string): string | undefined {
  if (base.length < HASH_LENGTH + 1) return `'${base}' is too short to be a valid store path`
  const bad = BAD_HASH_CHARACTER.exec(base.slice(0, HASH_LENGTH))
  if (bad !== null) return `store path '${base}' contains illegal base-32 character '${bad[0]}'`
  const problem = storePathNameProblem(base.slice(HASH_LENGTH + 1))
  return problem === undefined ? undefined : `path '${base}' is not a valid store path: ${problem}`
}

/** What is wrong with the name in the store that a path is at or below: it can be no store path; undefined if nothing is. */
export function nameProblemInStore(store: StoreConfig, path: string): string | undefined {
  if (!isInStore(store, path)) return undefined
  const start = store.storeDir.length + 1
  const slash = path.indexOf('/', start)
  return baseNameProblem(path.slice(start, slash < 0 ? undefined : slash))
}

/** Whether this is a path directly in the store, with a good hash and name. */
export function isStorePath(store: StoreConfig, path: string): boolean {
  const dir = store.storeDir
  if (path.length <= dir.length + HASH_LENGTH + 1 || !path.startsWith(dir) || path[dir.length] !== '/')
    return false
  return baseNameProblem(path.slice(dir.length + 1)) === undefined
}

/** Whether a path is below the store's directory. Nix: isInStore. */
export function isInStore(store: StoreConfig, path: string): boolean {
  return path.length > store.storeDir.length + 1 && path.startsWith(`${store.storeDir}/`)
}

/**
 * Takes `/nix/store/HASH-x/sub/dir` apart into the store path and the rest (`/sub/dir` or empty). Throws NixError when
 * it is not in the store or the store path is bad. Nix: toStorePath.
 */
export function splitStorePath(store: StoreConfig, path: string): { storePath: string; rest: string } {
  if (!isInStore(store, path)) throw new NixError('eval', `path '${path}' is not in the Nix store`)
  const slash = path.indexOf('/', store.storeDir.length + 1)
  const storePath = slash < 0 ? path : path.slice(0, slash)
  const problem = baseNameProblem(storePath.slice(store.storeDir.length + 1))
  if (problem !== undefined) throw new NixError('eval', problem)
  return { storePath, rest: slash < 0 ? '' : path.slice(slash) }
}

/** The 32 digits of a store path's hash. */
export function hashPartOf(store: StoreConfig, path: string): string {
  return path.slice(store.storeDir.length + 1, store.storeDir.length + 1 + HASH_LENGTH)
}

/** A store path's name, without the hash. */
export function nameOf(store: StoreConfig, path: string): string {
  return path.slice(store.storeDir.length + HASH_LENGTH + 2)
}

/** What stands for an output's path inside its own derivation (`builtins.placeholder`). Nix: hashPlaceholder. */
export function placeholder(store: StoreConfig, output: string): string {
  return `/${encodeNix32(bytesOfHex(store.hash('sha256', `nix-output:${output}`))!)}`
}

/**
 * What stands for an output whose path is not known before the build. `drv` is the derivation's store path, or for a
 * derivation that is itself an output, a built context element (`!out!/nix/store/….drv`).
 * Nix: downstream-placeholder.cc.
 */
export function downstreamPlaceholder(store: StoreConfig, drv: string, output: string): string {
  // From the inside out: the last pair names an output of a derivation that is there.
  const outputs = [output]
  let path = drv
  while (path.charCodeAt(0) === 33) {
    const mark = path.indexOf('!', 1)
    outputs.push(path.slice(1, mark))
    path = path.slice(mark + 1)
  }
  const name = nameOf(store, path)
  const drvName = name.endsWith('.drv') ? name.slice(0, -4) : name
  const inner = outputs.pop()!
  let digest = store.hash(
    'sha256',
    `nix-upstream-output:${hashPartOf(store, path)}:${outputPathName(drvName, inner)}`,
  )
  for (let next = outputs.pop(); next !== undefined; next = outputs.pop()) {
    digest = store.hash('sha256', `nix-computed-output:${shortDigest(digest)}:${next}`)
  }
  return `/${encodeNix32(bytesOfHex(digest)!)}`
}
