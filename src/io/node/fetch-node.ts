/**
 * The world of fetchers in Node (floor 1): the network, git, archives, and a directory that keeps what has been fetched.
 *
 *     DIR/files/HASH            files by sha256
 *     DIR/trees/HASH            trees by the sha256 of their NAR
 *     DIR/git/HASH              bare repositories by their URL
 *     DIR/known/HASH.json       what is known of a URL, branch or commit
 *     DIR/new/PID-N             what is being made; renamed into its place when it is whole
 */
import { spawn, spawnSync } from 'node:child_process'
import * as crypto from 'node:crypto'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { NixError } from '../../errors.ts'
import type {
  Download,
  Downloaded,
  FetchRecord,
  FetchSettings,
  FetchWorld,
  Ran,
  TreeBuilder,
  Unpacked,
} from '../fetch-world.ts'
import type { MaybeAsync } from '../io.ts'
import { unpackArchive } from './archive.ts'
import { bytesOfNodeString, nodePath, nodeStringOfBytes } from './bytes.ts'
import { makeFolders } from './folders.ts'
import { getFile, HttpFailure } from './http.ts'
import { NodeTreeWriter } from './tree-writer.ts'

/** Settings that only matter to Node. */
export interface NodeFetchOptions {
  /** Where things are kept; made when something is fetched. */
  readonly directory: string
  readonly settings?: Partial<FetchSettings>
  /** Tries of a download (`download-attempts`). */
  readonly attempts?: number
  /** Milliseconds (`connect-timeout`). */
  readonly connectTimeout?: number
  /** Milliseconds (`stalled-download-timeout`). */
  readonly stallTimeout?: number
  /** Milliseconds before the second try; each further one waits twice as long. */
  readonly retryDelay?: number
  readonly userAgent?: string
  readonly netrcFile?: string
  readonly warn?: (text: string) => void
  /** Gets a line to be shown while something takes its time; null when it is over. */
  readonly progress?: (line: string | null) => void
}

const DEFAULTS: FetchSettings = {
  tarballTtl: 3600,
  accessTokens: new Map(),
  flakeRegistry: 'https://channels.nixos.org/flake-registry.json',
  useRegistries: true,
  allowDirty: true,
  warnDirty: true,
  registries: [],
}

const MAX_REDIRECTS = 10
/** Output of one git command. */
const MAX_OUTPUT = 1 << 30

/** Settings of a user or repository that would make git run programs, or say other things than it does elsewhere. */
const GIT_OPTIONS = [
  '-c',
  'safe.directory=*',
  '-c',
  'core.fsmonitor=false',
  '-c',
  'core.quotePath=false',
  '-c',
  'gc.auto=0',
]

/** Fetches with Node's own means. */
export class NodeFetchWorld implements FetchWorld {
  readonly settings: FetchSettings
  readonly #dir: string
  readonly #options: NodeFetchOptions
  #count = 0
  #ready = false

  constructor(options: NodeFetchOptions) {
    this.#options = options
    this.#dir = options.directory
    this.settings = { ...DEFAULTS, ...options.settings }
  }

  now(): number {
    return Math.floor(Date.now() / 1000)
  }

