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
import { bytesOfNodeString, nodePath } from './bytes.ts'
import { readAt, writeAll } from './descriptors.ts'

function bad(why: string): NixError {
  return new NixError('io', `Failed to open archive (${why})`)
}

type Format = 'tar' | 'gzip' | 'xz' | 'bzip2' | 'zstd' | 'lzip' | 'zip'

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
    if (size === 0 || size < 512 || !isTarHeader(start)) throw bad('Unrecognized archive format')
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

/** What a tree in the making knows of a path. */
type Made = 'directory' | 'file' | 'symlink'

/**
 * Makes the entries of an archive below a directory. An entry's parents are directories that it made itself, never
 * links. Throws NixError for names that lead out.
 */
class Extraction {
  readonly #root: string
  readonly #made = new Map<string, Made>([['', 'directory']])
  lastModified = 0

  constructor(root: string) {
    this.#root = root
  }

  /** The clean form of an entry's name; undefined for the top itself. */
  #clean(name: string): string | undefined {
    if (name.includes('\0')) throw new NixError('io', `archive has an entry with the invalid name '${name}'`)
    if (name.startsWith('/')) throw new NixError('io', `archive member '${name}' has an absolute path`)
    const parts = name.split('/').filter((part) => part !== '' && part !== '.')
    if (parts.includes('..')) throw new NixError('io', `archive member '${name}' leads out of the archive`)
    return parts.length === 0 ? undefined : parts.join('/')
  }

  #full(path: string): string | Buffer {
    return nodePath(path === '' ? this.#root : `${this.#root}/${path}`)
  }

  /** Makes the directories above a path. */
  #parents(path: string): void {
    const missing: string[] = []
    for (let at = path; at.includes('/'); ) {
      at = at.slice(0, at.lastIndexOf('/'))
      const known = this.#made.get(at)
      if (known === 'directory') break
      if (known !== undefined) {
        throw new NixError('io', `archive member '${path}' lies below '${at}', which is not a directory`)
      }
      missing.push(at)
    }
    for (let at = missing.pop(); at !== undefined; at = missing.pop()) {
      fs.mkdirSync(this.#full(at), 0o755)
      this.#made.set(at, 'directory')
    }
  }

  /** Makes room for an entry: a later one takes the place of an earlier one. */
  #place(name: string): string | undefined {
    const path = this.#clean(name)
    if (path === undefined) return undefined
    this.#parents(path)
    const known = this.#made.get(path)
    if (known === 'file' || known === 'symlink') {
      fs.unlinkSync(this.#full(path))
      this.#made.delete(path)
    }
    return path
  }

  directory(name: string): void {
    const path = this.#place(name)
    if (path === undefined || this.#made.get(path) === 'directory') return
    fs.mkdirSync(this.#full(path), 0o755)
    this.#made.set(path, 'directory')
  }

  symlink(name: string, target: string): void {
    const path = this.#new(name)
    fs.symlinkSync(nodePath(target), this.#full(path))
    this.#made.set(path, 'symlink')
  }

  #new(name: string): string {
    const path = this.#place(name)
    if (path === undefined || this.#made.get(path) === 'directory') {
      throw new NixError('io', `archive member '${name}' takes the place of a directory`)
    }
    return path
  }

  /** A copy of an earlier file: hard links do not exist in a NAR. */
  hardlink(name: string, target: string): void {
    const source = this.#clean(target)
    if (source === undefined || this.#made.get(source) !== 'file') {
      throw new NixError(
        'io',
        `archive member '${name}' links to '${target}', which is no file of the archive`,
      )
    }
    const path = this.#clean(name)
    if (path === source) return
    const to = this.#new(name)
    fs.copyFileSync(this.#full(source), this.#full(to), fs.constants.COPYFILE_EXCL)
    this.#made.set(to, 'file')
  }

  /** Opens a file to be written; the caller closes it. */
  file(name: string, executable: boolean): number {
    const path = this.#new(name)
    const fd = fs.openSync(this.#full(path), 'wx', executable ? 0o755 : 0o644)
    this.#made.set(path, 'file')
    return fd
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

/** Unpacks an archive into a directory that exists and is empty; answers where its contents are, and how new. */
export async function unpackArchive(
  file: string,
  directory: string,
): Promise<{ root: string; lastModified: number }> {
  const format = formatOf(file)
  const extraction = new Extraction(directory)
  if (format === 'zip') unzip(file, extraction)
  else await untar(file, format, extraction)
  return { root: extraction.top(), lastModified: extraction.lastModified }
}

// ------------------------------------------------------------------ tar

async function untar(file: string, format: Format, extraction: Extraction): Promise<void> {
  let failure: unknown
  let entries = 0
  let empty = true
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
    onReadEntry: (entry: ReadEntry) => {
      entries++
      guard(() => {
        fd = begin(entry, extraction)
      })
      const mine = fd
      entry.on('data', (chunk: Buffer) => {
        if (mine >= 0) guard(() => writeAll(mine, chunk))
      })
      entry.on('end', () => {
        if (mine >= 0) fs.closeSync(mine)
        fd = -1
      })
      entry.resume()
    },
  })
  parser.on('error', fail)
  parser.on('warn', (_code: string, message: string) => fail(new Error(message)))
  try {
    for await (const chunk of decompressed(file, format)) {
      if (empty) empty = (chunk as Buffer).every((byte) => byte === 0)
      parser.write(chunk as Buffer)
      if (failure !== undefined) break
    }
    if (failure === undefined) parser.end()
  } catch (error) {
    fail(error)
  } finally {
    if (fd >= 0) fs.closeSync(fd)
  }
  // An archive of nothing is all zeros, which the parser does not know for one.
  if (entries === 0 && empty) return
  if (failure instanceof NixError) throw failure
  if (failure !== undefined) throw bad(reason(failure as Error, format))
}

function reason(error: Error, format: Format): string {
  if (format === 'gzip' && error.message === 'unexpected end of file') return 'truncated gzip input'
  return bytesOfNodeString(error.message)
}

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
    if (code !== 0) throw bad(said.trim() === '' ? `'${program}' failed` : said.trim())
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
