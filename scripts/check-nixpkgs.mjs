// Compares the derivation paths of a whole nixpkgs with those that Nix gave, and says what the run took.
// Usage: node scripts/check-nixpkgs.mjs --tree DIR --expected FILE [--only PREFIX] [--listing FILE] [--keep FILE]
//          [--show N] [-- FLAG...]
//   --tree      a checkout of nixpkgs
//   --expected  `attribute<TAB>hash-name` lines, plain or .xz
//   --only      just the attribute PREFIX and what is below it
//   --listing   compares an output that is there already, and runs nothing
//   --keep      where to put the output
//   --show      how many differences to print (20)
//   --          flags for `firnix jobs` (dist/firnix.js must be built)
// Prints `N of M equal`; exit 1 unless all are.
import { spawn, spawnSync } from 'node:child_process'
import { createWriteStream, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { optionsOf } from './options.mjs'

const { values, positionals } = optionsOf(import.meta.url, {
  allowPositionals: true,
  options: {
    tree: { type: 'string' },
    expected: { type: 'string' },
    only: { type: 'string' },
    listing: { type: 'string' },
    keep: { type: 'string' },
    show: { type: 'string', default: '20' },
  },
})
if (values.expected === undefined || (values.tree === undefined && values.listing === undefined)) {
  console.error(
    'usage: node scripts/check-nixpkgs.mjs --tree DIR --expected FILE [--only PREFIX] [-- FLAG...]',
  )
  process.exit(2)
}

const wanted = new Map()
for (const line of readExpected(values.expected).split('\n')) {
  const tab = line.indexOf('\t')
  if (tab < 0) continue
  const attr = line.slice(0, tab)
  if (values.only === undefined || attr === values.only || attr.startsWith(`${values.only}.`))
    wanted.set(attr, line.slice(tab + 1))
}

const listing = values.listing === undefined ? await list() : readFileSync(values.listing, 'latin1')
const found = new Map()
for (const line of listing.split('\n')) {
  const match = /^(\S+) .* \/nix\/store\/(\S+)\.drv$/.exec(line)
  if (match !== null) found.set(match[1], match[2])
}

let equal = 0
const differences = []
for (const [attr, path] of wanted) {
  const got = found.get(attr)
  if (got === path) equal++
  else differences.push(`${attr}: ${got === undefined ? 'missing' : got}, wanted ${path}`)
}
for (const line of differences.slice(0, Number(values.show))) console.log(line)
if (differences.length > Number(values.show))
  console.log(`and ${differences.length - Number(values.show)} more`)
console.log(`${equal} of ${wanted.size} equal; ${found.size} listed`)
process.exitCode = equal === wanted.size ? 0 : 1

function readExpected(file) {
  if (!file.endsWith('.xz')) return readFileSync(file, 'latin1')
  const xz = spawnSync('xz', ['-dc', file], { maxBuffer: 1 << 30, encoding: 'latin1' })
  if (xz.status !== 0) throw new Error(`xz -dc ${file}: ${xz.error?.message ?? xz.stderr}`)
  return xz.stdout
}

/** Runs `firnix jobs --nix-env`; answers what it printed. */
async function list() {
  const program = fileURLToPath(new URL('../dist/firnix.js', import.meta.url))
  const args = [program, 'jobs', values.tree, '--nix-env']
  if (values.only !== undefined) args.push('-A', values.only)
  const started = performance.now()
  const child = spawn(process.execPath, [...args, ...positionals], { stdio: ['ignore', 'pipe', 'inherit'] })
  let peak = 0
  const watch = setInterval(() => {
    peak = Math.max(peak, peakOf(child.pid))
  }, 250)
  const keep = values.keep === undefined ? undefined : createWriteStream(values.keep)
  const pieces = []
  child.stdout.on('data', (piece) => {
    pieces.push(piece)
    keep?.write(piece)
  })
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  clearInterval(watch)
  keep?.end()
  const seconds = (performance.now() - started) / 1000
  console.log(`exit ${code}, ${seconds.toFixed(1)} s, at most ${peak} MiB`)
  return Buffer.concat(pieces).toString('latin1')
}

/** The most memory a process has held so far, its children included, in MiB; 0 where the system does not say. */
function peakOf(pid) {
  try {
    const own = Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) >> 10
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim()
    return Math.max(own, ...children.split(' ').map((child) => (child === '' ? 0 : peakOf(child))))
  } catch {
    return 0
  }
}
