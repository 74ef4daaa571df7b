/** The outside world with the virtual store laid over it (floor 3). */
import { NixError } from '../errors.ts'
import {
  andThen,
  type EvalIO,
  expectSync,
  type FetchRequest,
  type FetchResponse,
  type FileInfo,
  type FileType,
  type HashAlgo,
  type Hasher,
  isPromise,
  type MaybeAsync,
} from '../io/io.ts'
import { resolveLinks } from '../io/resolve.ts'
import { RestrictedIO } from '../io/restricted.ts'
import { latin1Bytes } from '../latin1.ts'
import { isInStore, nameProblemInStore } from '../store/path.ts'
import { type Located, untracked, type VirtualStore } from '../store/virtual-store.ts'

function missing(path: string): NixError {
  return new NixError('io', `path '${path}' does not exist`)
}

/** Reads what is below the store's directory through the virtual store, everything else from `inner`. */
export class VirtualStoreIO implements EvalIO {
  readonly #inner: EvalIO
  /** The disk as it is: what has been fetched may be read under every restriction. */
  readonly #direct: EvalIO
  readonly #store: VirtualStore
  /** Targets of symlinks below the store; undefined for what is none. */
  readonly #links = new Map<string, string | undefined>()
  readonly fetch?: (request: FetchRequest) => MaybeAsync<FetchResponse>

  constructor(inner: EvalIO, store: VirtualStore, direct: EvalIO = inner) {
    this.#inner = inner
    this.#direct = direct
    this.#store = store
    if (inner.fetch !== undefined)
      this.fetch = (request) => (inner.fetch as NonNullable<EvalIO['fetch']>)(request)
  }