  #prepare(): void {
    if (this.#ready) return
    try {
      for (const name of ['files', 'trees', 'git', 'known', 'new']) {
        makeFolders(join(this.#dir, name))
      }
    } catch (error) {
      throw new NixError(
        'io',
        `cannot make the directory "${bytesOfNodeString(this.#dir)}" for fetched things: ${(error as Error).message}`,
      )
    }
    this.#ready = true
    this.#sweep()
  }

  /** Removes what a program left that was killed while it made something. */
  #sweep(): void {
    const old = Date.now() - 86_400_000
    try {
      for (const name of fs.readdirSync(join(this.#dir, 'new'))) {
        const path = join(this.#dir, 'new', name)
        if (fs.lstatSync(path).mtimeMs < old) fs.rmSync(path, { recursive: true, force: true })
      }
    } catch {
      // Somebody else is sweeping.
    }
  }

  #new(): string {
    this.#prepare()
    return join(this.#dir, 'new', `${process.pid}-${++this.#count}-${crypto.randomBytes(6).toString('hex')}`)
  }

  // ---------------------------------------------------------------- downloads

  download(request: Download): MaybeAsync<Downloaded> {
    const { url } = request
    if (/^file:/i.test(url)) return this.#local(url)
    if (!/^https?:/i.test(url)) {
      const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]
      if (scheme === undefined) throw new NixError('io', `URL '${url}' doesn't have a scheme`)
      throw failed(url, `Unsupported protocol (1) Protocol "${scheme}" not supported`)
    }
    return this.#remote(request)
  }

  #local(url: string): Downloaded {
    // An authority may only say that it is this machine.
    const rest = url.slice('file:'.length).replace(/[?#].*$/s, '')
    const place = rest.startsWith('//') ? /^\/\/(?:localhost|127\.0\.0\.1)?(\/.*)$/is.exec(rest)?.[1] : rest
    if (place?.startsWith('/') !== true) {
      const why =
        place === undefined ? 'Bad file:// URL' : 'Port number was not a decimal number between 0 and 65535'
      throw failed(url, `URL using bad/illegal format or missing URL (3) URL rejected: ${why}`)
    }
    const path = decodeURIComponent(nodeStringOfBytes(place))
    const bytes = bytesOfNodeString(path)
    try {
      if (!fs.statSync(path).isFile()) throw new Error('no file')
      fs.accessSync(path, fs.constants.R_OK)
    } catch {
      throw failed(url, `Could not read a file:// file (37) Could not open file ${bytes}`)
    }
    return { file: bytes, local: true, urls: [url], etag: '' }
  }

  async #remote(request: Download): Promise<Downloaded> {
    const { url, etag } = request
    const attempts = this.#options.attempts ?? 5
    const { progress } = this.#options
    for (let attempt = 1; ; attempt++) {
      const file = this.#new()
      try {
        const shown = (count: number, total: number): void => progress?.(progressLine(url, count, total))
        const got = await getFile(
          nodeStringOfBytes(url),
          this.#headers(request),
          file,
          {
            connect: this.#options.connectTimeout ?? 15_000,
            stall: this.#options.stallTimeout ?? 300_000,
            redirects: MAX_REDIRECTS,
          },
          shown,
        )
        const immutable = immutableUrl(got.link)
        return {
          file: got.status === 304 && etag !== undefined ? undefined : bytesOfNodeString(file),
          local: false,
          urls: got.urls.map(bytesOfNodeString),
          etag: bytesOfNodeString(got.etag),
          ...(immutable === undefined ? {} : { immutableUrl: bytesOfNodeString(immutable) }),
        }
      } catch (error) {
        this.discard(bytesOfNodeString(file))
        if (!(error instanceof HttpFailure)) throw error
        const message = failed(url, error.message)
        if (!error.again || attempt >= attempts) throw message
        const delay = Math.round(
          (this.#options.retryDelay ?? 250) * 2 ** (attempt - 1) * (1 + Math.random() / 2),
        )
        this.#options.warn?.(`${message.message}; retrying in ${delay} ms (attempt ${attempt}/${attempts})`)
        await new Promise((resolve) => setTimeout(resolve, delay))
      } finally {
        progress?.(null)
      }
    }
  }

  #headers(request: Download): Record<string, string> {
    const headers: Record<string, string> = {
      'User-Agent': this.#options.userAgent ?? 'Firnix',
      Accept: '*/*',
      'Accept-Encoding': 'gzip, deflate, br',
      ...request.headers,
    }
    if (request.etag !== undefined && request.etag !== '') headers['If-None-Match'] = request.etag
    const login = this.#netrc(request.url)
    if (login !== undefined && headers.Authorization === undefined) headers.Authorization = login
    return headers
  }

  /** The password that the netrc file has for a host. */
  #netrc(url: string): string | undefined {
    const file = this.#options.netrcFile
    if (file === undefined) return undefined
    let words: string[]
    try {
      words = fs.readFileSync(file, 'utf8').split(/\s+/)
    } catch {
      return undefined
    }
    const host = new URL(nodeStringOfBytes(url)).hostname
    for (let i = 0; i < words.length; i++) {
      const fits = words[i] === 'default' || (words[i] === 'machine' && words[i + 1] === host)
      if (!fits) continue
      const entry = new Map<string, string>()
      for (let k = words[i] === 'default' ? i + 1 : i + 2; k + 1 < words.length; k += 2) {
        if (words[k] === 'machine' || words[k] === 'default') break
        entry.set(words[k], words[k + 1])
      }
      const login = `${entry.get('login') ?? ''}:${entry.get('password') ?? ''}`
      return `Basic ${Buffer.from(login).toString('base64')}`
    }
    return undefined
  }

  // ---------------------------------------------------------------- archives

  async unpack(file: string, isZip: boolean): Promise<Unpacked> {
    const temporary = this.#new()
    fs.mkdirSync(temporary, 0o700)
    this.#options.progress?.('unpacking…')
    try {
      const { root, lastModified } = await unpackArchive(nodeStringOfBytes(file), temporary, isZip)
      return { root: bytesOfNodeString(root), temporary: bytesOfNodeString(temporary), lastModified }
    } catch (error) {
      this.discard(bytesOfNodeString(temporary))
      if (error instanceof NixError) throw error
      throw new NixError('io', `cannot unpack '${file}': ${bytesOfNodeString((error as Error).message)}`)
    } finally {
      this.#options.progress?.(null)
    }
  }

  // ---------------------------------------------------------------- git

  git(
    args: readonly string[],
    options: { input?: string; network?: boolean; env?: Readonly<Record<string, string>> } = {},
  ): MaybeAsync<Ran> {
    const words = [...GIT_OPTIONS, ...args.map(nodeStringOfBytes)]
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      LC_ALL: 'C',
      GIT_OPTIONAL_LOCKS: '0',
      GIT_TERMINAL_PROMPT: '0',
      ...options.env,
    }
    // A hook of git that runs this program must not make it look at another repository.
    for (const name of ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_OBJECT_DIRECTORY', 'GIT_PREFIX']) delete env[name]
    if (options.env?.GIT_INDEX_FILE === undefined) delete env.GIT_INDEX_FILE
    if (options.network !== true) {
      const ran = spawnSync('git', words, {
        env,
        maxBuffer: MAX_OUTPUT,
        ...(options.input === undefined
          ? { stdio: ['ignore', 'pipe', 'pipe'] }
          : { input: Buffer.from(options.input, 'latin1') }),
      })
      if (ran.error !== undefined) return notRun(ran.error)
      return {
        status: ran.status ?? 1,
        stdout: ran.stdout.toString('latin1'),
        stderr: ran.stderr.toString('latin1'),
      }
    }
    this.#options.progress?.(`fetching from Git: ${args[args.length - 2] ?? ''}`)
    return new Promise((resolve) => {
      const child = spawn('git', words, { env, stdio: ['ignore', 'pipe', 'pipe'] })
      const out: Buffer[] = []
      const err: Buffer[] = []
      child.stdout.on('data', (data: Buffer) => out.push(data))
      child.stderr.on('data', (data: Buffer) => err.push(data))
      child.on('error', (error) => {
        this.#options.progress?.(null)
        resolve(notRun(error))
      })
      child.on('close', (code) => {
        this.#options.progress?.(null)
        resolve({
          status: code ?? 1,
          stdout: Buffer.concat(out).toString('latin1'),
          stderr: Buffer.concat(err).toString('latin1'),
        })
      })
    })
  }

  repository(name: string): string {
    this.#prepare()
    return bytesOfNodeString(join(this.#dir, 'git', name))
  }

  // ---------------------------------------------------------------- what is kept

  temporary(): string {
    return bytesOfNodeString(this.#new())
  }

  builder(directory: string): TreeBuilder {
    return new NodeTreeWriter(directory)
  }

  keep(temporary: string, kind: 'trees' | 'files', name: string): string {
    this.#prepare()
    const place = bytesOfNodeString(join(this.#dir, kind, name))
    try {
      fs.renameSync(nodePath(temporary), nodePath(place))
    } catch (error) {
      // Somebody else was faster: the same contents are there.
      if (!fs.existsSync(nodePath(place))) {
        throw new NixError('io', `cannot keep what was fetched at "${place}": ${(error as Error).message}`)
      }
      this.discard(temporary)
    }
    return place
  }

  kept(kind: 'trees' | 'files', name: string): string | undefined {
    if (!/^[0-9a-f]{64}$/.test(name)) return undefined
    const place = join(this.#dir, kind, name)
    return fs.existsSync(place) ? bytesOfNodeString(place) : undefined
  }

  discard(temporary: string): void {
    try {
      fs.rmSync(nodeStringOfBytes(temporary), { recursive: true, force: true })
    } catch {
      // It lies where nobody looks.
    }
  }

  #record(key: string): string {
    return join(this.#dir, 'known', `${crypto.createHash('sha256').update(key, 'latin1').digest('hex')}.json`)
  }

  recall(key: string): FetchRecord | undefined {
    try {
      const found = JSON.parse(fs.readFileSync(this.#record(key), 'latin1')) as {
        key: string
        record: FetchRecord
      }
      return found.key === key ? found.record : undefined
    } catch {
      return undefined
    }
  }

  remember(key: string, record: FetchRecord): void {
    const file = this.#new()
    try {
      fs.writeFileSync(file, JSON.stringify({ key, record }), { encoding: 'latin1', flag: 'wx' })
      fs.renameSync(file, this.#record(key))
    } catch {
      // It will be found out again.
      this.discard(bytesOfNodeString(file))
    }
  }

  newest(path: string): number {
    let newest = 0
    const todo: (string | Buffer)[] = [nodePath(path)]
    for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
      const stat = fs.lstatSync(at)
      newest = Math.max(newest, Math.floor(stat.mtimeMs / 1000))
      if (!stat.isDirectory()) continue
      const dir = at
      for (const name of fs.readdirSync(dir, { encoding: 'latin1' })) {
        const parent = typeof dir === 'string' ? bytesOfNodeString(dir) : dir.toString('latin1')
        todo.push(nodePath(`${parent === '/' ? '' : parent}/${name}`))
      }
    }
    return newest
  }
}

function failed(url: string, why: string): NixError {
  return new NixError('io', `unable to download '${url}': ${why}`)
}

function notRun(error: Error): Ran {
  const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
  return { status: missing ? 127 : 126, stdout: '', stderr: bytesOfNodeString(error.message) }
}

/** The target of `Link: <URL>; rel="immutable"`. */
function immutableUrl(link: string): string | undefined {
  for (const match of link.matchAll(/<([^>]*)>([^,<]*)/g)) {
    if (/;\s*rel\s*=\s*"?immutable"?/i.test(match[2])) return match[1]
  }
  return undefined
}

function progressLine(url: string, count: number, total: number): string {
  const mib = (n: number): string => `${(n / (1 << 20)).toFixed(1)} MiB`
  return `downloading '${url}': ${mib(count)}${total > 0 ? ` of ${mib(total)}` : ''}`
}
