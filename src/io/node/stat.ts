/** What the disk says of a file (floor 1, Node only), as a few words that can be kept and compared. */
import { type BigIntStats, lstatSync, readlinkSync } from 'node:fs'
import type { FileType } from '../io.ts'
import { nodePath } from './bytes.ts'

/** How old a ctime must be for a stamp to prove anything, in nanoseconds: the clocks of file systems tick. */
const SETTLED = 2_000_000_000n

/** The type of what was found. */
export function typeOf(found: {
  isFile(): boolean
  isDirectory(): boolean
  isSymbolicLink(): boolean
}): FileType {
  if (found.isFile()) return 'regular'
  if (found.isDirectory()) return 'directory'
  return found.isSymbolicLink() ? 'symlink' : 'unknown'
}

/** What tells one state of a file or folder from every other: size, mtime, ctime, device and inode. */
export function stampOf(stat: BigIntStats): string {
  return `${stat.size}.${stat.mtimeNs}.${stat.ctimeNs}.${stat.dev}.${stat.ino}`
}

/** The ctime in a stamp, in nanoseconds; undefined when it is none. */
export function ctimeOf(stamp: string): bigint | undefined {
  const ctime = stamp.split('.')[2]
  return ctime !== undefined && /^\d{1,30}$/.test(ctime) ? BigInt(ctime) : undefined
}

/** Whether a ctime was old enough at a time (ms since 1970) for a stamp of then to prove something. */
export function isSettled(ctime: bigint, at: number): boolean {
  return BigInt(Math.floor(at)) * 1_000_000n - ctime > SETTLED
}

/** Where a symlink leads; undefined for anything else. Throws what node:fs throws where nobody may look. */
export function linkTarget(path: string): string | undefined {
  const place = nodePath(path)
  return lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink()
    ? readlinkSync(place, 'latin1')
    : undefined
}
