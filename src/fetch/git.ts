/**
 * Trees from git repositories (floor 2), through the `git` command: a commit is written out from its objects, a local
 * checkout is read where it is. Nix: libfetchers/git.cc.
 */
import { NixError } from '../errors.ts'
import type { FetchWorld, Ran, TreeBuilder } from '../io/fetch-world.ts'
import { andThen, type MaybeAsync } from '../io/io.ts'
import { flag, type Input, maybeText, printInput, revOf, text, withAttrs } from './input.ts'
import { fixGitUrl, parseUrl, pathOfUrl, printUrl } from './url.ts'

/** A tree at hand, and what is known of where it came from. */
export interface GitTree {
  readonly path: string
  /** What of the directory belongs to the tree, as `/a/b`; null: all of it. */
  readonly kept: ReadonlySet<string> | null
  readonly input: Input
}

/** What git fetching needs from the fetcher. */
export interface GitHost {
  readonly world: FetchWorld
  readonly warn: (text: string) => void
  /** Looks at the local disk. */
  exists(path: string): boolean
  hash(data: string): string
  /** Hashes a finished temporary tree and keeps it. */
  keepTree(temporary: string): string
  /** Copies what is in a kept tree into a directory of the tree in the making. */
  copy(from: string, builder: TreeBuilder, to: string): void
  /** The current directory. */
  readonly cwd: string
}

const NULL_REV = '0'.repeat(40)
/** Bytes of objects asked for at once. */
const BATCH = 32 << 20

function error(message: string): NixError {
  return new NixError('eval', message)
}

function local(r: MaybeAsync<Ran>): Ran {
  if (r instanceof Promise) throw new TypeError('local git answers at once')
  return r
}

/** Where the repository is: a checkout on this machine, or something to be cloned. */
type Location = { readonly path: string } | { readonly url: string }

function locationOf(host: GitHost, input: Input): Location {
  const url = parseUrl(text(input, 'url'))
  if (url.scheme === 'file') {
    let path = pathOfUrl(url)
    // A bare repository is cloned like a remote one.
    const bare = host.exists(path) && !host.exists(`${path === '/' ? '' : path.replace(/\/+$/, '')}/.git`)
    if (!bare) {
      if (!path.startsWith('/')) {
        host.warn(
          `Fetching Git repository '${printUrl(url)}', which uses a path relative to the current directory. This is not supported and will stop working in a future release. See https://github.com/NixOS/nix/issues/12281 for details.`,
        )
        path = `${host.cwd}/${path}`
      }
      return { path }
    }
    return { url: printUrl({ ...url, query: new Map() }) }
  }
  const query = new Map(url.query)
  query.delete('dir')
  return { url: printUrl({ ...url, query }) }
}

/** Fetches what a `git` input names. Throws or rejects with NixError. */
export function fetchGitTree(host: GitHost, given: Input): MaybeAsync<GitTree> {
  if (host.world === undefined) throw error('there is no git here')
  if (flag(given, 'exportIgnore') && flag(given, 'submodules')) {
    throw error('exportIgnore and submodules are not supported together yet')
  }
  if (flag(given, 'lfs')) throw error(`input '${printInput(given)}' needs Git LFS, which is not supported`)
  for (const name of ['verifyCommit', 'publicKey', 'publicKeys']) {
    if (given.has(name) && given.get(name) !== false) {
      throw error(`input '${printInput(given)}' asks for the verification of commits, which is not supported`)
    }
  }
  const rev = revOf(given)
  const input = rev === undefined ? given : withAttrs(given, { rev })
  const location = locationOf(host, input)
  if ('path' in location) {
    if (!host.exists(location.path)) throw error(`Git repository "${location.path}" does not exist.`)
    return input.has('ref') || input.has('rev')
      ? fromLocalCommit(host, location.path, input)
      : fromWorkdir(host, location.path, input)
  }
  return fromRemote(host, location.url, input)
}

// ------------------------------------------------------------------ a local checkout

/** A git command in a local repository. Throws NixError when it fails. */
function git(
  host: GitHost,
  dir: string,
  args: readonly string[],
  input?: string,
  env?: Record<string, string>,
): string {
  const ran = tryGit(host, dir, args, input, env)
  if (ran.status !== 0) {
    throw error(`git ${args[0]} failed in "${dir}"${ran.stderr === '' ? '' : `: ${ran.stderr.trimEnd()}`}`)
  }
  return ran.stdout
}

