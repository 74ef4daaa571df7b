/**
 * Tracked results (floor 2, on-disk cache only): what a command printed, kept with every answer of the world that its
 * evaluation relied on (RecordingIO). When the world would still give those answers, the output is given again.
 *
 * A result is found by what is known before anything is read: command line, working folder, program. One result per
 * command is kept, the newest. Everything else is an input: configuration files, variables, standard input, whether errors
 * go to a terminal. Files and folders are proven unchanged by their stamp where it proves something, else by their hash;
 * everything else is simply asked again. The quick look of result-file.ts comes first; this is the thorough one.
 */
import { type EvalIO, isPromise } from '../io/io.ts'
import { type InputKind, isUnchanged, type RecordedInput } from '../io/recording.ts'
import { boundIfDue } from './bounding.ts'
import { isUsable, RESULTS, writeEntry } from './place.ts'
import {
  Checker,
  describe,
  encodeResult,
  isProof,
  type KeptInput,
  type KeptResult,
  type Piece,
  readResult,
  resultName,
} from './result-file.ts'

/** Outputs above this are not kept: reading them back is no faster than one would like. */
export const MAX_OUTPUT: number = 1 << 26

/** What an EvalIO answers; the quick look's checker does for the others. */
const ASKED: ReadonlySet<string> = new Set<InputKind>([
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

/** What an evaluation relied on (a RecordingIO has it). */
export interface Recording {
  inputs(): readonly RecordedInput[]
  readonly usedClock: boolean
  readonly fetched: ReadonlySet<string>
}

/** What a command did. */
export interface Outcome {
  exitCode: number
  pieces: readonly Piece[]
  /** When it began, in milliseconds. */
  start: number
  /** What it relied on besides what an EvalIO can be asked. */
  more: readonly KeptInput[]
}

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

  constructor(options: ResultCacheOptions) {
    this.#options = options
  }

  /** The result of an earlier run, if `io` answers everything as it did then; or the reason why not. Never throws. */
  find(request: string, io: EvalIO, stdin?: string): KeptResult | string {
    const result = readResult(this.#options.dir, request)
    if (typeof result === 'string') return result
    const checker = new Checker(true)
    checker.stdin = stdin
    for (const input of result.inputs) {
      let same: boolean | undefined | Promise<boolean>
      try {
        same = ASKED.has(input.kind) ? isUnchanged(io, recorded(input)) : checker.isUnchanged(input)
      } catch {
        same = false
      }
      if (typeof same === 'object' && isPromise(same)) {
        same.catch(() => {})
        return `${describe(input)} cannot be checked at once`
      }
      if (same !== true) return `${describe(input)} has changed`
    }
    return result
  }

  /** Keeps an outcome; answers why it was not kept, or undefined when it was. Never throws. */
  store(request: string, recording: Recording, outcome: Outcome): string | undefined {
    const { dir, isDefault, warn, maxSize, now } = this.#options
    if (recording.usedClock) return 'it depends on the time'
    if (recording.fetched.size > 0) return `it depends on ${[...recording.fetched][0]}`
    let length = 0
    for (const { bytes } of outcome.pieces) length += bytes.length
    if (length > MAX_OUTPUT) return 'its output is too long'
    if (!isUsable(dir, isDefault)) return 'there is no cache directory'
    const { exitCode, pieces, start, more } = outcome
    const inputs = [...recording.inputs().map((input) => kept(input, start)), ...more]
    const bytes = encodeResult({ request, exitCode, pieces: joined(pieces), inputs })
    if (bytes === undefined) return 'an input has no form that can be kept'
    try {
      writeEntry(dir, RESULTS, resultName(request), bytes)
    } catch (error) {
      warn?.(`results are not kept: ${(error as Error).message}`)
      return (error as Error).message
    }
    boundIfDue(dir, bytes.length, (now ?? Date.now)(), maxSize)
    return undefined
  }
}

function kept({ kind, key, value, failure, stamp }: RecordedInput, start: number): KeptInput {
  return {
    kind,
    key,
    answer: failure !== undefined ? `!${failure}` : value === null ? '-' : `+${value}`,
    stamp: stamp !== undefined && failure === undefined && isProof(stamp, start) ? stamp : '',
  }
}

function recorded({ kind, key, answer, stamp }: KeptInput): RecordedInput {
  const rest = answer.slice(1)
  return {
    kind: kind as InputKind,
    key,
    value: answer.startsWith('+') ? rest : null,
    ...(answer.startsWith('!') ? { failure: rest } : {}),
    ...(stamp === '' ? {} : { stamp }),
  }
}

/** Pieces for the same descriptor in a row as one. */
function joined(pieces: readonly Piece[]): Piece[] {
  const out: { fd: number; parts: Uint8Array[] }[] = []
  for (const { fd, bytes } of pieces) {
    const last = out[out.length - 1]
    if (last !== undefined && last.fd === fd) last.parts.push(bytes)
    else out.push({ fd, parts: [bytes] })
  }
  return out.map(({ fd, parts }) => ({ fd, bytes: Buffer.concat(parts) }))
}
