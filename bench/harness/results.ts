/** What a run of the benches found, as it is kept in a file, and two such files compared. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'
import { dirname } from 'node:path'
import type { Contestant } from './contestants.ts'
import { geometricMean, median, showMemory, showRatio, showTime, table } from './figures.ts'
import type { Cost } from './process.ts'

/** What is in the compile cache: nothing, what another request has left there, or all that is asked for. */
export type State = 'cold' | 'shared' | 'warm'

export type Part = 'micro' | 'programs' | 'long' | 'tree' | 'growth'

/** Runs of one program or workload by one contestant. */
export interface Row {
  part: Exclude<Part, 'micro'>
  name: string
  contestant: string
  /** Of what is read through the compile cache. */
  state?: State
  /** Number of packages, for trees of several sizes. */
  size?: number
  runs: Cost[]
}

/** One micro-benchmark. */
export interface MicroRow {
  part: string
  name: string
  /** Median time for one unit, in seconds. */
  time: number
  /** What the unit is: `token`, `call`, `KB`. */
  unit: string
  runs: number
}

/** How a program's cost grows with its size. */
export interface SlopeRow {
  name: string
  about: string
  /** [size, user cpu seconds] */
  points: [number, number][]
  time: number
  /** The exponent of memory; null where it was not measured. */
  memory: number | null
  limit: number
}

export interface Results {
  form: 1
  date: string
  /** `git describe` of what was measured. */
  revision: string
  machine: { system: string; cpu: string; cores: number; memory: number; load: number }
  contestants: { name: string; version: string }[]
  micro: MicroRow[]
  rows: Row[]
  slopes: SlopeRow[]
}

/** Results without any figure yet. */
export function newResults(root: string, contestants: readonly Contestant[]): Results {
  const described = spawnSync('git', ['describe', '--always', '--dirty'], { cwd: root, encoding: 'utf8' })
  return {
    form: 1,
    date: new Date().toISOString(),
    revision: described.stdout?.trim() || 'unknown',
    machine: {
      system: `${type()} ${release()}`,
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cores: availableParallelism(),
      memory: totalmem(),
      load: loadavg()[0],
    },
    contestants: contestants.map(({ name, version }) => ({ name, version })),
    micro: [],
    rows: [],
    slopes: [],
  }
}

export function save(file: string, results: Results): void {
  mkdirSync(dirname(file), { recursive: true })
  write(file, `${JSON.stringify(results, null, 1)}\n`)
}

