/**
 * Many entries in one file (floor 2, on-disk cache only): a run that compiles a whole tree would else make thousands of
 * files, each of which takes longer to make than what is in it takes to write. cache/README.md describes the form.
 *
 * A pack is never changed. What a run has to keep goes into packs of its own, a few MB each; once there are many, small ones
 * are made one. So a source may have entries in several packs: whoever looks for one gets them all, the newest first, and an
 * entry says itself whether it is still good. No locks: what two processes do at once is done twice, and a reader keeps what it has opened.
 */
import { closeSync, fstatSync, futimesSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { readAt, writeAll } from '../io/node/descriptors.ts'
import { crc32 } from './checksum.ts'
import {
  chance,
  hexWord,
  isStale,
  isTrusted,
  noteUse,
  openEntry,
  PACK_NAME,
  PACKS,
  placeFile,
  unlink,
} from './place.ts'

const MAGIC = 'firnix-pack\n'
/** Read back as something else on a machine of the other byte order. */
const BYTE_ORDER = 0x01020304
/**
 * Bytes before the index: the magic, the byte order, the checksum of what follows up to the entries, their number. Only `verify`
 * looks at the checksum, for every run opens all packs: where the index is wrong an entry is not found, or fails its own.
 */
const HEAD = MAGIC.length + 12
const CHECKED_FROM = MAGIC.length + 8
/** Words of the index for each entry: its name (two), where it begins, its length. */
const STRIDE = 4

/** So many packs are looked through without loss; when there are more, small ones become one, and so many are left. */
const MANY = 16
const FEW = 8
/** Packs do not grow larger: they are pruned whole. */
const LARGEST = 64 << 20
const COPIED_AT_ONCE = 1 << 20

/** An entry in a pack. */
interface Placed {
  high: number
  low: number
  pack: Pack
  from: number
  length: number
}

/** A file of entries that has been opened. */
export class Pack {
  readonly file: string
  readonly size: number
  /** When an entry of it was last used, to a day (ms since 1970). */
  readonly used: number
  readonly #fd: number
  /** Of a buffer that holds what stands before it, too. */
  readonly #index: Uint32Array<ArrayBuffer>
  #touch: boolean

  private constructor(
    file: string,
    fd: number,
    size: number,
    used: number,
    index: Uint32Array<ArrayBuffer>,
    touch: boolean,
  ) {
    this.file = file
    this.#fd = fd
    this.size = size
    this.used = used
    this.#index = index
    this.#touch = touch && isStale(used)
  }

  /**
   * Opens a pack; undefined when there is none that can be read, or it is not to be trusted. `touch`: when it is used, its mtime
   * says so.
   */
  static open(file: string, touch: boolean): Pack | 'damaged' | undefined {
    const fd = openEntry(file)
    if (fd === undefined) return undefined
    let found: 'damaged' | undefined
    try {
      const stat = fstatSync(fd)
      if (isTrusted(stat)) {
        const index = readIndex(fd, stat.size)
        if (index !== undefined) return new Pack(file, fd, stat.size, stat.mtimeMs, index, touch)
        found = 'damaged'
      }
    } catch {
      // The disk does not give it.
    }
    closeSync(fd)
    return found
  }

  get count(): number {
    return this.#index.length / STRIDE
  }

  /** When it was written, by its name (ms since 1970). */
  get time(): number {
    return Number.parseInt(basename(this.file), 16)
  }

  /** The entry of that name; undefined when there is none or it cannot be read. */
  read(name: string, allocate: (size: number) => Uint8Array): Uint8Array | undefined {
    const i = this.#find(highOf(name), lowOf(name))
    if (i < 0) return undefined
    const from = this.#index[i + 2]
    const length = this.#index[i + 3]
    if (from + length > this.size) return undefined
    const bytes = allocate(length)
    try {
      if (readAt(this.#fd, bytes, from) < length) return undefined
    } catch {
      return undefined
    }
    if (this.#touch) {
      this.#touch = false
      noteUse(this.#fd)
    }
    return bytes
  }

  has(name: string): boolean {
    return this.#find(highOf(name), lowOf(name)) >= 0
  }

  /** Whether it has an entry of the same name. */
  holds({ high, low }: Placed): boolean {
    return this.#find(high, low) >= 0
  }

  /** Whether the index is what was written. */
  get isSound(): boolean {
    const { buffer } = this.#index
    return new Uint32Array(buffer, MAGIC.length)[1] === crc32(new Uint8Array(buffer, CHECKED_FROM))
  }

  /** The names of its entries, in order. */
  names(): string[] {
    const index = this.#index
    const names: string[] = []
    for (let i = 0; i < index.length; i += STRIDE) names.push(hexWord(index[i]) + hexWord(index[i + 1]))
    return names
  }

  /** Its entries, as far as they are all there. */
  placed(): Placed[] {
    const index = this.#index
    const all: Placed[] = []
    for (let i = 0; i < index.length; i += STRIDE) {
      const from = index[i + 2]
      const length = index[i + 3]
      if (from + length <= this.size)
        all.push({ high: index[i], low: index[i + 1], pack: this, from, length })
    }
    return all
  }

  /** Copies a part of it to another file. Throws what node:fs throws, and an Error when it is shorter than it was. */
  copy(from: number, length: number, to: number, room: Buffer): void {
    for (let at = 0; at < length; at += room.length) {
      const piece = room.subarray(0, Math.min(room.length, length - at))
      if (readAt(this.#fd, piece, from + at) < piece.length) throw new Error(`${this.file} has been cut`)
      writeAll(to, piece)
    }
  }

  close(): void {
    closeSync(this.#fd)
  }

  /** Where the index says something of a name, or -1. */
  #find(high: number, low: number): number {
    const index = this.#index
    let from = 0
    let to = index.length / STRIDE
    while (from < to) {
      const middle = (from + to) >>> 1
      const i = middle * STRIDE
      if (index[i] === high && index[i + 1] === low) return i
      if (index[i] < high || (index[i] === high && index[i + 1] < low)) from = middle + 1
      else to = middle
    }
    return -1
  }
}

/** The packs of a cache directory. */
export class Packs {
  readonly #dir: string
  readonly #touch: boolean
  /** Newest first, once somebody has looked for something. */
  #packs: Pack[] | undefined
  /** Files that are packs by their names only. */
  readonly #damaged: string[] = []

  /** `touch`: whether use is noted, as in `Pack.open`. */
  constructor(dir: string, touch: boolean) {
    this.#dir = dir
    this.#touch = touch
  }

  get all(): readonly Pack[] {
    if (this.#packs !== undefined) return this.#packs
    const packs: Pack[] = []
    for (const file of packFiles(this.#dir)) {
      const pack = Pack.open(file, this.#touch)
      if (pack === 'damaged') this.#damaged.push(file)
      else if (pack !== undefined) packs.push(pack)
    }
    this.#packs = packs
    return packs
  }

  /** Makes a pack of entries by name. Throws what node:fs throws. */
  write(entries: ReadonlyMap<string, Uint8Array>): void {
    const placed = [...entries].map(([name, bytes]) => ({ high: highOf(name), low: lowOf(name), bytes }))
    placed.sort(byName)
    const head = headOf(placed.map(({ high, low, bytes }) => ({ high, low, length: bytes.length })))
    const pieces = [head, ...placed.map(({ bytes }) => bytes)]
    this.#put((fd) => writeAll(fd, Buffer.concat(pieces)))
  }

  /** Whether any pack has an entry of that name. */
  has(name: string): boolean {
    return this.all.some((pack) => pack.has(name))
  }

  /** Rids all packs of entries. Never throws: what cannot be changed stays. */
  remove(names: ReadonlySet<string>): void {
    for (const pack of [...this.all]) {
      if ([...names].some((name) => pack.has(name))) this.#rewrite([pack], names)
    }
  }

  /** Makes one of small packs when there are many, and deletes damaged ones. Never throws. */
  tidy(): void {
    const { all } = this
    for (const file of this.#damaged.splice(0)) unlink(file)
    if (all.length <= MANY) return
    const small: Pack[] = []
    let size = 0
    for (const pack of [...all].sort((a, b) => a.size - b.size)) {
      size += pack.size
      if (size > LARGEST || all.length - small.length < FEW) break
      small.push(pack)
    }
    if (small.length > 1) this.#rewrite(small, new Set())
  }

  close(): void {
    for (const pack of this.#packs ?? []) pack.close()
    this.#packs = undefined
  }

  /** Has one pack with what is in some take their place, but for some names. */
  #rewrite(packs: readonly Pack[], without: ReadonlySet<string>): void {
    try {
      // What there is that is newer must stay newer than the pack that is made now.
      const others: Pack[] = []
      const entries: Placed[] = []
      for (const pack of this.all) {
        if (!packs.includes(pack)) others.push(pack)
        else
          for (const entry of pack.placed())
            if (!others.some((newer) => newer.holds(entry))) entries.push(entry)
      }
      // Of one that is there twice the newest is the first, and sorting leaves it so.
      entries.sort(byName)
      const kept = entries.filter(
        (entry, i) =>
          (i === 0 || byName(entry, entries[i - 1]) !== 0) &&
          !without.has(hexWord(entry.high) + hexWord(entry.low)),
      )
      if (kept.length > 0) {
        const used = Math.max(...packs.map((pack) => pack.used)) / 1000
        this.#put((fd) => {
          writeAll(fd, headOf(kept))
          const room = Buffer.allocUnsafe(COPIED_AT_ONCE)
          for (const { pack, from, length } of kept) pack.copy(from, length, fd, room)
          futimesSync(fd, used, used)
        })
      }
    } catch {
      return
    }
    for (const pack of packs) {
      unlink(pack.file)
      pack.close()
    }
    this.#packs = this.all.filter((pack) => !packs.includes(pack))
  }

  #put(write: (fd: number) => void): void {
    const { all } = this
    // Two may be written within a millisecond, and clocks are put back: this one is the newest nevertheless.
    const time = Math.max(Date.now(), all.length > 0 ? all[0].time + 1 : 0)
    const name = `${time.toString(16).padStart(12, '0')}-${process.pid}-${chance()}`
    const file = join(this.#dir, PACKS, name)
    placeFile(this.#dir, file, write)
    const pack = Pack.open(file, this.#touch)
    if (pack instanceof Pack) this.#packs = [pack, ...all]
  }
}

/** The files that are packs by their names, newest first. */
export function packFiles(dir: string): string[] {
  const folder = join(dir, PACKS)
  try {
    const names = readdirSync(folder).filter((name) => PACK_NAME.test(name))
    return names
      .sort()
      .reverse()
      .map((name) => join(folder, name))
  } catch {
    return []
  }
}

/** The index of a pack of so many bytes; undefined when there cannot be one. Throws what node:fs throws. */
function readIndex(fd: number, size: number): Uint32Array<ArrayBuffer> | undefined {
  const head = Buffer.allocUnsafeSlow(HEAD)
  if (readAt(fd, head, 0) < HEAD || head.toString('latin1', 0, MAGIC.length) !== MAGIC) return undefined
  const [order, , count] = new Uint32Array(head.buffer, MAGIC.length)
  const end = HEAD + 4 * STRIDE * count
  if (order !== BYTE_ORDER || end > size) return undefined
  const bytes = new Uint8Array(end)
  return readAt(fd, bytes, 0) === end ? new Uint32Array(bytes.buffer, HEAD) : undefined
}

/** What stands before the entries of a pack, which follow in the order of their names. */
function headOf(entries: readonly { high: number; low: number; length: number }[]): Buffer {
  const bytes = Buffer.allocUnsafeSlow(HEAD + 4 * STRIDE * entries.length)
  bytes.write(MAGIC, 0, 'latin1')
  const words = new Uint32Array(bytes.buffer, MAGIC.length)
  words[0] = BYTE_ORDER
  words[2] = entries.length
  let at = 3
  let from = bytes.length
  for (const { high, low, length } of entries) {
    words[at++] = high
    words[at++] = low
    words[at++] = from
    words[at++] = length
    from += length
  }
  words[1] = crc32(bytes.subarray(CHECKED_FROM))
  return bytes
}

function byName(a: { high: number; low: number }, b: { high: number; low: number }): number {
  return a.high - b.high || a.low - b.low
}

function highOf(name: string): number {
  return Number.parseInt(name.slice(0, 8), 16)
}

function lowOf(name: string): number {
  return Number.parseInt(name.slice(8), 16)
}