function tryGit(
  host: GitHost,
  dir: string,
  args: readonly string[],
  input?: string,
  env?: Record<string, string>,
): Ran {
  const ran = local(
    host.world.git(['-C', dir, ...args], {
      ...(input === undefined ? {} : { input }),
      ...(env === undefined ? {} : { env }),
    }),
  )
  if (ran.status === 127) throw error("fetching from Git needs the program 'git', which is not installed")
  if (ran.status === 128 && ran.stderr.startsWith('fatal: not a git repository (or any'))
    throw error(
      `opening Git repository "${dir}": could not find repository at '${dir}' (libgit2 error code = 6)`,
    )
  return ran
}

function headRev(host: GitHost, dir: string): string | undefined {
  const ran = tryGit(host, dir, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'])
  return ran.status === 0 ? ran.stdout.trim() : undefined
}

function headRef(host: GitHost, dir: string): string | undefined {
  const ran = tryGit(host, dir, ['symbolic-ref', '--quiet', 'HEAD'])
  return ran.status === 0 ? ran.stdout.trim() : undefined
}

function lastModifiedOf(host: GitHost, dir: string, rev: string): number {
  return Number(git(host, dir, ['log', '-1', '--format=%ct', '--no-show-signature', rev]).trim())
}

function isShallow(host: GitHost, dir: string): boolean {
  return git(host, dir, ['rev-parse', '--is-shallow-repository']).trim() === 'true'
}

function revCountOf(host: GitHost, dir: string, rev: string): number {
  return Number(git(host, dir, ['rev-list', '--count', rev]).trim())
}

/** The path with every directory above it, below the root. */
function addWithParents(kept: Set<string>, file: string): void {
  let at = `/${file}`
  while (at !== '' && !kept.has(at)) {
    kept.add(at)
    at = at.slice(0, at.lastIndexOf('/'))
  }
}

/** Nix: getAccessorFromWorkdir. */
function fromWorkdir(host: GitHost, dir: string, input: Input): GitTree {
  const { settings } = host.world
  if (!host.exists(`${dir}/.git`))
    throw error(`opening Git repository "${dir}": could not find repository at '${dir}'`)
  const head = headRev(host, dir)
  const kept = new Set<string>()
  const submodules = flag(input, 'submodules')
  const exportIgnore = flag(input, 'exportIgnore')
  let dirty = collectWorkdir(host, dir, '', kept, submodules, exportIgnore)
  if (head === undefined && kept.size > 0) dirty = true
  const lastModified = head === undefined ? 0 : lastModifiedOf(host, dir, head)
  if (!dirty) {
    const rev = head ?? NULL_REV
    const ref = headRef(host, dir)
    const shallow = flag(input, 'shallow')
    const revCount = shallow ? undefined : head === undefined ? 0 : revCountOf(host, dir, rev)
    return {
      path: dir,
      kept,
      input: withAttrs(input, {
        ...(ref === undefined ? {} : { ref }),
        rev,
        ...(revCount === undefined ? {} : { revCount }),
        lastModified,
      }),
    }
  }
  if (!settings.allowDirty) throw error(`Git tree '${dir}' is dirty`)
  if (settings.warnDirty) host.warn(`Git tree '${dir}' is dirty`)
  return {
    path: dir,
    kept,
    input: withAttrs(input, {
      ...(head === undefined
        ? {}
        : { dirtyRev: `${head}-dirty`, dirtyShortRev: `${head.slice(0, 7)}-dirty` }),
      lastModified,
    }),
  }
}

/** Collects the files git knows of in a checkout; answers whether it is dirty. Nix: GitRepo::getWorkdirInfo. */
function collectWorkdir(
  host: GitHost,
  top: string,
  prefix: string,
  kept: Set<string>,
  submodules: boolean,
  exportIgnore: boolean,
): boolean {
  const todo = [prefix]
  let dirty = false
  for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
    const dir = at === '' ? top : `${top}/${at}`
    const status = git(host, dir, [
      'status',
      '--porcelain=v1',
      '-z',
      '--untracked-files=no',
      '--ignore-submodules=all',
      '--no-renames',
    ])
    const gone = new Set<string>()
    for (const entry of status.split('\0')) {
      if (entry === '') continue
      dirty = true
      if (entry[0] === 'D' || entry[1] === 'D') gone.add(entry.slice(3))
    }
    const files: string[] = []
    for (const entry of git(host, dir, ['ls-files', '--stage', '-z']).split('\0')) {
      if (entry === '') continue
      const file = entry.slice(entry.indexOf('\t') + 1)
      if (entry.startsWith('160000')) {
        if (submodules && host.exists(`${dir}/${file}/.git`)) {
          const below = at === '' ? file : `${at}/${file}`
          addWithParents(kept, below)
          todo.push(below)
        }
      } else if (!gone.has(file)) files.push(file)
    }
    const ignored = exportIgnore ? ignoredIn(host, dir, files) : undefined
    for (const file of files) {
      if (ignored !== undefined && isIgnored(file, ignored)) continue
      addWithParents(kept, at === '' ? file : `${at}/${file}`)
    }
  }
  return dirty
}

