/**
 * Hashing without Node (floor 1): byte strings in, lower-case hex out, by @noble/hashes. MemoryIO hashes everything
 * this way, NodeIO only blake3, which OpenSSL does not know.
 */
import { blake3 } from '@noble/hashes/blake3.js'
import { md5, sha1 } from '@noble/hashes/legacy.js'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { latin1Bytes } from '../latin1.ts'
import type { HashAlgo, Hasher } from './io.ts'

/** The part of a noble hash that is used here. */
interface NobleHasher {
  update(data: Uint8Array): unknown
  digest(): Uint8Array
}

/** Latin1 strings are turned to bytes in pieces of this many, so that a long string needs no second copy. */
const PIECE = 65536

function nobleHasher(algo: HashAlgo): NobleHasher {
  switch (algo) {
    case 'md5':
      return md5.create()
    case 'sha1':
      return sha1.create()
    case 'sha256':
      return sha256.create()
    case 'sha512':
      return sha512.create()
    case 'blake3':
      return blake3.create()
  }
}

class PureHasher implements Hasher {
  readonly inner: NobleHasher

  constructor(algo: HashAlgo) {
    this.inner = nobleHasher(algo)
  }

  update(data: string | Uint8Array): void {
    if (typeof data !== 'string') {
      this.inner.update(data)
      return
    }
    for (let i = 0; i < data.length; i += PIECE) {
      this.inner.update(latin1Bytes(data, i, Math.min(i + PIECE, data.length)))
    }
  }

  digest(): string {
    let hex = ''
    for (const byte of this.inner.digest()) hex += (byte < 16 ? '0' : '') + byte.toString(16)
    return hex
  }
}

/** A hash fed piece by piece, in plain JavaScript. */
export function createPureHash(algo: HashAlgo): Hasher {
  return new PureHasher(algo)
}

/** The hash of a byte string, or of bytes, in lower-case hex, in plain JavaScript. */
export function pureHash(algo: HashAlgo, data: string | Uint8Array): string {
  const hasher = new PureHasher(algo)
  hasher.update(data)
  return hasher.digest()
}
