/**
 * Nix's worker protocol as bytes (floor 1): numbers and texts in, what goes over the wire out, and back. Who says what
 * when is in `daemon-client.ts`. Nix: worker-protocol.hh, worker-protocol.cc, serialise.cc.
 */
import { NixError } from '../errors.ts'
import { latin1String } from '../latin1.ts'
import { encodeNarString, encodeNumber } from './nar.ts'

/** What a client says first, and what the daemon answers. */
export const CLIENT_MAGIC = 0x6e697863
export const DAEMON_MAGIC = 0x6478696f

/** Protocol versions as they are written: the major one times 256 plus the minor one. */
export const version = (minor: number): number => 0x100 + minor

/** The newest version spoken here (Nix 2.34; Nix 2.8 speaks 1.34), and the oldest. */
export const NEWEST: number = version(38)
export const OLDEST: number = version(18)

/** The requests that are used. */
export const OP = {
  addToStore: 7,
  addTextToStore: 8,
  buildPaths: 9,
  ensurePath: 10,
  addIndirectRoot: 12,
  setOptions: 19,
  queryValidPaths: 31,
  queryDerivationOutputMap: 41,
  addMultipleToStore: 44,
} as const

/** What the daemon may say before it answers a request. */
export const MESSAGE = {
  line: 0x6f6c6d67,
  wantsData: 0x64617461,
  data: 0x64617416,
  done: 0x616c7473,
  error: 0x63787470,
  startActivity: 0x53545254,
  stopActivity: 0x53544f50,
  result: 0x52534c54,
} as const

/** No text that is read from a daemon is longer. */
const MAX_TEXT = 1 << 26
/** Nor has a list more items. */
const MAX_ITEMS = 1 << 22

/** A list of texts, also a set of them, as it is written. */
export function encodeStrings(texts: readonly string[]): string {
  let bytes = encodeNumber(texts.length)
  for (const text of texts) bytes += encodeNarString(text)
  return bytes
}

/** A truth value as it is written. */
export function encodeBool(value: boolean): string {
  return encodeNumber(value ? 1 : 0)
}

/** What the daemon is told about a store object before its NAR. */
export interface PathInfo {
  readonly path: string
  /** Sha256 of the NAR, in hex. */
  readonly narHash: string
  readonly narSize: number
  readonly references: readonly string[]
  /** How the path follows from the contents: `text:sha256:…`, `fixed:r:sha256:…`. */
  readonly ca: string
}

/** A store object's description, in the form (1.16) in which every version takes several objects. */
export function encodePathInfo(info: PathInfo): string {
  return (
    encodeNarString(info.path) +
    encodeNarString('') + // who made it
    encodeNarString(info.narHash) +
    encodeStrings(info.references) +
    encodeNumber(0) + // when
    encodeNumber(info.narSize) +
    encodeBool(false) + // built here
    encodeStrings([]) + // signatures
    encodeNarString(info.ca)
  )
}

/** Where bytes come from; undefined when there are no more. */
export interface ByteSource {
  read(): Promise<Uint8Array | undefined>
}

/** Reads what a daemon says. Everything throws NixError `io` when it ends early or makes no sense. */
export class WireReader {
  readonly #source: ByteSource
  #chunk: Uint8Array = new Uint8Array(0)
  #at = 0

  constructor(source: ByteSource) {
    this.#source = source
  }

  /** As many bytes as asked for, as a byte string. */
  async bytes(count: number): Promise<string> {
    let text = ''
    while (text.length < count) {
      if (this.#at === this.#chunk.length) {
        const chunk = await this.#source.read()
        if (chunk === undefined) {
          throw new NixError('io', 'Nix daemon disconnected unexpectedly (maybe it crashed?)')
        }
        this.#chunk = chunk
        this.#at = 0
      }
      const end = Math.min(this.#at + count - text.length, this.#chunk.length)
      text += latin1String(this.#chunk, this.#at, end)
      this.#at = end
    }
    return text
  }

  async number(): Promise<number> {
    const bytes = await this.bytes(8)
    let number = 0
    for (let i = 7; i >= 0; i--) number = number * 256 + bytes.charCodeAt(i)
    return number
  }

  async string(): Promise<string> {
    const length = await this.number()
    if (length > MAX_TEXT) throw new NixError('io', 'string is too long')
    const text = await this.bytes(length)
    const padding = await this.bytes((8 - (length % 8)) % 8)
    if (!/^\0*$/.test(padding)) throw new NixError('io', 'non-zero padding')
    return text
  }

  /** How many items a list has. */
  async count(): Promise<number> {
    const count = await this.number()
    if (count > MAX_ITEMS) throw new NixError('io', `a Nix daemon sent a list of ${count} items`)
    return count
  }

  async strings(): Promise<string[]> {
    const texts: string[] = []
    for (let left = await this.count(); left > 0; left--) texts.push(await this.string())
    return texts
  }
}

/** The colours of a daemon's texts, which are not wanted inside of errors. */
export function withoutColour(text: string): string {
  return text.replace(/\x1b\[[0-9;]*m/g, '')
}
