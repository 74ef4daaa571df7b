/**
 * Hashes as Nix writes and reads them (floor 1): digests in lower-case hex in, base16, nix32, base64 and SRI out, and
 * back. Nothing is hashed here: an EvalIO does that.
 */
import { NixError } from '../errors.ts'

/** The hash algorithms Nix knows. */
export type HashAlgo = 'md5' | 'sha1' | 'sha256' | 'sha512' | 'blake3'

/** A digest with its algorithm; the hex is lower-case and as long as the algorithm says. */
export interface Hash {
  readonly algo: HashAlgo
  readonly hex: string
}

/** How a hash is written. `sri` always names its algorithm. */
export type HashFormat = 'base16' | 'nix32' | 'base64' | 'sri'

/** Bytes in a digest. */
const HASH_SIZES: Readonly<Record<HashAlgo, number>> = {
  md5: 16,
  sha1: 20,
  sha256: 32,
  sha512: 64,
  blake3: 32,
}

/** The digits of nix32: no e, o, t, u. */
const NIX32_DIGITS = '0123456789abcdfghijklmnpqrsvwxyz'

const BASE64_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** The `=` at the end of base 64. */
const PADDING = 61

const HEX_DIGITS = '0123456789abcdef'
/** What `hexOfBytes` makes. */
const HEX = /^[0-9a-f]*$/

/** From a char code to the digit's value; -1 for what is no digit. */
function reverseTable(digits: string): Int8Array {
  const table = new Int8Array(256).fill(-1)
  for (let i = 0; i < digits.length; i++) table[digits.charCodeAt(i)] = i
  return table
}

const NIX32_VALUES = reverseTable(NIX32_DIGITS)
const BASE64_VALUES = reverseTable(BASE64_DIGITS)
const HEX_VALUES = reverseTable(HEX_DIGITS)
for (let i = 10; i < 16; i++) HEX_VALUES[HEX_DIGITS.charCodeAt(i) - 32] = i

/** The bytes of a hex text; undefined if a character is no digit. The length must be even. */
export function bytesOfHex(hex: string): Uint8Array | undefined {
  const bytes = new Uint8Array(hex.length >> 1)
  for (let i = 0; i < bytes.length; i++) {
    const high = HEX_VALUES[hex.charCodeAt(2 * i)]
    const low = HEX_VALUES[hex.charCodeAt(2 * i + 1)]
    if (high < 0 || low < 0) return undefined
    bytes[i] = (high << 4) | low
  }
  return bytes
}

/** Bytes as lower-case hex. */
export function hexOfBytes(bytes: Uint8Array): string {
  const codes: number[] = new Array(2 * bytes.length)
  for (let i = 0; i < bytes.length; i++) {
    codes[2 * i] = HEX_DIGITS.charCodeAt(bytes[i] >> 4)
    codes[2 * i + 1] = HEX_DIGITS.charCodeAt(bytes[i] & 15)
  }
  // Not put together letter by letter: a string made that way stays a chain of its parts, fifty times as big.
  return String.fromCharCode.apply(null, codes)
}

/** Bytes in Nix's base 32: the last digit first. Nix: base-nix-32.cc. */
export function encodeNix32(bytes: Uint8Array): string {
  const size = bytes.length
  const digits = Math.ceil((size * 8) / 5)
  const codes: number[] = new Array(digits)
  for (let i = 0; i < digits; i++) {
    const bit = (digits - 1 - i) * 5
    const at = bit >> 3
    const shift = bit & 7
    const next = at + 1 < size ? bytes[at + 1] : 0
    codes[i] = NIX32_DIGITS.charCodeAt(((bytes[at] >> shift) | (next << (8 - shift))) & 31)
  }
  return String.fromCharCode.apply(null, codes)
}

/** The bytes of a nix32 text, one more than expected if its first digit is too big; undefined if it is none. */
export function decodeNix32(text: string): Uint8Array | undefined {
  const n = text.length
  const size = n === 0 ? 0 : (((n - 1) * 5) >> 3) + 1
  const bytes = new Uint8Array(size + 1)
  for (let i = 0; i < n; i++) {
    const digit = NIX32_VALUES[text.charCodeAt(n - i - 1)]
    if (digit < 0) return undefined
    const bit = i * 5
    const at = bit >> 3
    const shift = bit & 7
    bytes[at] |= (digit << shift) & 255
    bytes[at + 1] |= digit >> (8 - shift)
  }
  // Copied: for a view of so few bytes V8 makes a buffer outside its heap, which costs three times as much.
  return bytes[size] === 0 ? bytes.slice(0, size) : bytes
}

