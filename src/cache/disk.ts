/**
 * The compile cache on disk (floor 2): a ChunkCache with an entry per source, in a file of its own or in a pack (packs.ts).
 *
 * An entry is found by the canonical path of its source, the bytecode version and the compile options, and is good for
 * one source text. Which text the file holds is told by its stamp where the stamp proves something, else by its hash:
 *
 *     stamp      device, inode, size, mtime and ctime in nanoseconds, taken before the text was read
 *     proves     when the ctime was more than 2 s old at the time the entry was written: a write within the tick of a
 *                file system's clock after the text was read would leave the same ctime
 *
 * A file with another stamp is read and hashed; the same hash is a hit still, and the entry gets the new stamp. mtime
 * alone would not do: it can be put back. Entries are read only if they are the user's own and nobody else's to write.
 */
import { hash } from 'node:crypto'
import { type BigIntStats, closeSync, fstatSync, lstatSync, openSync, readSync, realpathSync } from 'node:fs'
import type { AnyChunk } from '../bytecode/verify.ts'
import { nodePath } from '../io/node/bytes.ts'
import { ctimeOf, isSettled, linkTarget, stampOf } from '../io/node/stat.ts'
import { RealFolders } from '../io/resolve.ts'
import { latin1String } from '../latin1.ts'
import { boundIfDue } from './bounding.ts'
import { type CacheStats, type ChunkCache, type Hit, type Miss, newStats } from './cache.ts'
import {
  decodeChunk,
  type Entry,
  encodeChunk,
  entryNames,
  nativeSha256,
  newPackr,
  newUnpackr,
} from './format.ts'
import { Packs } from './packs.ts'
import { CHUNKS, entryFile, isFolder, isUsable, readEntry, unlink, writeEntry } from './place.ts'

export interface DiskCacheOptions {
  dir: string
  /** See CacheDirectory: without a home the cache does nothing, in silence. */
  isDefault?: boolean
  /**
   * Everything besides the text that decides what the compiler makes: language features, lints, the global names in
   * their order (their indices are in the code). Entries made under other options are not found.
   */
  compileOptions: string
  /** `hash`: always read and hash the source, as stamps cannot be relied on (`--cache-check hash`). */
  check?: 'stamp' | 'hash'
  /** Told, at most once, that nothing can be written. */
  warn?: (message: string) => void
  /** Bytes the cache may grow to before old entries are deleted. */
  maxSize?: number
  /** From how many entries on what is written at once goes into a pack, for tests. */
  packFrom?: number
  /** The clock in milliseconds, for tests. */
  now?: () => number
}

const SLAB = 1 << 19
/** So many bytes of entries are written at once. */
const BATCH = 4 << 20
/** A process that is killed loses what waits: nothing waits longer than this (ms), and each time by as much longer. */
const PATIENCE = 2000
/** So many that are written at once go into a pack; fewer have files of their own, which need not be made one some day. */
const PACK_FROM = 24

export class DiskCache implements ChunkCache {
  readonly stats: CacheStats = newStats()
  readonly #dir: string
  readonly #options: string
  readonly #nameOf: (key: string) => string
  readonly #alwaysHash: boolean
  readonly #isDefault: boolean
  readonly #warn: (message: string) => void
  readonly #maxSize: number | undefined
  readonly #packFrom: number
  readonly #now: () => number
  readonly #packs: Packs
  /** Whether there may be entries with files of their own; asked at the first look. */
  #hasFiles: boolean | undefined
  /** Names of damaged entries in packs. */
  readonly #damaged = new Set<string>()
  readonly #unpackr = newUnpackr()
  #packr: ReturnType<typeof newPackr> | undefined
  readonly #folders = new RealFolders(linkTarget)
  /** Keys of the entries that were used. */
  readonly #used: string[] = []
  #usable: boolean
  #writable: boolean
  /** Small entries share memory: an ArrayBuffer of its own costs more than the reading. */
  #slab: Buffer = Buffer.alloc(0)
  #slabUsed = 0
  /** Entries by name that are not on the disk yet; see `#flush`. */
  readonly #waiting = new Map<string, Uint8Array>()
  #waitingBytes = 0
  /** Since when the first of them has waited, and how long it may. */
  #waitingSince = 0
  #patience = PATIENCE
  /** Chunks that may grow till the end, each with how it is to be written. */
  readonly #growing: (() => void)[] = []

