/**
 * Commands that have filled the heap (floor 2, on-disk cache only). V8 takes the limit of its heap at the start only, so a
 * command that fills it has to begin again with a larger one; the next time it begins with that.
 *
 * An entry is the command itself, as a byte string, under a hash of it.
 */
import { lstatSync } from 'node:fs'
import { latin1Bytes, latin1String } from '../latin1.ts'
import { entryNames } from './format.ts'
import { type CacheDirectory, HEAPS, hasHome, readEntry, writeEntry } from './place.ts'

const nameOf = entryNames(HEAPS)

function isThere({ dir, isDefault }: CacheDirectory): boolean {
  return !isDefault || hasHome(dir)
}

/** Whether a command has filled the heap before. Never throws. */
export function hasFilledHeap(place: CacheDirectory, command: string): boolean {
  const name = nameOf(command)
  const file = `${place.dir}/${HEAPS}/${name[0]}/${name.slice(1)}`
  try {
    if (lstatSync(file, { throwIfNoEntry: false }) === undefined) return false
  } catch {
    return false
  }
  const found = readEntry(file, (size) => Buffer.allocUnsafe(size), isThere(place))
  return found !== undefined && !found.foreign && latin1String(found.bytes) === command
}

/** Notes that it has. Never throws: it is only slower the next time. */
export function noteFilledHeap(place: CacheDirectory, command: string): void {
  if (!isThere(place)) return
  try {
    writeEntry(place.dir, HEAPS, nameOf(command), latin1Bytes(command), 0)
  } catch {}
}
