// Fills one cache from 8 processes at once and kills them at random; sources are edited and the cache pruned and cleared
// meanwhile. Fails when any process meets a chunk that is not of the text it should be, or `verify` finds a fault.
//
// Usage: node scripts/cache-stress.mjs [--kills N] [--writers N] [--seed N]
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { bundleOptions } from './bundle-options.mjs'
import { optionsOf } from './options.mjs'

const FILES = 60
const VERSIONS = 4
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { values: options } = optionsOf(import.meta.url, {
  options: {
    kills: { type: 'string', default: '200' },
    writers: { type: 'string', default: '8' },
    seed: { type: 'string', default: '1' },
  },
})

const bundle = join(root, 'dist/bench/cache-stress.js')
const build = await rolldown({
  ...bundleOptions({ trace: false }),
  input: join(root, 'bench/cache-stress.ts'),
})
await build.write({ file: bundle, format: 'esm', codeSplitting: false })
await build.close()

const work = mkdtempSync(join(tmpdir(), 'firnix-stress-'))
const sources = join(work, 'src')
const cache = join(work, 'cache')
mkdirSync(sources)
const args = (seed, mode) => [bundle, cache, sources, String(FILES), String(VERSIONS), String(seed), mode]

let seed = Number(options.seed)
let failed = 0
const running = new Set()
function start() {
  const child = spawn(process.execPath, args(seed++, 'work'), { stdio: ['ignore', 'ignore', 'inherit'] })
  running.add(child)
  child.on('exit', (code, signal) => {
    running.delete(child)
    if (signal !== 'SIGKILL') {
      failed++
      console.error(`a writer ended by itself: ${code ?? signal}`)
    }
  })
}

execFileSync(process.execPath, args(0, 'init'))
const started = Date.now()
try {
  for (let kills = 0; kills < Number(options.kills) && failed === 0; kills++) {
    while (running.size < Number(options.writers)) start()
    await setTimeout(50 + Math.random() * 150)
    const children = [...running]
    children[Math.floor(Math.random() * children.length)]?.kill('SIGKILL')
  }
  while (running.size > 0) {
    for (const child of running) child.kill('SIGKILL')
    await setTimeout(50)
  }
  const verdict = execFileSync(process.execPath, args(0, 'check'), { encoding: 'utf8' })
  console.log(`${options.kills} kills in ${((Date.now() - started) / 1000).toFixed(0)} s: ${verdict.trim()}`)
} catch (error) {
  failed++
  console.error(error.message)
} finally {
  rmSync(work, { recursive: true, force: true })
}
process.exitCode = failed > 0 ? 1 : 0
