/**
 * Fetching (floor 2): an input in, a tree on this machine and the locked input out. What is fetched is checked, kept in
 * the cache by the hash of its NAR, and fetched again once it is too old. Nix: libfetchers.
 *
 * Local work answers at once, so that programs which stay on this machine run without an event loop.
 */
import { NixError } from '../errors.ts'
import type { Download, FetchWorld, TreeBuilder } from '../io/fetch-world.ts'
import {
  andThen,
  canonPath,
  type EvalIO,
  expectSync,
  isPromise,
  joinPath,
  type MaybeAsync,
} from '../io/io.ts'
import { type Hash, printHash } from '../store/hash.ts'
import { hashPath } from '../store/nar.ts'
import { makeFixedOutputPath, makeSourcePath, type StoreConfig } from '../store/path.ts'
import { parseFlakeRef } from './flake-ref.ts'
import { fetchGitTree, type GitHost } from './git.ts'
import {
  flag,
  type Input,
  type InputOptions,
  inputFromUrl,
  maybeInt,
  maybeText,
  nameOfInput,
  narHashOf,
  printInput,
  revOf,
  sameInput,
  showInput,
  text,
  withAttrs,
} from './input.ts'
import { attrsOfJson, lookUp, type RegistryEntry, readRegistry } from './registry.ts'
import { parseUrl, pathOfUrl, printUrl } from './url.ts'

/** A file on this machine. */
export interface FetchedFile {
  readonly path: string
  /** The hash of its bytes, sha256 in hex. */
  readonly sha256: string
}

/** A tree on this machine and its place in the store. */
export interface FetchedPlace {
  /** Where it is read. */
  readonly path: string
  /** What of the directory belongs to the tree, as `/a/b`; null: all of it. */
  readonly kept: ReadonlySet<string> | null
  /** Its place in the store. */
  readonly storePath: string
}

/** A tree that an input named. */
export interface FetchedTree extends FetchedPlace {
  /** The input with all that is known now: `narHash`, `lastModified`, `rev`, … */
  readonly input: Input
}

/** What a Fetcher is made of. */
export interface FetcherOptions {
  /** Absent where nothing can be fetched. */
  readonly world: FetchWorld | undefined
  /** The disk as it is: cached trees are read here whatever the program itself may see. */
  readonly io: EvalIO
  readonly store: StoreConfig
  readonly features: ReadonlySet<string>
  readonly warn: (text: string) => void
  /** Told what takes its time, where that is wanted. */
  readonly say?: (text: string) => void
  /** The current directory. */
  readonly cwd: string
}

function error(message: string): NixError {
  return new NixError('eval', message)
}

/** What Nix exits with when something fetched is not what was promised. */
const EXIT_MISMATCH = 102

function notAsPromised(message: string): NixError {
  return new NixError('eval', message, { exitCode: EXIT_MISMATCH })
}

/** Runs a step that may fail now or later, and tells the error whose fault it is. */
function explained<T>(what: () => string, run: () => MaybeAsync<T>): MaybeAsync<T> {
  const add = (e: unknown): never => {
    if (e instanceof NixError) e.addTrace(what())
    throw e
  }
  try {
    const r = run()
    return isPromise(r) ? r.catch(add) : r
  } catch (e) {
    return add(e)
  }
}

/** Downloads what is opened as it arrives: an error of the download is one of opening it. Nix: TarArchive. */
function whileOpening<T>(download: () => MaybeAsync<T>): MaybeAsync<T> {
  const wrap = (e: unknown): never => {
    if (!(e instanceof NixError) || e.passing) throw e
    const shown = e.message.trimEnd().replace(/\n(?=[^\n])/g, '\n       ')
    throw new NixError(e.kind, `Failed to open archive (Source threw exception: error: ${shown})`)
  }
  try {
    const r = download()
    return isPromise(r) ? r.catch(wrap) : r
  } catch (e) {
    return wrap(e)
  }
}

/** Fetches for one evaluation; what it has fetched once it does not fetch again. */
export class Fetcher {
  readonly options: InputOptions
  readonly store: StoreConfig
  readonly #world: FetchWorld | undefined
  readonly #io: EvalIO
  readonly #warn: (text: string) => void
  readonly #say: (text: string) => void
  readonly #cwd: string
  readonly #trees = new Map<string, MaybeAsync<FetchedTree>>()
  #globalRegistry: MaybeAsync<RegistryEntry[]> | undefined

