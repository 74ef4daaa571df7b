/**
 * Commands that have filled the heap (floor 2, on-disk cache only). V8 takes the limit of its heap at the start only, so a
 * command that fills it has to begin again with a larger one; the next time it begins with that.
 *
 * An entry is the command itself, as a byte string, under a hash of it.
 */
import { existsSync } from 'node:fs'
import { latin1Bytes, latin1String } from '../latin1.ts'
import { entryNames } from './format.ts'
import { type CacheDirectory, entryFile, HEAPS, isUsable, readEntry, writeEntry } from './place.ts'

const nameOf = entryNames(HEAPS)

/** Whether a command has filled the heap before. Never throws. */
export function hasFilledHeap({ dir, isDefault }: CacheDirectory, command: string): boolean {
  const file = entryFile(dir, HEAPS, nameOf(command))
  // Nearly always: to be told of it by an error takes ten times as long.
  if (!existsSync(file)) return false
  const found = readEntry(file, (size) => Buffer.allocUnsafe(size), isUsable(dir, isDefault))
  return found !== undefined && !found.foreign && latin1String(found.bytes) === command
}

/** Notes that it has. Never throws: it is only slower the next time. */
export function noteFilledHeap({ dir, isDefault }: CacheDirectory, command: string): void {
  if (!isUsable(dir, isDefault)) return
  try {
    writeEntry(dir, HEAPS, nameOf(command), latin1Bytes(command))
  } catch {}
}
