/**
 * Nix archives (floor 1): files and directories in, the NAR that stands for them out, piece by piece, into a hash, a
 * daemon or a file. Memory is bounded whatever the size of the tree. Nix: libutil/archive.cc.
 */
import { NixError } from '../errors.ts'
import type { HashAlgo } from './hash.ts'

type MaybeAsync<T> = T | Promise<T>

/** As in `builtins.readFileType`. */
export type NarFileType = 'regular' | 'directory' | 'symlink' | 'unknown'

/** What is archived. Every EvalIO is one; see there for what the methods do and throw. */
export interface NarSource {
  stat(
    path: string,
  ): MaybeAsync<{ readonly type: NarFileType; readonly executable: boolean; readonly size: number }>
  readFile(path: string): MaybeAsync<string>
  readChunks(path: string, onChunk: (chunk: Uint8Array) => void): MaybeAsync<number>
  readDir(path: string): MaybeAsync<Map<string, NarFileType>>
  readLink(path: string): MaybeAsync<string>
}

/** Hashes, at once or piece by piece. Every EvalIO can. */
export interface HashSource {
  hash(algo: HashAlgo, data: string | Uint8Array): string
  createHash(algo: HashAlgo): { update(data: string | Uint8Array): void; digest(): string }
}

/** Takes a piece of a NAR: latin1 text, or bytes that are only valid during the call. */
export type NarSink = (piece: string | Uint8Array) => void

/** An entry that a filter may leave out. */
export interface NarQuestion {
  readonly path: string
  readonly type: NarFileType
}

/** Files above this size are not read in one piece. */
const BIG_FILE = 1 << 20

/** Text is handed on in pieces of about this length. */
const PIECE = 1 << 16

/** Nix refuses trees that are deeper. */
export const MAX_NAR_DEPTH = 64

/** First string of every archive. */
export const NAR_MAGIC = 'nix-archive-1'

const PADDING = ['', '\0\0\0\0\0\0\0', '\0\0\0\0\0\0', '\0\0\0\0\0', '\0\0\0\0', '\0\0\0', '\0\0', '\0']

/** A number as eight bytes, the lowest first, as NARs and the daemon write it. */
export function encodeNumber(number: number): string {
  if (number < 256) return `${String.fromCharCode(number)}\0\0\0\0\0\0\0`
  const high = Math.floor(number / 0x1_0000_0000)
  return String.fromCharCode(
    number & 255,
    (number >>> 8) & 255,
    (number >>> 16) & 255,
    (number >>> 24) & 255,
    high & 255,
    (high >>> 8) & 255,
    (high >>> 16) & 255,
    0,
  )
}

/** A string as a NAR (and the daemon) writes it: length, bytes, zeros up to a multiple of eight. */
export function encodeNarString(text: string): string {
  return encodeNumber(text.length) + text + PADDING[text.length & 7]
}

function encodeAll(...tokens: string[]): string {
  return tokens.map(encodeNarString).join('')
}

const MAGIC = encodeNarString(NAR_MAGIC)
const OPEN_REGULAR = encodeAll('(', 'type', 'regular', 'contents')
const OPEN_EXECUTABLE = encodeAll('(', 'type', 'regular', 'executable', '', 'contents')
const OPEN_DIRECTORY = encodeAll('(', 'type', 'directory')
const OPEN_SYMLINK = encodeAll('(', 'type', 'symlink', 'target')
const OPEN_ENTRY = encodeAll('entry', '(', 'name')
const NODE = encodeNarString('node')
const CLOSE = encodeNarString(')')

/** The NAR of a single file that is not executable (`toFile`, .drv files sent to a store as trees). */
export function narOfText(text: string): string {
  return MAGIC + OPEN_REGULAR + encodeNarString(text) + CLOSE
}

/** A directory on the way from the root to where the walker is. */
interface OpenDirectory {
  readonly path: string
  readonly entries: readonly (readonly [string, NarFileType])[]
  index: number
}

