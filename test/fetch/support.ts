/**
 * What the tests of fetching share: a folder of their own, an HTTP server with a handler per path, archives byte by byte,
 * git repositories with fixed dates, and an evaluator whose cache of fetched things is the folder's.
 */

import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as http from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import * as os from 'node:os'
import * as path from 'node:path'
import { tierOf } from '../../src/cli/session.ts'
import { NixError } from '../../src/errors.ts'
import { Evaluator } from '../../src/evaluator.ts'
import type { FetchSettings } from '../../src/io/fetch-world.ts'
import { type NodeFetchOptions, NodeFetchWorld } from '../../src/io/node/fetch-node.ts'
import { NodeIO } from '../../src/io/node/node-io.ts'
import { RestrictedIO } from '../../src/io/restricted.ts'
import { deepForce } from '../../src/runtime/deep.ts'
import type { EvalSettings } from '../../src/runtime/machine.ts'
import { describeValue } from '../../src/values/describe.ts'
import { evalSettings } from '../support/settings.ts'

export interface Outcome {
  value?: string
  error?: NixError
  log: string[]
}

export interface RunOptions {
  settings?: Partial<EvalSettings>
  fetch?: Partial<FetchSettings>
  node?: Partial<NodeFetchOptions>
  /** Makes the world of fetching, when it is not the real one. */
  world?: (options: NodeFetchOptions) => NodeFetchWorld
}

/** A folder, a server, and evaluations that may use both. */
export class Lab {
  readonly dir: string
  readonly #server: http.Server
  readonly #sockets = new Set<Socket>()
  readonly #handlers = new Map<string, http.RequestListener>()
  /** Requests so far, as `GET /x`. */
  readonly requests: string[] = []
  base = ''

