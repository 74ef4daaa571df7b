/**
 * Talking to a Nix daemon (floor 1): store objects and wishes in, the worker protocol over some channel out. One request
 * is under way at a time. Nix: remote-store.cc, worker-protocol-connection.cc, as Nix 2.8 and 2.34 speak.
 */
import { NixError } from '../errors.ts'
import type { StoreItem } from './closure.ts'
import { bytesOfHex, encodeNix32 } from './hash.ts'
import { encodeNarString, encodeNumber, type NarSource, NarWalker, narOfText } from './nar.ts'
import { nameOf, type StoreConfig } from './path.ts'
import {
  CLIENT_MAGIC,
  DAEMON_MAGIC,
  encodeBool,
  encodePathInfo,
  encodeStrings,
  MESSAGE,
  NEWEST,
  OLDEST,
  OP,
  version,
  WireReader,
  withoutColour,
} from './worker-protocol.ts'

type MaybeWait = Promise<void> | undefined

/** A connection, as bytes. */
export interface Channel {
  /** What messages call it. */
  readonly name: string
  /** Takes bytes; a promise says when it will take more. Pieces may be changed once that is kept. */
  write(piece: string | Uint8Array): MaybeWait
  /** The next bytes; undefined once the other side has closed. Rejects when the connection breaks. */
  read(): Promise<Uint8Array | undefined>
  close(): void
}

/** Where trees are read; `readSlowly` waits for each piece to be taken. */
export interface TreeSource extends NarSource {
  readSlowly(path: string, onChunk: (chunk: Uint8Array) => MaybeWait): Promise<number>
}

/** What the daemon is to know of this run's settings. */
export interface DaemonOptions {
  readonly keepFailed: boolean
  readonly keepGoing: boolean
  readonly fallback: boolean
  readonly maxJobs: number
  readonly maxSilentTime: number
  readonly cores: number
  readonly substitute: boolean
}

/** Messages up to this level are shown (lvlInfo). */
const SHOWN = 3
const FRAME = 1 << 16

/** Collects pieces and sends them in frames; `end` says that there are no more. Nix: FramedSink. */
class FramedWriter {
  readonly #send: (piece: string | Uint8Array) => MaybeWait
  #text = ''
  constructor(send: (piece: string | Uint8Array) => MaybeWait) {
    this.#send = send
  }
  write(piece: string | Uint8Array): MaybeWait {
    if (typeof piece === 'string') {
      this.#text += piece
      return this.#text.length < FRAME ? undefined : this.#flush()
    }
    const before = this.#flush()
    const sent = (): MaybeWait => {
      this.#send(encodeNumber(piece.length))
      return this.#send(piece)
    }
    return before === undefined ? sent() : before.then(sent)
  }
  end(): MaybeWait {
    const wait = this.#flush()
    const sent = (): MaybeWait => this.#send(encodeNumber(0))
    return wait === undefined ? sent() : wait.then(sent)
  }
  #flush(): MaybeWait {
    const text = this.#text
    if (text === '') return undefined
    this.#text = ''
    return this.#send(encodeNumber(text.length) + text)
  }
}

/** Writes the NAR of a tree without ever getting ahead of whoever takes it. */
async function sendNar(
  source: TreeSource,
  root: string,
  kept: ReadonlySet<string> | null,
  send: (piece: string | Uint8Array) => MaybeWait,
): Promise<void> {
  let wait: MaybeWait
  const sink = (piece: string | Uint8Array): void => {
    const next = send(piece)
    if (next !== undefined) wait = next
  }
  const slow: NarSource = {
    stat: (path) => source.stat(path),
    readFile: (path) => source.readFile(path),
    readDir: (path) => source.readDir(path),
    readLink: (path) => source.readLink(path),
    readChunks: (path, onChunk) =>
      source.readSlowly(path, (chunk) => {
        onChunk(chunk)
        return wait
      }),
  }
  // It asks about every entry, which is when there is time to wait.
  const walker = new NarWalker(slow, root, sink, true)
  for (;;) {
    const question = await walker.next()
    if (question === undefined) break
    walker.answer(kept === null || kept.has(question.path.slice(root.length)))
    if (wait !== undefined) await wait
  }
  if (wait !== undefined) await wait
}

type TreeItem = StoreItem & { kind: 'tree' }
type TextItem = StoreItem & { kind: 'text' }
/** Sends the data of a request. */
type Body = (write: (piece: string | Uint8Array) => MaybeWait) => Promise<void>