/** Files and directories that `export-ignore` leaves out. */
function ignoredIn(
  host: GitHost,
  dir: string,
  files: readonly string[],
  env?: Record<string, string>,
): Set<string> | undefined {
  if (!files.some((file) => file === '.gitattributes' || file.endsWith('/.gitattributes'))) return undefined
  const asked = new Set<string>()
  for (const file of files) {
    asked.add(file)
    // A directory is asked about with a slash: patterns may want one.
    let slash = file.lastIndexOf('/')
    while (slash > 0 && !asked.has(file.slice(0, slash + 1))) {
      asked.add(file.slice(0, slash + 1))
      slash = file.lastIndexOf('/', slash - 1)
    }
  }
  const args = ['check-attr', ...(env === undefined ? [] : ['--cached']), '-z', '--stdin', 'export-ignore']
  const answers = git(host, dir, args, `${[...asked].join('\0')}\0`, env).split('\0')
  const ignored = new Set<string>()
  for (let i = 0; i + 2 < answers.length; i += 3)
    if (answers[i + 2] === 'set') ignored.add(answers[i].replace(/\/$/, ''))
  return ignored.size === 0 ? undefined : ignored
}

function isIgnored(file: string, ignored: ReadonlySet<string>): boolean {
  for (let at = file; ; at = at.slice(0, at.lastIndexOf('/'))) {
    if (ignored.has(at)) return true
    if (!at.includes('/')) return false
  }
}

// ------------------------------------------------------------------ a commit

function fromLocalCommit(host: GitHost, dir: string, given: Input): MaybeAsync<GitTree> {
  const ref = maybeText(given, 'ref') ?? headRef(host, dir) ?? 'HEAD'
  let input = withAttrs(given, { ref })
  if (!input.has('rev')) input = withAttrs(input, { rev: resolveRef(host, dir, ref) })
  return fromCommit(host, dir, dir, input, ref)
}

function resolveRef(host: GitHost, dir: string, ref: string): string {
  for (const name of ref.startsWith('refs/') || ref === 'HEAD'
    ? [ref]
    : [`refs/heads/${ref}`, `refs/tags/${ref}`, ref]) {
    const ran = tryGit(host, dir, [
      'rev-parse',
      '--verify',
      '--quiet',
      '--end-of-options',
      `${name}^{commit}`,
    ])
    if (ran.status === 0) return ran.stdout.trim()
  }
  throw error(`resolving Git reference '${ref}': revspec '${ref}' not found (libgit2 error code = 4)`)
}

function hasCommit(host: GitHost, dir: string, rev: string): boolean {
  return tryGit(host, dir, ['cat-file', '-e', `${rev}^{commit}`]).status === 0
}

/** Nix: getAccessorFromCommit, for what is not on this machine. */
function fromRemote(host: GitHost, url: string, input: Input): MaybeAsync<GitTree> {
  const shallow = flag(input, 'shallow')
  const name = `${host.hash(url)}${shallow ? '-shallow' : ''}`
  const dir = host.world.repository(name)
  if (!host.exists(`${dir}/HEAD`)) {
    const made = local(host.world.git(['init', '--quiet', '--bare', '--', dir]))
    if (made.status === 127) throw error("fetching from Git needs the program 'git', which is not installed")
    if (made.status !== 0) throw error(`cannot make a Git repository in "${dir}": ${made.stderr.trimEnd()}`)
  }
  return andThen(defaultRef(host, url, name, input), (ref) =>
    fetchRemote(host, url, dir, name, withAttrs(input, { ref }), ref),
  )
}

