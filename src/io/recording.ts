/**
 * Which inputs an evaluation read (floor 1): an EvalIO in, one out that does the same and notes every answer, negative
 * look-ups included. The notes are plain data, so a tracked result can be stored with them; `isUnchanged` asks a
 * world whether it would still give those answers.
 */
import { NixError } from '../errors.ts'
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
import { andThen } from './io.ts'

/** What was asked: contents, listing, type, type with mode and size, link target, real path (of all, of ancestors),
 *  environment variable, system and home. */
export type InputKind =
  | 'file'
  | 'dir'
  | 'type'
  | 'stat'
  | 'link'
  | 'real'
  | 'realAncestors'
  | 'env'
  | 'system'
  | 'home'

/** One answer that an evaluation relied on. */
export interface RecordedInput {
  readonly kind: InputKind
  /** The path or the variable's name. */
  readonly key: string
  /** The answer; contents and listings as their sha256. Null: absent, or an error. */
  readonly value: string | null
  /** Kind and text of the error that was the answer. */
  readonly failure?: string
  /** Of a file or directory: its stamp before it was read. While that is the same, it need not be read again. */
  readonly stamp?: string
}

/** What a RecordingIO may be given besides the world. */
export interface RecordingOptions {
  /** The stamp of a directory, as `EvalIO.stamp` gives those of files. */
  folderStamp?: (path: string) => string | undefined
}

/** An answer, as it is compared. */
interface Answer {
  readonly value: string | null
  readonly failure?: string
}

/** Contents of files above this size are hashed piece by piece when they are checked. */
const BIG_FILE = 1 << 26

function listingHash(io: EvalIO, entries: Map<string, FileType>): string {
  let text = ''
  for (const [name, type] of entries) text += `${type}:${name}\0`
  return io.hash('sha256', text)
}

function infoText(info: FileInfo): string {
  return `${info.type} ${info.executable} ${info.size}`
}

function failureOf(error: NixError): string {
  return `${error.kind} ${error.message}`
}

/** The answer, now or later; a NixError is one too, other errors are faults and pass. */
function answerOf(ask: () => MaybeAsync<string | null>): MaybeAsync<Answer> {
  const onAnswer = (value: string | null): Answer => ({ value })
  const onError = (error: unknown): Answer => {
    if (error instanceof NixError) return { value: null, failure: failureOf(error) }
    throw error
  }
  try {
    const answer = ask()
    return answer instanceof Promise ? answer.then(onAnswer, onError) : onAnswer(answer)
  } catch (error) {
    return onError(error)
  }
}

function contentHash(io: EvalIO, path: string): MaybeAsync<string> {
  const hashPieces = (): MaybeAsync<string> => {
    const hasher = io.createHash('sha256')
    return andThen(
      io.readChunks(path, (chunk) => hasher.update(chunk)),
      () => hasher.digest(),
    )
  }
  return andThen(io.realPath(path), (real) =>
    andThen(io.fileType(real), (type) => {
      // A file that cannot be read has to fail as it did, under the name it was asked for.
      if (type !== 'regular') return andThen(io.readFile(path), (text) => io.hash('sha256', text))
      return andThen(io.stat(real), ({ size }) =>
        size > BIG_FILE ? hashPieces() : andThen(io.readFile(path), (text) => io.hash('sha256', text)),
      )
    }),
  )
}

function observe(io: EvalIO, kind: InputKind, key: string): MaybeAsync<Answer> {
  return answerOf(() => {
    switch (kind) {
      case 'file':
        return contentHash(io, key)
      case 'dir':
        return andThen(io.readDir(key), (entries) => listingHash(io, entries))
      case 'type':
        return andThen(io.fileType(key), (type) => type ?? null)
      case 'stat':
        return andThen(io.stat(key), infoText)
      case 'link':
        return io.readLink(key)
      case 'real':
        return io.realPath(key)
      case 'realAncestors':
        return io.realPath(key, true)
      case 'env':
        return io.getEnv(key) ?? null
      case 'system':
        return io.currentSystem()
      case 'home':
        return io.homeDir()
    }
  })
}

/** Whether a world gives the recorded answer. */
export function isUnchanged(io: EvalIO, input: RecordedInput): MaybeAsync<boolean> {
  const compare = (): MaybeAsync<boolean> =>
    andThen(
      observe(io, input.kind, input.key),
      ({ value, failure }) => value === input.value && failure === input.failure,
    )
  if (input.stamp === undefined || input.kind !== 'file') return compare()
  return andThen(io.stamp(input.key), (stamp) => stamp === input.stamp || compare())
}