/** Writes a file. Throws with its name, which what the system says of a full disk does not have. */
export function write(file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`)
  }
}

/** Reads saved results. Throws, with its name, when the file is none. */
export function load(file: string): Results {
  const text = readFileSync(file, 'utf8')
  let results: unknown
  try {
    results = JSON.parse(text)
  } catch {
    throw new Error(`${file} holds no results: it is no JSON`)
  }
  if (!areResults(results)) throw new Error(`${file} holds no results of this form`)
  return results
}

function areResults(value: unknown): value is Results {
  const results = value as Partial<Results> | null
  return (
    results?.form === 1 &&
    typeof results.date === 'string' &&
    typeof results.machine === 'object' &&
    [results.contestants, results.micro, results.rows, results.slopes].every(Array.isArray) &&
    (results.rows as Row[]).every(({ runs }) => Array.isArray(runs)) &&
    (results.slopes as SlopeRow[]).every(({ points }) => Array.isArray(points))
  )
}

/** Throws unless a file can be written, lest that is found after minutes of measuring. */
export function mayWrite(file: string): void {
  mkdirSync(dirname(file), { recursive: true })
  if (existsSync(file) && statSync(file).isDirectory()) throw new Error(`${file} is a folder`)
  accessSync(existsSync(file) ? file : dirname(file), constants.W_OK)
}

export interface Medians {
  wall: number
  user: number
  memory: number
  runs: number
}

/** The medians of a row; NaN for what was not measured. */
export function mediansOf(row: Row): Medians {
  const of = (pick: (cost: Cost) => number | null): number =>
    median(row.runs.map(pick).filter((n) => n !== null))
  return {
    wall: of((cost) => cost.wall),
    user: of((cost) => cost.user),
    memory: of((cost) => cost.memory),
    runs: row.runs.length,
  }
}

/** What tells a row from the others of one run. */
export function keyOf(row: Row): string {
  const size = row.size === undefined ? '' : ` ${row.size}`
  return `${row.part} ${row.name}${size}${row.state === undefined ? '' : ` ${row.state}`}`
}

/**
 * The row that one is compared with: that of the first contestant that is not Firnix, which has no cache and stands against
 * every state; without one, the first of the same state.
 */
export function baseOf(rows: readonly Row[], row: Row): Row {
  return (
    rows.find(({ contestant }) => !contestant.startsWith('firnix')) ??
    rows.find(({ state }) => state === row.state) ??
    row
  )
}

/** Rows about the same thing, in the order in which they came. */
export function groups(rows: readonly Row[]): { title: string; rows: Row[] }[] {
  const found = new Map<string, Row[]>()
  for (const row of rows) {
    const title = `${row.name}${row.size === undefined ? '' : ` (${row.size})`}`
    const group = found.get(title)
    if (group === undefined) found.set(title, [row])
    else group.push(row)
  }
  return [...found].map(([title, group]) => ({ title, rows: group }))
}

/** The table of one part, with the ratios to the reference and their geometric mean. */
export function showRows(rows: readonly Row[]): string {
  const lines: string[][] = []
  const ratios = new Map<string, number[]>()
  for (const group of groups(rows)) {
    for (const row of group.rows) {
      const base = baseOf(group.rows, row)
      const against = mediansOf(base)
      const m = mediansOf(row)
      const who = row.state === undefined ? row.contestant : `${row.contestant} ${row.state}`
      const same = row === base
      if (!same) ratios.set(who, [...(ratios.get(who) ?? []), m.wall / against.wall])
      lines.push([
        row === group.rows[0] ? group.title : '',
        who,
        showTime(m.wall),
        same ? '' : showRatio(m.wall / against.wall),
        showTime(m.user),
        same ? '' : showRatio(m.user / against.user),
        showMemory(m.memory),
        same ? '' : showRatio(m.memory / against.memory),
        String(m.runs),
      ])
    }
  }
  // The second column is text as well.
  const width = Math.max(...lines.map((line) => line[1].length))
  for (const line of lines) line[1] = line[1].padEnd(width)
  const head = ['', 'who'.padEnd(width), 'wall', 'ratio', 'user', 'ratio', 'memory', 'ratio', 'runs']
  const means = [...ratios]
    .filter(([, all]) => all.length > 1)
    .map(
      ([who, all]) => `${who}: geometric mean of ${all.length} wall ratios ${showRatio(geometricMean(all))}`,
    )
  return [table(head, lines), ...means].join('\n')
}

export function showMicro(rows: readonly MicroRow[]): string {
  return table(
    ['part', 'time', 'per', 'runs'],
    rows.map((row) => [`${row.part}: ${row.name}`, showTime(row.time), row.unit, String(row.runs)]),
  )
}

export function showSlopes(rows: readonly SlopeRow[]): string {
  return table(
    ['growth', 'sizes', 'time at the last', 'exponent', 'memory', 'at most', ''],
    rows.map((row) => [
      row.name,
      `${row.points[0]?.[0] ?? '-'}..${row.points.at(-1)?.[0] ?? '-'}`,
      showTime(row.points.at(-1)?.[1] ?? Number.NaN),
      Number.isFinite(row.time) ? row.time.toFixed(2) : '-',
      row.memory === null ? '-' : row.memory.toFixed(2),
      row.limit.toFixed(2),
      isSteep(row) ? 'STEEP' : '',
    ]),
  )
}

/** Whether a slope is clearly more than linear. */
export function isSteep(row: SlopeRow): boolean {
  return row.time > row.limit || (row.memory !== null && row.memory > row.limit)
}

/** A table of what both results have, the later over the earlier. */
export function compare(before: Results, now: Results): string {
  const known = new Map(before.rows.map((row) => [`${keyOf(row)} ${row.contestant}`, row]))
  const lines: string[][] = []
  const walls: number[] = []
  for (const row of now.rows) {
    const earlier = known.get(`${keyOf(row)} ${row.contestant}`)
    if (earlier === undefined) continue
    const [a, b] = [mediansOf(earlier), mediansOf(row)]
    if (row.contestant.startsWith('firnix')) walls.push(b.wall / a.wall)
    lines.push([
      `${keyOf(row)}, ${row.contestant}`,
      showTime(a.wall),
      showTime(b.wall),
      showRatio(b.wall / a.wall),
      showRatio(b.user / a.user),
      showRatio(b.memory / a.memory),
    ])
  }
  const micro = new Map(before.micro.map((row) => [`${row.part}: ${row.name}`, row]))
  for (const row of now.micro) {
    const earlier = micro.get(`${row.part}: ${row.name}`)
    if (earlier === undefined) continue
    lines.push([
      `${row.part}: ${row.name}`,
      showTime(earlier.time),
      showTime(row.time),
      showRatio(row.time / earlier.time),
    ])
  }
  if (lines.length === 0) return 'nothing to compare'
  const head = ['against the saved results', 'before', 'now', 'wall', 'user', 'memory']
  const mean = `firnix: geometric mean of ${walls.length} wall ratios ${showRatio(geometricMean(walls))}`
  return walls.length > 0 ? `${table(head, lines)}\n${mean}` : table(head, lines)
}
