/**
 * A tracked result as it lies on disk (floor 2, on-disk cache only), and the quick look at whether it still holds. What a
 * command was asked goes in; its kept output comes out. Used by the launcher before anything else is loaded, so it needs
 * node:fs and nothing heavy; cache/README.md describes the form byte by byte.
 *
 * The quick look asks the operating system what the evaluation asked it. What it cannot tell for certain (why a file
 * could not be read, say) it leaves to `ResultCache`, which asks through the same code as the evaluation did.
 */
import {
  type BigIntStats,
  fstatSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  statSync,
} from 'node:fs'
import { bytesOfNodeString, environmentVariable, nodePath } from '../io/node/bytes.ts'
import { ctimeOf, isSettled, stampOf, typeOf } from '../io/node/stat.ts'
import { resolveLinks } from '../io/resolve.ts'
import { entryFile, hexWord, RESULTS, readEntry, writeEntry } from './place.ts'

/** Bump it when the form of a result changes, or what a recorded input means. */
const RESULT_VERSION = 3
const MAGIC = 'firnix-result'
const FIELDS = 9
const SUM_LENGTH = 8
/** Files above this are hashed by the program, piece by piece. */
const MAX_HASHED = 1 << 26
/** All that is known of a command before it runs. Byte strings. */
export interface ResultRequest {
  /** The command line, the program's name first. */
  arguments: readonly string[]
  /** The working folder. */
  folder: string
  /** What the program is: where it lies, what it runs on. */
  version: string
}

/** An answer of the world that a result relies on. */
export interface KeptInput {
  /** InputKind, or `tty`, `stdin`, `program`. */
  kind: string
  /** The path, the variable's name, the descriptor. */
  key: string
  /** `-`: absent; `+TEXT`: the answer, contents and listings as their SHA-256; `!TEXT`: the error. */
  answer: string
  /** Of files and folders: what proves the answer without reading; '' when nothing does. */
  stamp: string
}

/** What a command wrote: pieces in the order of writing, each to descriptor 1 or 2. */
export interface Piece {
  fd: number
  bytes: Uint8Array
}

export interface KeptResult {
  /** What it is known by (requestText). */
  request: string
  exitCode: number
  inputs: KeptInput[]
  pieces: Piece[]
}

/** The text by which a result is known. */
export function requestText(request: ResultRequest): string {
  return JSON.stringify([request.version, request.folder, ...request.arguments])
}

/** SHA-256, hexadecimal. Most looks need none, and loading node:crypto takes longer than all the rest. */
export function sha256(data: string | Uint8Array): string {
  const hasher = process.getBuiltinModule('node:crypto').createHash('sha256')
  if (typeof data === 'string') hasher.update(data, 'latin1')
  else hasher.update(data)
  return hasher.digest('hex')
}

/**
 * Name of the entry for a request, its folder (the first digit) included: five numbers made of its chars, 160 bits. The
 * entry holds the request itself, so two of one name are a miss and nothing worse.
 */
export function resultName(request: string): string {
  let name = ''
  for (let lane = 1; lane <= 5; lane++) {
    let h = Math.imul(lane, 0x9e3779b1)
    for (let i = 0; i < request.length; i++) {
      h = Math.imul(h ^ request.charCodeAt(i), 0x85ebca6b)
      h ^= (h >>> 13) ^ lane
    }
    h = Math.imul(h ^ (h >>> 16), 0xc2b2ae35)
    name += hexWord(h ^ (h >>> 15))
  }
  return name
}

/** Whether a stamp proves something to a run that began at `start` (ms since 1970). */
export function isProof(stamp: string, start: number): boolean {
  const ctime = ctimeOf(stamp)
  return ctime !== undefined && isSettled(ctime, start)
}

// ---------------------------------------------------------------- the form

function head(tags: readonly [number, number, number], length: number): Buffer {
  if (length < 0x100) return Buffer.from([tags[0], length])
  if (length < 0x10000) return Buffer.from([tags[1], length >> 8, length & 255])
  const out = Buffer.from([tags[2], 0, 0, 0, 0])
  out.writeUInt32BE(length, 1)
  return out
}

