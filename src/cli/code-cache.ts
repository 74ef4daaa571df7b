/**
 * The files of the program through V8's code cache (floor 7), so that a second run neither parses nor compiles the JavaScript of
 * Firnix. The cache depends on the version of V8, so it is made at the first run, in the user's cache directory, apart from the
 * compile cache, and made anew when a run did what none before it had done (compile a file, fail, print JSON, last four times
 * as long …). It is used only if the file is the user's own and nobody else can write it; whatever goes wrong is a slower
 * start and nothing else. FIRNIX_NO_CODE_CACHE=1 turns it off.
 */
import { accessSync, constants, lstatSync, readdirSync, readFileSync, statSync, unlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { Script } from 'node:vm'
import { CODE_NAME, hasHome, namedDirectory, putFile, readEntry, userDirectory } from '../cache/place.ts'
import { makeFolders } from '../io/node/folders.ts'
import type { V8Flags } from './tiers.ts'

/**
 * Where code caches may be kept: in the user's cache directory, and in that of the command line for users without a home
 * that can be written. The first that is there is used, and the first that can be is made.
 */
export function cacheFolders(): string[] {
  const { env } = process
  if (env.FIRNIX_NO_CODE_CACHE || env.NODE_V8_COVERAGE) return []
  const user = userDirectory((name) => env[name])
  const folders = user !== undefined && hasHome(user) ? [user] : []
  try {
    const named = process.argv.includes('--no-cache') ? undefined : namedDirectory()
    if (named !== undefined) folders.push(named)
  } catch {
    // Relative to a working folder that is gone.
  }
  return folders
}

/**
 * What the code cache of a file of the program is called, for this V8 and what is done with it. Throws what node:fs throws.
 */
function cacheName(path: string, task: string): string {
  const { size, mtimeMs } = statSync(path)
  const { arch, execArgv, versions } = process
  // Flags are part of what V8 checks, and two programs of different flags would throw out each other's cache.
  const key = [versions.v8, arch, size, Math.floor(mtimeMs), task, ...execArgv].join('-')
  return `code-${basename(path, '.js')}-${key.replace(/[^A-Za-z0-9.=-]/g, '_').slice(0, 120)}.bin`
}

/** The code that V8 made in earlier runs, and what these did: other runs need other functions. */
interface CodeCache {
  data: Buffer
  traits: ReadonlySet<string>
}

/** The file is what V8 gave, the traits of runs in one line, and the length of that line in two bytes. */
function readCache(file: string): CodeCache | undefined {
  const found = readEntry(file, (size) => Buffer.allocUnsafeSlow(size), true)
  if (found === undefined || found.foreign || found.bytes.length < 2) return undefined
  const bytes = found.bytes as Buffer
  const end = bytes.length - 2
  const start = end - bytes.readUInt16LE(end)
  if (start < 0) return undefined
  return {
    data: bytes.subarray(0, start),
    traits: new Set(bytes.toString('latin1', start, end).split(' ')),
  }
}

function writeCache(
  files: readonly string[],
  script: Script,
  traits: Iterable<string>,
  flags: V8Flags,
): void {
  for (const file of files) {
    try {
      const folder = dirname(file)
      makeFolders(folder)
      accessSync(folder, constants.W_OK)
      sweep(folder)
      const line = Buffer.from([...traits].join(' '), 'latin1')
      const length = Buffer.alloc(2)
      length.writeUInt16LE(line.length)
      const data = flags.asUsual(() => script.createCachedData())
      // V8 believes its checksum without looking, and code that a power cut has left torn would end every run.
      putFile(file, `${file}.${process.pid}`, Buffer.concat([data, line, length]), true)
      return
    } catch {
      // A run without the code cache is only slower.
    }
  }
}

const HOUR = 3_600_000
const MONTH = 30 * 24 * HOUR

/** Deletes code of other versions that nobody has used for a month, and what killed processes left. */
function sweep(folder: string): void {
  for (const name of readdirSync(folder)) {
    const kind = CODE_NAME.exec(name)
    if (kind === null) continue
    try {
      const file = join(folder, name)
      if (Date.now() - lstatSync(file).mtimeMs > (kind[1] === undefined ? MONTH : HOUR)) unlinkSync(file)
    } catch {
      // Somebody else has, or it is no file.
    }
  }
}

/** A file of the program. */
export class Part {
  /** What it is: a function. */
  readonly run: (...given: unknown[]) => void
  readonly #script: Script
  readonly #files: readonly string[]
  /** Of the runs whose code is in the cache. */
  readonly #known: ReadonlySet<string>

  /** Throws what node:fs throws when the file is not there. */
  constructor(path: string, task: string, folders: readonly string[]) {
    const name = cacheName(path, task)
    this.#files = folders.map((folder) => join(folder, name))
    let cache: CodeCache | undefined
    for (const file of this.#files) cache ??= readCache(file)
    this.#script = new Script(readFileSync(path, 'latin1'), {
      filename: path,
      ...(cache === undefined ? {} : { cachedData: cache.data }),
    })
    this.#known = this.#script.cachedDataRejected === false ? (cache as CodeCache).traits : new Set()
    this.run = this.#script.runInThisContext()
  }

  /** At the end, when the functions that the run needs have been compiled and belong to it. */
  keep(traits: readonly string[], flags: V8Flags): void {
    if (this.#files.length === 0 || traits.every((trait) => this.#known.has(trait))) return
    writeCache(this.#files, this.#script, new Set([...this.#known, ...traits]), flags)
  }
}
