/**
 * Tracked results (floor 2, on-disk cache only): what a command printed, kept with every answer of the world that its
 * evaluation relied on (RecordingIO). When the world would still give those answers, the output is given again.
 *
 * A result is found by everything that is known before anything is evaluated: the command line, the folder, stdin, the
 * settings, the program's version. One result per command is kept, the newest. Files are proven unchanged by their stamp
 * where it proves something (disk.ts says when), else by their hash; everything else is simply asked again.
 */
import { hash } from 'node:crypto'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import { type EvalIO, isPromise } from '../io/io.ts'
import { type InputKind, isUnchanged, type RecordedInput } from '../io/recording.ts'
import { BYTECODE_VERSION, newPackr } from './format.ts'
import { isFolder, RESULTS, readEntry, writeEntry } from './place.ts'
import { DEFAULT_MAX_SIZE, tend } from './tending.ts'

/** Bump it when the form of a result changes, or what a recorded input means. */
const RESULT_VERSION = 1
const MAGIC = 'firnix-result'
/** Outputs above this are not kept: reading them back is no faster than one would like. */
const MAX_OUTPUT = 1 << 26
const SETTLED = 2_000_000_000n
const KINDS: ReadonlySet<string> = new Set<InputKind>([
  'file',
  'dir',
  'type',
  'stat',
  'link',
  'real',
  'realAncestors',
  'env',
  'system',
  'home',
])

/** Kinds whose null says that there is no such thing; of the others it says that asking failed. */
const ABSENT: ReadonlySet<string> = new Set<InputKind>(['type', 'env'])

/** All that decides what a command prints, besides what its evaluation reads. Byte strings. */
export interface ResultRequest {
  /** The command line, program name included. */
  arguments: readonly string[]
  /** The working folder. */
  folder: string
  /** What came in on stdin, or undefined when it was not read. */
  stdin: string | undefined
  /** Every setting that is not told by the command line: configuration files, NIX_PATH, whether stderr is a terminal… */
  settings: readonly string[]
  /** The program's version. */
  version: string
}

/** What a command did. Byte strings. */
export interface Outcome {
  stdout: string
  stderr: string
  exitCode: number
}

/** What an evaluation relied on (a RecordingIO has it). */
export interface Recording {
  inputs(): readonly RecordedInput[]
  readonly usedClock: boolean
  readonly fetched: ReadonlySet<string>
}

/** A kept outcome, or the reason why there is none to be used (`--explain-cache`). */
export type ResultLookup = { outcome: Outcome; inputs: number } | { outcome: undefined; why: string }

export interface ResultCacheOptions {
  dir: string
  /** See CacheDirectory. */
  isDefault?: boolean
  /** Told, at most once, that nothing can be written. */
  warn?: (message: string) => void
  maxSize?: number
  /** The clock in milliseconds, for tests. */
  now?: () => number
}

export class ResultCache {
  readonly #options: ResultCacheOptions
  readonly #packr = newPackr()
  readonly #now: () => number
  #serial = 0

  constructor(options: ResultCacheOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
  }

  /** The outcome of an earlier run, if `io` answers everything as it did then. Never throws. */
  find(request: ResultRequest, io: EvalIO): ResultLookup {
    const key = keyOf(request)
    const file = `${this.#options.dir}/${RESULTS}/${key[0]}/${key.slice(1)}`
    const found = readEntry(file, (size) => Buffer.allocUnsafeSlow(size), true)
    if (found === undefined) return { outcome: undefined, why: 'no result of this command is kept' }
    if (found.foreign)
      return { outcome: undefined, why: 'the kept result may have been written by somebody else' }
    const kept = this.#decode(found.bytes, key)
    if (kept === undefined)
      return { outcome: undefined, why: 'the kept result is damaged or of another version' }
    for (const input of kept.inputs) {
      let same: boolean | Promise<boolean>
      try {
        same = isUnchanged(io, input)
      } catch {
        same = false
      }
      if (isPromise(same)) {
        same.catch(() => {})
        return { outcome: undefined, why: `${describe(input)} cannot be checked at once` }
      }
      if (!same) return { outcome: undefined, why: `${describe(input)} has changed` }
    }
    return { outcome: kept.outcome, inputs: kept.inputs.length }
  }