/** Bytes in base 64, padded; those of a digest or a key, not of a file. */
export function encodeBase64(bytes: Uint8Array): string {
  const size = bytes.length
  const codes: number[] = new Array(Math.ceil(size / 3) * 4)
  for (let i = 0, at = 0; i < size; i += 3, at += 4) {
    const left = size - i
    const word = (bytes[i] << 16) | ((left > 1 ? bytes[i + 1] : 0) << 8) | (left > 2 ? bytes[i + 2] : 0)
    codes[at] = BASE64_DIGITS.charCodeAt(word >> 18)
    codes[at + 1] = BASE64_DIGITS.charCodeAt((word >> 12) & 63)
    codes[at + 2] = left > 1 ? BASE64_DIGITS.charCodeAt((word >> 6) & 63) : PADDING
    codes[at + 3] = left > 2 ? BASE64_DIGITS.charCodeAt(word & 63) : PADDING
  }
  return String.fromCharCode.apply(null, codes)
}

/**
 * The bytes of a base 64 text, read as Nix does: the first `=` ends it whatever follows, line feeds are skipped,
 * padding may be missing. Undefined if a character is no digit. Nix: base-n.cc.
 */
function decodeBase64(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(Math.ceil((text.length * 6) / 8))
  let size = 0
  let word = 0
  let bits = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === PADDING) break
    if (code === 10) continue
    const digit = BASE64_VALUES[code]
    if (digit < 0) return undefined
    word = ((word << 6) | digit) & 0xffff
    bits += 6
    if (bits >= 8) {
      bits -= 8
      bytes[size++] = (word >> bits) & 255
    }
  }
  // Copied, as in decodeNix32.
  return bytes.slice(0, size)
}

/** A hash as text; base16, nix32 and base64 get the prefix `algo:` only if asked. Nix: Hash::to_string. */
export function printHash(hash: Hash, format: HashFormat, withAlgo = false): string {
  if (format === 'sri') return `${hash.algo}-${encodeBase64(bytesOfHex(hash.hex)!)}`
  const prefix = withAlgo ? `${hash.algo}:` : ''
  if (format === 'base16') return prefix + hash.hex
  const bytes = bytesOfHex(hash.hex)!
  return prefix + (format === 'nix32' ? encodeNix32(bytes) : encodeBase64(bytes))
}

/** Options of everything that reads an algorithm's name. */
export interface HashOptions {
  /** The experimental feature `blake3-hashes`. */
  readonly blake3?: boolean
}

/** Text that Nix prints under an error about the command line, which a bad algorithm or format counts as. */
const USAGE_FOOTER = "Try 'nix-instantiate --help' for more information."

/**
 * An algorithm by its name. Throws NixError `usage` for an unknown one, and for blake3 without its feature.
 * Nix: hash.cc, parseHashAlgo.
 */
export function parseHashAlgo(name: string, options: HashOptions = {}): HashAlgo {
  switch (name) {
    case 'md5':
    case 'sha1':
    case 'sha256':
    case 'sha512':
      return name
    case 'blake3':
      if (options.blake3) return name
      throw new NixError(
        'eval',
        "experimental Nix feature 'blake3-hashes' is disabled; add '--extra-experimental-features blake3-hashes' to enable it",
      )
    default:
      throw new NixError(
        'usage',
        `unknown hash algorithm '${name}', expect 'blake3', 'md5', 'sha1', 'sha256', or 'sha512'`,
        { footer: USAGE_FOOTER },
      )
  }
}

/**
 * A format by its name. `base32` is nix32; whoever cares warns `"base32" is a deprecated alias for hash format
 * "nix32".` Throws NixError `usage` for an unknown one. Nix: hash.cc, parseHashFormat.
 */
export function parseHashFormat(name: string): HashFormat {
  switch (name) {
    case 'base16':
    case 'nix32':
    case 'base64':
    case 'sri':
      return name
    case 'base32':
      return 'nix32'
    default:
      throw new NixError(
        'usage',
        `unknown hash format '${name}', expect 'base16', 'base32', 'base64', or 'sri'`,
        { footer: USAGE_FOOTER },
      )
  }
}

function decode(text: string, format: HashFormat): Uint8Array {
  // A character that is no digit makes Nix go on with nothing at all, hence the length 0 in its message.
  switch (format) {
    case 'base16':
      return bytesOfHex(text) ?? new Uint8Array(0)
    case 'nix32':
      return decodeNix32(text) ?? new Uint8Array(0)
    default:
      return decodeBase64(text) ?? new Uint8Array(0)
  }
}

/** How Nix's messages name the formats. */
const FORMAT_NAMES: Readonly<Record<HashFormat, string>> = {
  base16: 'base16',
  nix32: 'nix32',
  base64: 'Base64',
  sri: 'SRI',
}

function formatOfLength(text: string, algo: HashAlgo): HashFormat {
  const size = HASH_SIZES[algo]
  if (text.length === size * 2) return 'base16'
  if (text.length === Math.floor((size * 8 - 1) / 5) + 1) return 'nix32'
  if (text.length === Math.ceil(size / 3) * 4) return 'base64'
  throw new NixError('eval', `hash '${text}' has wrong length for hash algorithm '${algo}'`)
}

