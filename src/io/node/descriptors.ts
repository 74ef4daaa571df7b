/** Open files (floor 1): the system may do less at once than it was asked for. */
import { readSync, writeSync } from 'node:fs'

/** Writes all of it, where the last write ended. Throws what node:fs throws. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at)
}

/** Fills `bytes` from a place in a file; answers how many there are. Throws what node:fs throws. */
export function readAt(fd: number, bytes: Uint8Array, from: number): number {
  let length = 0
  while (length < bytes.length) {
    const n = readSync(fd, bytes, length, bytes.length - length, from + length)
    if (n === 0) break
    length += n
  }
  return length
}
