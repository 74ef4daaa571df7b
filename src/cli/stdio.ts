/**
 * Standard input, output and error (floor 7), all synchronous: what is written has arrived when the call returns, so a
 * big result reaches a slow pipe whole and the process may end at any time. Byte strings on both sides.
 */
import { readSync, writeSync } from 'node:fs'
import { NixError } from '../errors.ts'
import { systemText } from '../io/node/errno.ts'

/** Thrown when the reader of standard output has gone away (`| head`): the program then ends quietly. */
export class OutputClosed extends NixError {
  constructor() {
    super('output', 'nobody reads the output')
  }
}

const PIECE = 1 << 16

/** Writes a byte string to a file descriptor. Errors: it cannot be written (`output`); OutputClosed when nobody reads it any more. */
export function writeAll(fd: number, bytes: string): void {
  try {
    writeBytes(fd, bytes)
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === 'EPIPE') throw new OutputClosed()
    throw new NixError('output', `writing to file: ${systemText(e)}`)
  }
}

/** The same, `from` bytes behind the beginning of the file if that is said. Throws what the system says. */
export function writeBytes(fd: number, bytes: string, from?: number): void {
  for (let start = 0; start < bytes.length; start += PIECE) {
    const buffer = Buffer.from(bytes.slice(start, start + PIECE), 'latin1')
    let at = 0
    while (at < buffer.length) {
      try {
        at += writeSync(fd, buffer, at, buffer.length - at, from === undefined ? null : from + start + at)
      } catch (e) {
        const code = (e as NodeJS.ErrnoException).code
        if (code !== 'EAGAIN' && code !== 'EINTR') throw e
        pause()
      }
    }
  }
}

/** Writes to standard error; that nobody reads it is no reason to stop. */
export function writeError(bytes: string): void {
  try {
    writeAll(2, bytes)
  } catch {
    // There is no place left to complain.
  }
}

/** Standard input, of which a process has one: what was read ahead of the program, and what was read in all. */
const input: { ahead: string | undefined; taken: string | undefined } = { ahead: undefined, taken: undefined }

/** Gives back what was read of standard input: the next reader gets it. */
export function giveStdin(bytes: string): void {
  input.ahead = bytes
  input.taken = undefined
}

/** Gives back all that has been read of it, for a run that begins anew. */
export function rewindStdin(): void {
  if (input.taken !== undefined) giveStdin(input.taken)
}

/** What was read of standard input in all; undefined when nobody has read any. */
export function stdinTaken(): string | undefined {
  return input.taken
}

/** All of standard input. Errors: it cannot be read, or holds more than a string can. */
export function readStdin(): string {
  const pieces: string[] = input.ahead === undefined ? [] : [input.ahead]
  input.ahead = undefined
  for (let piece = readPiece(0); piece !== ''; piece = readPiece(0)) pieces.push(piece)
  const bytes = pieces.join('')
  input.taken = (input.taken ?? '') + bytes
  return bytes
}

/** The next bytes of a descriptor, as many as there are, waiting for the first; '' at its end. Errors: it cannot be read. */
export function readPiece(fd: number): string {
  buffer ??= Buffer.allocUnsafe(PIECE)
  for (;;) {
    try {
      return buffer.toString('latin1', 0, readSync(fd, buffer, 0, PIECE, null))
    } catch (e) {
      const code = (e as NodeJS.ErrnoException).code
      if (code === 'EOF') return ''
      if (code !== 'EAGAIN' && code !== 'EINTR')
        throw new NixError('io', `read of ${PIECE} bytes: ${systemText(e)}`)
      pause()
    }
  }
}

let buffer: Buffer | undefined

/** Waits a moment for a descriptor that somebody made non-blocking. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4)
}