/** The bytes of a result; undefined when an input has no such form. */
export function encodeResult(result: KeptResult): Uint8Array | undefined {
  const { request } = result
  const words: string[] = []
  for (const { kind, key, answer, stamp } of result.inputs) words.push(kind, key, answer, stamp)
  const inputs = words.join('\0')
  // A zero byte inside a text, or a char that is no byte.
  if (/[^\x00-\xff]/.test(inputs) || /[^\x00-\xff]/.test(request)) return undefined
  if (words.length > 0 && words.some((word) => word.includes('\0'))) return undefined
  const out: Uint8Array[] = [Buffer.from([0x90 | FIELDS])]
  const integer = (n: number): void => {
    const bytes = Buffer.from([0xce, 0, 0, 0, 0])
    bytes.writeUInt32BE(n, 1)
    out.push(bytes)
  }
  const binary = (bytes: Uint8Array): void => {
    out.push(head([0xc4, 0xc5, 0xc6], bytes.length), bytes)
  }
  const latin1 = (text: string): void => binary(Buffer.from(text, 'latin1'))
  out.push(Buffer.from([0xa0 | MAGIC.length]), Buffer.from(MAGIC, 'latin1'))
  integer(RESULT_VERSION)
  latin1(request)
  integer(result.exitCode)
  integer(result.inputs.length)
  latin1(inputs)
  latin1(result.pieces.map(({ fd, bytes }) => `${fd} ${bytes.length}`).join())
  binary(Buffer.concat(result.pieces.map((piece) => piece.bytes)))
  const whole = Buffer.concat(out)
  return Buffer.concat([whole, Buffer.from([0xc4, SUM_LENGTH]), sumOf(whole)])
}

/**
 * A checksum against damage: two numbers of 32 bits over words of 4 bytes, the last one filled with zeros. Every step can be
 * undone, so a change of one word always shows.
 */
function sumOf(bytes: Uint8Array): Uint8Array {
  const count = bytes.length >> 2
  const whole = bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes)
  const words = new Int32Array(whole.buffer, whole.byteOffset, count)
  let last = 0
  for (let i = bytes.length - 1; i >= 4 * count; i--) last = (last << 8) | bytes[i]
  let a = bytes.length
  let b = 0x2545f491
  for (let i = 0; i <= count; i++) {
    const word = i < count ? words[i] : last
    a = Math.imul(a ^ word, 0x85ebca6b)
    a = (a << 13) | (a >>> 19)
    b = Math.imul((b + word) | 0, 0xc2b2ae35)
    b ^= b >>> 15
  }
  const sum = Buffer.alloc(SUM_LENGTH)
  sum.writeInt32LE(a, 0)
  sum.writeInt32LE(b, 4)
  return sum
}

/** The result in `bytes`, if it is one of that request (`request` undefined: of any); or what is wrong. Never throws. */
export function decodeResult(
  bytes: Uint8Array,
  request?: string,
): KeptResult | 'damaged' | 'version' | 'other' {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const end = buffer.length - SUM_LENGTH - 2
  if (end < 16 || buffer[0] !== (0x90 | FIELDS) || buffer[end] !== 0xc4 || buffer[end + 1] !== SUM_LENGTH) {
    return 'damaged'
  }
  if (!buffer.subarray(end + 2).equals(sumOf(buffer.subarray(0, end)))) return 'damaged'
  let at = 1
  const integer = (): number => {
    if (buffer[at] !== 0xce || at + 5 > end) return -1
    at += 5
    return buffer.readUInt32BE(at - 4)
  }
  const binary = (): Buffer | undefined => {
    const size = buffer[at] === 0xc4 ? 1 : buffer[at] === 0xc5 ? 2 : buffer[at] === 0xc6 ? 4 : 0
    if (size === 0 || at + 1 + size > end) return undefined
    const start = at + 1 + size
    const length = buffer.readUIntBE(at + 1, size)
    if (start + length > end) return undefined
    at = start + length
    return buffer.subarray(start, at)
  }
  const magic = `${String.fromCharCode(0xa0 | MAGIC.length)}${MAGIC}`
  if (buffer.toString('latin1', at, at + magic.length) !== magic) return 'damaged'
  at += magic.length
  if (integer() !== RESULT_VERSION) return 'version'
  const asked = binary()
  const exitCode = integer()
  const count = integer()
  const inputText = binary()
  const pieceText = binary()
  const output = binary()
  if (!asked || !inputText || !pieceText || !output || at !== end) return 'damaged'
  const known = asked.toString('latin1', 0, asked.length)
  if (request !== undefined && known !== request) return 'other'
  if (exitCode < 0 || exitCode > 255) return 'damaged'
  const words = count === 0 ? [] : inputText.toString('latin1', 0, inputText.length).split('\0')
  if (words.length !== 4 * count) return 'damaged'
  const inputs: KeptInput[] = []
  for (let i = 0; i < words.length; i += 4) {
    inputs.push({ kind: words[i], key: words[i + 1], answer: words[i + 2], stamp: words[i + 3] })
  }
  const pieces: Piece[] = []
  let from = 0
  for (const piece of pieceText.length === 0
    ? []
    : pieceText.toString('latin1', 0, pieceText.length).split(',')) {
    const parts = /^([12]) (\d{1,10})$/.exec(piece)
    if (parts === null || from + Number(parts[2]) > output.length) return 'damaged'
    pieces.push({ fd: Number(parts[1]), bytes: output.subarray(from, (from += Number(parts[2]))) })
  }
  return from === output.length ? { request: known, exitCode, inputs, pieces } : 'damaged'
}

