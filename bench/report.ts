/** `npm run bench:report`: results as one page with plots, for people who would rather look than read. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { load, mayWrite, type Results, write } from './harness/results.ts'
import { main as bench } from './main.ts'
import { page } from './page/page.ts'

/** Results that were saved apart, as one: of each part, the rows of the last that has it. */
export function merge(all: readonly Results[]): Results {
  const last = all.at(-1)
  if (last === undefined) throw new Error('no results')
  const merged: Results = { ...last, contestants: [], micro: [], rows: [], slopes: [] }
  for (const results of all) {
    const parts = new Set(results.rows.map((row) => row.part))
    merged.rows = [...merged.rows.filter((row) => !parts.has(row.part)), ...results.rows]
    if (results.micro.length > 0) merged.micro = results.micro
    if (results.slopes.length > 0) merged.slopes = results.slopes
    for (const contestant of results.contestants) {
      if (merged.contestants.every(({ name }) => name !== contestant.name))
        merged.contestants.push(contestant)
    }
  }
  // Firnix first, whatever file names it.
  const isOther = ({ name }: { name: string }): number => (name.startsWith('firnix') ? 0 : 1)
  merged.contestants.sort((a, b) => isOther(a) - isOther(b))
  return merged
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { out: { type: 'string' }, help: { type: 'boolean', default: false } },
  })
}

const USAGE = `\`npm run bench:report\`: results as one page with plots.

Usage: npm run bench:report -- [FILE...] [--out PAGE]
  FILE    results that \`npm run bench -- --save FILE\` has kept; of each part, those of the last file that has it.
          Without one, what the last \`npm run bench\` of each part found; if there was none, a quick run is made now.
  --out   where the page goes (dist/bench/report.html)
Exit: 0; 1 when there are no results or the page cannot be written; 2 for wrong usage.`

/** The command; answers its exit code. */
export async function main(root: string, args: readonly string[]): Promise<number> {
  let parsed: ReturnType<typeof parse>
  try {
    parsed = parse(args)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code?.startsWith('ERR_PARSE_ARGS') !== true) throw error
    console.error(`bench:report: ${message}`)
    return 2
  }
  const { values, positionals } = parsed
  if (values.help) {
    console.log(USAGE)
    return 0
  }
  try {
    return await make(root, values, positionals)
  } catch (error) {
    console.error(`bench:report: ${(error as Error).message}`)
    return 1
  }
}

/** Makes the page; the exit code. Throws when a file is none of results, or the page cannot be written. */
async function make(root: string, values: { out?: string }, positionals: readonly string[]): Promise<number> {
  const out = values.out ?? join(root, 'dist/bench/report.html')
  mayWrite(out)
  const folder = join(root, 'dist/bench/results')
  const kept = (): string[] =>
    existsSync(folder)
      ? readdirSync(folder)
          .filter((file) => file.endsWith('.json'))
          .map((file) => join(folder, file))
      : []
  let files: readonly string[] = positionals.length > 0 ? positionals : kept()
  if (files.length === 0) {
    console.error('- no results yet: a quick run')
    const code = await bench(root, ['micro', 'programs', 'tree', 'growth', '--quick'])
    files = kept()
    if (files.length === 0) return code === 0 ? 1 : code
  }
  const results = files.map(load).sort((a, b) => (positionals.length > 0 ? 0 : a.date < b.date ? -1 : 1))
  const merged = merge(results)
  const shown = results.filter(
    ({ rows, micro, slopes }) =>
      rows.some((row) => merged.rows.includes(row)) || micro === merged.micro || slopes === merged.slopes,
  )
  write(out, page(merged, shown.length > 0 ? shown : results))
  console.log(`${out}: ${files.length} results`)
  return 0
}
