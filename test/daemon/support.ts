/** Daemons for tests: the installed Nix's, with a store of its own in a temporary folder, and ones that misbehave. */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Ended, shell } from '../support/program.ts'

/** A running daemon and how to use its store. */
export interface Daemon {
  readonly folder: string
  readonly socket: string
  readonly storeDir: string
  /** What makes Nix and Firnix use it. */
  readonly env: Record<string, string>
  /** Runs a program of Nix against it; its standard output without the last newline. Throws when it fails. */
  nix(program: string, ...words: string[]): string
  stop(): Promise<void>
}

/** Starts the installed nix-daemon on an empty store. */
export async function startDaemon(): Promise<Daemon> {
  const folder = mkdtempSync(join(tmpdir(), 'fxd-'))
  for (const part of ['conf', 'home', 'store', 'var/nix', 'work']) {
    mkdirSync(join(folder, part), { recursive: true })
  }
  writeFileSync(
    join(folder, 'conf/nix.conf'),
    'build-users-group =\nsandbox = false\nsubstitute = false\nexperimental-features = ca-derivations\n',
  )
  const socket = join(folder, 'socket')
  const storeDir = join(folder, 'store')
  const env = {
    NIX_STORE_DIR: storeDir,
    NIX_STATE_DIR: join(folder, 'var/nix'),
    NIX_LOG_DIR: join(folder, 'var/log'),
    NIX_CONF_DIR: join(folder, 'conf'),
    NIX_DAEMON_SOCKET_PATH: socket,
    HOME: join(folder, 'home'),
    PATH: process.env.PATH ?? '',
  }
  // `local`: with its own socket named, it would else take itself for the store, and itself again.
  const child = spawn('nix-daemon', [], { env: { ...env, NIX_REMOTE: 'local' }, stdio: 'ignore' })
  const ended = new Promise<void>((done) => child.on('close', () => done()))
  for (let tries = 0; !existsSync(socket); tries++) {
    if (tries > 200 || child.exitCode !== null) throw new Error('nix-daemon does not start')
    await sleep(50)
  }
  return {
    folder,
    socket,
    storeDir,
    env,
    nix(program, ...words) {
      const done = spawnSync(program, words, { env: { ...env, NIX_REMOTE: 'daemon' }, encoding: 'latin1' })
      if (done.status !== 0) throw new Error(`${program} ${words.join(' ')}: ${done.stderr}`)
      return done.stdout.trimEnd()
    },
    async stop() {
      child.kill()
      await ended
      // The store's directories cannot be written.
      spawnSync('chmod', ['-R', 'u+w', folder])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A number as the protocol writes it. */
export function number(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeUInt32LE(value)
  return bytes
}

/** A text as the protocol writes it. */
export function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1')
  return Buffer.concat([number(bytes.length), bytes, Buffer.alloc((8 - (bytes.length % 8)) % 8)])
}

/** What a daemon says at first, in protocol version 1.`minor`. */
export function greeting(minor: number): Buffer {
  const hello = [number(0x6478696f), number(0x100 + minor)]
  if (minor >= 33) hello.push(text('1.2.3'))
  hello.push(number(0x616c7473))
  return Buffer.concat(hello)
}

/**
 * A daemon of protocol version 1.34 that answers a greeting, then the setting of options, then every further request
 * with the next of these (an empty one: it reads no more); when there are no more it hangs up. Requests are told apart by silence in between: a client
 * waits for its answer.
 */
export const answering =
  (...answers: Buffer[]) =>
  (socket: Socket): void => {
    const greet = [greeting(34), ...answers]
    // Bytes of the greeting, of two obsolete numbers with the options; of anything else, the first ones.
    const sizes = [16, 16 + 14 * 8]
    let have = 0
    socket.on('data', (data) => {
      have += data.length
      const size = sizes[0] ?? 1
      if (have < size) return
      sizes.shift()
      have = 0
      const answer = greet.shift()
      if (answer === undefined) socket.destroy()
      else if (answer.length === 0) socket.pause()
      else socket.write(answer)
    })
  }

/** Runs `body` with a socket at which `serve` answers every connection. */
export async function withServer<T>(
  serve: (socket: Socket) => void,
  body: (path: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'fxs-'))
  const path = join(folder, 'socket')
  const open = new Set<Socket>()
  const server: Server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => {})
    serve(socket)
  })
  await new Promise<void>((done) => server.listen(path, done))
  try {
    return await body(path)
  } finally {
    for (const socket of open) socket.destroy()
    await new Promise((done) => server.close(done))
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Instantiates an expression into the store of the daemon at a socket. */
export function instantiateAt(socket: string, expression: string, cwd?: string): Promise<Ended> {
  const options = cwd === undefined ? {} : { cwd }
  return shell(`$INSTANTIATE -E '${expression}' --store unix://${socket}`, options)
}
