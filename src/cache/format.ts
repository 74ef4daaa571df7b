/**
 * The form of a cache entry (floor 2, on-disk cache only): a chunk and its header go in, bytes come out, and back.
 * cache/README.md describes it byte by byte.
 *
 * An entry is one msgpackr value: a short array of scalars and a few binary fields, for what is slow is thousands of
 * small values. All integers of the chunk are in one field that starts at a multiple of 4, so that code, units, spans
 * and line starts are views of the bytes read; all strings are one run of latin1, cut lazily.
 *
 * Nothing here throws on bad bytes. Before msgpackr sees them, the checksum and the kind and length of every field have
 * been checked, so no length in a file makes anybody allocate more than the file's own size.
 */
import { hash } from 'node:crypto'
import { Packr } from 'msgpackr/pack'
import { Unpackr } from 'msgpackr/unpack'
import { type StringList, StringTable } from '../bytecode/strings.ts'
import { type AnyChunk, verifyTables } from '../bytecode/verify.ts'
import { latin1String } from '../latin1.ts'
import type { SourceWarning } from '../source.ts'
import { crc32 } from './checksum.ts'
import { hexWord } from './place.ts'

/**
 * Bump it with every change to: the form of an entry; opcodes, operands or what an instruction does; the layout of
 * units, tables or descs; what the compiler makes of a text (a fix that changes code changes it too). Entries of any
 * other number are misses. Never give a number twice.
 */
export const BYTECODE_VERSION = 24

const MAGIC = 'firnix-chunk'
/** First word of the integers: read back as something else on a machine of the other byte order. */
const BYTE_ORDER = 0x01020304
const FIELDS = 8
/** Words in front of the code, in the field of integers. */
const HEAD = 15
/** Longest latin1 text that fits a JavaScript string, with room to spare. */
const MAX_TEXT = 0x1fff_0000

/** What an entry says of the source it was made from. */
export interface EntryHeader {
  /** Canonical path of the file, or `text:` and the hash of an expression. */
  key: string
  /** The compile options, as DiskCache was given them; without NUL, as all of these. */
  options: string
  /** SHA-256 of the source text, hexadecimal. */
  sourceHash: string
  /** Size, mtime, ctime, device and inode of the file when it was read; '' when they prove nothing. */
  stamp: string
}

/** Why bytes are no entry. `version`: a whole one, of another version or byte order. */
export type EntryFault = 'damaged' | 'version'

export interface Entry {
  header: EntryHeader
  /** Its integers are views of the bytes it was read from. */
  chunk: AnyChunk
}

/**
 * Names of entries made under the same options, by what they are for: 16 hexadecimal digits, of which the first names the
 * folder. No more than a hash (the two halves of cyrb53) is needed, for an entry says itself what it is for; and it is
 * worked out in less time than node:crypto takes to load.
 */
export function entryNames(compileOptions: string): (key: string) => string {
  let a = 0x2bdd38c1
  let b = 0x41c6ce57
  const mix = (text: string): void => {
    for (let i = 0; i < text.length; i++) {
      const c = text.charCodeAt(i)
      a = Math.imul(a ^ c, 0x9e3779b1)
      b = Math.imul(b ^ c, 0x5f356495)
    }
  }
  mix(`${BYTECODE_VERSION}\0${compileOptions}\0`)
  const a0 = a
  const b0 = b
  return (key) => {
    a = a0
    b = b0
    mix(key)
    a = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35)
    b = Math.imul(b ^ (b >>> 16), 0x85ebca6b) ^ Math.imul(a ^ (a >>> 13), 0xc2b2ae35)
    return hexWord(b) + hexWord(a)
  }
}

export function nativeSha256(text: string): string {
  return hash('sha256', Buffer.from(text, 'latin1'))
}

const CODEC = { useRecords: false, moreTypes: false, copyBuffers: false }

/** Makes a codec; it keeps buffers of its own, so every cache has one. */
export function newPackr(): Packr {
  return new Packr(CODEC)
}

/** The same for what reads only, as most runs do: half of the code. */
export function newUnpackr(): Unpackr {
  return new Unpackr(CODEC)
}

/**
 * The bytes of an entry; undefined for a chunk that has no such form (a char that is no byte, an integer over 64 bits).
 * `allocate` gives memory that begins at a multiple of 4; everything is written to it once.
 */