  constructor(options: FetcherOptions) {
    this.#world = options.world
    this.#io = options.io
    this.store = options.store
    this.#warn = options.warn
    this.#say = options.say ?? (() => {})
    this.#cwd = options.cwd
    this.options = { features: options.features, warn: options.warn }
  }

  /** Throws NixError where nothing can be fetched. */
  #needWorld(what: string): FetchWorld {
    if (this.#world === undefined)
      throw error(`cannot fetch '${what}': this evaluator has no way of fetching things`)
    return this.#world
  }

  get useRegistries(): boolean {
    return this.#world?.settings.useRegistries ?? false
  }

  /** Looks at every tree again. */
  forget(): void {
    this.#trees.clear()
    this.#io.refresh?.()
  }

  // ---------------------------------------------------------------- files

  /** The file of a URL. Throws NixError `unable to download 'URL': …`. */
  file(url: string, headers: Readonly<Record<string, string>> = {}): MaybeAsync<FetchedFile> {
    const world = this.#needWorld(url)
    const key = `file:${url}`
    const record = world.recall(key)
    const known = record === undefined ? undefined : world.kept('files', String(record.sha256))
    const old: FetchedFile | undefined =
      record === undefined || known === undefined ? undefined : { path: known, sha256: String(record.sha256) }
    if (old !== undefined && this.#isFresh(world, Number(record?.time))) return old
    const request: Download = { url, headers, ...(old === undefined ? {} : { etag: String(record?.etag) }) }
    const arrived = (got: Awaited<ReturnType<FetchWorld['download']>>): FetchedFile => {
      if (got.file === undefined) {
        if (old === undefined) throw error(`unable to download '${url}': the server sent nothing`)
        world.remember(key, { ...record, time: world.now() })
        return old
      }
      if (got.local) return { path: got.file, sha256: this.#hashFile(got.file) }
      const sha256 = this.#hashFile(got.file)
      const path = world.keep(got.file, 'files', sha256)
      for (const place of new Set([url, ...got.urls])) {
        world.remember(`file:${place}`, { sha256, etag: got.etag, time: world.now() })
      }
      return { path, sha256 }
    }
    const failed = (e: unknown): FetchedFile => {
      if (old === undefined || !(e instanceof NixError)) throw e
      this.#warn(`${e.message}; using cached version`)
      return old
    }
    const got = world.download(request)
    return isPromise(got) ? got.then(arrived).catch(failed) : arrived(got)
  }

  #isFresh(world: FetchWorld, time: number): boolean {
    return time + world.settings.tarballTtl > world.now()
  }

  #hashFile(path: string): string {
    const hasher = this.#io.createHash('sha256')
    expectSync(this.#io.readChunks(path, (chunk) => hasher.update(chunk)))
    return hasher.digest()
  }

  /** A file that must have this hash. Throws NixError `hash mismatch in file downloaded from '…'`. */
  checkedFile(url: string, expected: Hash | undefined): MaybeAsync<FetchedFile> {
    return andThen(this.file(url), (file) => {
      if (expected !== undefined && expected.hex !== file.sha256) throw mismatch(url, expected, file.sha256)
      return file
    })
  }

  // ---------------------------------------------------------------- archives

  /** The tree in an archive, which is called `shown` while it is unpacked. Throws NixError. */
  tarball(
    url: string,
    headers: Readonly<Record<string, string>> = {},
    shown?: string,
  ): MaybeAsync<{ path: string; narHash: string; lastModified: number; immutableUrl: string | undefined }> {
    const world = this.#needWorld(url)
    const parsed = parseUrl(url)
    if (parsed.scheme === 'file') checkLocalTarball(this.#io, url, pathOfUrl(parsed))
    const stamp = parsed.scheme === 'file' ? expectSync(this.#io.stamp(pathOfUrl(parsed))) : undefined
    const key = stamp === undefined ? `tarball:${url}` : `tarball:${url}:${stamp}`
    const record = world.recall(key)
    const known = record === undefined ? undefined : world.kept('trees', String(record.narHash))
    const asResult = (path: string, r: Readonly<Record<string, string | number>>) => ({
      path,
      narHash: String(r.narHash),
      lastModified: Number(r.lastModified),
      immutableUrl: r.immutableUrl === undefined ? undefined : String(r.immutableUrl),
    })
    if (
      record !== undefined &&
      known !== undefined &&
      (stamp !== undefined || this.#isFresh(world, Number(record.time)))
    ) {
      return asResult(known, record)
    }
    const request: Download = { url, headers, ...(known === undefined ? {} : { etag: String(record?.etag) }) }
    this.#say(`unpacking '${shown ?? printUrl(parsed)}' into the Git cache...`)
    // One that may be a zip file is downloaded before it is opened, the others are while they are read.
    const isZip = shown === undefined && (parsed.path.at(-1) ?? '').toLowerCase().endsWith('.zip')
    return andThen(isZip ? world.download(request) : whileOpening(() => world.download(request)), (got) => {
      if (got.file === undefined) {
        if (record === undefined || known === undefined)
          throw error(`unable to download '${url}': the server sent nothing`)
        const renewed = { ...record, time: world.now() }
        world.remember(key, renewed)
        return asResult(known, renewed)
      }
      const { file } = got
      const done = (unpacked: Awaited<ReturnType<FetchWorld['unpack']>>) => {
        if (!got.local) world.discard(file)
        const narHash = this.#hashTree(unpacked.root, null)
        const path = world.keep(unpacked.root, 'trees', narHash)
        if (unpacked.temporary !== unpacked.root) world.discard(unpacked.temporary)
        const fresh = {
          narHash,
          lastModified: unpacked.lastModified,
          etag: got.etag,
          time: world.now(),
          ...(got.immutableUrl === undefined ? {} : { immutableUrl: got.immutableUrl }),
        }
        world.remember(key, fresh)
        for (const place of new Set(got.urls)) if (place !== url) world.remember(`tarball:${place}`, fresh)
        return asResult(path, fresh)
      }
      const failed = (e: unknown): never => {
        if (!got.local) world.discard(file)
        throw e
      }
      try {
        const unpacked = world.unpack(file, isZip)
        return isPromise(unpacked) ? unpacked.then(done, failed) : done(unpacked)
      } catch (e) {
        return failed(e)
      }
    })
  }

  #hashTree(path: string, kept: ReadonlySet<string> | null): string {
    const filter = kept === null ? undefined : (at: string) => kept.has(at.slice(path.length))
    return expectSync(hashPath(this.#io, path, filter)).hex
  }

  /** A tree with this NAR hash that is in the cache already. */
  keptTree(narHash: string): string | undefined {
    return this.#world?.kept('trees', narHash)
  }

  /** The tree of an archive that must have this hash. Throws NixError `hash mismatch in file downloaded from '…'`. */
  checkedTarball(url: string, expected: Hash | undefined): MaybeAsync<{ path: string; narHash: string }> {
    if (expected !== undefined) {
      const known = this.keptTree(expected.hex)
      if (known !== undefined) return { path: known, narHash: expected.hex }
    }
    parseUrl(url)
    return andThen(
      explained(
        () => `while fetching the input '${url}'`,
        () => this.tarball(url),
      ),
      (tree) => {
        if (expected !== undefined && expected.hex !== tree.narHash)
          throw mismatch(url, expected, tree.narHash)
        return tree
      },
    )
  }

  // ---------------------------------------------------------------- inputs

  /**
   * Fetches an input. Throws or rejects with NixError, with the line `while fetching the input '…'`.
   * Nix: Input::getAccessor, EvalState::mountInput.
   */
  input(given: Input): MaybeAsync<FetchedTree> {
    const key = showInput(given)
    const known = this.#trees.get(key)
    if (known !== undefined) return known
    const tree = this.#fetchInput(given)
    // A failure is not remembered: the next try may do better.
    if (isPromise(tree)) tree.catch(() => this.#trees.delete(key))
    const kept = isPromise(tree)
      ? tree.then((t) => {
          this.#trees.set(key, t)
          return t
        })
      : tree
    this.#trees.set(key, kept)
    return kept
  }

  /** What an entry of the search path names: `flake:REF`, or the archive at a URL. Throws or rejects with NixError. */
  searchPath(entry: string, url: string): MaybeAsync<FetchedPlace> {
    if (entry.startsWith('flake:')) {
      const ref = parseFlakeRef(entry.slice('flake:'.length), this.options)
      return andThen(this.resolve(ref.input, false), (found) => this.input(found.input))
    }
    return andThen(this.checkedTarball(url, undefined), ({ path, narHash }) => ({
      path,
      kept: null,
      storePath: makeSourcePath(this.store, 'source', narHash),
    }))
  }

  #fetchInput(given: Input): MaybeAsync<FetchedTree> {
    const final = given.get('__final') === true
    const promised = narHashOf(given)
    if (final && promised !== undefined) {
      const path = this.keptTree(promised.hex)
      if (path !== undefined) {
        const storePath = makeSourcePath(this.store, nameOfInput(given), promised.hex)
        return { path, kept: null, storePath, input: given }
      }
    }
    const located = explained(
      () => `while fetching the input '${printInput(given)}'`,
      () =>
        andThen(this.#access(given), (tree) => ({
          ...tree,
          input: checkLocks(given, withAttrs(tree.input, { __final: true })),
        })),
    )
    return andThen(located, (tree) => {
      const hex = tree.narHash ?? this.#hashTree(tree.path, tree.kept)
      const narHash = printHash({ algo: 'sha256', hex }, 'sri')
      if (promised !== undefined && promised.hex !== hex) {
        throw notAsPromised(
          `NAR hash mismatch in input '${printInput(given)}', expected '${narHash}' but got '${printHash(promised, 'sri')}'`,
        )
      }
      return {
        path: tree.path,
        kept: tree.kept,
        storePath: makeSourcePath(this.store, nameOfInput(tree.input), hex),
        input: withAttrs(tree.input, { narHash }),
      }
    })
  }

  #access(
    input: Input,
  ): MaybeAsync<{ path: string; kept: ReadonlySet<string> | null; narHash?: string; input: Input }> {
    const type = text(input, 'type')
    switch (type) {
      case 'path':
        return this.#path(input)
      case 'file':
        return andThen(this.file(text(input, 'url')), ({ path }) => {
          const narHash = this.#hashTree(path, null)
          return { path, kept: null, narHash, input: withAttrs(input, { narHash: sri(narHash) }) }
        })
      case 'tarball':
        return andThen(this.tarball(text(input, 'url')), (tree) => {
          let locked = input
          if (tree.immutableUrl !== undefined) {
            locked = inputFromUrl(parseUrl(tree.immutableUrl), true, this.options)
            if (locked.get('type') !== 'tarball') {
              throw error("tarball 'Link' headers that redirect to non-tarball URLs are not supported")
            }
          }
          if (tree.lastModified > 0 && !locked.has('lastModified')) {
            locked = withAttrs(locked, { lastModified: tree.lastModified })
          }
          locked = withAttrs(locked, { narHash: sri(tree.narHash) })
          return { path: tree.path, kept: null, narHash: tree.narHash, input: locked }
        })
      case 'git':
        return fetchGitTree(this.#gitHost(input), input)
      case 'github':
      case 'gitlab':
      case 'sourcehut':
        return this.#forge(type, input)
      case 'indirect':
        throw error(`indirect input '${printInput(input)}' cannot be fetched directly`)
      case 'hg':
        throw error(`cannot fetch input '${printInput(input)}': Mercurial is not supported`)
      default:
        throw error(`cannot fetch unsupported input '${showInput(input)}'`)
    }
  }

  #path(input: Input): { path: string; kept: null; narHash: string; input: Input } {
    const given = text(input, 'path')
    if (!given.startsWith('/'))
      throw error(`cannot fetch input '${printInput(input)}' because it uses a relative path`)
    const world = this.#needWorld(given)
    const path = canonPath(given)
    if (expectSync(this.#io.fileType(path)) === undefined)
      throw new NixError('io', `path '/${path}' does not exist`)
    const lastModified = maybeInt(input, 'lastModified') ?? world.newest(path)
    // Hashed here, because Nix copies the tree while it fetches: what cannot be copied is told of as part of that.
    const narHash = this.#hashTree(path, null)
    return { path, kept: null, narHash, input: withAttrs(input, { lastModified }) }
  }

  #gitHost(input: Input): GitHost {
    const world = this.#needWorld(printInput(input))
    const io = this.#io
    return {
      world,
      warn: this.#warn,
      exists: (path) => expectSync(io.fileType(canonPath(path))) !== undefined,
      hash: (data) => io.hash('sha256', data),
      keepTree: (temporary) => world.keep(temporary, 'trees', this.#hashTree(temporary, null)),
      copy: (from, builder, to) => copyInto(io, from, builder, to),
      cwd: this.#cwd,
    }
  }

  // ---------------------------------------------------------------- forges

  /** Nix: GitArchiveInputScheme::downloadArchive. */
  #forge(
    type: string,
    given: Input,
  ): MaybeAsync<{ path: string; kept: null; narHash: string; input: Input }> {
    const world = this.#needWorld(printInput(given))
    const ref = maybeText(given, 'ref') ?? 'HEAD'
    return andThen(revOf(given) ?? this.#revOfRef(type, given, ref), (rev) => {
      const input = withAttrs(given, { ref: undefined, rev })
      const key = `forge:${rev}`
      const record = world.recall(key)
      const known = record === undefined ? undefined : world.kept('trees', String(record.narHash))
      const done = (path: string, narHash: string, lastModified: number) => ({
        path,
        kept: null,
        narHash,
        input: withAttrs(input, { lastModified }),
      })
      if (record !== undefined && known !== undefined) {
        return done(known, String(record.narHash), Number(record.lastModified))
      }
      const headers = this.#authorisation(type, input)
      const url = archiveUrl(type, input, rev, Object.keys(headers).length > 0)
      return andThen(this.tarball(url, headers, printInput(input)), (tree) => {
        world.remember(key, { narHash: tree.narHash, lastModified: tree.lastModified })
        return done(tree.path, tree.narHash, tree.lastModified)
      })
    })
  }

  /** The commit that a branch or tag names now. */
  #revOfRef(type: string, input: Input, ref: string): MaybeAsync<string> {
    const owner = text(input, 'owner')
    const repo = text(input, 'repo')
    const headers = this.#authorisation(type, input)
    const asJson = (url: string): MaybeAsync<unknown> =>
      andThen(this.file(url, headers), ({ path }) => {
        try {
          return JSON.parse(expectSync(this.#io.readFile(path))) as unknown
        } catch (e) {
          throw error(`the answer of '${url}' is no JSON: ${(e as Error).message}`)
        }
      })
    if (type === 'github') {
      const host = hostOf(type, input)
      const base = host === 'github.com' ? `https://api.${host}` : `https://${host}/api/v3`
      return andThen(asJson(`${base}/repos/${owner}/${repo}/commits/${ref}`), (json) =>
        commitId((json as { sha?: unknown }).sha, input),
      )
    }
    if (type === 'gitlab') {
      const url = `https://${hostOf(type, input)}/api/v4/projects/${owner}%2F${repo}/repository/commits?ref_name=${ref}`
      return andThen(asJson(url), (json) => {
        if (Array.isArray(json) && json.length === 0) {
          throw error('No commits returned by GitLab API -- does the git ref really exist?')
        }
        return commitId((json as { id?: unknown }[])[0]?.id, input)
      })
    }
    const base = `https://${hostOf(type, input)}/${owner}/${repo}`
    const lines = (url: string): MaybeAsync<string[]> =>
      andThen(this.file(url, headers), ({ path }) => expectSync(this.#io.readFile(path)).split('\n'))
    const wanted: MaybeAsync<string[]> =
      ref === 'HEAD'
        ? andThen(lines(`${base}/HEAD`), (head) => {
            const target = /^ref: (\S+)/.exec(head[0] ?? '')
            if (target === null) throw error(`in '${printInput(input)}', couldn't resolve HEAD ref '${ref}'`)
            return [target[1]]
          })
        : [`refs/heads/${ref}`, `refs/tags/${ref}`]
    return andThen(wanted, (names) =>
      andThen(lines(`${base}/info/refs`), (refs) => {
        for (const line of refs) {
          const [id, name] = line.split('\t')
          if (name !== undefined && names.includes(name)) return commitId(id, input)
        }
        throw error(`in '${printInput(input)}', couldn't find ref '${ref}'`)
      }),
    )
  }

  #authorisation(type: string, input: Input): Record<string, string> {
    const host = hostOf(type, input)
    const place = `${host}/${text(input, 'owner')}/${text(input, 'repo')}`
    let best = ''
    let token: string | undefined
    for (const [name, value] of this.#needWorld(place).settings.accessTokens) {
      const fits = place === name || place.startsWith(`${name}/`)
      if (fits && name.length > best.length) {
        best = name
        token = value
      }
    }
    if (token === undefined) return {}
    if (type === 'github') return { Authorization: `token ${token}` }
    if (type === 'sourcehut') return { Authorization: `Bearer ${token}` }
    const colon = token.indexOf(':')
    const kind = token.slice(0, colon)
    const value = token.slice(colon + 1)
    if (kind === 'OAuth2') return { Authorization: `Bearer ${value}` }
    if (kind === 'PAT') return { 'Private-token': value }
    this.#warn(`Unrecognized GitLab token type ${kind}`)
    return { [kind]: value }
  }

  // ---------------------------------------------------------------- registries

  /**
   * What an indirect input stands for. `limited`: only by the global registry, as for the inputs of flakes.
   * Throws NixError `cannot find flake '…' in the flake registries`.
   */
  resolve(input: Input, limited: boolean): MaybeAsync<{ input: Input; dir: string | undefined }> {
    if (input.get('type') !== 'indirect' && (limited || this.#world === undefined))
      return { input, dir: undefined }
    const entries = this.#registries(limited, input.get('type') === 'indirect')
    return andThen(entries, (all) =>
      input.get('type') === 'indirect' || all.length > 0 ? lookUp(input, all) : { input, dir: undefined },
    )
  }

  #registries(limited: boolean, withGlobal: boolean): MaybeAsync<RegistryEntry[]> {
    const world = this.#needWorld('flake:')
    const own: RegistryEntry[] = []
    if (!limited) {
      for (const path of world.settings.registries) {
        if (expectSync(this.#io.fileType(path)) === undefined) continue
        own.push(...readRegistry(expectSync(this.#io.readFile(path)), path, this.options))
      }
    }
    if (!withGlobal) return own
    return andThen(this.#global(world), (entries) => [...own, ...entries])
  }

  #global(world: FetchWorld): MaybeAsync<RegistryEntry[]> {
    if (this.#globalRegistry !== undefined) return this.#globalRegistry
    const place = world.settings.flakeRegistry
    if (place === '') return []
    const read = (path: string): RegistryEntry[] =>
      expectSync(this.#io.fileType(path)) === undefined
        ? []
        : readRegistry(expectSync(this.#io.readFile(path)), place, this.options)
    const entries = place.startsWith('/') ? read(place) : andThen(this.file(place), ({ path }) => read(path))
    if (isPromise(entries)) {
      entries.catch(() => {
        this.#globalRegistry = undefined
      })
    }
    this.#globalRegistry = entries
    return entries
  }
}

function sri(hex: string): string {
  return printHash({ algo: 'sha256', hex }, 'sri')
}

function mismatch(url: string, expected: Hash, got: string): NixError {
  const specified = printHash(expected, 'nix32', true)
  const found = printHash({ algo: 'sha256', hex: got }, 'nix32', true)
  return notAsPromised(
    `hash mismatch in file downloaded from '${url}':\n  specified: ${specified}\n  got:       ${found}`,
  )
}

function checkLocalTarball(io: EvalIO, url: string, path: string): void {
  if (!path.startsWith('/')) {
    throw error(
      `tarball '${url}' must use an absolute path. The 'file' scheme does not support relative paths.`,
    )
  }
  const at = canonPath(path)
  const type = expectSync(io.fileType(expectSync(io.realPath(at))))
  if (type === undefined) throw error(`tarball "${path}" does not exist.`)
  if (type !== 'directory') return
  if (expectSync(io.fileType(joinPath(at, '.git'))) !== undefined) {
    throw error(
      `tarball "${path}" is a git repository, not a tarball. Please use \`git+file\` as the scheme.`,
    )
  }
  throw error(`tarball "${path}" is a directory, not a file.`)
}

/** What was promised must have come. Nix: Input::checkLocks. */
function checkLocks(specified: Input, result: Input): Input {
  const promised = narHashOf(specified)
  const got = narHashOf(result)
  if (specified.get('__final') === true) {
    const wanted =
      promised === undefined ? specified : withAttrs(specified, { narHash: printHash(promised, 'sri') })
    const had = got === undefined ? result : withAttrs(result, { narHash: printHash(got, 'sri') })
    for (const name of [...wanted.keys()].sort()) {
      if (had.has(name) && had.get(name) !== wanted.get(name)) {
        throw error(`mismatch in field '${name}' of input '${showInput(wanted)}', got '${showInput(had)}'`)
      }
    }
    return wanted
  }
  if (promised !== undefined && promised.hex !== got?.hex) {
    const found = got === undefined ? 'got none' : `got '${printHash(got, 'sri')}'`
    throw notAsPromised(
      `NAR hash mismatch in input '${printInput(specified)}', expected '${printHash(promised, 'sri')}' but ${found}`,
    )
  }
  const lastModified = maybeInt(specified, 'lastModified')
  const revCount = maybeInt(specified, 'revCount')
  if (lastModified !== undefined && maybeInt(result, 'lastModified') !== lastModified) {
    throw error(
      `'lastModified' attribute mismatch in input '${printInput(result)}', expected ${lastModified}, got ${maybeInt(result, 'lastModified') ?? -1}`,
    )
  }
  if (revCount !== undefined && maybeInt(result, 'revCount') !== revCount) {
    throw error(`'revCount' attribute mismatch in input '${printInput(result)}', expected ${revCount}`)
  }
  const rev = revOf(specified)
  if (rev !== undefined && revOf(result) !== rev) {
    throw error(`'rev' attribute mismatch in input '${printInput(result)}', expected ${rev}`)
  }
  return result
}

function hostOf(type: string, input: Input): string {
  const given = maybeText(input, 'host')
  if (given !== undefined) return given
  return type === 'github' ? 'github.com' : type === 'gitlab' ? 'gitlab.com' : 'git.sr.ht'
}

function archiveUrl(type: string, input: Input, rev: string, authorised: boolean): string {
  const host = hostOf(type, input)
  const owner = text(input, 'owner')
  const repo = text(input, 'repo')
  if (type === 'gitlab')
    return `https://${host}/api/v4/projects/${owner}%2F${repo}/repository/archive.tar.gz?sha=${rev}`
  if (type === 'sourcehut') return `https://${host}/${owner}/${repo}/archive/${rev}.tar.gz`
  if (host !== 'github.com') return `https://${host}/api/v3/repos/${owner}/${repo}/tarball/${rev}`
  return authorised
    ? `https://api.${host}/repos/${owner}/${repo}/tarball/${rev}`
    : `https://${host}/${owner}/${repo}/archive/${rev}.tar.gz`
}

function commitId(id: unknown, input: Input): string {
  if (typeof id === 'string' && /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(id)) return id
  throw error(`the server of input '${printInput(input)}' names no commit`)
}

/** Copies what is in a directory into one that is being built. */
function copyInto(io: EvalIO, from: string, builder: TreeBuilder, to: string): void {
  const todo: [string, string][] = [[from, to]]
  for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
    const [source, target] = at
    for (const name of expectSync(io.readDir(source)).keys()) {
      const child = joinPath(source, name)
      const place = `${target}/${name}`
      const info = expectSync(io.stat(child))
      if (info.type === 'directory') {
        builder.directory(place)
        todo.push([child, place])
      } else if (info.type === 'symlink') builder.symlink(place, expectSync(io.readLink(child)))
      else {
        builder.file(place, info.executable, info.size)
        expectSync(io.readChunks(child, (chunk) => builder.data(chunk)))
        builder.endFile()
      }
    }
  }
}

export { attrsOfJson, flag, makeFixedOutputPath, sameInput }
