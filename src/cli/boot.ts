/**
 * The launcher (floor 7, the doors `firnix` and `firnix-instantiate`): loads the files of the program, each when something in
 * it is asked for, and goes through one of its doors. With `--cache-results` it first looks whether a kept result still
 * holds; then nothing of the program is loaded at all.
 */
import { dirname, join } from 'node:path'
import type { Handover } from '../cache/replay.ts'
import { WORKER } from '../jobs/protocol.ts'
import { cacheFolders, Part } from './code-cache.ts'
import { asksLittle, taskOf, traitsOf } from './glance.ts'
import type { Launch } from './program.ts'
import { V8Flags } from './tiers.ts'

interface Doors {
  firnix(launch: Launch): Promise<void>
  firnixInstantiate(launch: Launch): Promise<void>
}

/** What dist/results.js exports (src/cache/replay.ts). */
interface Results {
  replay(program: string, bundle: string): number | Handover | undefined
}

/** Loads `program.js` beside the launcher, and the files that it asks for later, and goes through one of its doors. */
export function boot(door: keyof Doors, here: string, require: NodeJS.Require): void {
  const folder = dirname(here)
  const bundle = join(folder, 'program.js')
  let handover: Handover | undefined
  if (process.argv.includes('--cache-results') && process.env[WORKER] === undefined) {
    try {
      const found = (require(join(folder, 'results.js')) as Results).replay(door, bundle)
      if (typeof found === 'number') process.exit(found)
      handover = found
    } catch {
      // The program runs as if no result had been asked for.
    }
  }
  const flags = new V8Flags()
  const words = process.argv.slice(2)
  const task = taskOf(door, words)
  const traits = traitsOf(task, words)
  const folders = cacheFolders()
  const program = new Part(bundle, task, folders)
  const parts = [program]
  let isKept = true
  process.once('exit', (code) => {
    if (code !== 0) traits.push('failure')
    if (isKept) for (const part of parts) part.keep(traits, flags)
    flags.awaitCompilers()
  })
  const exports = {} as Doors
  const load = (name: string) => flags.asUsual(() => require(name))
  program.run(exports, load, (name: string, build: string) => {
    const late = flags.asUsual(() => new Part(join(folder, `${name}.js`), task, folders))
    parts.push(late)
    const found = {}
    late.run(found, load, exports, build)
    return found
  })
  if (!asksLittle(words)) flags.beginShort()
  const keepNoCode = (): void => {
    isKept = false
  }
  void exports[door]({ handover, note: (trait) => traits.push(trait), keepNoCode, flags })
}
