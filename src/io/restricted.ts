/**
 * Pure and restricted evaluation (floor 1): an EvalIO in, one out that shows only what is allowed. What is forbidden
 * looks absent to look-ups and is an error to reads, as in Nix. Nix: filtering-source-accessor.cc.
 */
import { NixError } from '../errors.ts'
import type {
  EvalIO,
  FetchRequest,
  FetchResponse,
  FileInfo,
  FileType,
  HashAlgo,
  Hasher,
  MaybeAsync,
} from './io.ts'
import { andThen, baseName, expectSync, joinPath, parentPath } from './io.ts'
import { resolveLinks } from './resolve.ts'

/** `pure`: `--pure-eval`, `restricted`: `--restrict-eval`. They differ in texts, and in what URIs are checked. */
export type RestrictionMode = 'pure' | 'restricted'

/** What a RestrictedIO lets through from the start. */
export interface Restrictions {
  readonly mode: RestrictionMode
  /** Canonical paths: each is allowed with everything below it, and the directories above it may be looked at. */
  readonly allowedPaths?: Iterable<string>
  /** The setting `allowed-uris`: prefixes that end at a `/`, or whole schemes (`https:`). */
  readonly allowedUris?: readonly string[]
}

/** Whether a URI is one of these prefixes or below one. Nix: eval.cc, isAllowedURI. */
export function isAllowedUri(uri: string, allowedUris: readonly string[]): boolean {
  for (const prefix of allowedUris) {
    if (uri === prefix) return true
    if (prefix === '' || uri.length <= prefix.length || !uri.startsWith(prefix)) continue
    const last = prefix[prefix.length - 1]
    if (last === '/' || uri[prefix.length] === '/') return true
    if (last === ':' && /^[a-zA-Z0-9+.-]+:$/.test(prefix)) return true
  }
  return false
}

/**
 * The wrapper. Forbidden reads throw NixError `restricted`:
 * `access to absolute path '/p' is forbidden in restricted mode`.
 */
export class RestrictedIO implements EvalIO {
  readonly inner: EvalIO
  readonly mode: RestrictionMode
  readonly #allowedUris: readonly string[]
  readonly #prefixes = new Set<string>()
  /** The directories above the allowed paths. */
  readonly #ancestors = new Set<string>()
  /** Targets of symlinks looked up by `realPath`; undefined for what is none. */
  readonly #links = new Map<string, string | undefined>()
  /** Real paths of directories; undefined for a loop of links. */
  readonly #realDirs = new Map<string, string | undefined>()
  readonly fetch?: (request: FetchRequest) => MaybeAsync<FetchResponse>

  constructor(inner: EvalIO, restrictions: Restrictions) {
    this.inner = inner
    this.mode = restrictions.mode
    this.#allowedUris = restrictions.allowedUris ?? []
    for (const path of restrictions.allowedPaths ?? []) this.allowPath(path)
    if (inner.fetch !== undefined) {
      this.fetch = (request) => {
        this.checkUri(request.url)
        return inner.fetch!(request)
      }
    }
  }

