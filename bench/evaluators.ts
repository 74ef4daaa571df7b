/**
 * Firnix beside the evaluators that are installed, as whole processes, with benny (`npm run bench -- evaluators`).
 * Arguments: the contestants as JSON, and how many seconds a run may take. For figures with medians, memory and ratios there is
 * the part `programs`.
 */
import { spawnSync } from 'node:child_process'
import { type Contestant, commandLine, ENV, printed } from './harness/contestants.ts'
import { notDone, uninterrupted } from './harness/process.ts'
import { compareRoutines } from './harness/routines.ts'

const contestants = JSON.parse(process.argv[2]) as Contestant[]
const limit = Number(process.argv[3])
const TEXTS: Readonly<Record<string, string>> = {
  'starting, and 1 + 1': '1 + 1',
  'fib 20': 'let fib = n: if n < 2 then n else fib (n - 1) + fib (n - 2); in fib 20',
  '20,000 integers sorted':
    'builtins.elemAt (builtins.sort (a: b: a < b) (builtins.genList (i: let x = i * 7919; in x - x / 20011 * 20011) 20000)) 7',
  '20,000 attributes':
    'builtins.length (builtins.attrNames (builtins.mapAttrs (_: v: v) (builtins.listToAttrs (builtins.genList (i: { name = "k${toString i}"; value = i; }) 20000))))',
}
try {
  for (const [title, text] of Object.entries(TEXTS)) {
    const routines = contestants.map((who): [string, () => string] => {
      const command = commandLine(who, { kind: 'text', text }) as string[]
      return [who.name, () => printed(who, run(who, command))]
    })
    await compareRoutines(title, Object.fromEntries(routines), { minSamples: 5, maxTime: 2 })
  }
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}

/** What a run prints. Throws when it fails or is not done in time. */
function run({ name }: Contestant, [program, ...words]: readonly string[]): string {
  const ended = uninterrupted(
    spawnSync(program, words, {
      env: { ...process.env, ...ENV },
      encoding: 'latin1',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: limit * 1000,
      killSignal: 'SIGKILL',
    }),
  )
  if ((ended.error as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT')
    throw new Error(notDone(name, limit))
  if (ended.error !== undefined) throw ended.error
  if (ended.status !== 0) throw new Error(`${name} ended with ${ended.status ?? 'a signal'}`)
  return ended.stdout
}