  get #isPure(): boolean {
    return this.#inner instanceof RestrictedIO && this.#inner.mode === 'pure'
  }

  /**
   * Reads a file or directory. A pure evaluation sees nothing but the store, whose own accessor says otherwise what is missing
   * than the one that joins it with the disk.
   */
  #read<T>(path: string, what: string, read: () => MaybeAsync<T>): MaybeAsync<T> {
    if (!this.#isPure) return read()
    // It is there, but has nothing to show.
    if (path === this.#store.storeDir) throw new NixError('io', `path '${path}/' is not in the Nix store`)
    const explain = (error: unknown): never => {
      if (!(error instanceof NixError) || error.message !== missing(path).message) throw error
      const slash = path.lastIndexOf('/')
      const parent = this.fileType(path.slice(0, slash) || '/')
      const why =
        parent === undefined || parent === 'directory' ? 'No such file or directory' : 'Not a directory'
      throw new NixError('io', `${what}: ${why}`)
    }
    try {
      const r = read()
      return isPromise(r) ? r.catch(explain) : r
    } catch (error) {
      return explain(error)
    }
  }

  #found(path: string): Exclude<Located, { kind: 'missing' }> | undefined {
    const located = this.#store.locate(path)
    if (located?.kind === 'missing') {
      const exists = (at: string): boolean => expectSync(this.#direct.fileType(at)) !== undefined
      throw (this.#isPure ? untracked(located, exists) : undefined) ?? missing(path)
    }
    return located
  }

  /**
   * What is found at a path. Below the store, the store is asked for what the disk does not have, and wants a store path's name
   * (Nix: EvalState::rootFS, LocalStoreAccessor).
   */
  #named(path: string, found: MaybeAsync<FileType | undefined>): MaybeAsync<FileType | undefined> {
    if (this.#isPure || !isInStore(this.#store.config, path)) return found
    return andThen(found, (type) => {
      const problem = type === undefined ? nameProblemInStore(this.#store.config, path) : undefined
      if (problem !== undefined) throw new NixError('eval', problem)
      return type
    })
  }

  /** Reads from the disk what the store, should it be asked, has no complaint about. */
  #asked<T>(path: string, read: () => MaybeAsync<T>): MaybeAsync<T> {
    return isInStore(this.#store.config, path) ? andThen(this.fileType(path), read) : read()
  }

  /**
   * Follows the symlinks of a path below the store as they are meant there: a tree is read at another place than the one
   * it has, where a link with `..` leads elsewhere.
   */
  #settle(path: string, ancestorsOnly: boolean): string {
    if (!this.#store.holds(path)) return path
    return resolveLinks(path, ancestorsOnly, (at) => {
      const known = this.#links.get(at)
      if (known !== undefined || this.#links.has(at)) return known
      const found = this.#store.holds(at) ? this.#store.locate(at) : undefined
      if (found?.kind !== 'real') return undefined
      const io = found.entry.fetched ? this.#direct : this.#inner
      const target = io.fileType(found.path) === 'symlink' ? io.readLink(found.path) : undefined
      const text = typeof target === 'string' ? target : undefined
      this.#links.set(at, text)
      return text
    })
  }

  /** Reads where a path really is; errors speak of the path itself, but for what a pure evaluation sees as it is. */
  #real<T>(at: Located & { kind: 'real' }, path: string, read: (io: EvalIO) => MaybeAsync<T>): MaybeAsync<T> {
    const explain = (error: unknown): never => {
      if (!(error instanceof NixError) || !error.message.includes(at.path)) throw error
      if (this.#isPure && at.entry.repository !== undefined) throw error
      throw new NixError(error.kind, error.message.replaceAll(at.path, path))
    }
    try {
      const r = read(at.entry.fetched ? this.#direct : this.#inner)
      return isPromise(r) ? r.catch(explain) : r
    } catch (error) {
      return explain(error)
    }
  }

  readFile(path: string): MaybeAsync<string> {
    const late = this.#store.ensure(path)
    if (late !== undefined) return late.then(() => this.readFile(path))
    const place = this.#settle(path, false)
    if (place !== path) return this.readFile(place)
    return this.#read(path, `opening file '${path}'`, () => {
      const at = this.#found(path)
      if (at === undefined) return this.#inner.readFile(path)
      return at.kind === 'text' ? at.text : this.#real(at, path, (io) => io.readFile(at.path))
    })
  }
  readChunks(path: string, onChunk: (chunk: Uint8Array) => void): MaybeAsync<number> {
    const late = this.#store.ensure(path)
    if (late !== undefined) return late.then(() => this.readChunks(path, onChunk))
    const place = this.#settle(path, false)
    if (place !== path) return this.readChunks(place, onChunk)
    return this.#read(path, `opening file '${path}'`, () => this.#readChunks(path, onChunk))
  }

  #readChunks(path: string, onChunk: (chunk: Uint8Array) => void): MaybeAsync<number> {
    const at = this.#found(path)
    if (at === undefined) return this.#inner.readChunks(path, onChunk)
    if (at.kind !== 'text') return this.#real(at, path, (io) => io.readChunks(at.path, onChunk))
    const bytes = latin1Bytes(at.text)
    onChunk(bytes)
    return bytes.length
  }
  readDir(path: string): MaybeAsync<Map<string, FileType>> {
    const late = this.#store.ensure(path)
    if (late !== undefined) return late.then(() => this.readDir(path))
    const place = this.#settle(path, false)
    if (place !== path) return this.readDir(place)
    return this.#read(path, `cannot read directory "${path}"`, () => this.#readDir(path))
  }

  #readDir(path: string): MaybeAsync<Map<string, FileType>> {
    const at = this.#found(path)
    if (at === undefined) return this.#inner.readDir(path)
    if (at.kind === 'text') throw new NixError('io', `cannot read directory "${path}": Not a directory`)
    const { kept } = at.entry
    return andThen(
      this.#real(at, path, (io) => io.readDir(at.path)),
      (entries) =>
        kept === null ? entries : new Map([...entries].filter(([name]) => kept.has(`${at.rest}/${name}`))),
    )
  }
  fileType(path: string): MaybeAsync<FileType | undefined> {
    const late = this.#store.ensure(path)
    if (late !== undefined) return late.then(() => this.fileType(path))
    const place = this.#settle(path, true)
    if (place !== path) return this.fileType(place)
    const at = this.#store.locate(path)
    // The store is there whether the machine has one or not (Nix: EvalState::rootFS has it mounted).
    if (
      path === this.#store.storeDir &&
      (this.#isPure || !(this.#inner instanceof RestrictedIO && !this.#inner.isAllowed(path)))
    )
      return 'directory'
    if (at === undefined) return this.#named(path, this.#inner.fileType(path))
    if (at.kind === 'missing') return undefined
    return at.kind === 'text' ? 'regular' : this.#real(at, path, (io) => io.fileType(at.path))
  }
  stat(path: string): MaybeAsync<FileInfo> {
    const late = this.#store.ensure(path)
    if (late !== undefined) return late.then(() => this.stat(path))
    const place = this.#settle(path, true)
    if (place !== path) return this.stat(place)
    if (path === this.#store.storeDir && this.#isPure)
      return { type: 'directory', executable: false, size: 0 }
    const at = this.#found(path)
    if (at === undefined) return this.#asked(path, () => this.#inner.stat(path))
    if (at.kind === 'text') return { type: 'regular', executable: false, size: at.text.length }
    return this.#real(at, path, (io) => io.stat(at.path))
  }
  readLink(path: string): MaybeAsync<string> {
    const late = this.#store.ensure(path)
    if (late !== undefined) return late.then(() => this.readLink(path))
    const place = this.#settle(path, true)
    if (place !== path) return this.readLink(place)
    const at = this.#found(path)
    if (at === undefined) return this.#inner.readLink(path)
    if (at.kind === 'text') throw new NixError('io', `path '${path}' is not a symlink`)
    return this.#real(at, path, (io) => io.readLink(at.path))
  }
  realPath(path: string, ancestorsOnly?: boolean): MaybeAsync<string> {
    const late = this.#store.ensure(path)
    if (late !== undefined) return late.then(() => this.realPath(path, ancestorsOnly))
    const place = this.#settle(path, ancestorsOnly ?? false)
    if (place !== path) return this.realPath(place, ancestorsOnly)
    if (this.#store.holds(path)) return path
    const real = this.#inner.realPath(path, ancestorsOnly)
    if (!isInStore(this.#store.config, path)) return real
    return andThen(real, (at) => {
      const looked = ancestorsOnly ? at.slice(0, at.lastIndexOf('/')) : at
      return isInStore(this.#store.config, looked) ? andThen(this.fileType(looked), () => at) : at
    })
  }
  stamp(path: string): MaybeAsync<string | undefined> {
    const late = this.#store.ensure(path)
    if (late !== undefined) return late.then(() => this.stamp(path))
    const place = this.#settle(path, false)
    if (place !== path) return this.stamp(place)
    const at = this.#store.locate(path)
    if (at === undefined) return this.#inner.stamp(path)
    return at.kind === 'real' ? this.#real(at, path, (io) => io.stamp(at.path)) : undefined
  }
  getEnv(name: string): string | undefined {
    return this.#inner.getEnv(name)
  }
  now(): number {
    return this.#inner.now()
  }
  currentSystem(): string {
    return this.#inner.currentSystem()
  }
  homeDir(): string {
    return this.#inner.homeDir()
  }
  hash(algo: HashAlgo, data: string | Uint8Array): string {
    return this.#inner.hash(algo, data)
  }
  createHash(algo: HashAlgo): Hasher {
    return this.#inner.createHash(algo)
  }
  refresh(): void {
    this.#links.clear()
    this.#inner.refresh?.()
  }
}