/**
 * Walks a tree and writes its NAR, stopping at every entry to have it accepted or refused, so that whoever runs the
 * filter can suspend: `next()` gives a question, to be answered by `answer()` before the next `next()`, or undefined
 * when all is written. The root is not asked about. With `asks` false there are no questions, and one `next()` does.
 *
 * Errors (thrown, or rejected when the source is asynchronous): those of the source; NixError
 * `file '/p' has an unsupported type` and `path '/p' exceeds maximum NAR directory depth of 64`.
 */
export class NarWalker {
  readonly #source: NarSource
  readonly #root: string
  readonly #sink: NarSink
  readonly #asks: boolean
  readonly #open: OpenDirectory[] = []
  #started = false
  #text = ''
  /** The entry that the last question was about. */
  #pending: NarQuestion | undefined
  /** Set by an answer: whether to go into it. */
  #accepted = false

  constructor(source: NarSource, root: string, sink: NarSink, asks = false) {
    this.#source = source
    this.#root = root
    this.#sink = sink
    this.#asks = asks
  }

  /** Whether the entry that `next()` asked about belongs to the archive. */
  answer(accept: boolean): void {
    this.#accepted = accept
  }

  /** Goes on to the next question; undefined at the end. */
  next(): MaybeAsync<NarQuestion | undefined> {
    if (!this.#started) {
      this.#started = true
      this.#write(MAGIC)
      const wait = this.#node(this.#root, undefined)
      if (wait instanceof Promise) return wait.then(() => this.next())
    }
    const pending = this.#pending
    if (pending !== undefined) {
      this.#pending = undefined
      if (this.#accepted) {
        const wait = this.#enter(pending)
        if (wait instanceof Promise) return wait.then(() => this.next())
      }
    }
    for (;;) {
      const directory = this.#open[this.#open.length - 1]
      if (directory === undefined) {
        this.#flush()
        return undefined
      }
      if (directory.index === directory.entries.length) {
        this.#open.pop()
        this.#close()
        continue
      }
      const [name, type] = directory.entries[directory.index++]
      const question = { path: directory.path === '/' ? `/${name}` : `${directory.path}/${name}`, type }
      if (this.#asks) {
        this.#pending = question
        this.#accepted = false
        return question
      }
      const wait = this.#enter(question)
      if (wait instanceof Promise) return wait.then(() => this.next())
    }
  }

  #enter(entry: NarQuestion): MaybeAsync<void> {
    this.#write(OPEN_ENTRY + encodeNarString(entry.path.slice(entry.path.lastIndexOf('/') + 1)) + NODE)
    return this.#node(entry.path, entry.type)
  }

  /** Ends a node, and the entry it is in. */
  #close(): void {
    this.#write(this.#open.length > 0 ? CLOSE + CLOSE : CLOSE)
  }

  #node(path: string, type: NarFileType | undefined): MaybeAsync<void> {
    if (this.#open.length >= MAX_NAR_DEPTH) {
      throw new NixError('eval', `path '${path}' exceeds maximum NAR directory depth of ${MAX_NAR_DEPTH}`)
    }
    if (type === undefined || type === 'regular') {
      const info = this.#source.stat(path)
      if (info instanceof Promise) return info.then((known) => this.#typed(path, known))
      return this.#typed(path, info)
    }
    return this.#typed(path, { type, executable: false, size: 0 })
  }

  #typed(path: string, info: { type: NarFileType; executable: boolean; size: number }): MaybeAsync<void> {
    switch (info.type) {
      case 'regular':
        this.#write(info.executable ? OPEN_EXECUTABLE : OPEN_REGULAR)
        return info.size > BIG_FILE ? this.#bigFile(path, info.size) : this.#smallFile(path)
      case 'directory': {
        const entries = this.#source.readDir(path)
        if (entries instanceof Promise) return entries.then((known) => this.#directory(path, known))
        return this.#directory(path, entries)
      }
      case 'symlink': {
        const target = this.#source.readLink(path)
        if (target instanceof Promise) return target.then((known) => this.#symlink(known))
        return this.#symlink(target)
      }
      default:
        throw new NixError('eval', `file '${path}' has an unsupported type`)
    }
  }

  #directory(path: string, entries: Map<string, NarFileType>): void {
    this.#write(OPEN_DIRECTORY)
    this.#open.push({ path, entries: [...entries], index: 0 })
  }

  #symlink(target: string): void {
    this.#write(OPEN_SYMLINK + encodeNarString(target))
    this.#close()
  }

  #smallFile(path: string): MaybeAsync<void> {
    const done = (text: string): void => {
      this.#write(encodeNarString(text))
      this.#close()
    }
    const text = this.#source.readFile(path)
    return text instanceof Promise ? text.then(done) : done(text)
  }

  #bigFile(path: string, size: number): MaybeAsync<void> {
    this.#write(encodeNumber(size))
    this.#flush()
    const done = (length: number): void => {
      if (length !== size) throw new NixError('io', `file '${path}' changed while it was read`)
      this.#write(PADDING[size % 8])
      this.#close()
    }
    const length = this.#source.readChunks(path, this.#sink)
    return length instanceof Promise ? length.then(done) : done(length)
  }

  #write(text: string): void {
    this.#text += text
    if (this.#text.length >= PIECE) this.#flush()
  }

  #flush(): void {
    if (this.#text === '') return
    const text = this.#text
    this.#text = ''
    this.#sink(text)
  }
}

