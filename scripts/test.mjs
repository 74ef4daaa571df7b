// Builds Firnix, bundles the test files into dist/test/ and runs them with uvu, a few files to a process. Bundling first
// means that Node 20, which cannot read TypeScript, runs the same files as later versions.
//
// Usage: node scripts/test.mjs [WORD...] [--update] [--no-build] [--nix DIR] [--nixpkgs DIR] [--without NEED]...
//   WORD         only files whose path contains one of the words
//   --update     rewrite golden expectations instead of comparing
//   --no-build   take dist/ as it is
//   --nix DIR    a checkout of NixOS/nix, whose language suite is run; --nixpkgs DIR: one of nixpkgs
//   --without X  tests that need X and do not find it are left out, and not counted as skipped
//   --strict     a skipped test fails the run
// FIRNIX_NIX_CHECKOUT, FIRNIX_NIXPKGS, FIRNIX_WITHOUT (words) and FIRNIX_STRICT=1 say the same where no argument can.
// Prints uvu's own report of every suite, what was skipped and why, and at last `N passed, M failed[, K skipped]`.
import { fork } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { bundleOptions } from './bundle-options.mjs'
import { optionsOf } from './options.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { values: options, positionals: words } = optionsOf(import.meta.url, {
  allowPositionals: true,
  options: {
    update: { type: 'boolean', default: false },
    build: { type: 'boolean', default: true },
    'no-build': { type: 'boolean', default: false },
    strict: { type: 'boolean', default: false },
    nix: { type: 'string' },
    nixpkgs: { type: 'string' },
    without: { type: 'string', multiple: true, default: [] },
  },
})

const without = [...options.without, ...(process.env.FIRNIX_WITHOUT ?? '').split(' ')].filter(
  (word) => word !== '',
)
const strict = options.strict || process.env.FIRNIX_STRICT === '1'

process.chdir(root)
if (!options['no-build']) await import('./build.mjs')

const files = readdirSync('test', { recursive: true })
  .map((file) => join('test', file))
  .filter((file) => file.endsWith('.test.ts'))
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort()
if (files.length === 0) {
  console.error(`no test file matches ${words.join(' ')}`)
  process.exit(1)
}

const out = join(root, 'dist/test')
rmSync(out, { recursive: true, force: true })
mkdirSync(out, { recursive: true })
// Beside the programs, which are CommonJS.
writeFileSync(join(out, 'package.json'), '{ "type": "module" }\n')
const bundled = await bundle(files)
const totals = { passed: 0, failed: 0, left: 0, skipped: [] }
for (const [file, error] of bundled.broken) fail(file, error)

const env = { ...process.env, FIRNIX_ROOT: root, FIRNIX_UPDATE: options.update ? '1' : '' }
if (options.nix !== undefined) env.FIRNIX_NIX_CHECKOUT = resolve(options.nix)
if (options.nixpkgs !== undefined) env.FIRNIX_NIXPKGS = resolve(options.nixpkgs)
const queue = groupsOf(bundled.ready)
await Promise.all(
  Array.from({ length: Math.min(availableParallelism(), 8) }, async () => {
    for (let group = queue.shift(); group !== undefined; group = queue.shift()) await runGroup(group)
  }),
)

const reasons = new Map()
for (const { needs } of totals.skipped) reasons.set(needs, (reasons.get(needs) ?? 0) + 1)
for (const [needs, count] of reasons)
  console.log(`skipped: needs ${needs} (${count} test${count === 1 ? '' : 's'})`)
if (totals.left > 0) console.log(`left out (without ${without.join(', ')}): ${totals.left}`)
const skipped = totals.skipped.length
if (skipped > 0 && strict) console.log('a test was skipped, which --strict does not allow')
console.log(`${totals.passed} passed, ${totals.failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
process.exitCode = totals.failed > 0 || (skipped > 0 && strict) ? 1 : 0

/** Bundles all files at once; where that fails, one by one, so that a broken file does not hide the others. */
async function bundle(files) {
  const write = async (files) => {
    const build = await rolldown({
      ...bundleOptions({ trace: false }),
      input: Object.fromEntries(files.map((file) => [relative('test', file).replace(/\.ts$/, ''), file])),
      external: [/^node:/, /^uvu(\/|$)/, 'msgpackr-extract'],
      logLevel: 'silent',
    })
    await build.write({ dir: out, format: 'esm', chunkFileNames: 'chunks/[name]-[hash].js' })
    await build.close()
  }
  try {
    await write(files)
    return { ready: files, broken: [] }
  } catch {
    const ready = []
    const broken = []
    for (const file of files) {
      try {
        await write([file])
        ready.push(file)
      } catch (error) {
        broken.push([file, error.message])
      }
    }
    return { ready, broken }
  }
}

/** Files that start programs take a process each; of the others a few share one. */
function groupsOf(files) {
  const alone = files.filter((file) => !file.includes('/unit/'))
  const shared = files.filter((file) => file.includes('/unit/'))
  const groups = alone.map((file) => [file])
  for (let i = 0; i < shared.length; i += 6) groups.push(shared.slice(i, i + 6))
  return groups
}

/** Runs one group in a process of its own, then shows what it printed and adds up what it reported. */
async function runGroup(group) {
  const bundles = group.map((file) => join(out, relative('test', file).replace(/\.ts$/, '.js')))
  const child = fork(join(root, 'scripts/test-runner.mjs'), bundles, { env, silent: true })
  const output = []
  const reports = new Map()
  child.stdout.on('data', (data) => output.push(data))
  child.stderr.on('data', (data) => output.push(data))
  child.on('message', (report) => reports.set(report.index, report))
  const ended = await new Promise((done) => child.on('close', (code, signal) => done(signal ?? code)))
  process.stdout.write(Buffer.concat(output))
  for (const [index, file] of group.entries()) {
    const report = reports.get(index)
    if (report === undefined) {
      fail(file, `ended early (${ended})`)
      continue
    }
    totals.passed += report.passed
    totals.failed += report.failed
    if (report.error !== undefined) fail(file, report.error)
    for (const skip of report.skipped) {
      if (skip.needs.split(', ').some((need) => without.includes(need))) totals.left++
      else totals.skipped.push(skip)
    }
  }
}

function fail(file, why) {
  totals.failed++
  console.log(`FAIL ${file}: ${why}`)
}