// ---------------------------------------------------------------- the quick look

/** What a quick look at a kept result found. */
export type Look =
  | { kind: 'hit'; result: KeptResult }
  /** There is none to be used. */
  | { kind: 'miss'; why: string }
  /** Only the program can tell. */
  | { kind: 'unsure' }

/** Where to look, and what for. */
export interface LookOptions {
  dir: string
  /** See requestText. */
  request: string
  /** Hash every file, whatever its stamp says. */
  alwaysHash?: boolean
  /** The clock in milliseconds, for tests. */
  now?: () => number
}

/** Where the result of a request lies. */
function resultFile(dir: string, request: string): string {
  return entryFile(dir, RESULTS, resultName(request))
}

/** Reads the result of a request; or says why there is none. Never throws. */
export function readResult(dir: string, request: string): KeptResult | string {
  const found = readEntry(resultFile(dir, request), (size) => Buffer.allocUnsafeSlow(size), true)
  if (found === undefined) return 'no result of this command is kept'
  if (found.foreign) return 'the kept result may have been written by somebody else'
  const result = decodeResult(found.bytes, request)
  return typeof result === 'string' ? 'the kept result is damaged or of another version' : result
}

/** Looks for the result of a request and whether the world is what it was. Never throws. */
export function look(options: LookOptions): Look & { stdin?: string } {
  const start = (options.now ?? Date.now)()
  const result = readResult(options.dir, options.request)
  if (typeof result === 'string') return { kind: 'miss', why: result }
  const checker = new Checker(options.alwaysHash === true)
  const read = (): { stdin?: string } => (checker.stdin === undefined ? {} : { stdin: checker.stdin })
  let refreshed = false
  for (const input of result.inputs) {
    let same: boolean | undefined
    try {
      same = checker.isUnchanged(input)
    } catch {
      same = undefined
    }
    if (same === undefined) return { kind: 'unsure', ...read() }
    if (!same) return { kind: 'miss', why: `${describe(input)} has changed`, ...read() }
    const { newStamp } = checker
    if (newStamp !== '' && newStamp !== input.stamp && isProof(newStamp, start)) {
      input.stamp = newStamp
      refreshed = true
    }
  }
  if (refreshed) {
    try {
      const bytes = encodeResult(result)
      if (bytes) writeEntry(options.dir, RESULTS, resultName(options.request), bytes)
    } catch {
      // The next look takes as long as this one.
    }
  }
  return { kind: 'hit', result }
}

/** Asks the world again. One of them sees one state of the world: it asks nothing twice. */
export class Checker {
  /** All of standard input, once it was asked for. */
  stdin: string | undefined
  /** The stamp of what was hashed by the last question; ''. */
  newStamp = ''
  readonly #alwaysHash: boolean
  readonly #stats = new Map<string, BigIntStats | undefined>()
  /** Directories with no link on the way to them. */
  readonly #plain = new Set<string>(['/', ''])

  constructor(alwaysHash: boolean) {
    this.#alwaysHash = alwaysHash
  }

