/**
 * The socket of a Nix daemon (floor 1): a path in, a channel of bytes out; and files read without getting ahead of it.
 */
import * as fs from 'node:fs'
import { connect, type Socket } from 'node:net'
import { NixError } from '../../errors.ts'
import { nodePath } from './bytes.ts'

/** When this many bytes have arrived and nobody wants them, the daemon has to wait. */
const MAX_WAITING = 1 << 20
const CHUNK = 1 << 18

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'No such file or directory',
  ENOTDIR: 'Not a directory',
  ENOTSOCK: 'Socket operation on non-socket',
  ECONNREFUSED: 'Connection refused',
  EACCES: 'Permission denied',
  EPERM: 'Operation not permitted',
  EPIPE: 'Broken pipe',
  ECONNRESET: 'Connection reset by peer',
  EINVAL: 'Invalid argument',
  ENAMETOOLONG: 'File name too long',
  EAGAIN: 'Resource temporarily unavailable',
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return REASONS[code ?? ''] ?? message
}

/** A connection to a socket. It fits the `Channel` of `store/daemon-client.ts`. */
export class SocketChannel {
  readonly name: string
  readonly #socket: Socket
  readonly #chunks: Uint8Array[] = []
  #waiting = 0
  #closed = false
  #wake: (() => void) | undefined
  /** Kept when the socket takes bytes again, or will take none. */
  #room: Promise<void> | undefined
  #roomy: (() => void) | undefined

  private constructor(name: string, socket: Socket) {
    this.name = name
    this.#socket = socket
    const ended = (): void => {
      this.#closed = true
      this.#wake?.()
      this.#roomy?.()
    }
    socket.on('data', (chunk) => {
      this.#chunks.push(chunk)
      this.#waiting += chunk.length
      if (this.#waiting > MAX_WAITING) socket.pause()
      this.#wake?.()
    })
    socket.on('drain', () => this.#roomy?.())
    socket.on('end', ended)
    socket.on('close', ended)
    // That the connection broke shows in that nothing more arrives.
    socket.on('error', ended)
  }

  /**
   * Connects; `name` is what messages call the store. Throws NixError
   * `cannot connect to socket at '/p': No such file or directory` and the like.
   */
  static open(path: string, name: string): Promise<SocketChannel> {
    return new Promise((done, fail) => {
      const refuse = (error: unknown): void =>
        fail(new NixError('io', `cannot connect to socket at '${path}': ${reason(error)}`))
      // The system's limit; Node would cut the path off there.
      if (path.length > 107) {
        refuse({ code: 'ENAMETOOLONG' })
        return
      }
      const socket = connect({ path: Buffer.from(path, 'latin1').toString('utf8') })
      socket.once('error', refuse)
      socket.once('connect', () => {
        socket.off('error', refuse)
        done(new SocketChannel(name, socket))
      })
    })
  }

  write(piece: string | Uint8Array): Promise<void> | undefined {
    if (this.#closed) {
      return Promise.reject(new NixError('io', 'Nix daemon disconnected unexpectedly (maybe it crashed?)'))
    }
    // Arrays are lent by whoever reads a file, so they are copied.
    const taken =
      typeof piece === 'string' ? this.#socket.write(piece, 'latin1') : this.#socket.write(Buffer.from(piece))
    if (taken) return undefined
    this.#room ??= new Promise((done) => {
      this.#roomy = () => {
        this.#room = undefined
        this.#roomy = undefined
        done()
      }
    })
    return this.#room
  }

  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      const chunk = this.#chunks.shift()
      if (chunk !== undefined) {
        this.#waiting -= chunk.length
        if (this.#waiting <= MAX_WAITING && this.#socket.isPaused()) this.#socket.resume()
        return chunk
      }
      if (this.#closed) return undefined
      await new Promise<void>((done) => (this.#wake = done))
      this.#wake = undefined
    }
  }

  close(): void {
    this.#closed = true
    this.#socket.destroy()
    this.#wake?.()
    this.#roomy?.()
  }
}

/**
 * Reads a file in pieces, each when the one before has been taken; how many bytes there were. Throws NixError `io`, also
 * when the file gets shorter meanwhile.
 */
export async function readSlowly(
  path: string,
  onChunk: (chunk: Uint8Array) => Promise<void> | undefined,
): Promise<number> {
  let fd: number
  try {
    fd = fs.openSync(nodePath(path), fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)
  } catch (error) {
    throw new NixError('io', `opening file '${path}': ${reason(error)}`)
  }
  try {
    const size = fs.fstatSync(fd).size
    const buffer = Buffer.allocUnsafe(Math.min(size, CHUNK))
    let length = 0
    while (length < size) {
      const count = fs.readSync(fd, buffer, 0, Math.min(buffer.length, size - length), null)
      if (count === 0) throw new NixError('io', `unexpected end-of-file reading '${path}'`)
      length += count
      const wait = onChunk(buffer.subarray(0, count))
      if (wait !== undefined) await wait
    }
    return length
  } catch (error) {
    if (error instanceof NixError) throw error
    throw new NixError('io', `reading file '${path}': ${reason(error)}`)
  } finally {
    fs.closeSync(fd)
  }
}
