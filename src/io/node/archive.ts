/**
 * Unpacking archives (floor 1): tar in any compression, and zip, into a new directory. Hostile archives are expected:
 * nothing is written outside the directory, no link is followed. Nix: libutil/tarfile.cc.
 */
import { spawn } from 'node:child_process'
import * as fs from 'node:fs'
import type { Readable } from 'node:stream'
import * as zlib from 'node:zlib'
import type { ReadEntry } from 'tar/read-entry'
import { NixError } from '../../errors.ts'
import { canonPath } from '../io.ts'
import { bytesOfNodeString, nodePath } from './bytes.ts'
import { readAt, writeAll } from './descriptors.ts'

/** An archive that cannot even be begun. */
function bad(why: string): NixError {
  return new NixError('io', `Failed to open archive (${why})`)
}

/** One that ends, or is damaged, where the next entry should begin. */
function badHeader(why: string): NixError {
  return new NixError('io', `cannot get archive member name: ${why}`)
}

/** One that ends in the middle of a file. */
function badData(why: string): NixError {
  return new NixError('io', `cannot read file from tarball: ${why}`)
}

type Format = 'empty' | 'tar' | 'gzip' | 'xz' | 'bzip2' | 'zstd' | 'lzip' | 'zip'

const MAGIC: readonly (readonly [Format, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['lzip', [0x4c, 0x5a, 0x49, 0x50]],
  ['zip', [0x50, 0x4b, 0x03, 0x04]],
  ['zip', [0x50, 0x4b, 0x05, 0x06]],
]

/** Programs for what Node cannot decompress. */
const PROGRAMS: Partial<Record<Format, string>> = { xz: 'xz', bzip2: 'bzip2', zstd: 'zstd', lzip: 'lzip' }

function formatOf(file: string): Format {
  const fd = fs.openSync(file, 'r')
  try {
    const start = Buffer.alloc(512)
    const size = fs.readSync(fd, start, 0, 512, 0)
    for (const [format, magic] of MAGIC) if (magic.every((byte, i) => start[i] === byte)) return format
    if (size === 0) return 'empty'
    if (size < 512 || !isTarHeader(start)) throw bad('Unrecognized archive format')
    return 'tar'
  } finally {
    fs.closeSync(fd)
  }
}

/** Whether a block's checksum is that of a tar header, or the block is empty. */
function isTarHeader(block: Buffer): boolean {
  let sum = 0
  for (let i = 0; i < 512; i++) sum += i >= 148 && i < 156 ? 32 : block[i]
  if (sum === 256) return true
  return Number.parseInt(block.toString('latin1', 148, 156).replace(/[\0 ]+/g, ''), 8) === sum
}

/** What a tree in the making knows of a path; of a file, how many came before it. */
type Made = 'directory' | 'symlink' | number

/** Names of entries that Git, in whose trees Nix keeps them, has for names of its own folder. */
const NAME_OF_GIT = /^(?:\.git|git~1)[ .]*(?:$|[\\:])/i

/**
 * Makes the entries of an archive below a directory. An entry's parents are directories that it made itself, never
 * links; a name cannot lead out, for above the top there is the top. Of several entries with one name, a directory or link
 * counts only if it is the first, and a file if it is not the first file of all. Nix: GitFileSystemObjectSink.
 */
class Extraction {
  readonly #root: string
  readonly #made = new Map<string, Made>([['', 'directory']])
  readonly #hardlinks = new Map<string, string>()
  #files = 0
  lastModified = 0

  constructor(root: string) {
    this.#root = root
  }

  /** The path of an entry's name, without slashes at its ends; empty for the top itself. */
  #clean(name: string): string {
    if (name.includes('\0')) throw new NixError('io', `archive has an entry with the invalid name '${name}'`)
    return canonPath(`/${name}`).slice(1)
  }

  #full(path: string): string | Buffer {
    return nodePath(path === '' ? this.#root : `${this.#root}/${path}`)
  }

  /** Makes the directories above a path. Of two things with one name, directories come first: answers whether they are there. */
  #parents(path: string, forDirectory: boolean): boolean {
    const missing: string[] = []
    for (let at = path; at.includes('/'); ) {
      at = at.slice(0, at.lastIndexOf('/'))
      const known = this.#made.get(at)
      if (known === 'directory') break
      if (known !== undefined) {
        if (!forDirectory)
          throw new NixError('io', `archive member '${path}' lies below '${at}', which is not a directory`)
        if (!this.#yields(at, known)) return false
      }
      missing.push(at)
    }
    for (let at = missing.pop(); at !== undefined; at = missing.pop()) {
      fs.mkdirSync(this.#full(at), 0o755)
      this.#made.set(at, 'directory')
    }
    return true
  }

  /** Makes something give way to a directory, unless it is a file that would have taken the directory's place. */
  #yields(path: string, known: Made): boolean {
    if (typeof known === 'number' && known > 0) return false
    this.#remove(path)
    return true
  }

  #remove(path: string): void {
    fs.rmSync(this.#full(path), { recursive: true })
    this.#made.delete(path)
  }

  directory(name: string): void {
    const path = this.#clean(name)
    const known = this.#made.get(path)
    if (known === 'directory' || !this.#parents(path, true)) return
    if (known !== undefined && !this.#yields(path, known)) return
    fs.mkdirSync(this.#full(path), 0o755)
    this.#made.set(path, 'directory')
  }

  symlink(name: string, target: string): void {
    const path = this.#belowTop(name)
    this.#parents(path, false)
    if (this.#made.has(path)) return
    fs.symlinkSync(nodePath(target), this.#full(path))
    this.#made.set(path, 'symlink')
  }

  #belowTop(name: string): string {
    const path = this.#clean(name)
    if (path === '') throw new NixError('io', `archive member '${name}' takes the place of a directory`)
    return path
  }

  /** An earlier or later file once more: hard links do not exist in a NAR. */
  hardlink(name: string, target: string): void {
    this.#hardlinks.set(this.#clean(name), this.#clean(target))
  }

  /** Opens a file to be written, and the caller closes it; -1 if something else keeps its name. */
  file(name: string, executable: boolean): number {
    const path = this.#belowTop(name)
    const id = this.#files++
    this.#parents(path, false)
    const known = this.#made.get(path)
    if (known !== undefined) {
      if (id === 0) return -1
      if (known === 'directory') {
        for (const below of [...this.#made.keys()]) {
          if (below.startsWith(`${path}/`)) this.#made.delete(below)
        }
      }
      this.#remove(path)
    }
    const fd = fs.openSync(this.#full(path), 'wx', executable ? 0o755 : 0o644)
    this.#made.set(path, id)
    return fd
  }

  /** Makes what can only be made, and looks at what can only be judged, when all entries are known. */
  finish(): void {
    const order = (path: string): string => path.replaceAll('/', '\0')
    const links = [...this.#hardlinks].sort(([a], [b]) => (order(a) < order(b) ? -1 : 1))
    for (const [path, target] of links) {
      if (target === '') continue
      try {
        this.#link(path, target)
      } catch (error) {
        if (error instanceof NixError)
          error.addTrace(`while creating a hard link from '/${path}' to '/${target}'`)
        throw error
      }
    }
    this.#checkNames()
  }

  #link(path: string, target: string): void {
    for (let at = target.indexOf('/'); at >= 0; at = target.indexOf('/', at + 1)) {
      const parent = this.#made.get(target.slice(0, at))
      if (parent === undefined) break
      if (parent !== 'directory') throw new NixError('io', `path '/${target}' has a non-directory parent`)
    }
    const known = this.#made.get(target)
    if (known === undefined) throw new NixError('io', `path '/${target}' does not exist`)
    if (known === 'directory') throw new NixError('io', 'cannot create a hard link to a directory')
    this.#belowTop(path)
    this.#parents(path, false)
    if (this.#made.has(path)) return
    if (known === 'symlink') fs.symlinkSync(fs.readlinkSync(this.#full(target), 'buffer'), this.#full(path))
    else fs.copyFileSync(this.#full(target), this.#full(path), fs.constants.COPYFILE_EXCL)
    this.#made.set(path, known)
  }

  /** Of several bad names, the one is told that is met first from the bottom up. */
  #checkNames(): void {
    const bad = [...this.#made.keys()].filter((path) => NAME_OF_GIT.test(baseName(path)))
    if (bad.length === 0) return
    // What lies below a directory comes before what lies beside it.
    const rank = (path: string): string => {
      const name = baseName(path)
      return `${path.slice(0, path.length - name.length).replaceAll('/', '\0')}\xff\0${name}`
    }
    bad.sort((a, b) => (rank(a) < rank(b) ? -1 : 1))
    throw new NixError(
      'io',
      `adding a file to a tree builder: failed to insert entry: invalid name for a tree entry - ${baseName(bad[0])} (libgit2 error code = 14)`,
    )
  }

  /** The directory that stands for the archive: the one at the top if there is nothing else. */
  top(): string {
    let only: string | undefined
    for (const [path, kind] of this.#made) {
      if (path === '' || path.includes('/')) continue
      if (only !== undefined || kind !== 'directory') return this.#root
      only = path
    }
    return only === undefined ? this.#root : `${this.#root}/${only}`
  }
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/**
 * Unpacks an archive into a directory that exists and is empty; answers where its contents are, and how new. `isZip`: its
 * name says that it is a zip file.
 */
export async function unpackArchive(
  file: string,
  directory: string,
  isZip = false,
): Promise<{ root: string; lastModified: number }> {
  const extraction = new Extraction(directory)
  try {
    const format = formatOf(file)
    if (format === 'zip') unzip(file, extraction)
    else if (format !== 'empty') await untar(file, format, extraction)
  } catch (error) {
    // Such a one is opened by its name, and Nix has other words for that.
    if (!isZip || !(error instanceof NixError)) throw error
    const why = /^Failed to open archive \((.*)\)$/s.exec(error.message)?.[1]
    throw why === undefined ? error : new NixError('io', `failed to open archive: ${why}`)
  }
  extraction.finish()
  return { root: extraction.top(), lastModified: extraction.lastModified }
}

// ------------------------------------------------------------------ tar

/** So many bytes at a time libarchive takes from what decompresses; of a piece that cannot be had whole it takes nothing. */
const PIECE = 1 << 16

async function untar(file: string, format: Format, extraction: Extraction): Promise<void> {
  let failure: unknown
  let entry: ReadEntry | undefined
  let entries = 0
  let ended = false
  let isEmpty = true
  let size = 0
  let fd = -1
  const fail = (error: unknown): void => {
    failure ??= error
  }
  const guard = (run: () => void): void => {
    if (failure !== undefined) return
    try {
      run()
    } catch (error) {
      fail(error)
    }
  }
  // With all that belongs to it, it would be loaded by every run.
  const { Parser } = await import('tar/parse')
  const parser = new Parser({
    strict: true,
    maxMetaEntrySize: 1 << 20,
    onReadEntry: (next: ReadEntry) => {
      entries++
      entry = next
      guard(() => {
        fd = begin(next, extraction)
      })
      const mine = fd
      next.on('data', (chunk: Buffer) => {
        if (mine >= 0) guard(() => writeAll(mine, chunk))
      })
      next.on('end', () => {
        if (mine >= 0) fs.closeSync(mine)
        fd = -1
      })
      next.resume()
    },
  })
  parser.on('error', fail)
  parser.on('warn', (_code: string, message: string) => fail(new Error(message)))
  parser.on('nullBlock', () => {
    ended = true
  })
  /** Where the archive breaks off: in the contents of an entry, behind them, or where the next one should begin. */
  const brokenOff = (why: string | undefined): NixError | undefined => {
    if (entry !== undefined && entry.blockRemain > 0) {
      if (entry.remain > 0) return badData('Truncated tar archive detected while reading data')
      const padding = 512 - (entry.size % 512)
      const there = padding - entry.blockRemain
      return badData(why ?? `Truncated input file (needed ${padding} bytes, only ${there} available)`)
    }
    if (entries === 0 && size < 512) return bad(why ?? 'Unrecognized archive format')
    if (why !== undefined) return ended ? undefined : badHeader(why)
    if (ended || size % 512 === 0) return undefined
    return badHeader('Truncated tar archive detected while reading next header')
  }
  const take = (chunk: Buffer): void => {
    if (isEmpty) isEmpty = chunk.every((byte) => byte === 0)
    size += chunk.length
    parser.write(chunk)
  }
  try {
    for await (const chunk of decompressed(file, format)) {
      take(chunk as Buffer)
      if (failure !== undefined) break
    }
    // An archive of nothing is all zeros, or nothing at all, which the parser does not know for one.
    if (isEmpty && size % 512 === 0) return
    if (failure === undefined) fail(brokenOff(undefined))
    if (failure === undefined) parser.end()
  } catch (error) {
    if (error instanceof NixError) fail(error)
    else {
      const why = reason(error as Error, format)
      // What has been decompressed of the first piece has not been seen.
      fail(size < PIECE ? bad(why) : (brokenOff(why) ?? bad(why)))
    }
  } finally {
    if (fd >= 0) fs.closeSync(fd)
  }
  if (failure instanceof NixError) throw failure
  if (failure !== undefined) throw wrongTar(failure as Error, entries)
}

/** What the parser has to say of an archive, in the words of libarchive. */
function wrongTar(error: Error, entries: number): NixError {
  if (/checksum failure|Unrecognized archive format/.test(error.message)) {
    return entries === 0
      ? bad('Unrecognized archive format')
      : badHeader('Damaged tar archive (bad header checksum)')
  }
  return bad(bytesOfNodeString(error.message))
}

/** For each format, what is said when it breaks off, and when it is damaged. */
const REASONS: Partial<Record<Format, readonly [string, string]>> = {
  gzip: ['truncated gzip input', 'gzip decompression failed'],
  xz: ['Lzma library error:  No progress is possible', 'Lzma library error: Corrupted input data'],
  lzip: ['Lzma library error:  No progress is possible', 'Lzma library error: Corrupted input data'],
  bzip2: ['truncated bzip2 input', 'bzip decompression failed'],
  zstd: ['Truncated zstd input', 'Zstd decompression failed'],
}

/** Why something cannot be decompressed. */
function reason(error: Error, format: Format): string {
  const [cut, damaged] = REASONS[format] ?? ['', '']
  const isCut = /unexpected end|ends unexpectedly|premature end|Z_BUF_ERROR/i.test(error.message)
  if (isCut) return cut
  const { code } = error as NodeJS.ErrnoException
  const isDamaged = code?.startsWith('Z_') || code?.startsWith('ZSTD_') || error instanceof Undecompressed
  return isDamaged && damaged !== '' ? damaged : bytesOfNodeString(error.message)
}

/** A program's answer to what it cannot decompress. */
class Undecompressed extends Error {}

/** The bits of a file's mode that stand for its type: what Nix's message shows. */
const MODES: Readonly<Record<string, number>> = {
  FIFO: 0o010000,
  CharacterDevice: 0o020000,
  BlockDevice: 0o060000,
}

/** Makes an entry; answers the descriptor that its bytes go to, -1 if it has none. */
function begin(entry: ReadEntry, extraction: Extraction): number {
  const name = bytesOfNodeString(entry.path)
  const time = entry.mtime === undefined ? 0 : Math.floor(entry.mtime.getTime() / 1000)
  extraction.lastModified = Math.max(extraction.lastModified, time)
  switch (entry.type) {
    case 'Directory':
    case 'GNUDumpDir':
      extraction.directory(name)
      return -1
    case 'SymbolicLink':
      extraction.symlink(name, bytesOfNodeString(entry.linkpath ?? ''))
      return -1
    case 'Link':
      extraction.hardlink(name, bytesOfNodeString(entry.linkpath ?? ''))
      return -1
    case 'File':
    case 'OldFile':
    case 'ContiguousFile':
      return extraction.file(name, ((entry.mode ?? 0) & 0o100) !== 0)
    default:
      throw new NixError(
        'io',
        `file '${name}' in tarball has unsupported file type ${MODES[entry.type] ?? entry.type}`,
      )
  }
}

/** The bytes of the archive inside a file. */
function decompressed(file: string, format: Format): AsyncIterable<unknown> {
  const raw = fs.createReadStream(file, { highWaterMark: 1 << 18 })
  if (format === 'tar') return raw
  if (format === 'gzip') return piped(raw, zlib.createGunzip({ chunkSize: 1 << 18 }))
  const native = (zlib as unknown as { createZstdDecompress?: () => NodeJS.ReadWriteStream })
    .createZstdDecompress
  if (format === 'zstd' && native !== undefined) return piped(raw, native())
  return throughProgram(raw, PROGRAMS[format] as string)
}

function piped(raw: fs.ReadStream, through: NodeJS.ReadWriteStream): AsyncIterable<unknown> {
  raw.on('error', (error) => (through as unknown as Readable).destroy(error))
  return raw.pipe(through) as unknown as AsyncIterable<unknown>
}

/** Decompresses with a program of the machine: Node has none of these formats. */
async function* throughProgram(raw: fs.ReadStream, program: string): AsyncGenerator<Buffer> {
  const child = spawn(program, ['-dc'], { stdio: ['pipe', 'pipe', 'pipe'] })
  let said = ''
  let missing: Error | undefined
  child.stderr.on('data', (data: Buffer) => {
    if (said.length < 4096) said += data.toString('latin1')
  })
  child.on('error', (error) => {
    missing = error
  })
  const ended = new Promise<number>((resolve) => {
    child.on('close', (code) => resolve(code ?? 1))
    child.on('error', () => resolve(127))
  })
  child.stdin.on('error', () => {})
  raw.on('error', () => child.kill())
  raw.pipe(child.stdin)
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer
    const code = await ended
    if (missing !== undefined) {
      throw new NixError(
        'io',
        `Failed to open archive (the program '${program}', which decompresses it, is not installed)`,
      )
    }
    if (code !== 0) throw new Undecompressed(said.trim() === '' ? `'${program}' failed` : said.trim())
  } finally {
    raw.destroy()
    if (child.exitCode === null) child.kill()
  }
}

// ------------------------------------------------------------------ zip

const NO_ZIP64 = 0xffffffff

/** Unpacks a zip file from its central directory, the only place that tells links from files. */
function unzip(file: string, extraction: Extraction): void {
  const fd = fs.openSync(file, 'r')
  try {
    const { size } = fs.fstatSync(fd)
    const tail = read(fd, Math.max(0, size - 65557), Math.min(size, 65557))
    const end = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]))
    if (end < 0) throw bad('Truncated ZIP file')
    const count = tail.readUInt16LE(end + 10)
    const length = tail.readUInt32LE(end + 12)
    const start = tail.readUInt32LE(end + 16)
    if (start === NO_ZIP64 || count === 0xffff) throw bad('ZIP64 is not supported')
    const directory = read(fd, start, length)
    let at = 0
    for (let i = 0; i < count; i++) {
      if (at + 46 > directory.length || directory.readUInt32LE(at) !== 0x02014b50)
        throw bad('Damaged ZIP file')
      const nameLength = directory.readUInt16LE(at + 28)
      const name = directory.toString('latin1', at + 46, at + 46 + nameLength)
      unzipEntry(fd, directory.subarray(at, at + 46), name, extraction)
      at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32)
    }
  } catch (error) {
    if (error instanceof NixError) throw error
    throw bad(`Damaged ZIP file: ${(error as Error).message}`)
  } finally {
    fs.closeSync(fd)
  }
}

function unzipEntry(fd: number, entry: Buffer, name: string, extraction: Extraction): void {
  const method = entry.readUInt16LE(10)
  const packed = entry.readUInt32LE(20)
  const unpacked = entry.readUInt32LE(24)
  const isUnix = entry[5] === 3 || entry[5] === 19
  const mode = isUnix ? entry.readUInt32LE(38) >>> 16 : 0
  extraction.lastModified = Math.max(
    extraction.lastModified,
    dosTime(entry.readUInt16LE(14), entry.readUInt16LE(12)),
  )
  if (name.endsWith('/')) {
    extraction.directory(name)
    return
  }
  if ((entry.readUInt16LE(8) & 1) !== 0) throw bad('encrypted ZIP files are not supported')
  const offset = entry.readUInt32LE(42)
  const local = read(fd, offset, 30)
  if (local.readUInt32LE(0) !== 0x04034b50) throw bad('Damaged ZIP file')
  const data = read(fd, offset + 30 + local.readUInt16LE(26) + local.readUInt16LE(28), packed)
  const contents =
    method === 0
      ? data
      : method === 8
        ? zlib.inflateRawSync(data, { maxOutputLength: Math.max(unpacked, 1) })
        : undefined
  if (contents === undefined) throw bad(`ZIP compression method ${method} is not supported`)
  if (contents.length !== unpacked) throw bad('Damaged ZIP file')
  if ((mode & 0o170000) === 0o120000) {
    extraction.symlink(name, contents.toString('latin1'))
    return
  }
  const out = extraction.file(name, (mode & 0o100) !== 0)
  if (out < 0) return
  try {
    writeAll(out, contents)
  } finally {
    fs.closeSync(out)
  }
}

function read(fd: number, at: number, size: number): Buffer {
  const out = Buffer.alloc(size)
  if (readAt(fd, out, at) < size) throw bad('Truncated ZIP file')
  return out
}

function dosTime(date: number, time: number): number {
  const at = Date.UTC(
    1980 + (date >> 9),
    ((date >> 5) & 15) - 1,
    date & 31,
    time >> 11,
    (time >> 5) & 63,
    (time & 31) * 2,
  )
  return Math.max(0, Math.floor(at / 1000))
}
