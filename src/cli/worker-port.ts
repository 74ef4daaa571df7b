/**
 * A worker's end of a shared walk (floor 7): requests come and answers go by the descriptor that the one who shares it out has
 * named. Reading waits: there is nothing else to do.
 */
import { type Answer, Lines, lineOf, type Request, WORKER } from '../jobs/protocol.ts'
import { OutputClosed, readPiece, writeAll } from './stdio.ts'

export class WorkerPort {
  readonly #fd: number
  readonly #lines = new Lines()
  readonly #requests: Request[] = []
  readonly #parent = process.ppid

  constructor(fd: number) {
    this.#fd = fd
  }

  /** The next request: the same until it is answered. undefined when none is to come. Errors: the descriptor cannot be read. */
  next(): Request | undefined {
    while (this.#requests.length === 0) {
      const piece = readPiece(this.#fd)
      if (piece === '') return undefined
      for (const line of this.#lines.next(piece)) this.#requests.push(JSON.parse(line) as Request)
    }
    return this.#requests[0]
  }

  /** Throws OutputClosed when the process that waits for answers has been killed. */
  check(): void {
    if (process.ppid !== this.#parent) throw new OutputClosed()
  }

  /** Answers it. Throws OutputClosed when nobody waits for the answer any more. */
  answer(outcome: Answer['outcome'], memory: number | undefined): void {
    const { id } = this.#requests.shift() as Request
    writeAll(this.#fd, lineOf({ id, outcome, memory }))
  }
}

let port: WorkerPort | undefined

/** Where a process has to do with whom it works for; undefined if it works for itself. One that begins anew goes on where it was. */
export function workerPort(env: Readonly<Record<string, string | undefined>>): WorkerPort | undefined {
  if (port === undefined && env[WORKER] !== undefined) {
    port = new WorkerPort(Number(env[WORKER]))
    // It is this process's alone.
    delete process.env[WORKER]
  }
  return port
}