/** A source whose files are not executable. */
function plainFiles(source: TreeSource): TreeSource {
  return {
    stat: async (path) => ({ ...(await source.stat(path)), executable: false }),
    readFile: (path) => source.readFile(path),
    readDir: (path) => source.readDir(path),
    readLink: (path) => source.readLink(path),
    readChunks: (path, onChunk) => source.readChunks(path, onChunk),
    readSlowly: (path, onChunk) => source.readSlowly(path, onChunk),
  }
}

/** A daemon to which a connection is open. All methods throw NixError `io`, or `eval` for what the daemon says. */
export class DaemonClient {
  readonly #channel: Channel
  readonly #reader: WireReader
  readonly #store: StoreConfig
  readonly #log: (line: string) => void
  #version = 0
  #broken = false
  /** The version of Nix that the daemon is; empty for old ones. */
  nixVersion = ''

  private constructor(channel: Channel, store: StoreConfig, log: (line: string) => void) {
    this.#channel = channel
    this.#reader = new WireReader(channel)
    this.#store = store
    this.#log = log
  }

  /** The protocol version that both sides speak. */
  get protocol(): number {
    return this.#version
  }

  /**
   * Greets the daemon. `newest`: the version to be spoken, if the daemon's is not older. Throws NixError
   * `cannot open connection to remote store '…': …` when it is no daemon or one that nobody understands.
   */
  static async open(
    channel: Channel,
    store: StoreConfig,
    log: (line: string) => void,
    newest: number = NEWEST,
  ): Promise<DaemonClient> {
    const client = new DaemonClient(channel, store, log)
    try {
      await client.#greet(newest)
    } catch (error) {
      channel.close()
      if (!(error instanceof NixError || error instanceof DaemonError)) throw error
      throw new NixError('io', `cannot open connection to remote store '${channel.name}': ${error.message}`)
    }
    return client
  }

  async #greet(newest: number): Promise<void> {
    const reader = this.#reader
    this.#channel.write(encodeNumber(CLIENT_MAGIC) + encodeNumber(newest))
    const magic = await reader.bytes(8)
    if (magic !== encodeNumber(DAEMON_MAGIC)) throw new NixError('io', `protocol mismatch, got '${magic}'`)
    const theirs = await reader.number()
    if (theirs >>> 8 !== NEWEST >>> 8) throw new NixError('io', 'Nix daemon protocol version not supported')
    if (theirs < OLDEST) throw new NixError('io', 'the Nix daemon version is too old')
    this.#version = Math.min(theirs, newest)
    if (this.#version >= version(38)) {
      // Features: none is needed here.
      this.#channel.write(encodeStrings([]))
      await reader.strings()
    }
    // What once was a processor and a wish for disk space.
    this.#channel.write(encodeNumber(0) + encodeNumber(0))
    if (this.#version >= version(33)) this.nixVersion = await reader.string()
    if (this.#version >= version(35)) await reader.number()
    await this.#messages()
  }

  /** Says what this run's settings are. */
  async setOptions(options: DaemonOptions): Promise<void> {
    await this.#request(
      encodeNumber(OP.setOptions) +
        encodeBool(options.keepFailed) +
        encodeBool(options.keepGoing) +
        encodeBool(options.fallback) +
        encodeNumber(SHOWN) +
        encodeNumber(options.maxJobs) +
        encodeNumber(options.maxSilentTime) +
        encodeBool(true) +
        encodeNumber(0) +
        encodeNumber(0) +
        encodeNumber(0) +
        encodeNumber(options.cores) +
        encodeBool(options.substitute) +
        encodeNumber(0),
    )
  }

