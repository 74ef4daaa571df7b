// Measures the compile cache: from the first request to runnable chunks, in a fresh process each time, loading of modules
// excluded; the median of 9 runs. Prints a line a mode: compiling without a cache, filling it, hits by stamp, hits by hash.
//
// Usage: node scripts/cache-bench.mjs LIST [--runs N] [--node PROGRAM]...
//   LIST     a file with the path of a Nix file on each line
//   --node   which Node to run it with (again for several; default: the one that runs this)
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { bundleOptions } from './bundle-options.mjs'
import { optionsOf } from './options.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { values: options, positionals } = optionsOf(import.meta.url, {
  allowPositionals: true,
  options: { runs: { type: 'string', default: '9' }, node: { type: 'string', multiple: true } },
})
if (positionals.length !== 1) {
  console.error('usage: node scripts/cache-bench.mjs LIST [--runs N] [--node PROGRAM]...')
  process.exit(2)
}

const bundle = join(root, 'dist/bench/cache-load.js')
const build = await rolldown({ ...bundleOptions({ trace: false }), input: join(root, 'bench/cache-load.ts') })
await build.write({ file: bundle, format: 'esm', codeSplitting: false })
await build.close()

const work = mkdtempSync(join(tmpdir(), 'firnix-bench-'))
try {
  for (const node of options.node ?? [process.execPath]) {
    const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()
    const dir = join(work, version)
    const run = (mode) =>
      JSON.parse(execFileSync(node, [bundle, dir, positionals[0], mode], { encoding: 'utf8' }))
    const median = (count, mode, before = () => {}) => {
      const runs = []
      for (let i = 0; i < count; i++) {
        before()
        runs.push(run(mode))
      }
      runs.sort((a, b) => a.time - b.time)
      return runs[count >> 1]
    }
    const few = Math.min(3, Number(options.runs))
    const rows = [
      ['compile', median(few, 'compile')],
      ['fill', median(few, 'stamp', () => rmSync(dir, { recursive: true, force: true }))],
      ['stamp', median(Number(options.runs), 'stamp')],
      ['hash', median(Number(options.runs), 'hash')],
    ]
    for (const [mode, { time, files, stats }] of rows) {
      const counts = `${stats.hits} hits, ${stats.hashedHits} by hash, ${stats.misses} misses`
      const bytes = `${(stats.bytesRead / 1e6).toFixed(1)} MB read, ${(stats.bytesWritten / 1e6).toFixed(1)} written`
      console.log(
        `${version}  ${mode.padEnd(8)} ${time.toFixed(1).padStart(8)} ms  ${files} files: ${counts}; ${bytes}`,
      )
    }
  }
} finally {
  rmSync(work, { recursive: true, force: true })
}