  constructor(options: DiskCacheOptions) {
    this.#dir = options.dir
    this.#options = options.compileOptions
    this.#nameOf = entryNames(options.compileOptions)
    this.#alwaysHash = options.check === 'hash'
    this.#warn = options.warn ?? (() => {})
    this.#maxSize = options.maxSize
    this.#packFrom = options.packFrom ?? PACK_FROM
    this.#now = options.now ?? Date.now
    this.#isDefault = options.isDefault === true
    this.#usable = isUsable(options.dir, this.#isDefault)
    this.#writable = this.#usable
    this.#packs = new Packs(options.dir, this.#writable)
  }

  load(path: string): Hit | Miss {
    const start = performance.now()
    const found = this.#load(path)
    this.stats.loadTime += performance.now() - start
    return found
  }

  loadText(text: string): Hit | Miss {
    const start = performance.now()
    const sourceHash = nativeSha256(text)
    const key = `text:${sourceHash}`
    const entry = this.#find(key, ({ header }) => header.sourceHash === sourceHash)
    let found: Hit | Miss
    if (entry !== undefined) {
      this.stats.hits++
      found = { chunk: entry.chunk, canonicalPath: '', sourceHash, stamp: '', key }
    } else {
      found = this.#miss({ canonicalPath: '', text, key, sourceHash })
    }
    this.stats.loadTime += performance.now() - start
    return found
  }

