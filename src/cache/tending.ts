/**
 * Looking after a cache directory (floor 2, on-disk cache only): counts, checks and deletes entries; the answers are
 * data that the command line prints. Only files that bear the name of an entry, a pack or V8's code, where such files lie, are
 * ever touched, whatever else lies in the directory. Safe beside processes that read and write.
 */
import { type Dirent, lstatSync, readdirSync, rmdirSync, type Stats, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { UNIT } from '../bytecode/chunk.ts'
import { type AnyChunk, verifyUnit } from '../bytecode/verify.ts'
import { decodeChunk, entryNames, newUnpackr } from './format.ts'
import { Pack } from './packs.ts'
import {
  CHUNKS,
  CODE,
  CODE_NAME,
  DAY,
  ENTRY_NAME,
  FOLDER_NAME,
  HEAPS,
  isTrusted,
  PACK_NAME,
  PACKS,
  RESULTS,
  readEntry,
  TEMPORARY,
  TENDED,
  unlink,
} from './place.ts'
import { decodeResult, resultName } from './result-file.ts'

const KINDS = [CHUNKS, RESULTS, HEAPS]
/** A temporary file of that age belongs to nobody any more. */
const ABANDONED = 3_600_000

export interface CacheTotals {
  dir: string
  entries: number
  bytes: number
  /** Tracked results, counted in neither of the above. */
  results: number
  resultBytes: number
  /** What V8 has made of Firnix itself, counted in none of the above. */
  code: number
  codeBytes: number
  /** Files of processes that were killed, or are still writing. */
  leftovers: number
  leftoverBytes: number
  /** Entries of another user or writable by others: never read. */
  foreign: number
  /** When the oldest and the newest entry were last used, to a day (ms since 1970); 0: no entry. */
  oldest: number
  newest: number
}

export interface CacheFault {
  file: string
  fault: string
}

export interface CacheReport {
  dir: string
  entries: number
  good: number
  /** Whole entries of another bytecode version. */
  otherVersion: number
  foreign: number
  leftovers: number
  faults: CacheFault[]
}

export interface PruneOptions {
  /** Bytes to keep at most, the most recently used first. */
  maxSize?: number
  /** Milliseconds since the last use (known to a day). */
  maxAge?: number
  /** The clock, for tests. */
  now?: number
}

export interface PruneReport {
  dir: string
  removed: number
  freed: number
  kept: number
  bytes: number
  /** What should have gone and could not be deleted; it is counted among what was kept. */
  failures: CacheFailure[]
}

export interface CacheFailure {
  file: string
  error: Error
}

interface CacheFile {
  file: string
  name: string
  kind: string
  temporary: boolean
  stat: Stats
}

/** How many entries a file holds: a pack that cannot be read counts as one. */
function entriesIn({ file, kind, temporary }: CacheFile): number {
  // The code of Firnix itself is nothing that was evaluated: only its bytes count.
  if (kind === CODE) return 0
  if (kind !== PACKS || temporary) return 1
  const pack = Pack.open(file, false)
  if (!(pack instanceof Pack)) return 1
  pack.close()
  return pack.count
}

/** How much there is. */
export function cacheStats(dir: string): CacheTotals {
  const totals: CacheTotals = {
    dir,
    entries: 0,
    bytes: 0,
    results: 0,
    resultBytes: 0,
    code: 0,
    codeBytes: 0,
    leftovers: 0,
    leftoverBytes: 0,
    foreign: 0,
    oldest: 0,
    newest: 0,
  }
  for (const f of filesOf(dir)) {
    if (f.temporary) {
      totals.leftovers++
      totals.leftoverBytes += f.stat.size
      continue
    }
    if (!isTrusted(f.stat)) totals.foreign++
    if (f.kind === HEAPS) continue
    if (f.kind === CODE) {
      totals.code++
      totals.codeBytes += f.stat.size
      continue
    }
    if (f.kind === RESULTS) {
      totals.results++
      totals.resultBytes += f.stat.size
    } else {
      totals.entries += entriesIn(f)
      totals.bytes += f.stat.size
    }
    if (totals.oldest === 0 || f.stat.mtimeMs < totals.oldest) totals.oldest = f.stat.mtimeMs
    if (f.stat.mtimeMs > totals.newest) totals.newest = f.stat.mtimeMs
  }
  return totals
}

/** Reads every entry and checks all there is to check: checksums, places, and the code of chunks. */
export function verifyCache(dir: string): CacheReport {
  const report: CacheReport = {
    dir,
    entries: 0,
    good: 0,
    otherVersion: 0,
    foreign: 0,
    leftovers: 0,
    faults: [],
  }
  const unpackr = newUnpackr()
  const verify = (place: string, name: string, bytes: Uint8Array): void => {
    const entry = decodeChunk(unpackr, bytes)
    if (entry === 'version') {
      report.otherVersion++
      return
    }
    if (entry === 'damaged') {
      report.faults.push({ file: place, fault: 'damaged' })
      return
    }
    let fault: string | undefined
    if (entryNames(entry.header.options)(entry.header.key) !== name) fault = 'belongs elsewhere'
    for (const unit of unitsOf(entry.chunk)) {
      const wrong = fault === undefined ? verifyUnit(entry.chunk, unit) : undefined
      if (wrong !== undefined) fault = `unit ${unit}: ${wrong}`
    }
    if (fault === undefined) report.good++
    else report.faults.push({ file: place, fault })
  }
  const verifyPack = ({ file, stat }: CacheFile): void => {
    const pack = Pack.open(file, false)
    if (pack === undefined && isTrusted(stat)) return // as below
    if (!(pack instanceof Pack)) {
      report.entries++
      if (pack === undefined) report.foreign++
      else report.faults.push({ file, fault: pack })
      return
    }
    if (!pack.isSound) report.faults.push({ file, fault: 'the index is damaged' })
    for (const name of pack.names()) {
      report.entries++
      const place = `${file}: ${name}`
      const bytes = pack.read(name, (size) => Buffer.allocUnsafeSlow(size))
      if (bytes === undefined) report.faults.push({ file: place, fault: 'damaged' })
      else verify(place, name, bytes)
    }
    pack.close()
  }
  for (const f of filesOf(dir)) {
    if (f.temporary) {
      report.leftovers++
      continue
    }
    // Whoever reads one compares it, and V8 looks at its code itself.
    if (f.kind === HEAPS || f.kind === CODE) continue
    if (f.kind === PACKS) {
      verifyPack(f)
      continue
    }
    const found = readEntry(f.file, (size) => Buffer.allocUnsafeSlow(size), false)
    if (found === undefined) continue // somebody else has just deleted it
    report.entries++
    if (found.foreign) {
      report.foreign++
      continue
    }
    if (f.kind === RESULTS) {
      const result = decodeResult(found.bytes)
      if (result === 'version') report.otherVersion++
      else if (typeof result === 'string') report.faults.push({ file: f.file, fault: 'damaged' })
      else if (resultName(result.request) !== f.name)
        report.faults.push({ file: f.file, fault: 'belongs elsewhere' })
      else report.good++
      continue
    }
    verify(f.file, f.name, found.bytes)
  }
  return report
}

/** The units that have code. */
function* unitsOf(chunk: AnyChunk): Iterable<number> {
  const { compiled, units } = chunk
  if (compiled !== undefined) for (let i = 1; i < compiled.length; i += 2) yield compiled[i]
  else for (let unit = 0; unit < units.length / UNIT.STRIDE; unit++) yield unit
}

/** Deletes what is too old, then what has not been used for longest until the rest is small enough. */
export function pruneCache(dir: string, options: PruneOptions): PruneReport {
  const now = options.now ?? Date.now()
  const report = newPruneReport(dir)
  const kept: CacheFile[] = []
  for (const f of filesOf(dir)) {
    const age = now - f.stat.mtimeMs
    if (f.temporary) {
      if (Math.abs(age) > ABANDONED) remove(f, report)
    } else if (options.maxAge !== undefined && age > options.maxAge) remove(f, report)
    else kept.push(f)
  }
  kept.sort((a, b) => b.stat.mtimeMs - a.stat.mtimeMs)
  for (const f of kept) {
    if (options.maxSize !== undefined && report.bytes + f.stat.size > options.maxSize) remove(f, report)
    else keep(f, report)
  }
  return report
}

/** Deletes every entry and all of V8's code, and the folders that are empty then. */
export function clearCache(dir: string): PruneReport {
  const report = newPruneReport(dir)
  for (const f of filesOf(dir)) remove(f, report)
  removeFolder(join(dir, PACKS))
  for (const kind of KINDS) {
    for (const folder of list(join(dir, kind))) {
      if (FOLDER_NAME.test(folder.name)) removeFolder(join(dir, kind, folder.name))
    }
    removeFolder(join(dir, kind))
  }
  unlink(join(dir, TENDED))
  return report
}

function newPruneReport(dir: string): PruneReport {
  return { dir, removed: 0, freed: 0, kept: 0, bytes: 0, failures: [] }
}

/** Deletes a file and counts it; one that somebody else has just deleted is not counted at all. */
function remove(f: CacheFile, report: PruneReport): void {
  const entries = entriesIn(f)
  try {
    unlinkSync(f.file)
    report.removed += entries
    report.freed += f.stat.size
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === 'ENOENT') return
    report.failures.push({ file: f.file, error: e as Error })
    keep(f, report)
  }
}