export function encodeChunk(
  packr: Packr,
  chunk: AnyChunk,
  header: EntryHeader,
  allocate: (size: number) => Buffer = (size) => Buffer.allocUnsafeSlow(size),
): Uint8Array | undefined {
  const pieces: string[] = [...textsOf(chunk.strings), ...textsOf(chunk.paths)]
  for (const w of chunk.warnings) pieces.push(w.code, w.message)
  const text = pieces.join('')
  if (text.length > MAX_TEXT || /[^\x00-\xff]/.test(text)) return undefined

  const { code, units, spans, regions, warnings, bigInts, floats } = chunk
  const lineStarts = chunk.lineStarts ?? NO_LINES
  const compiled = chunk.compiled ?? NO_PAIRS
  const arrays =
    code.length + units.length + spans.length + lineStarts.length + regions.length + compiled.length
  const words = HEAD + arrays + pieces.length + 3 * warnings.length
  const wideLength = 8 * (bigInts.length + floats.length)

  const { key, options, sourceHash, stamp } = header
  const scalars = packr.pack([MAGIC, BYTECODE_VERSION, [key, options, sourceHash, stamp].join('\0')])
  // The array's head is one byte for up to 15 elements, so the scalars alone tell where the integers will start.
  const padding = -(scalars.length + 2 + binHead(4 * words)) & 3
  const intsAt = scalars.length + 2 + padding + binHead(4 * words)
  const textAt = intsAt + 4 * words + binHead(text.length)
  const wideAt = textAt + text.length + binHead(wideLength)
  const size = wideAt + wideLength + 6
  const bytes = allocate(size)
  bytes.set(scalars, 0)
  bytes[0] = 0x90 | FIELDS
  putBinHead(bytes, scalars.length, padding)
  bytes.fill(0, scalars.length + 2, scalars.length + 2 + padding)
  putBinHead(bytes, intsAt - binHead(4 * words), 4 * words)

  const ints = new Int32Array(bytes.buffer, bytes.byteOffset + intsAt, words)
  ints.set([
    BYTE_ORDER,
    code.length,
    units.length,
    spans.length,
    lineStarts.length,
    chunk.strings.length,
    chunk.paths.length,
    warnings.length,
    chunk.siteCount,
    chunk.cacheCount,
    chunk.sourceLength,
    bigInts.length,
    floats.length,
    regions.length,
    compiled.length,
  ])
  let at = HEAD
  for (const part of [code, units, spans, lineStarts, regions, compiled]) {
    ints.set(part, at)
    at += part.length
  }
  let end = 0
  for (let i = 0; i < pieces.length; i++) ints[at++] = end += pieces[i].length
  for (const w of warnings) {
    ints[at++] = w.start
    ints[at++] = w.end
    ints[at++] = w.always ? 1 : 0
  }

  putBinHead(bytes, textAt - binHead(text.length), text.length)
  bytes.write(text, textAt, 'latin1')
  putBinHead(bytes, wideAt - binHead(wideLength), wideLength)
  for (let i = 0; i < bigInts.length; i++) {
    if (BigInt.asIntN(64, bigInts[i]) !== bigInts[i]) return undefined
    bytes.writeBigInt64LE(bigInts[i], wideAt + 8 * i)
  }
  for (let i = 0; i < floats.length; i++) bytes.writeDoubleLE(floats[i], wideAt + 8 * (bigInts.length + i))
  putBinHead(bytes, size - 6, 4)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, size - 4)), size - 4)
  return bytes
}

/** The entry in `bytes`, whose views it keeps; or what is wrong with them. Never throws. */
export function decodeChunk(unpackr: Unpackr, bytes: Uint8Array): Entry | EntryFault {
  if (!isWhole(bytes)) return 'damaged'
  let fields: unknown[]
  try {
    fields = unpackr.unpack(bytes)
  } catch {
    return 'damaged'
  }
  const [magic, version, header, , ints, text, wide] = fields
  if (magic !== MAGIC) return 'damaged'
  if (version !== BYTECODE_VERSION) return 'version'
  if (fields.length !== FIELDS) return 'damaged'
  const parts = typeof header === 'string' ? header.split('\0') : []
  if (
    parts.length !== 4 ||
    !(ints instanceof Uint8Array && text instanceof Uint8Array && wide instanceof Uint8Array)
  ) {
    return 'damaged'
  }
  const [key, options, sourceHash, stamp] = parts
  const chunk = chunkOf(ints, text, wide)
  return typeof chunk === 'string' ? chunk : { header: { key, options, sourceHash, stamp }, chunk }
}

/**
 * Whether the checksum is right and the value is an array of the few kinds of field an entry has, to the last byte; of how
 * many fields the version decides.
 */