/** The branch that the remote's HEAD names. Nix: getDefaultRef. */
function defaultRef(host: GitHost, url: string, name: string, input: Input): MaybeAsync<string> {
  const given = maybeText(input, 'ref')
  if (given !== undefined) return given
  const { world } = host
  const key = `git-head:${name}`
  const known = world.recall(key)
  if (known !== undefined && Number(known.time) + world.settings.tarballTtl > world.now())
    return String(known.ref)
  return andThen(world.git(['ls-remote', '--symref', '--', url, 'HEAD'], { network: true }), (ran) => {
    const line = /^(?:ref: (\S+)|([0-9a-f]{40,64}))\s+HEAD$/m.exec(ran.stdout)
    if (ran.status === 0 && line !== null) {
      const ref = line[1] ?? line[2]
      world.remember(key, { ref, time: world.now() })
      return ref
    }
    if (known !== undefined) {
      host.warn(`could not get HEAD ref for repository '${url}'; using expired cached ref '${known.ref}'`)
      return String(known.ref)
    }
    host.warn(`could not read HEAD ref from repo at '${url}', using 'master'`)
    return 'master'
  })
}

function fetchRemote(
  host: GitHost,
  url: string,
  dir: string,
  name: string,
  input: Input,
  ref: string,
): MaybeAsync<GitTree> {
  const { world } = host
  const rev = maybeText(input, 'rev')
  const allRefs = flag(input, 'allRefs')
  const full = ref.startsWith('refs/') || ref === 'HEAD' ? ref : `refs/heads/${ref}`
  const key = `git-ref:${name}:${full}`
  const known = world.recall(key)
  const fresh = known !== undefined && Number(known.time) + world.settings.tarballTtl > world.now()
  const need = rev !== undefined ? !hasCommit(host, dir, rev) : allRefs || !fresh
  const finish = (): MaybeAsync<GitTree> => {
    if (rev === undefined) {
      return fromCommit(host, dir, url, withAttrs(input, { rev: resolveRef(host, dir, ref) }), ref)
    }
    if (!hasCommit(host, dir, rev)) {
      throw error(
        `Cannot find Git revision '${rev}' in ref '${ref}' of repository '${url}'! Please make sure that the rev exists on the ref you've specified or add allRefs = true; to fetchGit.`,
      )
    }
    return fromCommit(host, dir, url, input, ref)
  }
  if (!need) return finish()
  const spec = allRefs ? 'refs/*:refs/*' : (rev ?? `${full}:${full}`)
  const fetch = (what: string): MaybeAsync<Ran> =>
    world.git(
      [
        '-C',
        dir,
        '--git-dir',
        '.',
        'fetch',
        '--quiet',
        '--force',
        ...(flag(input, 'shallow') ? ['--depth', '1'] : []),
        '--',
        url,
        what,
      ],
      { network: true },
    )
  return andThen(fetch(spec), (first) => {
    // Some servers hand out no commit by its name: the branch it should be on is fetched instead.
    const again = first.status !== 0 && rev !== undefined && !allRefs && !flag(input, 'shallow')
    return andThen(again ? fetch(`${full}:${full}`) : first, (ran) => {
      if (ran.status !== 0) {
        const said = ran.stderr.trimEnd()
        if (rev !== undefined || tryGit(host, dir, ['rev-parse', '--verify', '--quiet', full]).status !== 0) {
          throw error(`Failed to fetch git repository '${url}'${said === '' ? '' : `:\n${said}`}`)
        }
        host.warn(
          `could not update local clone of Git repository '${url}'; continuing with the most recent version`,
        )
      } else if (rev === undefined) world.remember(key, { time: world.now() })
      return finish()
    })
  })
}