function keep(f: CacheFile, report: PruneReport): void {
  report.kept += entriesIn(f)
  report.bytes += f.stat.size
}

/** Brings a cache that has grown beyond a size below it, by what was used longest ago. */
export function boundSize(dir: string, maxSize: number, now: number): void {
  // A little below the bound, lest every run has to delete something.
  if (cacheSize(dir) > maxSize) pruneCache(dir, { maxSize: Math.floor(maxSize * 0.9), now })
}

/** `500M`, `2G`, `123` (bytes) as a number of bytes; undefined: not a size. */
export function parseSize(text: string): number | undefined {
  return parseUnits(text, { '': 1, B: 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 })
}

/** `30d`, `12h`, `5m`, `10s`, `2w`, a bare number of days, as milliseconds; undefined: not an age. */
export function parseAge(text: string): number | undefined {
  return parseUnits(text, { '': DAY, s: 1000, m: 60_000, h: 3_600_000, d: DAY, w: 7 * DAY })
}

function parseUnits(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const parts = /^(\d+(?:\.\d+)?)([A-Za-z]?)$/.exec(text)
  if (parts === null || !Object.hasOwn(units, parts[2])) return undefined
  return Number(parts[1]) * units[parts[2]]
}

function cacheSize(dir: string): number {
  let bytes = 0
  for (const f of filesOf(dir)) bytes += f.stat.size
  return bytes
}

function* filesOf(dir: string): Generator<CacheFile> {
  for (const kind of KINDS) {
    for (const folder of list(join(dir, kind))) {
      if (FOLDER_NAME.test(folder.name) && folder.isDirectory())
        yield* filesIn(join(dir, kind, folder.name), kind, ENTRY_NAME, folder.name)
    }
  }
  yield* filesIn(join(dir, PACKS), PACKS, PACK_NAME, '')
  yield* filesIn(dir, CODE, CODE_NAME, '')
}

/** The files in a folder of such names, and those being written. `prefix`: what comes before the name of an entry. */
function* filesIn(folder: string, kind: string, names: RegExp, prefix: string): Generator<CacheFile> {
  for (const { name } of list(folder)) {
    const found = names.exec(name)
    const temporary = kind === CODE ? found?.[1] !== undefined : name.endsWith(TEMPORARY)
    if (!temporary && found === null) continue
    const file = join(folder, name)
    let stat: Stats | undefined
    try {
      stat = lstatSync(file, { throwIfNoEntry: false })
    } catch {}
    if (stat === undefined || stat.isDirectory()) continue
    yield { file, name: prefix + name, kind, temporary, stat }
  }
}

function list(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    return []
  }
}

function removeFolder(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {}
}
