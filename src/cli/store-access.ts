/**
 * The store that a command line names (floor 7): derivations of an evaluation in, a daemon's store or a directory with
 * them and all they need out. Nix: openStore, store-reference.cc.
 */
import { NixError } from '../errors.ts'
import type { Built, Evaluator } from '../evaluator.ts'
import { canonPath } from '../io/io.ts'
import { readSlowly, SocketChannel } from '../io/node/daemon.ts'
import { DirStore } from '../io/node/dir-store.ts'
import { NodeIO } from '../io/node/node-io.ts'
import { closureItems, type StoreItem } from '../store/closure.ts'
import { DaemonClient, type DaemonOptions, type TreeSource } from '../store/daemon-client.ts'
import { hashFile, type NarSource, NarWalker, narOfText } from '../store/nar.ts'
import { NarReader } from '../store/nar-reader.ts'
import { downstreamPlaceholder, makeFixedOutputPath } from '../store/path.ts'
import type { Settings } from './settings.ts'

/** What a store's name means. `none`: nothing is written. */
export type StoreChoice =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'daemon'
      readonly socket: string
      readonly name: string
      /** Nobody named it: its socket is there. */
      readonly implied?: boolean
    }
  | { readonly kind: 'directory'; readonly dir: string }

export interface StoreWorld {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Makes a path absolute. */
  path(text: string): string
  exists(path: string): boolean
}

const NONE: StoreChoice = { kind: 'none' }

/**
 * The store that the setting `store` names. `byDefault`: when it names none, the one of NIX_REMOTE, or the daemon's whose
 * socket is there. Throws NixError for a store that Firnix cannot write to.
 */
export function chooseStore(settings: Settings, world: StoreWorld, byDefault: boolean): StoreChoice {
  const { env } = world
  let url = settings.text('store')
  if (url === 'auto' || url === '') {
    if (!byDefault) return NONE
    url = env.NIX_REMOTE ?? ''
  }
  const bare = url.replace(/\?.*$/s, '')
  const state = env.NIX_STATE_DIR || '/nix/var/nix'
  const usual = canonPath(env.NIX_DAEMON_SOCKET_PATH || `${state}/daemon-socket/socket`)
  if (bare === '' || bare === 'auto') {
    return world.exists(usual) ? { kind: 'daemon', socket: usual, name: 'daemon', implied: true } : NONE
  }
  if (bare === 'daemon') return { kind: 'daemon', socket: usual, name: 'daemon' }
  if (bare.startsWith('unix://')) {
    const socket = decodeURIComponent(bare.slice('unix://'.length))
    return { kind: 'daemon', socket: socket === '' ? usual : world.path(socket), name: url }
  }
  if (bare === 'dummy' || bare.startsWith('dummy://')) return NONE
  if (bare.startsWith('/') || bare.startsWith('.')) return { kind: 'directory', dir: world.path(bare) }
  throw new NixError(
    'eval',
    `cannot write to the store '${url}': name a daemon ('--store daemon', '--store unix://SOCKET') or a directory ('--store ./DIR'), or use '--readonly-mode'`,
  )
}

/** What the daemon is to know of the settings. */
function daemonOptions(settings: Settings): DaemonOptions {
  return {
    keepFailed: settings.bool('keep-failed'),
    keepGoing: settings.bool('keep-going'),
    fallback: settings.bool('fallback'),
    maxJobs: settings.int('max-jobs'),
    maxSilentTime: settings.int('max-silent-time'),
    cores: settings.int('cores'),
    substitute: settings.bool('substitute'),
  }
}

type TreeItem = StoreItem & { kind: 'tree' }

/** Writes to a store, and builds in it if a daemon keeps it. Connects when there is something to do. */
export class StoreAccess {
  readonly choice: Exclude<StoreChoice, { kind: 'none' }>
  readonly #settings: Settings
  readonly #log: (line: string) => void
  readonly #io = new NodeIO()
  /** What is known to be in the store. */
  readonly #present = new Set<string>()
  #client: DaemonClient | undefined
  #refused = false

  constructor(
    choice: Exclude<StoreChoice, { kind: 'none' }>,
    settings: Settings,
    log: (line: string) => void,
  ) {
    this.choice = choice
    this.#settings = settings
    this.#log = log
  }

