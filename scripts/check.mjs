// Everything that is checked without running a test, in one command: types (and those of the browser door, which may know
// nothing of Node), lint and format, the floors, the dispatch function, how much the machine does for the bench programs.
// Usage: node scripts/check.mjs
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))))
const bin = (name) => `node_modules/.bin/${name}`
const checks = [
  ['types', bin('tsc'), '-p', 'tsconfig.json'],
  ['types of the browser door', bin('tsc'), '-p', 'tsconfig.browser.json'],
  ['lint and format', bin('biome'), 'check', '.'],
  ['floors', process.execPath, 'scripts/check-floors.mjs'],
  ['build', process.execPath, 'scripts/build.mjs'],
  ['dispatch', process.execPath, 'scripts/check-vm.mjs'],
  ['counts', process.execPath, 'scripts/bench-counts.mjs'],
]
// Doors that are not built yet have nothing to check.
const missing = { 'types of the browser door': 'src/browser.ts', dispatch: 'src/vm/vm.ts' }
let failed = 0
for (const [name, command, ...args] of checks) {
  if (name in missing && !existsSync(missing[name])) {
    console.log(`left out: ${name} (no ${missing[name]})`)
    continue
  }
  const { status } = spawnSync(command, args, { stdio: 'inherit' })
  console.log(`${status === 0 ? 'ok' : 'FAILED'}: ${name}`)
  if (status !== 0) failed++
}
process.exitCode = failed > 0 ? 1 : 0
