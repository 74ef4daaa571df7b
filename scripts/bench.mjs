// Runs the benches. Usage: bench/main.ts, or npm run bench -- --help.
//
// They wait for one program after the other and hear no signals meanwhile. So they run as a child (bench-run.mjs), in a group
// with all that it starts; whatever signal tells this process to end, the whole group is told what Ctrl-C would tell it, which
// tidies up, and this process ends when that is done.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP']
/** What comes between two of the programs is heard by nobody, so it is said again, in milliseconds. */
const AGAIN = 500

const here = dirname(fileURLToPath(import.meta.url))
const args = process.argv.slice(2)
if (args.includes('--help')) {
  const text = readFileSync(join(here, '../bench/main.ts'), 'utf8')
  console.log(text.slice(4, text.indexOf(' */')).replace(/^ \* ?/gm, ''))
} else {
  const words = [...process.execArgv, join(here, 'bench-run.mjs'), ...args]
  const child = spawn(process.execPath, words, { stdio: 'inherit', detached: true })
  let told
  const tell = () => {
    try {
      process.kill(-child.pid, 'SIGINT')
    } catch {
      // All of them have ended.
    }
  }
  for (const signal of ENDING)
    process.on(signal, () => {
      if (told === undefined) setInterval(tell, AGAIN).unref()
      told ??= signal
      tell()
    })
  child.on('exit', (code, signal) => {
    const by = told ?? signal
    process.exit(by === null ? code : 128 + constants.signals[by])
  })
}