/** The wrapper. One instance records one evaluation. */
export class RecordingIO implements EvalIO {
  readonly inner: EvalIO
  /** Whether the clock was read: then a result is good for this second only. */
  usedClock = false
  /** The URLs that were fetched; whether they still say the same cannot be checked cheaply. */
  readonly fetched: Set<string> = new Set()
  readonly #inputs = new Map<string, RecordedInput>()
  readonly #folderStamp: (path: string) => string | undefined
  readonly fetch?: (request: FetchRequest) => MaybeAsync<FetchResponse>

  constructor(inner: EvalIO, options: RecordingOptions = {}) {
    this.inner = inner
    this.#folderStamp = options.folderStamp ?? (() => undefined)
    if (inner.fetch !== undefined) {
      this.fetch = (request) => {
        this.fetched.add(request.url)
        return inner.fetch!(request)
      }
    }
  }

  /** Every answer given so far, each question once, in the order of the first asking. */
  inputs(): RecordedInput[] {
    return [...this.#inputs.values()]
  }

  /** Notes an input that was read past this wrapper (a chunk that came from the compile cache). */
  note(input: RecordedInput): void {
    const id = `${input.kind}\0${input.key}`
    if (!this.#inputs.has(id)) this.#inputs.set(id, input)
  }

  readFile(path: string): MaybeAsync<string> {
    return andThen(this.inner.stamp(path), (stamp) =>
      this.#ask(
        'file',
        path,
        () => this.inner.readFile(path),
        (text) => this.inner.hash('sha256', text),
        stamp,
      ),
    )
  }

  readChunks(path: string, onChunk: (chunk: Uint8Array) => void): MaybeAsync<number> {
    return andThen(this.inner.stamp(path), (stamp) => {
      const hasher = this.inner.createHash('sha256')
      const read = (): MaybeAsync<number> =>
        this.inner.readChunks(path, (chunk) => {
          hasher.update(chunk)
          onChunk(chunk)
        })
      return this.#ask('file', path, read, () => hasher.digest(), stamp)
    })
  }

  readDir(path: string): MaybeAsync<Map<string, FileType>> {
    return this.#ask(
      'dir',
      path,
      () => this.inner.readDir(path),
      (entries) => listingHash(this.inner, entries),
      this.#inputs.has(`dir\0${path}`) ? undefined : this.#folderStamp(path),
    )
  }

  fileType(path: string): MaybeAsync<FileType | undefined> {
    return this.#ask(
      'type',
      path,
      () => this.inner.fileType(path),
      (type) => type ?? null,
    )
  }

  stat(path: string): MaybeAsync<FileInfo> {
    return this.#ask('stat', path, () => this.inner.stat(path), infoText)
  }

  readLink(path: string): MaybeAsync<string> {
    return this.#ask(
      'link',
      path,
      () => this.inner.readLink(path),
      (target) => target,
    )
  }

  realPath(path: string, ancestorsOnly = false): MaybeAsync<string> {
    return this.#ask(
      ancestorsOnly ? 'realAncestors' : 'real',
      path,
      () => this.inner.realPath(path, ancestorsOnly),
      (real) => real,
    )
  }

  stamp(path: string): MaybeAsync<string | undefined> {
    return this.inner.stamp(path)
  }

  getEnv(name: string): string | undefined {
    const value = this.inner.getEnv(name)
    this.note({ kind: 'env', key: name, value: value ?? null })
    return value
  }

  now(): number {
    this.usedClock = true
    return this.inner.now()
  }

  currentSystem(): string {
    const value = this.inner.currentSystem()
    this.note({ kind: 'system', key: '', value })
    return value
  }

  homeDir(): string {
    const value = this.inner.homeDir()
    this.note({ kind: 'home', key: '', value })
    return value
  }

  hash(algo: HashAlgo, data: string | Uint8Array): string {
    return this.inner.hash(algo, data)
  }

  createHash(algo: HashAlgo): Hasher {
    return this.inner.createHash(algo)
  }

  refresh(): void {
    this.inner.refresh?.()
  }

  /** Asks, notes what the answer (or the error) was, and passes it on. */
  #ask<T>(
    kind: InputKind,
    key: string,
    ask: () => MaybeAsync<T>,
    noteOf: (answer: T) => string | null,
    stamp?: string,
  ): MaybeAsync<T> {
    // The first answer stands: a world that changes meanwhile must not pass for the one that was seen.
    const known = this.#inputs.has(`${kind}\0${key}`)
    const onAnswer = (answer: T): T => {
      if (!known) this.note({ kind, key, value: noteOf(answer), ...(stamp === undefined ? {} : { stamp }) })
      return answer
    }
    const onError = (error: unknown): never => {
      if (error instanceof NixError) this.note({ kind, key, value: null, failure: failureOf(error) })
      throw error
    }
    try {
      const answer = ask()
      return answer instanceof Promise ? answer.then(onAnswer, onError) : onAnswer(answer)
    } catch (error) {
      return onError(error)
    }
  }
}