function decodeHash(text: string, algo: HashAlgo, format: HashFormat): Hash {
  // As most are, it is what it would become.
  if (format === 'base16' && text.length === HASH_SIZES[algo] * 2 && HEX.test(text))
    return { algo, hex: text }
  const bytes = decode(text, format)
  const size = HASH_SIZES[algo]
  if (bytes.length !== size) {
    throw new NixError(
      'eval',
      `invalid ${FORMAT_NAMES[format]} hash '${text}', length ${bytes.length} != expected length ${size}`,
    )
  }
  return { algo, hex: hexOfBytes(bytes) }
}

/**
 * Reads a hash in any form: `algo:digits`, `algo-base64` (SRI), or digits alone if the algorithm is known. What the
 * digits are, their number tells. Throws NixError when no algorithm is known, when the two differ, or when the digits
 * are bad. Nix: hash.cc, Hash::parseAny.
 */
export function parseHash(text: string, algo?: HashAlgo, options: HashOptions = {}): Hash {
  let rest = text
  let isSri = false
  let named: HashAlgo | undefined
  let mark = text.indexOf(':')
  if (mark < 0) {
    mark = text.indexOf('-')
    isSri = mark >= 0
  }
  if (mark >= 0) {
    named = parseHashAlgo(text.slice(0, mark), options)
    rest = text.slice(mark + 1)
  }
  if (named === undefined && algo === undefined) {
    throw new NixError(
      'eval',
      `hash '${text}' does not include a type, nor is the type otherwise known from context`,
    )
  }
  if (named !== undefined && algo !== undefined && named !== algo) {
    throw new NixError('eval', `hash '${text}' should have type '${algo}'`)
  }
  const known = (named ?? algo)!
  return decodeHash(rest, known, isSri ? 'sri' : formatOfLength(rest, known))
}

/** Reads digits that carry no algorithm, as in a .drv file. Throws NixError for bad ones. */
export function parsePlainHash(text: string, algo: HashAlgo): Hash {
  return decodeHash(text, algo, formatOfLength(text, algo))
}

/**
 * As `parseHash`, but the empty text stands for all zeros: `onEmpty` gets the warning
 * `found empty hash, assuming 'sha256-AAA…='`. Throws NixError `empty hash requires explicit hash algorithm`.
 * Nix: hash.cc, newHashAllowEmpty.
 */
export function parseHashAllowEmpty(
  text: string,
  algo: HashAlgo | undefined,
  onEmpty: (warning: string) => void,
  options: HashOptions = {},
): Hash {
  if (text !== '') return parseHash(text, algo, options)
  if (algo === undefined) throw new NixError('eval', 'empty hash requires explicit hash algorithm')
  const hash: Hash = { algo, hex: '00'.repeat(HASH_SIZES[algo]) }
  onEmpty(`found empty hash, assuming '${printHash(hash, 'sri')}'`)
  return hash
}

/** `builtins.convertHash`: reads a hash in any form and writes it in another, without `algo:`. Throws NixError. */
export function convertHash(text: string, algo: HashAlgo | undefined, format: HashFormat): string {
  return printHash(parseHash(text, algo), format)
}

/** One byte of a sha256 in hex that is folded to 20 bytes with xor. Nix: hash.cc, compressHash. */
function foldedByte(hex: string, i: number): number {
  const byte = (HEX_VALUES[hex.charCodeAt(2 * i)] << 4) | HEX_VALUES[hex.charCodeAt(2 * i + 1)]
  if (i >= 12) return byte
  return byte ^ ((HEX_VALUES[hex.charCodeAt(2 * i + 40)] << 4) | HEX_VALUES[hex.charCodeAt(2 * i + 41)])
}

/**
 * What a store path has of a sha256 in hex: folded to 20 bytes, in nix32. A derivation needs three; five bytes are eight
 * digits, so no array of bytes is made.
 */
export function shortDigest(hex: string): string {
  const codes: number[] = new Array(32)
  for (let at = 0, i = 15; i >= 0; i -= 5, at += 8) {
    const a = foldedByte(hex, i)
    const b = foldedByte(hex, i + 1)
    const c = foldedByte(hex, i + 2)
    const d = foldedByte(hex, i + 3)
    const e = foldedByte(hex, i + 4)
    codes[at] = NIX32_DIGITS.charCodeAt(e >> 3)
    codes[at + 1] = NIX32_DIGITS.charCodeAt(((e << 2) | (d >> 6)) & 31)
    codes[at + 2] = NIX32_DIGITS.charCodeAt((d >> 1) & 31)
    codes[at + 3] = NIX32_DIGITS.charCodeAt(((d << 4) | (c >> 4)) & 31)
    codes[at + 4] = NIX32_DIGITS.charCodeAt(((c << 1) | (b >> 7)) & 31)
    codes[at + 5] = NIX32_DIGITS.charCodeAt((b >> 2) & 31)
    codes[at + 6] = NIX32_DIGITS.charCodeAt(((b << 3) | (a >> 5)) & 31)
    codes[at + 7] = NIX32_DIGITS.charCodeAt(a & 31)
  }
  return String.fromCharCode.apply(null, codes)
}
