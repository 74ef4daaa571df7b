/**
 * Where entries lie and whom they may be trusted from (floor 2, on-disk cache only).
 *
 *     DIR/CACHEDIR.TAG         says to backup programs that this is a cache
 *     DIR/tended               its mtime says when the size was last bounded
 *     DIR/chunks/a/bcdef…      one entry per source: 16 folders, names are hashes of what an entry is for
 *     DIR/packs/TIME-…         the same of many sources (packs.ts)
 *     DIR/results/a/bcdef…     tracked results
 *     DIR/heaps/a/bcdef…       commands that have filled the heap
 *     DIR/code-….bin           what V8 has made of Firnix itself (cli/code-cache.ts); with .PID it is being written
 *     …/PID-….tmp              a file being written; left behind by a process that was killed
 *
 * Measured with 18,000 entries: reading costs the same from one folder, 16 or 256 (3 ms for 114, 35 for 1,818), but the
 * first 114 entries cost 4, 4 and 10 ms to write, for every folder has to be made.
 */
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  futimesSync,
  openSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { readAt, writeAll } from '../io/node/descriptors.ts'
import { makeFolders } from '../io/node/folders.ts'

export const CHUNKS = 'chunks'
export const RESULTS = 'results'
export const HEAPS = 'heaps'
export const PACKS = 'packs'
export const CODE = 'code'
export const TENDED = 'tended'
export const TEMPORARY = '.tmp'
/** Name of an entry inside its folder: chunks have the shorter one. */
export const ENTRY_NAME: RegExp = /^[0-9a-f]{15}(?:[0-9a-f]{24})?$/
export const FOLDER_NAME: RegExp = /^[0-9a-f]$/
/** Packs are named after the time when they were written, in milliseconds. */
export const PACK_NAME: RegExp = /^[0-9a-f]{12}-\d+-[0-9a-z]+$/

/** V8's code, and in a group what tells that it is being written, or was left by a process that was killed. */
export const CODE_NAME: RegExp = /^code-.*\.bin(\.\d+)?$/

const MAX_ENTRY = 1 << 30
/** In ms. */
export const DAY = 86_400_000
/** Who runs this; undefined where there are no such users. Asking anew for every entry is a tenth of loading it. */
const USER = process.geteuid?.()
const TAG =
  'Signature: 8a477f597d28d172789f06886806bc55\n# Compiled code of Firnix; may be deleted at any time.\n'

export interface CacheDirectory {
  dir: string
  /** Nobody asked for it by name: it is used only if there is a home to make it in, and missed in silence. */
  isDefault: boolean
}

/** The cache directory by the environment: FIRNIX_CACHE_DIR, or `firnix` in the XDG cache directory; undefined: none. */
export function cacheDirectory(getEnv: (name: string) => string | undefined): CacheDirectory | undefined {
  const named = getEnv('FIRNIX_CACHE_DIR')
  if (named !== undefined && named !== '') return { dir: named, isDefault: false }
  const dir = userDirectory(getEnv)
  return dir === undefined ? undefined : { dir, isDefault: true }
}

/** `firnix` in the user's cache directory (XDG Base Directory Specification); undefined: there is none. */
export function userDirectory(getEnv: (name: string) => string | undefined): string | undefined {
  const xdg = getEnv('XDG_CACHE_HOME')
  // The XDG specification tells to ignore a relative one.
  if (xdg !== undefined && xdg.startsWith('/')) return join(xdg, 'firnix')
  const home = getEnv('HOME')
  return home !== undefined && home.startsWith('/') ? join(home, '.cache', 'firnix') : undefined
}

/**
 * The directory that this process's command line names, as Node knows it; undefined: none. Throws what `process.cwd` throws
 * for a relative one.
 */
export function namedDirectory(): string | undefined {
  const { argv } = process
  const at = argv.lastIndexOf('--cache-dir') + 1
  return at > 0 && argv[at] ? resolve(argv[at]) : undefined
}

/** The cache directory of that name, as Node knows it, or else that of this process's environment; undefined: none. */
export function directoryOf(name: string | undefined): CacheDirectory | undefined {
  return name === undefined
    ? cacheDirectory((variable) => process.env[variable])
    : { dir: name, isDefault: false }
}

/** The cache directory that this process's command line names, or else the environment; undefined: none. Throws as `namedDirectory`. */
export function ownDirectory(): CacheDirectory | undefined {
  return directoryOf(namedDirectory())
}

/** Where the entry of that name lies. */
export function entryFile(dir: string, kind: string, name: string): string {
  return `${dir}/${kind}/${name[0]}/${name.slice(1)}`
}

