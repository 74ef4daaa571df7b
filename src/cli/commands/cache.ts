/** `firnix cache` (floor 7): looks after the cache on disk: how much there is, whether it is sound, what may go. */
import { readdirSync } from 'node:fs'
import { DEFAULT_MAX_SIZE } from '../../cache/bounding.ts'
import { directoryOf } from '../../cache/place.ts'
import {
  type CacheReport,
  type CacheTotals,
  cacheStats,
  clearCache,
  type PruneOptions,
  type PruneReport,
  parseAge,
  parseSize,
  pruneCache,
  verifyCache,
} from '../../cache/tending.ts'
import { NixError } from '../../errors.ts'
import { canonPath } from '../../io/io.ts'
import { bytesOfNodeString, nodeStringOfBytes } from '../../io/node/bytes.ts'
import { systemText } from '../../io/node/errno.ts'
import { usage } from '../args.ts'
import { on, takes } from '../common-flags.ts'
import { bytesOfCwd } from '../cwd.ts'
import { EXIT_ERROR, EXIT_OK } from '../faults.ts'
import type { Program } from '../program.ts'
import { readWords } from './common.ts'

const ACTIONS = ['stats', 'verify', 'prune', 'clear']

/** Runs the command; answers the exit code: 1 when `verify` found a fault, or what should go could not be deleted. */
export async function cacheCommand(program: Program): Promise<number> {
  let json = false
  const prune: PruneOptions = {}
  const reading = readWords(
    program,
    new Map([
      ['--json', on(() => (json = true))],
      ['--max-size', takes((text) => (prune.maxSize = known('--max-size', 'size', text, parseSize(text))))],
      ['--max-age', takes((text) => (prune.maxAge = known('--max-age', 'age', text, parseAge(text))))],
    ]),
    1,
  )
  const action = reading.operands[0]
  if (action === undefined || !ACTIONS.includes(action)) {
    throw usage(`'cache' wants to know what to do: ${ACTIONS.join(', ')}`)
  }
  if (reading.origins.length > 0) throw usage(`'cache ${action}' takes no operands`)
  if (action !== 'prune' && (prune.maxSize !== undefined || prune.maxAge !== undefined)) {
    throw usage("'--max-size' and '--max-age' go with 'prune'")
  }
  const dir = directory(reading.options.cacheDir)
  const show = (report: object, text: string): void => {
    program.print(json ? `${JSON.stringify(report)}\n` : text)
  }
  switch (action) {
    case 'stats': {
      const totals = cacheStats(dir)
      show(totals, totalsText(totals))
      return EXIT_OK
    }
    case 'verify': {
      const report = verifyCache(dir)
      show(report, reportText(report))
      return report.faults.length > 0 ? EXIT_ERROR : EXIT_OK
    }
    default: {
      // Without a bound of its own, pruning keeps what a run would keep.
      const bounds =
        prune.maxSize === undefined && prune.maxAge === undefined ? { maxSize: DEFAULT_MAX_SIZE } : prune
      program.keepNoCode()
      const report = action === 'clear' ? clearCache(dir) : pruneCache(dir, bounds)
      const failures = report.failures.map(({ file, error }) => ({
        file: bytesOfNodeString(file),
        fault: systemText(error),
      }))
      show({ ...report, failures }, pruneText(report))
      if (failures.length === 0) return EXIT_OK
      const [{ file, fault }] = failures
      const others = failures.length === 1 ? '' : ` (and ${failures.length - 1} more)`
      throw new NixError('io', `deleting '${file}': ${fault}${others}`)
    }
  }
}

/** The cache directory, as node:fs takes it; it need not be there. Errors: none is known, or it cannot be read. */
function directory(named: string | undefined): string {
  const path =
    named === undefined
      ? undefined
      : nodeStringOfBytes(canonPath(named.startsWith('/') ? named : `${bytesOfCwd()}/${named}`))
  const place = directoryOf(path)?.dir
  if (place === undefined)
    throw new NixError('eval', 'there is no cache directory: name one with --cache-dir')
  try {
    readdirSync(place)
  } catch (e) {
    const { code } = e as NodeJS.ErrnoException
    const shown = named ?? bytesOfNodeString(place)
    if (code === 'ENOTDIR') throw new NixError('io', `the cache '${shown}' is not a directory`)
    if (code !== 'ENOENT') throw new NixError('io', `reading the cache '${shown}': ${systemText(e)}`)
  }
  return place
}

function known(flag: string, what: string, text: string, value: number | undefined): number {
  if (value === undefined)
    throw usage(`'${flag}' must be ${what === 'age' ? 'an age' : 'a size'}, not '${text}'`)
  return value
}

function sizeText(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB']
  let unit = 0
  while (bytes >= 1024 && unit < units.length - 1) {
    bytes /= 1024
    unit++
  }
  return `${unit === 0 ? bytes : bytes.toFixed(1)} ${units[unit]}`
}

function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join('')
}

function totalsText(t: CacheTotals): string {
  const day = (ms: number): string => (ms === 0 ? '-' : new Date(ms).toISOString().slice(0, 10))
  return table([
    ['directory', t.dir],
    ['compiled files', `${t.entries} (${sizeText(t.bytes)})`],
    ['results', `${t.results} (${sizeText(t.resultBytes)})`],
    ['code of Firnix', `${t.code} (${sizeText(t.codeBytes)})`],
    ['unfinished', `${t.leftovers} (${sizeText(t.leftoverBytes)})`],
    ['not trusted', String(t.foreign)],
    ['last used', t.newest === 0 ? '-' : `${day(t.oldest)} to ${day(t.newest)}`],
  ])
}

function reportText(r: CacheReport): string {
  return (
    table([
      ['directory', r.dir],
      ['entries', String(r.entries)],
      ['good', String(r.good)],
      ['other version', String(r.otherVersion)],
      ['not trusted', String(r.foreign)],
      ['unfinished', String(r.leftovers)],
      ['faulty', String(r.faults.length)],
    ]) + r.faults.map(({ file, fault }) => `${file}: ${fault}\n`).join('')
  )
}

function pruneText(r: PruneReport): string {
  return table([
    ['directory', r.dir],
    ['removed', `${r.removed} (${sizeText(r.freed)})`],
    ['kept', `${r.kept} (${sizeText(r.bytes)})`],
  ])
}
