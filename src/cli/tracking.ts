/**
 * Keeping the result of a command (floor 7, `--cache-results`): notes what a run reads and what it prints, and stores
 * both at the end, so that the launcher can give the output again (cache/replay.ts).
 */
import { statSync } from 'node:fs'
import type { ChunkCache, Hit, Miss } from '../cache/cache.ts'
import type { Handover } from '../cache/replay.ts'
import { folderStamp, type KeptInput, type KeptResult, type Piece, sha256 } from '../cache/result-file.ts'
import { MAX_OUTPUT, ResultCache } from '../cache/results.ts'
import { bytesOfNodeString } from '../io/node/bytes.ts'
import { NodeIO } from '../io/node/node-io.ts'
import { stampOf } from '../io/node/stat.ts'
import { RecordingIO } from '../io/recording.ts'
import { stdinTaken } from './stdio.ts'

type Environment = Readonly<Record<string, string | undefined>>

export class Tracking {
  readonly handover: Handover
  /** The world, as the run has to read it. */
  recording: RecordingIO = newRecording()
  /** Set when the flag `--cache-results` was read as such: only then is anything kept. */
  wanted = false
  readonly #cache: ResultCache
  readonly #program: KeptInput
  #start: number
  readonly #now: () => number
  #pieces: Piece[] = []
  #length = 0
  #refused: string | undefined
  #variables = new Map<string, string | undefined>()
  #terminal: boolean | undefined

  /** `warn`: told when results cannot be written; `now`: the clock in milliseconds, for tests. */
  constructor(handover: Handover, warn: (message: string) => void, now: () => number = Date.now) {
    this.handover = handover
    this.#now = now
    this.#start = now()
    this.#cache = new ResultCache({ ...handover.place, warn })
    const { bundle } = handover
    const answer = `+${stampOf(statSync(bundle, { bigint: true }))}`
    this.#program = { kind: 'program', key: bytesOfNodeString(bundle), answer, stamp: '' }
  }

  /** Forgets all, for a run that begins again. */
  restart(): void {
    this.recording = newRecording()
    this.#start = this.#now()
    this.#pieces = []
    this.#length = 0
    this.#refused = undefined
  }

  /** The variables of the environment, each noted when it is read. */
  variables(env: Environment): Environment {
    const note = (name: string | symbol): string | undefined => {
      if (typeof name !== 'string') return undefined
      const value = Object.hasOwn(env, name) ? env[name] : undefined
      this.#variables.set(name, value)
      return value
    }
    return new Proxy(env, {
      get: (_, name) => note(name),
      has: (_, name) => note(name) !== undefined,
      ownKeys: (target) => {
        this.refuse('it depends on all variables of the environment')
        return Reflect.ownKeys(target)
      },
    })
  }

  /** Notes whether standard error is a terminal. */
  terminal(isTerminal: boolean): boolean {
    this.#terminal = isTerminal
    return isTerminal
  }

  /** Notes what was written. */
  wrote(fd: number, text: string): void {
    if (this.#length > MAX_OUTPUT) return
    this.#length += text.length
    this.#pieces.push({ fd, bytes: Buffer.from(text, 'latin1') })
  }

  /** This result cannot be kept. */
  refuse(why: string): void {
    this.#refused ??= why
  }

  /** A cache of compiled code that notes which files its chunks stand for. */
  chunks(cache: ChunkCache): ChunkCache {
    const { recording } = this
    const load = (path: string): Hit | Miss => {
      const found = cache.load(path)
      // Without a text the loader reads the file itself, through the recording.
      if (found.chunk !== undefined || found.text !== undefined) {
        recording.note({ kind: 'file', key: path, value: found.sourceHash, stamp: found.stamp })
      }
      return found
    }
    return {
      stats: cache.stats,
      load,
      loadText: (text) => cache.loadText(text),
      store: (source, chunk) => cache.store(source, chunk),
      isOf: (hit, text) => cache.isOf(hit, text),
      storeGrown: (hit, chunk) => cache.storeGrown(hit, chunk),
      reject: (hit) => cache.reject(hit),
      rejectAll: () => cache.rejectAll(),
      close: () => cache.close(),
    }
  }

  /** Something whose every answer counts as fetched: it cannot be asked again cheaply. */
  untracked<T extends object>(world: T, what: string): T {
    return new Proxy(world, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => {
          this.recording.fetched.add(what)
          return (value as (...args: unknown[]) => unknown).apply(target, args)
        }
      },
    })
  }

  /** The kept result, when the launcher could not tell whether it still holds; or why there is none. */
  find(): KeptResult | string {
    const { request, stdin, why } = this.handover
    return why ?? this.#cache.find(request, new NodeIO(), stdin)
  }

  /** Keeps the result of a run that ended with `code`; answers why not, or undefined. */
  store(code: number): string | undefined {
    if (!this.wanted) return 'nothing was evaluated'
    if (code !== 0 && code !== 1) return `it ended with ${code}`
    if (this.#refused !== undefined) return this.#refused
    if (this.#length > MAX_OUTPUT) return 'its output is too long'
    // Another machine, or the same one tomorrow, may have room.
    if (this.#pieces.some(({ bytes }) => Buffer.from(bytes).includes('out of memory'))) {
      return 'it met a limit of the machine'
    }
    const more: KeptInput[] = [this.#program]
    const add = (kind: string, key: string, value: string | undefined): void => {
      more.push({ kind, key, answer: value === undefined ? '-' : `+${value}`, stamp: '' })
    }
    for (const [name, value] of this.#variables) add('env', name, value)
    if (this.#terminal !== undefined) add('tty', '2', String(this.#terminal))
    // Last: it is asked for only when nothing else has changed, and then the run would have read it too.
    const stdin = stdinTaken()
    if (stdin !== undefined) add('stdin', '', sha256(stdin))
    const outcome = { exitCode: code, pieces: this.#pieces, start: this.#start, more }
    return this.#cache.store(this.handover.request, this.recording, outcome)
  }
}

function newRecording(): RecordingIO {
  return new RecordingIO(new NodeIO(), { folderStamp })
}