  /** Those of some store paths that are in the store. */
  async queryValidPaths(paths: readonly string[]): Promise<Set<string>> {
    const substitute = this.#version >= version(27) ? encodeBool(false) : ''
    await this.#request(encodeNumber(OP.queryValidPaths) + encodeStrings(paths) + substitute)
    return new Set(await this.#reader.strings())
  }

  /** Has a path fetched if it is not in the store. Throws NixError if it cannot be. */
  async ensurePath(path: string): Promise<void> {
    await this.#request(encodeNumber(OP.ensurePath) + encodeNarString(path))
    await this.#reader.number()
  }

  /** Keeps what a symlink names from being collected. */
  async addIndirectRoot(link: string): Promise<void> {
    await this.#request(encodeNumber(OP.addIndirectRoot) + encodeNarString(link))
    await this.#reader.number()
  }

  /** Builds outputs, each written `/nix/store/….drv!out`. Throws NixError with the daemon's words if it cannot. */
  async buildPaths(wanted: readonly string[]): Promise<void> {
    await this.#request(encodeNumber(OP.buildPaths) + encodeStrings(wanted) + encodeNumber(0))
    await this.#reader.number()
  }

  /** Where the outputs of a derivation are, as far as that is known. */
  async queryDerivationOutputMap(drvPath: string): Promise<Map<string, string>> {
    await this.#request(encodeNumber(OP.queryDerivationOutputMap) + encodeNarString(drvPath))
    const outputs = new Map<string, string>()
    for (let left = await this.#reader.count(); left > 0; left--) {
      outputs.set(await this.#reader.string(), await this.#reader.string())
    }
    return outputs
  }

  /**
   * Adds store objects that are not there yet, each after what it refers to. `flatness` says whether a tree, a single
   * file then, was hashed by its bytes alone. Throws NixError when a tree is no longer what it was when it was hashed,
   * when something foreign is not there and cannot be had, and what the daemon says.
   */
  async addItems(
    items: Iterable<StoreItem>,
    source: TreeSource,
    flatness: (item: TreeItem) => boolean,
  ): Promise<void> {
    const texts: TextItem[] = []
    for (const item of items) {
      if (item.kind === 'tree') await this.#addTree(item, source, flatness(item))
      else if (item.kind === 'foreign') await this.ensurePath(item.path)
      else texts.push(item)
    }
    if (texts.length === 0) return
    if (this.#version >= version(32)) await this.#addTexts(texts)
    else for (const item of texts) await this.#addText(item)
  }

  /** One text, for daemons that do not take many at once. */
  async #addText(item: TextItem): Promise<void> {
    const text = item.text()
    if (item.method === 'text') {
      const head = encodeNumber(OP.addTextToStore)
      await this.#request(
        `${head}${encodeNarString(item.name)}${encodeNarString(text)}${encodeStrings(item.references)}`,
      )
      this.#check(item, await this.#reader.string())
    } else {
      const flat = item.method === 'flat'
      const data = flat && this.#version >= version(25) ? text : narOfText(text)
      await this.#addData(item, flat, async (write) => await write(data))
    }
  }

  /** Many texts in one request. */
  async #addTexts(items: readonly TextItem[]): Promise<void> {
    const { hash } = this.#store
    const nix32 = (hex: string): string => encodeNix32(bytesOfHex(hex)!)
    const head = encodeNumber(OP.addMultipleToStore) + encodeBool(false) + encodeBool(true)
    await this.#send(head, true, async (write) => {
      await write(encodeNumber(items.length))
      for (const item of items) {
        const text = item.text()
        const nar = narOfText(text)
        const narHash = hash('sha256', nar)
        let ca = `fixed:r:sha256:${nix32(narHash)}`
        if (item.method !== 'recursive') {
          ca = `${item.method === 'text' ? 'text' : 'fixed'}:sha256:${nix32(hash('sha256', text))}`
        }
        const { path, references } = item
        const wait = write(encodePathInfo({ path, narHash, narSize: nar.length, references, ca }) + nar)
        if (wait !== undefined) await wait
      }
    })
  }

  async #addTree(item: TreeItem, source: TreeSource, flat: boolean): Promise<void> {
    const { path, kept } = item.entry
    await this.#addData(item, flat, async (write) => {
      if (flat && this.#version >= version(25)) await source.readSlowly(path, write)
      // One file alone is not executable when its bytes are all that counts.
      else await sendNar(flat ? plainFiles(source) : source, path, kept, write)
    })
  }

  async #addData(item: TreeItem | TextItem, flat: boolean, body: Body): Promise<void> {
    if (this.#version < version(25)) {
      const head =
        encodeNumber(OP.addToStore) +
        encodeNarString(item.name) +
        encodeBool(flat) +
        encodeBool(!flat) +
        encodeNarString('sha256')
      await this.#send(head, false, body)
      this.#check(item, await this.#reader.string())
      return
    }
    const head =
      encodeNumber(OP.addToStore) +
      encodeNarString(item.name) +
      encodeNarString(flat ? 'fixed:sha256' : 'fixed:r:sha256') +
      encodeStrings([]) +
      encodeBool(false)
    await this.#send(head, true, body)
    this.#check(item, await this.#pathOfInfo())
  }

  /** Reads the description of what was added; its path. */
  async #pathOfInfo(): Promise<string> {
    const reader = this.#reader
    const path = await reader.string()
    await reader.string() // who made it
    await reader.string() // hash
    await reader.strings() // references
    await reader.number() // when
    await reader.number() // size
    await reader.number() // built here
    await reader.strings() // signatures
    await reader.string() // how the path follows from the contents
    return path
  }

  #check(item: StoreItem, added: string): void {
    if (added === item.path) return
    const from = item.kind === 'tree' ? `'${item.entry.path}'` : `'${nameOf(this.#store, item.path)}'`
    throw new NixError(
      'io',
      `${from} changed while it was copied to the store: it was '${item.path}' and has become '${added}'`,
    )
  }

  /** Sends a request and hears what the daemon has to say before its answer. */
  #request(bytes: string): Promise<void> {
    return this.#send(bytes, false, undefined)
  }

  /**
   * Sends a request with data after it. What the daemon says meanwhile is heard meanwhile, so that neither side waits for
   * the other; an error of the daemon ends the sending.
   */
  async #send(head: string, framed: boolean, body: Body | undefined): Promise<void> {
    if (this.#broken) throw new NixError('io', `the connection to '${this.#channel.name}' is closed`)
    let ended = false
    let failure: unknown
    const heard = this.#messages().then(
      () => {
        ended = true
      },
      (error) => {
        ended = true
        failure = error
      },
    )
    const send = (piece: string | Uint8Array): MaybeWait => {
      if (failure !== undefined) throw failure
      const wait = this.#channel.write(piece)
      if (wait === undefined || ended) return wait
      return Promise.race([wait, heard]).then(() => {
        if (failure !== undefined) throw failure
        return wait
      })
    }
    try {
      const wait = send(head)
      if (wait !== undefined) await wait
      if (body !== undefined && framed) {
        const frames = new FramedWriter(send)
        await body((piece) => frames.write(piece))
        await frames.end()
      } else if (body !== undefined) await body(send)
      await heard
      if (failure !== undefined) throw failure
    } catch (error) {
      // Whoever stops in the middle of a request can make no other; after an error in answer to a whole one all is well.
      if (body !== undefined || !(error instanceof DaemonError)) this.close()
      await heard
      const why = failure instanceof DaemonError ? failure : error
      throw why instanceof DaemonError ? new NixError('eval', why.message) : why
    }
  }

  /** Whether the connection can still be used. */
  get usable(): boolean {
    return !this.#broken
  }

  /** Ends the connection. */
  close(): void {
    this.#broken = true
    this.#channel.close()
  }

  /** Hears messages up to the one that says that the answer follows. Throws DaemonError. */
  async #messages(): Promise<void> {
    const reader = this.#reader
    for (;;) {
      const kind = await reader.number()
      switch (kind) {
        case MESSAGE.done:
          return
        case MESSAGE.line:
          this.#log((await reader.string()).replace(/\n+$/, ''))
          break
        case MESSAGE.error:
          throw new DaemonError(await this.#readError())
        case MESSAGE.startActivity: {
          await reader.number()
          const level = await reader.number()
          await reader.number()
          const text = await reader.string()
          await this.#skipFields()
          await reader.number()
          if (level <= SHOWN && text !== '') this.#log(`${text}...`)
          break
        }
        case MESSAGE.stopActivity:
          await reader.number()
          break
        case MESSAGE.result:
          await reader.number()
          await reader.number()
          await this.#skipFields()
          break
        default:
          throw new NixError('io', `got unknown message type ${kind.toString(16)} from Nix daemon`)
      }
    }
  }

  async #skipFields(): Promise<void> {
    const reader = this.#reader
    for (let left = await reader.count(); left > 0; left--) {
      const type = await reader.number()
      if (type === 0) await reader.number()
      else if (type === 1) await reader.string()
      else throw new NixError('io', `got unsupported field type ${type.toString(16)} from Nix daemon`)
    }
  }

  async #readError(): Promise<string> {
    const reader = this.#reader
    if (this.#version < version(26)) {
      const message = await reader.string()
      await reader.number()
      return withoutColour(message).replace(/^error: /, '')
    }
    await reader.string() // Error
    await reader.number() // level
    await reader.string() // name
    const message = await reader.string()
    await reader.number() // no position
    for (let left = await reader.count(); left > 0; left--) {
      await reader.number()
      await reader.string()
    }
    return withoutColour(message)
  }
}

/** An error that the daemon reports: the request is over, the connection is not. */
class DaemonError extends Error {}
