/**
 * The checksum of a cache entry (floor 2, on-disk cache only): bytes in, their CRC-32 out (RFC 1952, 8), as an unsigned
 * number.
 */
import { crc32 as native } from 'node:zlib'

/** So many bytes take less time here than loading the module that makes them faster. */
const FEW = 1 << 14
const POLYNOMIAL = 0xedb88320

let table: Int32Array | undefined
let summed = 0

export function crc32(bytes: Uint8Array): number {
  summed += bytes.length
  return summed > FEW ? native(bytes) : slowCrc32(bytes)
}

/** The same, a byte at a time. */
export function slowCrc32(bytes: Uint8Array): number {
  table ??= makeTable()
  let crc = -1
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ table[(crc ^ bytes[i]) & 0xff]
  return (crc ^ -1) >>> 0
}

function makeTable(): Int32Array {
  const made = new Int32Array(256)
  for (let i = 0; i < 256; i++) {
    let crc = i
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0)
    made[i] = crc
  }
  return made
}
