// Changes a tree at random between runs with --cache-results and compares each with a run without any cache. Fails when one
// differs, or when fewer than 80 % of the runs succeed.
//
// Usage: node scripts/cache-fuzz.mjs [--rounds N] [--seed N] [--processes]
//   --processes   through the command line, a process for each run (needs dist/), instead of all in one
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { bundleOptions } from './bundle-options.mjs'
import { optionsOf } from './options.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { values: options } = optionsOf(import.meta.url, {
  options: {
    rounds: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    processes: { type: 'boolean', default: false },
  },
})

const bundle = join(root, 'dist/bench/cache-fuzz.js')
const build = await rolldown({ ...bundleOptions({ trace: false }), input: join(root, 'bench/cache-fuzz.ts') })
await build.write({ file: bundle, format: 'esm', codeSplitting: false })
await build.close()

const work = mkdtempSync(join(tmpdir(), 'firnix-fuzz-'))
try {
  const launcher = options.processes ? [join(root, 'dist/firnix-instantiate.js')] : []
  const args = [bundle, work, options.rounds, options.seed, ...launcher]
  const report = JSON.parse(
    execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }),
  )
  const share = (n) => `${Math.round((100 * n) / report.rounds)} %`
  console.log(
    `${report.rounds} rounds: ${report.wrong} wrong, ${share(report.succeeded)} succeeded, ${share(report.kept)} kept results`,
  )
  process.exitCode = report.wrong > 0 || report.succeeded < 0.8 * report.rounds ? 1 : 0
} finally {
  rmSync(work, { recursive: true, force: true })
}