  /** Whether derivations can be built there. */
  get builds(): boolean {
    return this.choice.kind === 'daemon'
  }

  /** Whether it can be written to, as far as that is in doubt: a daemon that has ended leaves its socket behind. */
  async reachable(evaluator: Evaluator): Promise<boolean> {
    if (this.choice.kind !== 'daemon' || !this.choice.implied) return true
    if (this.#refused) return false
    try {
      await this.#daemon(evaluator)
      return true
    } catch (error) {
      if (!(error instanceof NixError)) throw error
      this.#refused = true
      this.#log(`warning: ${error.message}`)
      return false
    }
  }

  /**
   * Sees to it that derivations are in the store, with everything they need to be built. Throws NixError when the store
   * cannot be reached or written, and when a source has changed since it was hashed.
   */
  async write(evaluator: Evaluator, drvPaths: Iterable<string>): Promise<void> {
    const items = await this.#missing(evaluator, drvPaths)
    if (this.choice.kind === 'daemon') {
      const client = await this.#daemon(evaluator)
      await client.addItems(items, this.#source(), (item) => this.#isFlat(evaluator, item))
    } else this.#writeDirectory(evaluator, this.choice.dir, items)
    for (const item of items) this.#present.add(item.path)
  }

  /** Builds outputs of derivations. Nix: realiseContext. Throws NixError with what the daemon says. */
  async build(evaluator: Evaluator, outputs: readonly string[]): Promise<Built> {
    const wanted = outputs.map((output) => legacyName(output))
    await this.write(evaluator, new Set(wanted.map(({ drvPath }) => drvPath)))
    const client = await this.#daemon(evaluator)
    await client.buildPaths(wanted.map(({ text }) => text))
    const { derivations } = evaluator.machine.services
    const paths: string[] = []
    const rewrites = new Map<string, string>()
    for (const [i, { drvPath }] of wanted.entries()) {
      const element = outputs[i]
      const mark = element.indexOf('!', 1)
      const [name, drv] = [element.slice(1, mark), element.slice(mark + 1)]
      const known = drv === drvPath ? derivations.get(drvPath).outputs.get(name)?.path : undefined
      if (known) {
        paths.push(known)
        continue
      }
      const place = (await client.queryDerivationOutputMap(drv)).get(name)
      if (!place) {
        throw new NixError('eval', `the daemon does not say where output '${name}' of '${drv}' is`)
      }
      paths.push(place)
      rewrites.set(downstreamPlaceholder(derivations.store, drv, name), place)
    }
    return { paths, rewrites }
  }

  /** Keeps what a symlink names from being collected; without effect where nothing is collected. */
  async addIndirectRoot(evaluator: Evaluator, link: string): Promise<void> {
    if (this.choice.kind === 'daemon') await (await this.#daemon(evaluator)).addIndirectRoot(link)
  }

  close(): void {
    this.#client?.close()
  }

  async #daemon(evaluator: Evaluator): Promise<DaemonClient> {
    if (this.#client?.usable) return this.#client
    const { socket, name } = this.choice as StoreChoice & { kind: 'daemon' }
    const channel = await SocketChannel.open(socket, name)
    const { store } = evaluator.machine.services.derivations
    const client = await DaemonClient.open(channel, store, this.#log)
    this.#client = client
    await client.setOptions(daemonOptions(this.#settings))
    return client
  }

  #source(): TreeSource {
    const io = this.#io
    return {
      stat: (path) => io.stat(path),
      readFile: (path) => io.readFile(path),
      readChunks: (path, onChunk) => io.readChunks(path, onChunk),
      readDir: (path) => io.readDir(path),
      readLink: (path) => io.readLink(path),
      readSlowly,
    }
  }

  /** What of a closure has to be added. */
  async #missing(evaluator: Evaluator, roots: Iterable<string>): Promise<StoreItem[]> {
    const { derivations, virtualStore } = evaluator.machine.services
    const given = new Set(roots)
    let items = closureItems(derivations, virtualStore, given).filter(({ path }) => !this.#present.has(path))
    if (items.length === 0) return items
    if (this.choice.kind === 'daemon') {
      const client = await this.#daemon(evaluator)
      const valid = await client.queryValidPaths(items.map(({ path }) => path))
      items = items.filter(({ path }) => !valid.has(path))
    }
    const missing: StoreItem[] = []
    for (const item of items) {
      // A path that a program gives for a derivation's need be none: Nix prints it all the same.
      if (item.kind === 'foreign' && given.has(item.path)) continue
      if (item.kind === 'foreign') {
        // Perhaps it only has not been fetched yet.
        const late = virtualStore.ensure(item.path)
        if (late !== undefined) await late
        missing.push(...closureItems(derivations, virtualStore, [item.path]))
      } else missing.push(item)
    }
    // Trees first again, for a fetched one may have come in the place of something foreign.
    return missing.sort((a, b) => Number(b.kind === 'tree') - Number(a.kind === 'tree'))
  }

  #writeDirectory(evaluator: Evaluator, dir: string, items: readonly StoreItem[]): void {
    const { store } = evaluator.machine.services.derivations
    const place = dir.endsWith(store.storeDir) ? dir : `${dir === '/' ? '' : dir}${store.storeDir}`
    if (place === store.storeDir) {
      throw new NixError('eval', `'${place}' is Nix's own store: it is written through a daemon only`)
    }
    const target = new DirStore(place)
    for (const item of items) {
      const base = item.path.slice(store.storeDir.length + 1)
      if (target.has(base)) continue
      if (item.kind === 'foreign') throw new NixError('io', `path '${item.path}' is not valid`)
      const unfinished = target.begin(base)
      try {
        const reader = new NarReader(unfinished.writer)
        const take = (piece: string | Uint8Array): void => {
          reader.feed(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece)
        }
        if (item.kind === 'text') take(narOfText(item.text()))
        else this.#copy(evaluator, item, take)
        reader.end()
        unfinished.commit()
      } catch (error) {
        unfinished.abort()
        throw error
      }
    }
  }

  /** Whether a tree is a file that was hashed by its bytes alone, which its path does not say. */
  #isFlat(evaluator: Evaluator, item: TreeItem): boolean {
    const { path } = item.entry
    if (this.#io.stat(path).type !== 'regular') return false
    const hash = { algo: 'sha256' as const, hex: hashFile(this.#io, path, 'sha256') as string }
    const { store } = evaluator.machine.services.derivations
    return makeFixedOutputPath(store, 'flat', hash, item.name) === item.path
  }

  /** Hands out the NAR of a tree, which has to be what was hashed. */
  #copy(evaluator: Evaluator, item: TreeItem, take: (piece: string | Uint8Array) => void): void {
    const io = this.#io
    const { path, kept } = item.entry
    const flat = this.#isFlat(evaluator, item)
    const hasher = io.createHash('sha256')
    const sink = (piece: string | Uint8Array): void => {
      hasher.update(piece)
      take(piece)
    }
    const source: NarSource = {
      stat: (file) => (flat ? { ...io.stat(file), executable: false } : io.stat(file)),
      readFile: (file) => io.readFile(file),
      readChunks: (file, onChunk) => io.readChunks(file, onChunk),
      readDir: (file) => io.readDir(file),
      readLink: (file) => io.readLink(file),
    }
    const walker = new NarWalker(source, path, sink, kept !== null)
    for (let asked = walker.next(); asked !== undefined; asked = walker.next()) {
      if (asked instanceof Promise) throw new NixError('internal', 'the disk answers at once')
      walker.answer(kept!.has(asked.path.slice(path.length)))
    }
    const { store } = evaluator.machine.services.derivations
    const hash = { algo: 'sha256' as const, hex: hasher.digest() }
    if (!flat && makeFixedOutputPath(store, 'recursive', hash, item.name) !== item.path) {
      throw new NixError('io', `'${path}' changed while it was copied to the store`)
    }
  }
}

/** An element of a context as the daemon wants it, `/nix/store/….drv!out`, and the derivation at its base. */
function legacyName(element: string): { text: string; drvPath: string } {
  let outputs = ''
  let drvPath = element
  while (drvPath.charCodeAt(0) === 33) {
    const mark = drvPath.indexOf('!', 1)
    outputs = `${drvPath.slice(0, mark)}${outputs}`
    drvPath = drvPath.slice(mark + 1)
  }
  return { text: drvPath + outputs, drvPath }
}
