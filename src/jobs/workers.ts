/**
 * A walk by several processes (floor 6). Each is this program once more, with the same words: it evaluates by itself what it is
 * asked to look at. Nothing is shared but the answers, so what several attributes need is evaluated as often as there are
 * workers, and the memory is as many times as large.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import type { Duplex } from 'node:stream'
import { NixError } from '../errors.ts'
import type { Listener } from './evaluation.ts'
import { argsWith, onSignals, workerFlags } from './heap.ts'
import { type Answer, Lines, lineOf, WORKER } from './protocol.ts'
import { type Entry, type Fatal, type Outlet, Schedule } from './schedule.ts'

const DESCRIPTOR = 3

/** A worker is asked ahead, so that it need not wait; but not for much, or the last to be done are one's alone. */
const AHEAD = 8

export interface SharedWalk {
  /** How many workers. */
  readonly workers: number
  /** How many paths were asked for. */
  readonly parts: number
  /** What standard input holds, if the workers need it: a byte string. */
  readonly stdin: string | undefined
  /** More for the environment of the workers. */
  readonly variables: Readonly<Record<string, string>>
}

/** Who is told how far a walk has got, and how much memory its workers have. */
export interface SharedListener extends Listener {
  /** Bytes of all of them. */
  remember(memory: number): void
}

/**
 * Does a walk. Answers what has ended it before its end, or the exit code: the first of a worker that is not 0.
 * @throws NixError when a worker cannot be started or ends too early; what the outlet throws
 */
export async function shareWalk(
  walk: SharedWalk,
  listener: SharedListener,
  outlet: Outlet,
): Promise<Fatal | number> {
  const crew = new Crew(walk, listener, outlet)
  const release = onSignals((signal) => {
    crew.dismiss()
    release()
    process.kill(process.pid, signal)
  })
  try {
    return await crew.run()
  } finally {
    release()
    crew.dismiss()
  }
}

/** Those who share a walk. */
class Crew {
  readonly #walk: SharedWalk
  readonly #listener: SharedListener
  readonly #schedule: Schedule
  readonly #workers: Worker[] = []

  constructor(walk: SharedWalk, listener: SharedListener, outlet: Outlet) {
    this.#walk = walk
    this.#listener = listener
    this.#schedule = new Schedule(walk.parts, listener, outlet)
  }

  run(): Promise<Fatal | number> {
    return new Promise((resolve, reject) => {
      const codes: number[] = []
      const ended = (code: number): void => {
        codes.push(code)
        if (codes.length === this.#walk.workers) resolve(codes.find((c) => c !== 0) ?? 0)
      }
      const answered = (worker: number, answer: Answer): void => {
        try {
          this.#take(worker, answer)
        } catch (error) {
          reject(error)
        }
        const { fatal } = this.#schedule
        if (fatal !== undefined) resolve(fatal)
      }
      for (let i = 0; i < this.#walk.workers; i++) {
        this.#workers.push(new Worker(this.#walk, { answered: (a) => answered(i, a), ended, failed: reject }))
      }
      this.#ask()
    })
  }

  /** Ends those that are still at work. */
  dismiss(): void {
    for (const worker of this.#workers) worker.kill()
  }

  #take(index: number, answer: Answer): void {
    const schedule = this.#schedule
    const worker = this.#workers[index]
    if (answer.memory !== undefined) {
      worker.memory = answer.memory
      this.#listener.remember(this.#workers.reduce((sum, { memory }) => sum + memory, 0))
    }
    schedule.answered(worker.done(answer.id), answer.outcome, index)
    if (!schedule.isDone) this.#ask()
    else for (const w of this.#workers) w.end()
  }

  /** Gives the workers something to do. */
  #ask(): void {
    const schedule = this.#schedule
    for (let more = true; more; ) {
      more = false
      const ahead = Math.min(AHEAD, Math.ceil(schedule.waiting / (4 * this.#workers.length)))
      // In turns, so that each gets something of the little there may be.
      this.#workers.forEach((worker, i) => {
        const entry = worker.asked < ahead ? schedule.take(i) : undefined
        if (entry === undefined) return
        worker.ask(entry)
        more = true
      })
    }
  }
}

/** Who is told about a worker. */
interface Foreman {
  answered(answer: Answer): void
  /** It has ended, as it was asked to. */
  ended(code: number): void
  /** It could not begin, or has ended too early. */
  failed(error: NixError): void
}

/** A process at work. */
class Worker {
  /** Bytes that it has said it has. */
  memory = 0
  readonly #child: ChildProcess
  /** undefined if it could not be started for want of descriptors. */
  readonly #channel: Duplex | undefined
  readonly #open = new Map<number, Entry>()
  #last = 0
  #mayEnd = false

  constructor({ workers, stdin, variables }: SharedWalk, foreman: Foreman) {
    this.#child = spawn(process.execPath, argsWith(workerFlags(workers)), {
      stdio: [stdin === undefined ? 'ignore' : 'pipe', 'ignore', 'inherit', 'pipe'],
      env: { ...process.env, ...variables, [WORKER]: String(DESCRIPTOR) },
    })
    this.#child.on('error', (e) => foreman.failed(new NixError('io', `cannot start a worker: ${e.message}`)))
    this.#channel = (this.#child.stdio as ChildProcess['stdio'] | undefined)?.[DESCRIPTOR] as
      | Duplex
      | undefined
    const lines = new Lines()
    this.#channel?.setEncoding('latin1')
    this.#channel?.on('data', (piece: string) => {
      for (const line of lines.next(piece)) foreman.answered(JSON.parse(line) as Answer)
    })
    // That it reads no more is told by its end.
    this.#channel?.on('error', () => {})
    const input = this.#child.stdin
    input?.on('error', () => {})
    input?.end(Buffer.from(stdin ?? '', 'latin1'))
    this.#child.on('close', (code, signal) => {
      if (this.#mayEnd && code !== null) foreman.ended(code)
      else foreman.failed(new NixError('eval', `a worker ${howEnded(code, signal)}${this.#task}`))
    })
  }

  /** How many requests it has not answered. */
  get asked(): number {
    return this.#open.size
  }

  ask(entry: Entry): void {
    const id = ++this.#last
    this.#open.set(id, entry)
    this.#channel?.write(lineOf({ id, part: entry.part, path: entry.path }), 'latin1')
  }

  /** What it was asked for by this number, and has answered. */
  done(id: number): Entry {
    const entry = this.#open.get(id) as Entry
    this.#open.delete(id)
    return entry
  }

  /** Nothing more is going to be asked. */
  end(): void {
    this.#mayEnd = true
    this.#channel?.end()
  }

  kill(): void {
    this.#child.kill()
  }

  get #task(): string {
    const [entry] = this.#open.values()
    if (entry === undefined) return ''
    return ` while it looked at ${entry.path.length === 0 ? 'the value itself' : `'${entry.path.join('.')}'`}`
  }
}

function howEnded(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `ended with code ${code}` : `was killed by ${signal}`
}
