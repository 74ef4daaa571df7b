/**
 * The outside world as an evaluation sees it (floor 1): one interface, implemented by NodeIO (`io/node/`), MemoryIO,
 * and the wrappers RestrictedIO and RecordingIO. Nothing on a higher floor reads a file, a clock or an environment
 * variable by any other way.
 *
 * Paths, names and contents are byte strings (JS strings with one char per byte). Paths are absolute and canonical:
 * no `.`, `..`, double or trailing slash. Methods answer a value or a promise: NodeIO and MemoryIO are synchronous
 * for everything but `fetch`.
 */

/** A value now, or a promise of it. */
export type MaybeAsync<T> = T | Promise<T>

/** What `builtins.readFileType` says; `unknown` are sockets, fifos and devices. */
export type FileType = 'regular' | 'directory' | 'symlink' | 'unknown'

/** What NAR needs to know of a file, the last component's symlink not followed. */
export interface FileInfo {
  readonly type: FileType
  /** Regular files only: whether the owner may execute it. */
  readonly executable: boolean
  /** Regular files only, in bytes; 0 otherwise. */
  readonly size: number
}

/** The hash algorithms Nix knows. */
export type HashAlgo = 'md5' | 'sha1' | 'sha256' | 'sha512' | 'blake3'

/** A hash under way. */
export interface Hasher {
  /** Adds bytes: a latin1 string or an array (which may be overwritten once this returns). */
  update(data: string | Uint8Array): void
  /** The digest in lower-case hex; call it once, last. */
  digest(): string
}

/** One HTTP(S) or file request. */
export interface FetchRequest {
  readonly url: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** What a request gave; a status of 400 and above is an answer, not an exception. */
export interface FetchResponse {
  readonly status: number
  /** The URL after redirects. */
  readonly url: string
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Uint8Array
}

/**
 * Everything an evaluation may ask of the world. Failures are thrown (or rejected) as `NixError('io', …)` with Nix's
 * texts: a missing file is `path '/p' does not exist`, an unreadable one `opening file '/p': Permission denied`, a
 * directory read as a file `read of 4096 bytes: Is a directory`, a file listed as a directory
 * `cannot read directory "/p": Not a directory`.
 */
export interface EvalIO {
  /** A file's bytes (`import`, `readFile`, `hashFile`). Symlinks are followed. Errors: missing, unreadable, a directory,
   *  or longer than a JS string can be. */
  readFile(path: string): MaybeAsync<string>
  /** Hands a file's bytes out piece by piece, for files of any size (NAR, `hashFile`); the piece is only valid until
   *  `onChunk` returns. Answers how many bytes there were. Errors as for `readFile`. */
  readChunks(path: string, onChunk: (chunk: Uint8Array) => void): MaybeAsync<number>
  /** A directory's entries in byte order (`readDir`, NAR). Errors: missing, not a directory. */
  readDir(path: string): MaybeAsync<Map<string, FileType>>
  /** The type of the entry itself, a symlink not followed (`readFileType`, `pathExists`); undefined if there is none
   *  or it may not be seen. Nix: SourceAccessor::maybeLstat. */
  fileType(path: string): MaybeAsync<FileType | undefined>
  /** Type, executable bit and size of the entry itself. Errors: missing (`path '/p' does not exist`), forbidden.
   *  Nix: SourceAccessor::lstat. */
  stat(path: string): MaybeAsync<FileInfo>
  /** A symlink's target as written. Errors: missing, not a symlink. */
  readLink(path: string): MaybeAsync<string>
  /** The path with every symlink followed; with `ancestorsOnly` all but the last component's. What does not exist
   *  stays as it is. Error: `infinite symlink recursion in path '/p'`. Nix: SourceAccessor::resolveSymlinks. */
  realPath(path: string, ancestorsOnly?: boolean): MaybeAsync<string>
  /** A string that changes whenever the file probably has (size, times, inode), for caches that want no second read of
   *  an unchanged file; undefined if there is no file, or if nothing is known but the contents. */
  stamp(path: string): MaybeAsync<string | undefined>
  /** An environment variable (`getEnv`, NIX_PATH); undefined if unset or hidden. */
  getEnv(name: string): string | undefined
  /** Whole seconds since 1970 (`currentTime`). */
  now(): number
  /** This machine as Nix names it (`currentSystem`): `x86_64-linux`. */
  currentSystem(): string
  /** What `~` in a path stands for. */
  homeDir(): string
  /** The hash of a byte string, or of bytes, in lower-case hex. */
  hash(algo: HashAlgo, data: string | Uint8Array): string
  /** The same, fed piece by piece. */
  createHash(algo: HashAlgo): Hasher
  /** Forgets what is remembered of the file system between two evaluations (absent: nothing is). */
  refresh?(): void
  /** Fetches a URL (`fetchurl`, `fetchTarball`); absent where there is no network. Errors: no connection. */
  fetch?(request: FetchRequest): MaybeAsync<FetchResponse>
}

/** Whether this is a promise: what a frame asks before it goes on. */
export function isPromise<T>(value: MaybeAsync<T>): value is Promise<T> {
  return value instanceof Promise
}

/** Goes on with a value at once, with a promise when it is kept. */
export function andThen<T, U>(value: MaybeAsync<T>, next: (value: T) => MaybeAsync<U>): MaybeAsync<U> {
  return value instanceof Promise ? value.then(next) : next(value)
}

/** The value of an answer that must be there now. Throws a TypeError for a promise: the caller chose the wrong IO. */
export function expectSync<T>(value: MaybeAsync<T>): T {
  if (value instanceof Promise) throw new TypeError('this operation needs an EvalIO that answers at once')
  return value
}

/**
 * Whether something is there, a dangling last symlink included (`pathExists`). The directories on the way must be
 * real: see `realPath(path, true)`.
 */
export function pathExists(io: EvalIO, path: string): MaybeAsync<boolean> {
  return andThen(io.fileType(path), (type) => type !== undefined)
}

/** Joins an entry's name to its directory. */
export function joinPath(dir: string, name: string): string {
  return dir === '/' ? `/${name}` : `${dir}/${name}`
}

/** The directory an absolute path is in; `/` for `/`. */
export function parentPath(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash <= 0 ? '/' : path.slice(0, slash)
}

/** The last component of an absolute path; empty for `/`. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** A slash with something behind it that a canonical path has not. */
const ODD = /\/(?:\/|\.\.?(?:\/|$)|$)/

/** So much is taken out of a path bit by bit; one with more is taken apart. */
const FEW = 8

/** Makes an absolute path canonical by its text alone: `.`, `..`, double and trailing slashes go (Nix: CanonPath). */
export function canonPath(path: string): string {
  if (path.charCodeAt(0) !== 47) path = `/${path}`
  // Nearly every path is canonical already: then the very string is given back.
  for (let n = 0; n < FEW; n++) {
    const at = path.search(ODD)
    if (at < 0) return path
    if (path.charCodeAt(at + 1) !== 46) path = path.slice(0, at) + path.slice(at + 1)
    else if (path.charCodeAt(at + 2) !== 46) path = path.slice(0, at) + path.slice(at + 2)
    else path = path.slice(0, at === 0 ? 0 : path.lastIndexOf('/', at - 1)) + path.slice(at + 3)
    if (path === '') return '/'
  }
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..') parts.pop()
    else parts.push(part)
  }
  return `/${parts.join('/')}`
}
