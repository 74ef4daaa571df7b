/**
 * What the process that shares a walk out and its workers say to each other (floor 6): JSON, a line each, as byte strings. A
 * worker answers each request once, in the order in which they come, and ends when no more can come.
 */

/** The variable that tells a worker that it is one: the descriptor by which requests come and answers go. */
export const WORKER = 'FIRNIX_WORKER'

/** Look at an attribute: where it is below the value that the walk, or this part of it, begins with. */
export interface Request {
  readonly id: number
  /** Which of the paths that were asked for. */
  readonly part: number
  readonly path: readonly string[]
}

/** What came of it. */
export type Outcome =
  /** Names of attributes to go on with, in the order in which what is found is to be written. */
  | { readonly children: readonly string[] }
  /** The line for it; `error`: what standard error is told. */
  | { readonly line: string; readonly failed: boolean; readonly error?: string | undefined }
  /** The whole walk ends there: what standard error is told, and the exit code. */
  | { readonly fatal: string; readonly code: number }

/** Who finds out what comes of it. */
export interface Looker {
  /** @throws what ends the walk */
  look(path: readonly string[]): Promise<Outcome>
}

export interface Answer {
  readonly id: number
  readonly outcome: Outcome
  /** Bytes of memory that the worker has, now and then. */
  readonly memory?: number | undefined
}

export function lineOf(message: Request | Answer): string {
  return `${JSON.stringify(message)}\n`
}

/** Puts together the lines of what comes in pieces. */
export class Lines {
  #rest: string[] = []

  /** The lines that end in this piece. */
  next(piece: string): string[] {
    const lines = piece.split('\n')
    const last = lines.pop() as string
    if (lines.length > 0) {
      lines[0] = this.#rest.join('') + lines[0]
      this.#rest = []
    }
    this.#rest.push(last)
    return lines
  }
}