/** Writes the NAR of a whole tree. Errors: see NarWalker. */
export function writeNar(source: NarSource, root: string, sink: NarSink): MaybeAsync<undefined> {
  return new NarWalker(source, root, sink).next() as MaybeAsync<undefined>
}

/** A hash of a NAR, and how long that was. */
export interface NarHash {
  readonly hex: string
  readonly size: number
}

/** A walker whose NAR goes into a hash: what `path`, `filterSource` and `"${./x}"` need. Ask `result()` at the end. */
export class HashingWalker {
  readonly walker: NarWalker
  readonly #io: HashSource
  readonly #algo: HashAlgo
  /** The first piece, as long as it is the only one: nearly all sources are a short file, hashed at once in half the time. */
  #first: string | null = null
  #hasher: ReturnType<HashSource['createHash']> | null = null
  #size = 0

  constructor(io: NarSource & HashSource, root: string, asks = false, algo: HashAlgo = 'sha256') {
    this.#io = io
    this.#algo = algo
    this.walker = new NarWalker(io, root, (piece) => this.#take(piece), asks)
  }

  #take(piece: string | Uint8Array): void {
    this.#size += piece.length
    if (this.#hasher === null) {
      if (this.#first === null && typeof piece === 'string') {
        this.#first = piece
        return
      }
      this.#hasher = this.#io.createHash(this.#algo)
      if (this.#first !== null) this.#hasher.update(this.#first)
      this.#first = null
    }
    this.#hasher.update(piece)
  }

  /** The hash, once `walker.next()` has given undefined. Call it once. */
  result(): NarHash {
    const hex = this.#hasher !== null ? this.#hasher.digest() : this.#io.hash(this.#algo, this.#first ?? '')
    return { hex, size: this.#size }
  }
}

/** The hash of a tree's NAR; `filter` leaves entries out, never the root. Errors: see NarWalker. */
export function hashPath(
  io: NarSource & HashSource,
  root: string,
  filter?: (path: string, type: NarFileType) => boolean,
  algo: HashAlgo = 'sha256',
): MaybeAsync<NarHash> {
  const hashing = new HashingWalker(io, root, filter !== undefined, algo)
  const run = (): MaybeAsync<NarHash> => {
    for (;;) {
      const question = hashing.walker.next()
      if (question instanceof Promise) {
        return question.then((asked) => {
          if (asked === undefined) return hashing.result()
          hashing.walker.answer(filter!(asked.path, asked.type))
          return run()
        })
      }
      if (question === undefined) return hashing.result()
      hashing.walker.answer(filter!(question.path, question.type))
    }
  }
  return run()
}

/** The hash of one file's bytes, symlinks followed, whatever its size (`hashFile`, flat sources). Errors: the source's. */
export function hashFile(io: NarSource & HashSource, path: string, algo: HashAlgo): MaybeAsync<string> {
  const hasher = io.createHash(algo)
  const length = io.readChunks(path, (chunk) => hasher.update(chunk))
  return length instanceof Promise ? length.then(() => hasher.digest()) : hasher.digest()
}