  #load(path: string): Hit | Miss {
    const place = this.#locate(path)
    if (place === undefined) return this.#miss({ canonicalPath: path })
    const canonicalPath = place.path
    const key = canonicalPath
    const others: Entry[] = []
    const known = this.#alwaysHash ? undefined : stampOf(place.stat)
    const proven = this.#find(key, ({ header }) => header.stamp === known, others)
    if (proven !== undefined) {
      const { sourceHash, stamp } = proven.header
      this.stats.hits++
      return { chunk: proven.chunk, canonicalPath, sourceHash, stamp, key }
    }
    const start = performance.now()
    const source = readSource(canonicalPath)
    const sourceHash = source === undefined ? '' : hash('sha256', source.bytes)
    this.stats.readTime += performance.now() - start
    if (source === undefined) return this.#miss({ canonicalPath })
    const stamp = stampOf(source.stat)
    const ctime = source.stat.ctimeNs
    const entry = others.find(({ header }) => header.sourceHash === sourceHash)
    if (entry !== undefined) {
      this.stats.hashedHits++
      if (entry.header.stamp !== stamp && this.#isSettled(ctime)) {
        this.#write(key, entry.chunk, sourceHash, stamp, ctime)
      }
      return { chunk: entry.chunk, canonicalPath, sourceHash, stamp, key }
    }
    return this.#miss({ canonicalPath, text: latin1String(source.bytes), key, sourceHash, stamp, ctime })
  }

  store(source: Miss, chunk: AnyChunk): void {
    const { key, sourceHash, stamp, ctime } = source
    if (key !== '') this.#keep(key, chunk, sourceHash, stamp, ctime)
  }

  isOf(hit: Hit, text: string): boolean {
    return nativeSha256(text) === hit.sourceHash
  }

  storeGrown(hit: Hit, chunk: AnyChunk): void {
    const { key, sourceHash, stamp } = hit
    this.#keep(key, chunk, sourceHash, stamp, ctimeOf(stamp) ?? 0n)
  }

  #keep(key: string, chunk: AnyChunk, sourceHash: string, stamp: string, ctime: bigint): void {
    const { growth } = chunk
    if (growth === undefined) this.#write(key, chunk, sourceHash, stamp, ctime)
    else this.#growing.push(() => this.#write(key, growth.snapshot(), sourceHash, stamp, ctime))
  }

  reject(hit: Hit): void {
    this.#reject([hit.key])
  }

  rejectAll(): void {
    this.#reject(this.#used.splice(0))
    this.#growing.length = 0
  }

  #reject(keys: readonly string[]): void {
    this.stats.rejected += keys.length
    const names = new Set(keys.map(this.#nameOf))
    for (const name of names) {
      this.#waiting.delete(name)
      unlink(this.#file(name))
    }
    if (this.#writable) this.#packs.remove(names)
  }

  /** Writes what has waited for long. To be called now and then; answers at once when there is nothing. */
  keepUp(): void {
    if (this.#waiting.size === 0 || this.#now() - this.#waitingSince < this.#patience) return
    this.#patience += PATIENCE
    this.#flush()
  }

  close(): void {
    for (const write of this.#growing.splice(0)) write()
    this.#flush()
    if (this.stats.stored > 0) {
      this.#packs.tidy()
      boundIfDue(this.#dir, this.stats.bytesWritten, this.#now(), this.#maxSize)
    }
    this.#packs.close()
  }

  #miss(known: Partial<Miss> & { canonicalPath: string }): Miss {
    this.stats.misses++
    return { chunk: undefined, text: undefined, key: '', sourceHash: '', stamp: '', ctime: 0n, ...known }
  }

  /** The canonical path of a regular file and its stat; undefined for anything else. */
  #locate(path: string): { path: string; stat: BigIntStats } | undefined {
    try {
      const slash = path.lastIndexOf('/')
      const real = this.#folders.of(path.slice(0, slash) || '/')
      if (real === undefined) return undefined
      // Should a link on the way have changed since, the entry of another file is found: its text decides all the same.
      let canonical = `${real === '/' ? '' : real}/${path.slice(slash + 1)}`
      let stat = lstatSync(nodePath(canonical), { bigint: true })
      if (stat.isSymbolicLink()) {
        canonical = realpathSync.native(nodePath(path), 'latin1')
        stat = lstatSync(nodePath(canonical), { bigint: true })
      }
      return stat.isFile() ? { path: canonical, stat } : undefined
    } catch {
      return undefined
    }
  }

  #file(name: string): string {
    return entryFile(this.#dir, CHUNKS, name)
  }

  /** The entry of a key that is `wanted`; those that are not go to `others`. */
  #find(key: string, wanted: (entry: Entry) => boolean, others: Entry[] = []): Entry | undefined {
    if (!this.#usable) return undefined
    const suits = (entry: Entry | 'damaged' | undefined): entry is Entry => {
      if (typeof entry !== 'object') return false
      if (wanted(entry)) return true
      others.push(entry)
      return false
    }
    const name = this.#nameOf(key)
    const allocate = (size: number) => this.#allocate(size)
    const waiting = this.#waiting.get(name)
    if (waiting !== undefined) {
      const entry = this.#decode(key, waiting)
      if (suits(entry)) return entry
    }
    for (const pack of this.#packs.all) {
      const bytes = pack.read(name, allocate)
      if (bytes === undefined) continue
      const entry = this.#decode(key, bytes)
      if (suits(entry)) return entry
      if (entry === 'damaged') this.#damaged.add(name)
    }
    this.#hasFiles ??= isFolder(`${this.#dir}/${CHUNKS}`)
    const found = this.#hasFiles ? readEntry(this.#file(name), allocate, this.#writable) : undefined
    if (found === undefined) return undefined
    if (found.foreign) {
      this.stats.rejected++
      return undefined
    }
    const entry = this.#decode(key, found.bytes)
    return suits(entry) ? entry : undefined
  }

  /** What an entry's bytes say; undefined when it is of something else, or of another version. */
  #decode(key: string, bytes: Uint8Array): Entry | 'damaged' | undefined {
    const entry = decodeChunk(this.#unpackr, bytes)
    if (typeof entry === 'string' || entry.header.key !== key || entry.header.options !== this.#options) {
      this.stats.rejected++
      return entry === 'damaged' ? entry : undefined
    }
    this.stats.bytesRead += bytes.length
    this.#used.push(key)
    return entry
  }

  #allocate(size: number): Buffer {
    if (size > SLAB >> 2) return Buffer.allocUnsafeSlow(size)
    if (this.#slabUsed + size > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB)
      this.#slabUsed = 0
    }
    const at = this.#slabUsed
    this.#slabUsed = (at + size + 7) & ~7
    return this.#slab.subarray(at, at + size)
  }

  #isSettled(ctime: bigint): boolean {
    return isSettled(ctime, this.#now())
  }

  #write(key: string, chunk: AnyChunk, sourceHash: string, stamp: string, ctime: bigint): void {
    if (!this.#writable) return
    const start = performance.now()
    try {
      const header = { key, options: this.#options, sourceHash, stamp: this.#isSettled(ctime) ? stamp : '' }
      this.#packr ??= newPackr()
      const bytes = encodeChunk(this.#packr, chunk, header, (size) => this.#allocate(size))
      if (bytes !== undefined) {
        if (this.#waiting.size === 0) this.#waitingSince = this.#now()
        this.#waiting.set(this.#nameOf(key), bytes)
        this.#waitingBytes += bytes.length
      }
    } catch (error) {
      this.#giveUp(error)
    }
    this.stats.storeTime += performance.now() - start
    if (this.#waitingBytes >= BATCH) this.#flush()
  }

  /** Rids packs of what is damaged, and writes what waits: many files made one after the other take two thirds of the time. */
  #flush(): void {
    if (this.#writable && this.#damaged.size > 0) {
      this.#packs.remove(this.#damaged)
      this.#damaged.clear()
    }
    if (this.#waiting.size === 0) return
    const start = performance.now()
    try {
      if (this.#wantsPack()) this.#packs.write(this.#waiting)
      else {
        for (const [name, bytes] of this.#waiting) writeEntry(this.#dir, CHUNKS, name, bytes)
        this.#hasFiles = true
      }
      this.stats.stored += this.#waiting.size
      for (const bytes of this.#waiting.values()) this.stats.bytesWritten += bytes.length
    } catch (error) {
      this.#giveUp(error)
    }
    this.#waiting.clear()
    this.#waitingBytes = 0
    this.stats.storeTime += performance.now() - start
  }

  /** What is in a pack already is found there first: what takes its place has to be in a newer one. */
  #wantsPack(): boolean {
    if (this.#waiting.size >= this.#packFrom) return true
    for (const name of this.#waiting.keys()) if (this.#packs.has(name)) return true
    return false
  }

  #giveUp(error: unknown): void {
    this.#writable = false
    if (!this.#isDefault || isFolder(this.#dir))
      this.#warn(`compiled code is not kept: ${(error as Error).message}`)
  }
}

/** The text of a file and its stat from before it was read. */
function readSource(path: string): { bytes: Buffer; stat: BigIntStats } | undefined {
  let fd: number
  try {
    fd = openSync(nodePath(path), 'r')
  } catch {
    return undefined
  }
  try {
    const stat = fstatSync(fd, { bigint: true })
    let bytes = Buffer.allocUnsafe(Number(stat.size) + 1)
    let length = 0
    for (;;) {
      const n = readSync(fd, bytes, length, bytes.length - length, null)
      if (n === 0) return { bytes: bytes.subarray(0, length), stat }
      length += n
      // It grows while it is read, or its size says nothing (proc).
      if (length === bytes.length) bytes = Buffer.concat([bytes], 2 * length)
    }
  } catch {
    return undefined
  } finally {
    closeSync(fd)
  }
}