  /** Allows a canonical path and everything below it (search path entries, fetched and copied sources). */
  allowPath(path: string): void {
    if (this.#prefixes.has(path)) return
    this.#prefixes.add(path)
    this.#forgetLinks()
    let at = path
    while (at !== '/') {
      at = at.slice(0, at.lastIndexOf('/')) || '/'
      if (this.#ancestors.has(at)) break
      this.#ancestors.add(at)
    }
  }

  /** Whether a path is allowed, or is above an allowed one. Nix: CanonPath::isAllowed. */
  isAllowed(path: string): boolean {
    if (this.#ancestors.has(path)) return true
    for (let at = path; ; at = at.slice(0, at.lastIndexOf('/')) || '/') {
      if (this.#prefixes.has(at)) return true
      if (at === '/') return false
    }
  }

  /** Throws NixError `restricted` unless the path is allowed. */
  checkPath(path: string): void {
    if (this.isAllowed(path)) return
    const where =
      this.mode === 'pure' ? "in pure evaluation mode (use '--impure' to override)" : 'in restricted mode'
    throw new NixError('restricted', `access to absolute path '${path}' is forbidden ${where}`)
  }

  /** Throws NixError `restricted` unless restricted evaluation allows the URI. Nix: eval.cc, EvalState::checkURI. */
  checkUri(uri: string): void {
    if (this.mode !== 'restricted' || isAllowedUri(uri, this.#allowedUris)) return
    const path = uri.startsWith('file://') ? uri.slice('file://'.length) : uri
    if (path.startsWith('/')) this.checkPath(path)
    else throw new NixError('restricted', `access to URI '${uri}' is forbidden in restricted mode`)
  }

  readFile(path: string): MaybeAsync<string> {
    return this.inner.readFile(this.#place(path))
  }

  readChunks(path: string, onChunk: (chunk: Uint8Array) => void): MaybeAsync<number> {
    return this.inner.readChunks(this.#place(path), onChunk)
  }

  readDir(path: string): MaybeAsync<Map<string, FileType>> {
    const place = this.#place(path)
    return andThen(this.inner.readDir(place), (entries) => {
      const visible = new Map<string, FileType>()
      for (const [name, type] of entries) if (this.isAllowed(joinPath(place, name))) visible.set(name, type)
      return visible
    })
  }

  fileType(path: string): MaybeAsync<FileType | undefined> {
    const place = this.realPath(path, true)
    return this.isAllowed(place) ? this.inner.fileType(place) : undefined
  }

  stat(path: string): MaybeAsync<FileInfo> {
    return this.inner.stat(this.#place(path, true))
  }

  readLink(path: string): MaybeAsync<string> {
    return this.inner.readLink(this.#place(path, true))
  }

  /** As EvalIO says; a link that may not be seen is taken for no link. Needs an inner EvalIO that answers at once. */
  realPath(path: string, ancestorsOnly = false): string {
    const dir = path === '/' ? undefined : this.#realDir(parentPath(path))
    if (dir !== undefined) {
      const joined = joinPath(dir, baseName(path))
      if (ancestorsOnly || this.#target(joined) === undefined) return joined
    }
    return resolveLinks(path, ancestorsOnly, (at) => this.#target(at))
  }

  /**
   * Where a path leads, which must be allowed: a link that is allowed opens nothing that is not. Throws NixError
   * `restricted`, and `infinite symlink recursion in path '/p'`.
   */
  #place(path: string, ancestorsOnly = false): string {
    const place = this.realPath(path, ancestorsOnly)
    this.checkPath(place)
    return place
  }

  #realDir(dir: string): string | undefined {
    const known = this.#realDirs.get(dir)
    if (known !== undefined || this.#realDirs.has(dir)) return known
    let real: string | undefined
    try {
      real = resolveLinks(dir, false, (at) => this.#target(at))
    } catch {
      // The error is to name the whole path.
    }
    this.#realDirs.set(dir, real)
    return real
  }

  /** The target of a symlink that may be seen; nothing above it is a link. */
  #target(at: string): string | undefined {
    const known = this.#links.get(at)
    if (known !== undefined || this.#links.has(at)) return known
    const isLink = this.isAllowed(at) && expectSync(this.inner.fileType(at)) === 'symlink'
    const target = isLink ? expectSync(this.inner.readLink(at)) : undefined
    this.#links.set(at, target)
    return target
  }

  #forgetLinks(): void {
    this.#links.clear()
    this.#realDirs.clear()
  }

  stamp(path: string): MaybeAsync<string | undefined> {
    const place = this.realPath(path)
    return this.isAllowed(place) ? this.inner.stamp(place) : undefined
  }

  /** Both modes hide the environment. */
  getEnv(_name: string): undefined {
    return undefined
  }

  now(): number {
    return this.inner.now()
  }

  currentSystem(): string {
    return this.inner.currentSystem()
  }

  homeDir(): string {
    return this.inner.homeDir()
  }

  hash(algo: HashAlgo, data: string | Uint8Array): string {
    return this.inner.hash(algo, data)
  }

  createHash(algo: HashAlgo): Hasher {
    return this.inner.createHash(algo)
  }

  refresh(): void {
    this.#forgetLinks()
    this.inner.refresh?.()
  }
}
