/**
 * When the size of a cache directory is bounded (floor 2, on-disk cache only). Apart from tending.ts, which does it: nearly
 * every run that stores something asks, and next to none has to wait for that to be loaded.
 */
import { lstatSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DAY, TENDED } from './place.ts'
import { boundSize } from './tending.ts'

/** Bytes a cache may hold unless its user says otherwise: compiled code of some 100,000 files. */
export const DEFAULT_MAX_SIZE: number = 2 ** 30

/**
 * Bounds the size of the cache at the end of a run that stored `written` bytes: once a day, and after a run that wrote
 * much. `now`: ms since 1970. Never throws.
 */
export function boundIfDue(
  dir: string,
  written: number,
  now: number,
  maxSize: number = DEFAULT_MAX_SIZE,
): void {
  const marker = join(dir, TENDED)
  try {
    const last = lstatSync(marker, { throwIfNoEntry: false })
    const much = written > maxSize / 16
    if (last === undefined) {
      writeFileSync(marker, '', { flag: 'wx', mode: 0o600 })
      if (!much) return
    } else {
      if (Math.abs(now - last.mtimeMs) < DAY && !much) return
      // First of all, so that others who end now do not do the same.
      utimesSync(marker, new Date(now), new Date(now))
    }
    boundSize(dir, maxSize, now)
  } catch {}
}
