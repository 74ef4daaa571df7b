/** The outside world with the virtual store laid over it (floor 3). */
import { NixError } from '../errors.ts'
import {
  andThen,
  type EvalIO,
  type FetchRequest,
  type FetchResponse,
  type FileInfo,
  type FileType,
  type HashAlgo,
  type Hasher,
  type MaybeAsync,
} from '../io/io.ts'
import type { Located, VirtualStore } from '../store/virtual-store.ts'

function missing(path: string): NixError {
  return new NixError('io', `path '${path}' does not exist`)
}

/** Reads what is below the store's directory through the virtual store, everything else from `inner`. */
export class VirtualStoreIO implements EvalIO {
  readonly #inner: EvalIO
  /** The disk as it is: what has been fetched may be read under every restriction. */
  readonly #direct: EvalIO
  readonly #store: VirtualStore
  readonly fetch?: (request: FetchRequest) => MaybeAsync<FetchResponse>

  constructor(inner: EvalIO, store: VirtualStore, direct: EvalIO = inner) {
    this.#inner = inner
    this.#direct = direct
    this.#store = store
    if (inner.fetch !== undefined)
      this.fetch = (request) => (inner.fetch as NonNullable<EvalIO['fetch']>)(request)
  }

  #found(path: string): Exclude<Located, { kind: 'missing' }> | undefined {
    const located = this.#store.locate(path)
    if (located?.kind === 'missing') throw missing(path)
    return located
  }

  #of(at: Located & { kind: 'real' }): EvalIO {
    return at.entry.fetched ? this.#direct : this.#inner
  }

  readFile(path: string): MaybeAsync<string> {
    const late = this.#store.ensure(path)
    if (late !== undefined) return late.then(() => this.readFile(path))
    const at = this.#found(path)
    if (at === undefined) return this.#inner.readFile(path)
    return at.kind === 'text' ? at.text : this.#of(at).readFile(at.path)
  }
  readChunks(path: string, onChunk: (chunk: Uint8Array) => void): MaybeAsync<number> {
    const late = this.#store.ensure(path)
    if (late !== undefined) return late.then(() => this.readChunks(path, onChunk))
    const at = this.#found(path)
    if (at === undefined) return this.#inner.readChunks(path, onChunk)
    if (at.kind !== 'text') return this.#of(at).readChunks(at.path, onChunk)
    const bytes = new Uint8Array(at.text.length)
    for (let i = 0; i < bytes.length; i++) bytes[i] = at.text.charCodeAt(i)
    onChunk(bytes)
    return bytes.length
  }
  readDir(path: string): MaybeAsync<Map<string, FileType>> {
    const late = this.#store.ensure(path)
    if (late !== undefined) return late.then(() => this.readDir(path))
    const at = this.#found(path)
    if (at === undefined) return this.#inner.readDir(path)
    if (at.kind === 'text') throw new NixError('io', `cannot read directory "${path}": Not a directory`)
    const { kept } = at.entry
    return andThen(this.#of(at).readDir(at.path), (entries) =>
      kept === null ? entries : new Map([...entries].filter(([name]) => kept.has(`${at.rest}/${name}`))),
    )
  }
  fileType(path: string): MaybeAsync<FileType | undefined> {
    const late = this.#store.ensure(path)
    if (late !== undefined) return late.then(() => this.fileType(path))
    const at = this.#store.locate(path)
    if (at === undefined) return this.#inner.fileType(path)
    if (at.kind === 'missing') return undefined
    return at.kind === 'text' ? 'regular' : this.#of(at).fileType(at.path)
  }
  stat(path: string): MaybeAsync<FileInfo> {
    const late = this.#store.ensure(path)
    if (late !== undefined) return late.then(() => this.stat(path))
    const at = this.#found(path)
    if (at === undefined) return this.#inner.stat(path)
    if (at.kind === 'text') return { type: 'regular', executable: false, size: at.text.length }
    return this.#of(at).stat(at.path)
  }
  readLink(path: string): MaybeAsync<string> {
    const late = this.#store.ensure(path)
    if (late !== undefined) return late.then(() => this.readLink(path))
    const at = this.#found(path)
    if (at === undefined) return this.#inner.readLink(path)
    if (at.kind === 'text') throw new NixError('io', `path '${path}' is not a symlink`)
    return this.#of(at).readLink(at.path)
  }
  realPath(path: string, ancestorsOnly?: boolean): MaybeAsync<string> {
    const late = this.#store.ensure(path)
    if (late !== undefined) return late.then(() => this.realPath(path, ancestorsOnly))
    const at = this.#store.locate(path)
    if (at === undefined) return this.#inner.realPath(path, ancestorsOnly)
    return path
  }
  stamp(path: string): MaybeAsync<string | undefined> {
    const late = this.#store.ensure(path)
    if (late !== undefined) return late.then(() => this.stamp(path))
    const at = this.#store.locate(path)
    if (at === undefined) return this.#inner.stamp(path)
    return at.kind === 'real' ? this.#of(at).stamp(at.path) : undefined
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
  hash(algo: HashAlgo, data: string): string {
    return this.#inner.hash(algo, data)
  }
  createHash(algo: HashAlgo): Hasher {
    return this.#inner.createHash(algo)
  }
  refresh(): void {
    this.#inner.refresh?.()
  }
}
