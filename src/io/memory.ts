/**
 * An outside world in memory (floor 1), for tests and browsers: files, directories and symlinks that the program puts
 * there. Always synchronous, no Node; its clock stands still.
 */
import { NixError } from '../errors.ts'
import { latin1Bytes, latin1String } from '../latin1.ts'
import { createPureHash, pureHash } from './hashes.ts'
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
import { canonPath, parentPath } from './io.ts'
import { resolveLinks } from './resolve.ts'

interface MemoryFile {
  readonly type: 'regular'
  readonly text: string
  readonly executable: boolean
  readonly version: number
}

interface MemoryDir {
  readonly type: 'directory'
  readonly names: Set<string>
}

interface MemoryLink {
  readonly type: 'symlink'
  readonly target: string
}

/** A socket, fifo or device, for tests of what refuses one. */
interface MemoryOther {
  readonly type: 'unknown'
}

type MemoryNode = MemoryFile | MemoryDir | MemoryLink | MemoryOther

/** What a MemoryIO starts with; all of it optional. Contents, names and values are byte strings. */
export interface MemoryOptions {
  /** Path to contents. Directories above are made. */
  readonly files?: Readonly<Record<string, string>>
  /** Path to target. */
  readonly links?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  /** Default: 0. */
  readonly now?: number
  /** Default: `x86_64-linux`. */
  readonly system?: string
  /** Default: `/homeless-shelter`, as in a Nix build. */
  readonly home?: string
  readonly fetch?: (request: FetchRequest) => MaybeAsync<FetchResponse>
}

/** Pieces in which `readChunks` hands a file out. */
const CHUNK = 65536

/** An EvalIO whose file system is a table. */
export class MemoryIO implements EvalIO {
  readonly #nodes = new Map<string, MemoryNode>([['/', { type: 'directory', names: new Set() }]])
  readonly #env: Map<string, string>
  readonly #now: number
  readonly #system: string
  readonly #home: string
  #version = 0
  readonly fetch?: (request: FetchRequest) => MaybeAsync<FetchResponse>

  constructor(options: MemoryOptions = {}) {
    this.#env = new Map(Object.entries(options.env ?? {}))
    this.#now = options.now ?? 0
    this.#system = options.system ?? 'x86_64-linux'
    this.#home = options.home ?? '/homeless-shelter'
    if (options.fetch !== undefined) this.fetch = options.fetch
    for (const [path, text] of Object.entries(options.files ?? {})) this.writeFile(path, text)
    for (const [path, target] of Object.entries(options.links ?? {})) this.link(path, target)
  }

  /** Puts a file there, over what was there; directories above are made. */
  writeFile(path: string, content: string | Uint8Array, executable = false): void {
    const text = typeof content === 'string' ? content : latin1String(content)
    this.#put(canonPath(path), { type: 'regular', text, executable, version: ++this.#version })
  }

  /** Makes a directory and those above it. */
  makeDir(path: string): void {
    const canon = canonPath(path)
    if (this.#nodes.get(canon)?.type !== 'directory')
      this.#put(canon, { type: 'directory', names: new Set() })
  }

  /** Puts a symlink there; the target need not exist. */
  link(path: string, target: string): void {
    this.#put(canonPath(path), { type: 'symlink', target })
  }

  /** Puts something there that is neither file, directory nor symlink. */
  makeDevice(path: string): void {
    this.#put(canonPath(path), { type: 'unknown' })
  }

  /** Takes a file, link or whole directory away. */
  remove(path: string): void {
    const root = canonPath(path)
    for (const known of [...this.#nodes.keys()]) {
      if (known === root || known.startsWith(`${root}/`)) this.#nodes.delete(known)
    }
    const parent = this.#nodes.get(parentPath(root))
    if (parent?.type === 'directory') parent.names.delete(root.slice(root.lastIndexOf('/') + 1))
  }

  /** Sets an environment variable, or unsets it. */
  setEnv(name: string, value: string | undefined): void {
    if (value === undefined) this.#env.delete(name)
    else this.#env.set(name, value)
  }

  readFile(path: string): string {
    const node = this.#follow(path)
    if (node.type === 'directory') throw new NixError('io', 'read of 4096 bytes: Is a directory')
    return node.type === 'regular' ? node.text : ''
  }

  readChunks(path: string, onChunk: (chunk: Uint8Array) => void): number {
    const text = this.readFile(path)
    for (let i = 0; i < text.length; i += CHUNK)
      onChunk(latin1Bytes(text, i, Math.min(i + CHUNK, text.length)))
    return text.length
  }

  readDir(path: string): Map<string, FileType> {
    const node = this.#follow(path)
    if (node.type !== 'directory')
      throw new NixError('io', `cannot read directory "${path}": Not a directory`)
    const dir = this.realPath(path)
    const types = new Map<string, FileType>()
    for (const name of [...node.names].sort()) {
      types.set(name, this.#nodes.get(dir === '/' ? `/${name}` : `${dir}/${name}`)!.type)
    }
    return types
  }

  fileType(path: string): FileType | undefined {
    return this.#lookUp(path)?.type
  }

  stat(path: string): FileInfo {
    const node = this.#lookUp(path)
    if (node === undefined) throw new NixError('io', `path '${path}' does not exist`)
    const regular = node.type === 'regular'
    return { type: node.type, executable: regular && node.executable, size: regular ? node.text.length : 0 }
  }

  readLink(path: string): string {
    const node = this.#lookUp(path)
    if (node === undefined) throw new NixError('io', `path '${path}' does not exist`)
    if (node.type !== 'symlink') throw new NixError('io', `reading symbolic link "${path}": Invalid argument`)
    return node.target
  }

  realPath(path: string, ancestorsOnly = false): string {
    return resolveLinks(path, ancestorsOnly, (at) => {
      const node = this.#nodes.get(at)
      return node?.type === 'symlink' ? node.target : undefined
    })
  }

  stamp(path: string): string | undefined {
    const node = this.#nodes.get(this.realPath(path))
    return node?.type === 'regular' ? String(node.version) : undefined
  }

  getEnv(name: string): string | undefined {
    return this.#env.get(name)
  }

  now(): number {
    return this.#now
  }

  currentSystem(): string {
    return this.#system
  }

  homeDir(): string {
    return this.#env.get('HOME') ?? this.#home
  }

  hash(algo: HashAlgo, data: string | Uint8Array): string {
    return pureHash(algo, data)
  }

  createHash(algo: HashAlgo): Hasher {
    return createPureHash(algo)
  }

  #put(path: string, node: MemoryNode): void {
    this.#nodes.set(path, node)
    let at = path
    while (at !== '/') {
      const parent = parentPath(at)
      const name = at.slice(at.lastIndexOf('/') + 1)
      const dir = this.#nodes.get(parent)
      if (dir?.type === 'directory') {
        dir.names.add(name)
        return
      }
      this.#nodes.set(parent, { type: 'directory', names: new Set([name]) })
      at = parent
    }
  }

  /** The entry itself, links on the way to it followed as a kernel does. */
  #lookUp(path: string): MemoryNode | undefined {
    const direct = this.#nodes.get(path)
    if (direct !== undefined) return direct
    return this.#nodes.get(this.realPath(path, true))
  }

  #follow(path: string): Exclude<MemoryNode, MemoryLink> {
    const node = this.#nodes.get(this.realPath(path))
    if (node === undefined || node.type === 'symlink')
      throw new NixError('io', `path '${path}' does not exist`)
    return node
  }
}