  /** Whether the answer is the same; undefined: the program has to tell. Throws what node:fs throws, and NixError. */
  isUnchanged({ kind, key, answer, stamp }: KeptInput): boolean | undefined {
    this.newStamp = ''
    if (answer.startsWith('!')) {
      const missing = kind === 'file' || kind === 'stat' || kind === 'link'
      if (missing && answer === `!io path '${key}' does not exist` && this.#lstat(key) === undefined)
        return true
      return undefined
    }
    const value = answer.startsWith('+') ? answer.slice(1) : null
    switch (kind) {
      case 'file':
      case 'dir':
        return this.#content(kind, key, value, stamp)
      case 'type': {
        const stat = this.#lstat(key)
        return (stat === undefined ? null : typeOf(stat)) === value
      }
      case 'stat': {
        const stat = this.#lstat(key)
        if (stat === undefined) return undefined
        const regular = stat.isFile()
        return (
          `${typeOf(stat)} ${regular && (stat.mode & 0o100n) !== 0n} ${regular ? stat.size : 0}` === value
        )
      }
      case 'link':
        return this.#lstat(key)?.isSymbolicLink() === true
          ? readlinkSync(nodePath(key), 'latin1') === value
          : undefined
      case 'real':
      case 'realAncestors':
        return this.#real(key, kind === 'realAncestors') === value
      case 'env':
        return (environmentVariable(key) ?? null) === value
      case 'home':
        return (
          (environmentVariable('HOME') ||
            bytesOfNodeString(process.getBuiltinModule('node:os').homedir())) === value
        )
      case 'system':
        // The request says what machine this is.
        return true
      case 'tty':
        return String(isTerminal(Number(key))) === value
      case 'program':
        return stampOf(statSync(nodePath(key), { bigint: true })) === value
      case 'stdin':
        this.stdin ??= readInput()
        return sha256(this.stdin) === value
      default:
        return false
    }
  }

  #content(kind: 'file' | 'dir', path: string, value: string | null, stamp: string): boolean | undefined {
    let stat = this.#lstat(path)
    if (stat?.isSymbolicLink()) stat = statSync(nodePath(path), { bigint: true, throwIfNoEntry: false })
    if (stat === undefined || !(kind === 'file' ? stat.isFile() : stat.isDirectory())) return undefined
    const now = stampOf(stat)
    if (stamp !== '' && now === stamp && !this.#alwaysHash) return true
    if (kind === 'dir') {
      const entries = readdirSync(nodePath(path), { withFileTypes: true, encoding: 'latin1' })
      entries.sort((a, b) => (a.name < b.name ? -1 : 1))
      if (sha256(entries.map((entry) => `${typeOf(entry)}:${entry.name}\0`).join('')) !== value) return false
    } else {
      if (stat.size > MAX_HASHED) return undefined
      if (sha256(readFileSync(nodePath(path))) !== value) return false
    }
    this.newStamp = now
    return true
  }

  #lstat(path: string): BigIntStats | undefined {
    let stat = this.#stats.get(path)
    if (stat !== undefined || this.#stats.has(path)) return stat
    try {
      stat = lstatSync(nodePath(path), { bigint: true, throwIfNoEntry: false })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOTDIR') throw error
    }
    this.#stats.set(path, stat)
    return stat
  }

  #real(path: string, ancestorsOnly: boolean): string {
    if (this.#isPlain(path.slice(0, path.lastIndexOf('/')))) {
      if (ancestorsOnly || this.#lstat(path)?.isSymbolicLink() !== true) return path
    }
    return resolveLinks(path, ancestorsOnly, (at) =>
      this.#lstat(at)?.isSymbolicLink() === true ? readlinkSync(nodePath(at), 'latin1') : undefined,
    )
  }

  #isPlain(folder: string): boolean {
    const below: string[] = []
    for (let at = folder; !this.#plain.has(at); at = at.slice(0, at.lastIndexOf('/'))) {
      if (this.#lstat(at)?.isSymbolicLink() === true) return false
      below.push(at)
    }
    for (const at of below) this.#plain.add(at)
    return true
  }
}

/** What an input is called in an explanation. */
export function describe(input: { kind: string; key: string }): string {
  switch (input.kind) {
    case 'env':
      return `the environment variable ${input.key}`
    case 'system':
      return 'the current system'
    case 'home':
      return 'the home folder'
    case 'dir':
      return `the folder ${input.key}`
    case 'link':
    case 'real':
    case 'realAncestors':
      return `a link on the way to ${input.key}`
    case 'tty':
      return 'whether errors go to a terminal'
    case 'stdin':
      return 'standard input'
    case 'program':
      return 'the program'
    default:
      return input.key
  }
}

/** The stamp of a folder, links followed; undefined for anything else. */
export function folderStamp(path: string): string | undefined {
  try {
    const stat = statSync(nodePath(path), { bigint: true, throwIfNoEntry: false })
    return stat?.isDirectory() ? stampOf(stat) : undefined
  } catch {
    return undefined
  }
}

/** Whether a descriptor is a terminal. Loading node:tty takes longer than anything else here, so it is the last resort. */
export function isTerminal(fd: number): boolean {
  try {
    const stat = fstatSync(fd)
    if (!stat.isCharacterDevice()) return false
    // Linux: /dev/null and its like.
    if (process.platform === 'linux' && stat.rdev >> 8 === 1) return false
  } catch {
    return false
  }
  return process.getBuiltinModule('node:tty').isatty(fd)
}

/** All of standard input in bytes. Errors: those of node:fs. */
function readInput(): string {
  const pieces: string[] = []
  const buffer = Buffer.allocUnsafe(1 << 16)
  for (;;) {
    let n: number
    try {
      n = readSync(0, buffer, 0, buffer.length, null)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EOF') n = 0
      else if (code === 'EAGAIN' || code === 'EINTR') {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4)
        continue
      } else throw error
    }
    if (n === 0) return pieces.join('')
    pieces.push(buffer.toString('latin1', 0, n))
  }
}