/** Only the user's own files that nobody else can write are read: an entry is code. */
export function isTrusted(stat: Stats): boolean {
  if (!stat.isFile()) return false
  return USER === undefined || (stat.uid === USER && (stat.mode & 0o022) === 0)
}

/** An entry as it was found. */
export interface Found {
  bytes: Uint8Array
  /** Nobody may trust it. */
  foreign: boolean
}

/** Opens a file of the cache for reading; undefined when there is none, or one that cannot be read. */
export function openEntry(file: string): number | undefined {
  try {
    // No links, and no waiting for somebody to write into a pipe.
    return openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
  } catch {
    return undefined
  }
}

/** Whether a file that was last used then is to be told when it is used. A clock that was wrong is put right, too. */
export function isStale(mtimeMs: number): boolean {
  return Math.abs(Date.now() - mtimeMs) > DAY
}

/** Tells a file that it is used: its mtime is what pruning goes by. Never throws. */
export function noteUse(fd: number): void {
  const now = new Date()
  try {
    futimesSync(fd, now, now)
  } catch {}
}

/**
 * Reads a file of the cache into memory from `allocate`; undefined when there is none or it cannot be read. A file that
 * has not been used for a day gets a new mtime, which is what pruning goes by; so does one from a time when the clock was
 * wrong.
 */
export function readEntry(
  file: string,
  allocate: (size: number) => Uint8Array,
  touch: boolean,
): Found | undefined {
  const fd = openEntry(file)
  if (fd === undefined) return undefined
  try {
    const stat = fstatSync(fd)
    if (!isTrusted(stat) || stat.size > MAX_ENTRY) return { bytes: new Uint8Array(0), foreign: true }
    const bytes = allocate(stat.size)
    const length = readAt(fd, bytes, 0)
    if (touch && isStale(stat.mtimeMs)) noteUse(fd)
    return { bytes: length === bytes.length ? bytes : bytes.subarray(0, length), foreign: false }
  } catch {
    return undefined
  } finally {
    closeSync(fd)
  }
}

/** Puts an entry in its place: see `placeFile`. */
export function writeEntry(dir: string, kind: string, name: string, bytes: Uint8Array): void {
  placeFile(dir, entryFile(dir, kind, name), bytes)
}

/** What is written to a file, or what does that. */
export type Content = Uint8Array | ((fd: number) => void)

/**
 * Puts a file of the cache in its place by rename, so that readers see the old one, the new one or none. Nothing is synced to the
 * disk: what a power cut leaves torn fails its checksum. Throws what node:fs throws.
 */
export function placeFile(dir: string, file: string, content: Content): void {
  const folder = dirname(file)
  const temporary = `${folder}/${process.pid}-${chance()}${TEMPORARY}`
  for (let attempt = 0; ; attempt++) {
    try {
      putFile(file, temporary, content)
      return
    } catch (error) {
      // The folder is not there yet, or somebody has just cleared the cache.
      if (attempt === 2 || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      if (makeFolders(folder) !== folder) tag(dir)
    }
  }
}

/** Letters and digits that nobody else comes upon, no other thread either. */
export function chance(): string {
  return Math.floor(Math.random() * 2 ** 52).toString(36)
}

/** Eight hexadecimal digits of the 32 bits of a number: names of entries are made of these. */
export function hexWord(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0')
}

/** Deletes a file; false when it cannot be, or somebody else has. */
export function unlink(file: string): boolean {
  try {
    unlinkSync(file)
    return true
  } catch {
    return false
  }
}

/**
 * Writes a file under a name of its own first and puts it in its place whole; `durable`: also should the power fail. Throws what
 * node:fs throws, and leaves nothing behind.
 */
export function putFile(file: string, temporary: string, content: Content, durable = false): void {
  try {
    const fd = openSync(temporary, 'wx', 0o600)
    try {
      if (typeof content === 'function') content(fd)
      else writeAll(fd, content)
      if (durable) fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    renameSync(temporary, file)
  } catch (error) {
    unlink(temporary)
    throw error
  }
}

/** Says what the directory is, when it is new or has just got its first entry. */
function tag(dir: string): void {
  try {
    writeFileSync(join(dir, 'CACHEDIR.TAG'), TAG, { flag: 'wx' })
  } catch {}
}

/**
 * Whether the default directory can be where it should: the cache of the user is made where there is none (XDG Base Directory
 * Specification), a home is not.
 */
export function hasHome(dir: string): boolean {
  const caches = dirname(dir)
  return isFolder(caches) || isFolder(dirname(caches))
}

/** Whether anything may be kept in a cache directory: see CacheDirectory. */
export function isUsable(dir: string, isDefault: boolean | undefined): boolean {
  return isDefault !== true || hasHome(dir)
}

/** Whether a path is a folder. */
export function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
  } catch {
    return false
  }
}