  constructor(name: string) {
    this.dir = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), `firnix-${name}-`)))
    this.#server = http.createServer((request, response) => {
      this.requests.push(`${request.method} ${request.url}`)
      const handler = this.#handlers.get(request.url ?? '')
      if (handler !== undefined) handler(request, response)
      else response.writeHead(404).end('there is nothing here')
    })
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.base = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
    fs.rmSync(this.dir, { recursive: true, force: true })
  }

  on(url: string, handler: http.RequestListener): string {
    this.#handlers.set(url, handler)
    return this.base + url
  }

  serve(url: string, body: string | Buffer, headers: Record<string, string> = {}): string {
    return this.on(url, (_request, response) => response.writeHead(200, headers).end(body))
  }

  /** The folder of what has been fetched. */
  get cache(): string {
    return path.join(this.dir, 'cache')
  }

  /** Everything in the cache that has no place there for good. */
  leftovers(): string[] {
    const at = path.join(this.cache, 'new')
    return fs.existsSync(at) ? fs.readdirSync(at) : []
  }

  write(file: string, text: string | Buffer): string {
    const at = path.join(this.dir, file)
    fs.mkdirSync(path.dirname(at), { recursive: true })
    fs.writeFileSync(at, text)
    return at
  }

  git(repository: string, ...words: string[]): string {
    return execFileSync('git', ['-C', path.join(this.dir, repository), ...words], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        HOME: this.dir,
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_AUTHOR_NAME: 'a',
        GIT_AUTHOR_EMAIL: 'a@b',
        GIT_COMMITTER_NAME: 'a',
        GIT_COMMITTER_EMAIL: 'a@b',
        GIT_AUTHOR_DATE: '2020-01-02T03:04:05Z',
        GIT_COMMITTER_DATE: '2020-01-02T03:04:05Z',
      },
    }).trim()
  }

  /** A repository with one commit of these files; answers its revision. */
  repository(name: string, files: Record<string, string>): string {
    fs.mkdirSync(path.join(this.dir, name), { recursive: true })
    this.git(name, 'init', '-q', '-b', 'main', '.')
    for (const [file, text] of Object.entries(files)) this.write(`${name}/${file}`, text)
    return this.commit(name)
  }

  commit(name: string): string {
    this.git(name, 'add', '-A')
    this.git(name, 'commit', '-q', '-m', 'x')
    return this.git(name, 'rev-parse', 'HEAD')
  }

  evaluator(options: RunOptions, log: string[]): Evaluator {
    const io = new NodeIO()
    const pure = options.settings?.pureEval ?? false
    return new Evaluator({
      tier: tierOf(process.env.FIRNIX_JIT),
      io: pure ? new RestrictedIO(io, { mode: 'pure' }) : io,
      cwd: this.dir,
      log: (line) => log.push(line),
      fetch: () =>
        (options.world ?? ((o: NodeFetchOptions) => new NodeFetchWorld(o)))({
          directory: this.cache,
          retryDelay: 1,
          attempts: 3,
          stallTimeout: 300,
          connectTimeout: 2000,
          warn: (text) => log.push(`warning: ${text}`),
          ...options.node,
          settings: { flakeRegistry: '', ...options.fetch },
        }),
      settings: evalSettings({
        features: new Set(['flakes', 'fetch-tree', 'nix-command']),
        allowImportFromDerivation: false,
        showTrace: true,
        ...options.settings,
      }),
    })
  }

  /** Evaluates a text, waiting where it has to. */
  async run(text: string, options: RunOptions = {}): Promise<Outcome> {
    const log: string[] = []
    const evaluator = this.evaluator(options, log)
    try {
      const thunk = evaluator.thunkOf(text, { origin: 'string', baseDir: this.dir })
      const v = await evaluator.runAsync((m) => m.force(thunk))
      await evaluator.runAsync((m) => deepForce(m, v))
      const all = Number.POSITIVE_INFINITY
      const limits = { depth: all, attrs: all, items: all, string: all }
      return { value: describeValue(v, evaluator.positions, limits), log }
    } catch (error) {
      if (!(error instanceof NixError)) throw error
      return { error, log }
    }
  }

  /** The same, for what must do without waiting. */
  runNow(text: string, options: RunOptions = {}): Outcome {
    const log: string[] = []
    const evaluator = this.evaluator(options, log)
    const v = evaluator.evalText(text, { origin: 'string', baseDir: this.dir })
    evaluator.run((m) => deepForce(m, v))
    const all = Number.POSITIVE_INFINITY
    const limits = { depth: all, attrs: all, items: all, string: all }
    return { value: describeValue(v, evaluator.positions, limits), log }
  }

  async value(text: string, options: RunOptions = {}): Promise<string> {
    const { value, error } = await this.run(text, options)
    if (error !== undefined) throw new Error(`${text}: ${error.message}`)
    return value as string
  }

  async failure(text: string, options: RunOptions = {}): Promise<string> {
    const { value, error } = await this.run(text, options)
    if (error === undefined) throw new Error(`${text} gives ${value}`)
    return error.message
  }
}

/** One entry of a tar archive. */
export interface TarEntry {
  name: string
  type?: '0' | '1' | '2' | '3' | '5' | '6' | 'x' | 'g' | 'L'
  body?: string
  link?: string
  mode?: number
  mtime?: number
}

/** A tar archive, as it is described: hostile ones, too. */
export function tar(entries: readonly TarEntry[]): Buffer {
  const blocks: Buffer[] = []
  for (const { name, type = '0', body = '', link = '', mode = 0o644, mtime = 1_000_000_000 } of entries) {
    const header = Buffer.alloc(512)
    const octal = (n: number, at: number, size: number): void => {
      header.write(n.toString(8).padStart(size - 1, '0'), at, 'latin1')
    }
    header.write(name, 0, 100, 'latin1')
    octal(mode, 100, 8)
    octal(0, 108, 8)
    octal(0, 116, 8)
    octal(body.length, 124, 12)
    octal(mtime, 136, 12)
    header.write('        ', 148, 'latin1')
    header.write(type, 156, 'latin1')
    header.write(link, 157, 100, 'latin1')
    header.write('ustar\x0000', 257, 'latin1')
    let sum = 0
    for (const byte of header) sum += byte
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
    const data = Buffer.alloc(Math.ceil(body.length / 512) * 512)
    data.write(body, 'latin1')
    blocks.push(header, data)
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)])
}