  /** Keeps an outcome; answers why it was not kept, or undefined when it was. Never throws. */
  store(request: ResultRequest, recording: Recording, outcome: Outcome): string | undefined {
    const { dir, isDefault, warn, maxSize } = this.#options
    if (recording.usedClock) return 'it depends on the time'
    if (recording.fetched.size > 0) return `it depends on ${[...recording.fetched][0]}`
    if (outcome.stdout.length + outcome.stderr.length > MAX_OUTPUT) return 'its output is too long'
    if (isDefault === true && !isFolder(dirname(dir))) return 'there is no cache directory'
    const inputs = recording.inputs()
    // Only that an answer was an error is recorded, not which: another error would give another output.
    const failed = inputs.find((input) => input.value === null && !ABSENT.has(input.kind))
    if (failed !== undefined) return `${describe(failed)} could not be read`
    const key = keyOf(request)
    const bytes = this.#encode(key, inputs, outcome)
    if (bytes === undefined) return 'an input has no form that can be kept'
    try {
      writeEntry(dir, RESULTS, key, bytes, this.#serial++)
    } catch (error) {
      const why = `results are not kept: ${(error as Error).message}`
      warn?.(why)
      return why
    }
    tend(dir, maxSize ?? DEFAULT_MAX_SIZE, bytes.length, this.#now())
    return undefined
  }

  /** One msgpackr value: scalars, three runs of bytes, and the CRC-32 of all before its own four bytes. */
  #encode(key: string, inputs: readonly RecordedInput[], outcome: Outcome): Uint8Array | undefined {
    const words: string[] = []
    for (const { kind, key: name, value, stamp } of inputs) {
      const answer = value === null ? '-' : `+${value}`
      const proof = stamp !== undefined && this.#isSettled(stamp) ? stamp : ''
      if (name.includes('\0') || answer.includes('\0')) return undefined
      words.push(kind, name, answer, proof)
    }
    const texts = [words.join('\0'), outcome.stdout, outcome.stderr]
    if (texts.some((text) => /[^\x00-\xff]/.test(text))) return undefined
    const bytes = this.#packr.pack([
      MAGIC,
      RESULT_VERSION,
      key,
      outcome.exitCode,
      inputs.length,
      ...texts.map((text) => Buffer.from(text, 'latin1')),
      Buffer.alloc(4),
    ])
    bytes.writeUInt32LE(crc32(bytes.subarray(0, bytes.length - 4)), bytes.length - 4)
    return bytes
  }

  #decode(bytes: Uint8Array, key: string): { outcome: Outcome; inputs: RecordedInput[] } | undefined {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    const n = buffer.length
    if (n < 16 || buffer.readUInt32LE(n - 4) !== crc32(buffer.subarray(0, n - 4))) return undefined
    let fields: unknown
    try {
      fields = this.#packr.unpack(buffer)
    } catch {
      return undefined
    }
    if (!Array.isArray(fields) || fields.length !== 9) return undefined
    const [magic, version, ownKey, exitCode, count, inputText, stdout, stderr, sum] = fields
    if (magic !== MAGIC || version !== RESULT_VERSION || ownKey !== key || !Number.isInteger(exitCode))
      return undefined
    if (![inputText, stdout, stderr, sum].every((x) => Buffer.isBuffer(x)) || sum.length !== 4)
      return undefined
    const words: string[] = count === 0 ? [] : inputText.toString('latin1').split('\0')
    if (words.length !== 4 * count) return undefined
    const inputs: RecordedInput[] = []
    for (let i = 0; i < words.length; i += 4) {
      const [kind, name, answer, stamp] = words.slice(i, i + 4)
      if (!KINDS.has(kind)) return undefined
      const value = answer.startsWith('+') ? answer.slice(1) : null
      const input = { kind: kind as InputKind, key: name, value }
      inputs.push(stamp === '' ? input : { ...input, stamp })
    }
    const outcome = { stdout: stdout.toString('latin1'), stderr: stderr.toString('latin1'), exitCode }
    return { outcome, inputs }
  }

  /** Whether a stamp of NodeIO proves anything: its ctime, the third number, is old enough. */
  #isSettled(stamp: string): boolean {
    const ctime = stamp.split('.')[2]
    if (ctime === undefined || !/^\d+$/.test(ctime)) return false
    return BigInt(Math.floor(this.#now())) * 1_000_000n - BigInt(ctime) > SETTLED
  }
}

/** Name of the result of a command: its folder (the first digit) included. */
function keyOf(request: ResultRequest): string {
  const { arguments: args, folder, stdin, settings, version } = request
  const known = JSON.stringify([
    RESULT_VERSION,
    BYTECODE_VERSION,
    version,
    args,
    folder,
    stdin ?? null,
    settings,
  ])
  return hash('sha256', known).slice(0, 40)
}

function describe(input: RecordedInput): string {
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
    default:
      return input.key
  }
}
