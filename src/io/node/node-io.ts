/**
 * The outside world in Node (floor 1): the disk, the environment, the clock, OpenSSL's hashes and the network.
 * Everything but `fetch` answers at once. A file costs open, fstat, read and close into one shared buffer: about two
 * thirds of what readFileSync takes.
 */
import { constants as bufferLimits } from 'node:buffer'
import * as crypto from 'node:crypto'
import * as fs from 'node:fs'
import * as os from 'node:os'
import { NixError } from '../../errors.ts'
import { latin1String, putLatin1 } from '../../latin1.ts'
import { createPureHash, pureHash } from '../hashes.ts'
import type { EvalIO, FetchRequest, FetchResponse, FileInfo, FileType, HashAlgo, Hasher } from '../io.ts'
import { RealFolders, resolveLinks } from '../resolve.ts'
import { bytesOfNodeString, environmentVariable, nodePath, nodeStringOfBytes } from './bytes.ts'
import { systemText } from './errno.ts'
import { stampOf, typeOf } from './stat.ts'

/** Files up to this size are read into the shared buffer, bigger ones and streams in pieces of it. */
const BUFFER_SIZE = 1 << 20

/** Pieces in which `readChunks` hands a file out. */
const CHUNK_SIZE = 1 << 18

/** V8 cannot make a longer string (2^29 - 24). */
const MAX_STRING = bufferLimits.MAX_STRING_LENGTH

/** Bytes of the buffer that short texts are hashed in. */
const HASH_ROOM = 1 << 16

const ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: 'x86_64',
  arm64: 'aarch64',
  ia32: 'i686',
  arm: 'armv7l',
  ppc64: isLittleEndian() ? 'powerpc64le' : 'powerpc64',
  riscv64: 'riscv64',
  loong64: 'loongarch64',
  s390x: 's390x',
  mips: 'mips',
  mipsel: 'mipsel',
}

/** Without node:os, which is not loaded for this alone. */
function isLittleEndian(): boolean {
  return new Uint8Array(Uint16Array.of(1).buffer)[0] === 1
}

const SYSTEMS: Readonly<Record<string, string>> = { win32: 'windows', sunos: 'solaris' }

function errorCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}

function missing(path: string): NixError {
  return new NixError('io', `path '${path}' does not exist`)
}

/** Whether an errno says that there is nothing at the path (a NUL byte in it: there cannot be anything). */
function saysMissing(error: unknown): boolean {
  const code = errorCode(error)
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ERR_INVALID_ARG_VALUE'
}

class NodeHasher implements Hasher {
  readonly inner: crypto.Hash

  constructor(algo: HashAlgo) {
    this.inner = crypto.createHash(algo)
  }

  update(data: string | Uint8Array): void {
    if (typeof data === 'string') this.inner.update(data, 'latin1')
    else this.inner.update(data)
  }

  digest(): string {
    return this.inner.digest('hex')
  }
}

/** The EvalIO of Node. Give the evaluations of one program one NodeIO, and `refresh()` it when the disk has changed. */
export class NodeIO implements EvalIO {
  /** Real paths of directories met on the way; like Nix, one evaluation sees one state of the symlinks. */
  readonly #realFolders = new RealFolders((path) => this.#linkTarget(path))
  #buffer: Buffer | undefined
  #hashRoom: Buffer | undefined

  readFile(path: string): string {
    const fd = this.#open(path)
    try {
      const stat = fs.fstatSync(fd)
      this.#refuseDirectory(stat)
      // Pseudo files (/proc) and devices claim no size and, as for Nix, have no contents.
      if (!stat.isFile() || stat.size === 0) return ''
      if (stat.size > MAX_STRING) {
        throw new NixError(
          'io',
          `file '${path}' is too big to be read as a string: ${stat.size} bytes, at most ${MAX_STRING} are possible`,
        )
      }
      const size = stat.size
      const shared = size <= BUFFER_SIZE
      const buffer = shared ? this.#sharedBuffer() : Buffer.allocUnsafeSlow(size)
      let length = 0
      while (length < size) {
        const count = this.#read(fd, path, buffer, length, size - length)
        if (count === 0) throw new NixError('io', `unexpected end-of-file reading '${path}'`)
        length += count
      }
      return latin1String(buffer, 0, length)
    } finally {
      fs.closeSync(fd)
    }
  }