/** A commit as a tree in the cache. */
function fromCommit(
  host: GitHost,
  dir: string,
  shown: string,
  given: Input,
  ref: string,
): MaybeAsync<GitTree> {
  const rev = text(given, 'rev')
  if (!hasCommit(host, dir, rev)) {
    throw error(
      `getting Git object '${rev}': object not found - no match for id (${rev}) (libgit2 error code = 9)`,
    )
  }
  const shallow = flag(given, 'shallow')
  if (!shallow && isShallow(host, dir)) {
    throw error(
      `'${shown}' is a shallow Git repository, but shallow repositories are only allowed when \`shallow = true;\` is specified`,
    )
  }
  const input = withAttrs(given, {
    lastModified: lastModifiedOf(host, dir, rev),
    ...(shallow ? {} : { revCount: revCountOf(host, dir, rev) }),
  })
  const exportIgnore = flag(input, 'exportIgnore')
  const submodules = flag(input, 'submodules')
  const key = `git-tree:${rev}${exportIgnore ? ';e' : ''}${submodules ? `;s;${shown}` : ''}`
  const record = host.world.recall(key)
  const known = record === undefined ? undefined : host.world.kept('trees', String(record.narHash))
  if (known !== undefined) return { path: known, kept: null, input }
  const temporary = host.world.temporary()
  const builder = host.world.builder(temporary)
  const done = (): GitTree => {
    const path = host.keepTree(temporary)
    host.world.remember(key, { narHash: path.slice(path.lastIndexOf('/') + 1) })
    return { path, kept: null, input }
  }
  try {
    builder.directory('')
    const links = writeCommit(host, dir, rev, builder, '', exportIgnore)
    if (!submodules || links.length === 0) return done()
    const all = writeSubmodules(host, dir, shown, rev, ref, links, builder)
    if (!(all instanceof Promise)) return done()
    return all.then(done).catch((e: unknown) => {
      host.world.discard(temporary)
      throw e
    })
  } catch (e) {
    builder.abort()
    host.world.discard(temporary)
    throw e
  }
}

interface Blob {
  readonly mode: string
  readonly id: string
  readonly size: number
  readonly file: string
}

/** A commit that a tree has in the place of a directory. */
interface Link {
  readonly file: string
  readonly rev: string
}

/** Writes a commit's files; answers its submodules, which are empty directories so far. */
function writeCommit(
  host: GitHost,
  dir: string,
  rev: string,
  builder: TreeBuilder,
  prefix: string,
  exportIgnore: boolean,
): Link[] {
  const blobs: Blob[] = []
  const links: Link[] = []
  for (const entry of git(host, dir, ['ls-tree', '-r', '-z', '-l', '--full-tree', rev]).split('\0')) {
    const match = /^(\d+) (\w+) ([0-9a-f]+) +(\d+|-)\t(.*)$/s.exec(entry)
    if (match === null) continue
    const [, mode, type, id, size, file] = match
    if (
      file
        .split('/')
        .some((part) => part === '' || part === '.' || part === '..' || part.toLowerCase() === '.git')
    ) {
      throw error(`Git tree of commit '${rev}' has an entry with the invalid name '${file}'`)
    }
    if (type === 'commit') links.push({ file, rev: id })
    else blobs.push({ mode, id, size: Number(size), file })
  }
  let ignored: Set<string> | undefined
  if (
    exportIgnore &&
    blobs.some(({ file }) => file === '.gitattributes' || file.endsWith('/.gitattributes'))
  ) {
    const scratch = host.world.temporary()
    try {
      const env = { GIT_INDEX_FILE: `${scratch}.index` }
      git(host, dir, ['read-tree', rev], undefined, env)
      ignored = ignoredIn(
        host,
        dir,
        [...blobs, ...links].map(({ file }) => file),
        env,
      )
    } finally {
      host.world.discard(`${scratch}.index`)
      host.world.discard(scratch)
    }
  }
  const made = new Set<string>([''])
  const parent = (file: string): void => {
    const missing: string[] = []
    for (let at = file; at.includes('/'); ) {
      at = at.slice(0, at.lastIndexOf('/'))
      if (made.has(at)) break
      missing.push(at)
    }
    for (let d = missing.pop(); d !== undefined; d = missing.pop()) {
      builder.directory(prefix + d)
      made.add(d)
    }
  }
  const wanted =
    ignored === undefined ? blobs : blobs.filter(({ file }) => !isIgnored(file, ignored as Set<string>))
  for (let at = 0; at < wanted.length; ) {
    let end = at
    for (let bytes = 0; end < wanted.length && (end === at || bytes < BATCH); end++)
      bytes += wanted[end].size + 128
    const batch = wanted.slice(at, end)
    writeBlobs(git(host, dir, ['cat-file', '--batch'], batch.map(({ id }) => `${id}\n`).join('')), batch)
    at = end
  }
  const left = links.filter(({ file }) => ignored === undefined || !isIgnored(file, ignored))
  for (const { file } of left) {
    parent(file)
    builder.directory(prefix + file)
    made.add(file)
  }
  return left

  function writeBlobs(output: string, batch: readonly Blob[]): void {
    let at = 0
    for (const { mode, id, size, file } of batch) {
      const line = output.indexOf('\n', at)
      if (line < 0 || output.slice(at, line) !== `${id} blob ${size}`)
        throw error(`cannot read Git object '${id}'`)
      const contents = output.slice(line + 1, line + 1 + size)
      if (contents.length !== size) throw error(`cannot read Git object '${id}'`)
      at = line + 2 + size
      parent(file)
      if (mode === '120000') builder.symlink(prefix + file, contents)
      else {
        builder.file(prefix + file, mode === '100755', size)
        const bytes = new Uint8Array(size)
        for (let i = 0; i < size; i++) bytes[i] = contents.charCodeAt(i)
        builder.data(bytes)
        builder.endFile()
      }
    }
  }
}