function isWhole(bytes: Uint8Array): boolean {
  const n = bytes.length
  if (n < 16 || (bytes[0] & 0xf0) !== 0x90 || bytes[n - 6] !== 0xc4 || bytes[n - 5] !== 4) return false
  const sum = (bytes[n - 4] | (bytes[n - 3] << 8) | (bytes[n - 2] << 16) | (bytes[n - 1] << 24)) >>> 0
  if (crc32(bytes.subarray(0, n - 4)) !== sum) return false
  let at = 1
  for (let i = bytes[0] & 0xf; i > 0; i--) {
    if (at >= n) return false
    const tag = bytes[at++]
    if (tag < 0x80) continue // a small integer
    if (tag >= 0xa0 && tag < 0xc0) {
      at += tag & 31
      continue
    }
    let lengthBytes: number
    switch (tag) {
      case 0xc4: // binary
      case 0xd9: // string
        lengthBytes = 1
        break
      case 0xc5:
      case 0xda:
        lengthBytes = 2
        break
      case 0xc6:
      case 0xdb:
        lengthBytes = 4
        break
      case 0xcc: // integer
        at += 1
        continue
      case 0xcd:
        at += 2
        continue
      case 0xce:
        at += 4
        continue
      default:
        return false
    }
    let length = 0
    while (lengthBytes-- > 0) length = length * 256 + bytes[at++]
    at += length
  }
  return at === n
}

function chunkOf(intBytes: Uint8Array, text: Uint8Array, wide: Uint8Array): AnyChunk | EntryFault {
  if (intBytes.length % 4 !== 0 || intBytes.length < 4 * HEAD) return 'damaged'
  const aligned = intBytes.byteOffset % 4 === 0 ? intBytes : Uint8Array.from(intBytes)
  const ints = new Int32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4)
  if (ints[0] !== BYTE_ORDER) return 'version'
  for (let i = 1; i < HEAD; i++) if (ints[i] < 0) return 'damaged'
  const stringCount = ints[5]
  const pathCount = ints[6]
  const warningCount = ints[7]
  const pieces = stringCount + pathCount + 2 * warningCount
  const bigIntCount = ints[11]
  const floatCount = ints[12]
  const arrays = ints[1] + ints[2] + ints[3] + ints[4] + ints[13] + ints[14]
  const total = HEAD + arrays + pieces + 3 * warningCount
  if (total !== ints.length || wide.length !== 8 * (bigIntCount + floatCount) || text.length > MAX_TEXT) {
    return 'damaged'
  }

  let at = HEAD
  const part = (length: number): Int32Array => ints.subarray(at, (at += length))
  const code = part(ints[1])
  const units = part(ints[2])
  const spans = part(ints[3])
  const lineStarts = ints[4] === 0 ? null : part(ints[4])
  const regions = part(ints[13])
  const compiled = part(ints[14])
  const ends = part(pieces)
  if (pieces > 0 && ends[pieces - 1] !== text.length) return 'damaged'

  let joined: string | undefined
  const join = (): string => (joined ??= latin1String(text))
  const warnings: SourceWarning[] = []
  if (warningCount > 0) {
    const texts = new StringTable(join, ends, stringCount + pathCount, 2 * warningCount)
    for (let i = 0; i < warningCount; i++, at += 3) {
      warnings.push({
        code: texts.at(2 * i) as string,
        message: texts.at(2 * i + 1) as string,
        start: ints[at],
        end: ints[at + 1],
        always: ints[at + 2] === 1,
      })
    }
  }
  const bigInts: bigint[] = []
  const floats: number[] = []
  if (wide.length > 0) {
    const view = new DataView(wide.buffer, wide.byteOffset, wide.length)
    for (let i = 0; i < bigIntCount; i++) bigInts.push(view.getBigInt64(8 * i, true))
    for (let i = 0; i < floatCount; i++) floats.push(view.getFloat64(8 * (bigIntCount + i), true))
  }
  const chunk: AnyChunk = {
    code,
    units,
    spans,
    regions,
    strings: new StringTable(join, ends, 0, stringCount),
    bigInts,
    floats,
    paths: new StringTable(join, ends, stringCount, pathCount),
    siteCount: ints[8],
    cacheCount: ints[9],
    lineStarts,
    sourceLength: ints[10],
    warnings,
    // Always there: code that reads chunks of one layout is thrown away when a second one comes.
    compiled: compiled.length === 0 ? undefined : compiled,
    growth: undefined,
  }
  return verifyTables(chunk) === undefined ? chunk : 'damaged'
}

function textsOf(list: StringList): readonly string[] {
  return Array.isArray(list) ? list : Array.from({ length: list.length }, (_, k) => list.at(k) as string)
}

const NO_LINES = new Int32Array(0)
const NO_PAIRS = new Int32Array(0)

/** Writes what stands in front of a binary field of that length. */
function putBinHead(bytes: Buffer, at: number, length: number): void {
  if (length < 0x100) {
    bytes[at] = 0xc4
    bytes[at + 1] = length
  } else if (length < 0x10000) {
    bytes[at] = 0xc5
    bytes.writeUInt16BE(length, at + 1)
  } else {
    bytes[at] = 0xc6
    bytes.writeUInt32BE(length, at + 1)
  }
}

/** Bytes in front of the content of a binary field. */
function binHead(length: number): number {
  return length < 0x100 ? 2 : length < 0x10000 ? 3 : 5
}