  readChunks(path: string, onChunk: (chunk: Uint8Array) => void): number {
    const fd = this.#open(path)
    try {
      const stat = fs.fstatSync(fd)
      this.#refuseDirectory(stat)
      const size = stat.isFile() ? stat.size : 0
      // The buffer is lent to the caller, who may read another file meanwhile: the shared one will not do.
      const buffer = Buffer.allocUnsafe(Math.min(size, CHUNK_SIZE))
      let length = 0
      while (length < size) {
        const count = this.#read(fd, path, buffer, 0, Math.min(buffer.length, size - length))
        if (count === 0) throw new NixError('io', `unexpected end-of-file reading '${path}'`)
        onChunk(buffer.subarray(0, count))
        length += count
      }
      return length
    } finally {
      fs.closeSync(fd)
    }
  }

  readDir(path: string): Map<string, FileType> {
    let entries: fs.Dirent[]
    try {
      entries = fs.readdirSync(nodePath(path), { withFileTypes: true, encoding: 'latin1' })
    } catch (error) {
      const code = errorCode(error)
      // ENOTDIR is said of the path itself, and of what is below a file.
      if (code === 'ENOENT' || (code === 'ENOTDIR' && this.#lstat(path) === undefined)) throw missing(path)
      throw new NixError('io', `cannot read directory "${path}": ${systemText(error)}`)
    }
    entries.sort((a, b) => (a.name < b.name ? -1 : 1))
    const types = new Map<string, FileType>()
    for (const entry of entries) types.set(entry.name, typeOf(entry))
    return types
  }

  fileType(path: string): FileType | undefined {
    const stat = this.#lstat(path)
    return stat === undefined ? undefined : typeOf(stat)
  }

  stat(path: string): FileInfo {
    const stat = this.#lstat(path)
    if (stat === undefined) throw missing(path)
    const regular = stat.isFile()
    return {
      type: typeOf(stat),
      executable: regular && (stat.mode & 0o100) !== 0,
      size: regular ? stat.size : 0,
    }
  }

  readLink(path: string): string {
    try {
      return fs.readlinkSync(nodePath(path), 'latin1')
    } catch (error) {
      if (saysMissing(error)) throw missing(path)
      throw new NixError('io', `reading symbolic link "${path}": ${systemText(error)}`)
    }
  }

  realPath(path: string, ancestorsOnly = false): string {
    const slash = path.lastIndexOf('/')
    const dir = slash <= 0 ? '/' : path.slice(0, slash)
    const name = path.slice(slash + 1)
    // The fast way: the directory is known, so that only the last component is looked at.
    if (name !== '' && name !== '.' && name !== '..') {
      const realDir = this.#realFolders.of(dir)
      if (realDir !== undefined) {
        const joined = realDir === '/' ? `/${name}` : `${realDir}/${name}`
        if (ancestorsOnly || this.#linkTarget(joined) === undefined) return joined
      }
    }
    return resolveLinks(path, ancestorsOnly, (link) => this.#linkTarget(link))
  }

  stamp(path: string): string | undefined {
    try {
      const stat = fs.statSync(nodePath(path), { bigint: true, throwIfNoEntry: false })
      return stat?.isFile() ? stampOf(stat) : undefined
    } catch {
      return undefined
    }
  }

  getEnv(name: string): string | undefined {
    return environmentVariable(name)
  }

  now(): number {
    return Math.floor(Date.now() / 1000)
  }

  currentSystem(): string {
    const { arch, platform } = process
    return `${ARCHITECTURES[arch] ?? arch}-${SYSTEMS[platform] ?? platform}`
  }

  homeDir(): string {
    return environmentVariable('HOME') || bytesOfNodeString(os.homedir())
  }

  hash(algo: HashAlgo, data: string | Uint8Array): string {
    if (algo === 'blake3') return pureHash(algo, data)
    if (typeof data !== 'string') return crypto.hash(algo, data, 'hex')
    if (data.length > HASH_ROOM) return crypto.createHash(algo).update(data, 'latin1').digest('hex')
    // crypto.hash, at half the cost of createHash for short data, would read a string as UTF-8. Its bytes are put where
    // there is room already.
    this.#hashRoom ??= Buffer.allocUnsafeSlow(HASH_ROOM)
    putLatin1(this.#hashRoom, data, 0)
    return crypto.hash(algo, this.#hashRoom.subarray(0, data.length), 'hex')
  }

  createHash(algo: HashAlgo): Hasher {
    return algo === 'blake3' ? createPureHash(algo) : new NodeHasher(algo)
  }

  refresh(): void {
    this.#realFolders.clear()
  }

  async fetch(request: FetchRequest): Promise<FetchResponse> {
    if (request.url.startsWith('file://')) return this.#fetchFile(request)
    let response: Response
    try {
      response = await fetch(nodeStringOfBytes(request.url), {
        method: request.method ?? 'GET',
        ...(request.headers === undefined ? {} : { headers: request.headers }),
        ...(request.body === undefined ? {} : { body: Buffer.from(request.body, 'latin1') }),
      })
      const headers = new Map<string, string>()
      response.headers.forEach((value, name) => {
        headers.set(name, value)
      })
      const body = new Uint8Array(await response.arrayBuffer())
      return { status: response.status, url: response.url, headers, body }
    } catch (error) {
      const cause = (error as { cause?: Error }).cause ?? (error as Error)
      throw new NixError('io', `unable to download '${request.url}': ${bytesOfNodeString(cause.message)}`)
    }
  }

  #fetchFile(request: FetchRequest): FetchResponse {
    const path = bytesOfNodeString(decodeURIComponent(nodeStringOfBytes(request.url.slice('file://'.length))))
    let body: Uint8Array
    try {
      body = fs.readFileSync(nodePath(path))
    } catch (error) {
      throw new NixError('io', `unable to download '${request.url}': ${systemText(error)}`)
    }
    return { status: 200, url: request.url, headers: new Map(), body }
  }

  #sharedBuffer(): Buffer {
    this.#buffer ??= Buffer.allocUnsafeSlow(BUFFER_SIZE)
    return this.#buffer
  }

  #open(path: string): number {
    try {
      // Without O_NONBLOCK a fifo would stop the whole program until somebody writes to it.
      return fs.openSync(nodePath(path), fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0))
    } catch (error) {
      if (saysMissing(error)) throw missing(path)
      throw new NixError('io', `opening file '${path}': ${systemText(error)}`)
    }
  }

  #refuseDirectory(stat: fs.Stats): void {
    // Nix opens the directory and fails at its first read, which asks for all of it, at most 64 KiB.
    if (stat.isDirectory()) {
      throw new NixError('io', `read of ${Math.min(stat.size, 65536)} bytes: Is a directory`)
    }
  }

  #read(fd: number, path: string, buffer: Buffer, offset: number, length: number): number {
    try {
      return fs.readSync(fd, buffer, offset, length, null)
    } catch (error) {
      throw new NixError('io', `reading file '${path}': ${systemText(error)}`)
    }
  }

  #lstat(path: string): fs.Stats | undefined {
    try {
      return fs.lstatSync(nodePath(path), { throwIfNoEntry: false })
    } catch (error) {
      if (saysMissing(error)) return undefined
      throw new NixError('io', `getting status of "${path}": ${systemText(error)}`)
    }
  }

  #linkTarget(path: string): string | undefined {
    return this.#lstat(path)?.isSymbolicLink() ? this.readLink(path) : undefined
  }
}