/** What `.gitmodules` of a commit says, by path. */
function readModules(host: GitHost, dir: string, rev: string): Map<string, { url: string; branch: string }> {
  const out = new Map<string, { url: string; branch: string }>()
  const ran = tryGit(host, dir, ['config', '--blob', `${rev}:.gitmodules`, '-z', '--list'])
  if (ran.status !== 0) return out
  const sections = new Map<string, Map<string, string>>()
  for (const entry of ran.stdout.split('\0')) {
    const match = /^submodule\.(.*)\.([^.\n]+)\n(.*)$/s.exec(entry)
    if (match === null) continue
    let section = sections.get(match[1])
    if (section === undefined) sections.set(match[1], (section = new Map()))
    section.set(match[2], match[3])
  }
  for (const section of sections.values()) {
    const path = section.get('path')
    const url = section.get('url')
    if (path !== undefined && url !== undefined) out.set(path, { url, branch: section.get('branch') ?? '' })
  }
  return out
}

/** Fetches the submodules of a commit, and theirs, into the tree. */
function writeSubmodules(
  host: GitHost,
  dir: string,
  shown: string,
  rev: string,
  ref: string,
  links: readonly Link[],
  builder: TreeBuilder,
): MaybeAsync<void> {
  const modules = readModules(host, dir, rev)
  const one = (link: Link): MaybeAsync<void> => {
    const module = modules.get(link.file)
    if (module === undefined) return undefined
    const url = submoduleUrl(shown, module.url)
    const attrs = withAttrs(new Map(), {
      type: 'git',
      url: printUrl(fixGitUrl(url)),
      ...(module.branch === '' ? {} : { ref: module.branch === '.' ? ref : module.branch }),
      rev: link.rev,
      submodules: true,
      allRefs: true,
      exportIgnore: false,
    })
    return andThen(fetchGitTree(host, attrs), (tree) => host.copy(tree.path, builder, link.file))
  }
  const from = (i: number): MaybeAsync<void> => {
    for (let at = i; at < links.length; at++) {
      const r = one(links[at])
      if (r instanceof Promise) return r.then(() => from(at + 1))
    }
    return undefined
  }
  return from(0)
}

function submoduleUrl(parent: string, url: string): string {
  if (!url.startsWith('./') && !url.startsWith('../')) return url
  let base = parent.replace(/\/+$/, '')
  let rest = url
  for (;;) {
    if (rest.startsWith('./')) rest = rest.slice(2)
    else if (rest.startsWith('../')) {
      rest = rest.slice(3)
      base = base.slice(0, Math.max(base.lastIndexOf('/'), 0))
    } else break
  }
  return `${base}/${rest}`
}
