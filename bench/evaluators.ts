/**
 * Firnix beside the evaluators that are installed, as whole processes, with benny (`npm run bench -- evaluators`).
 * Argument: the contestants as JSON. For figures with medians, memory and ratios there is the part `programs`.
 */
import { execFileSync } from 'node:child_process'
import { type Contestant, commandLine, ENV, printed } from './harness/contestants.ts'
import { compareRoutines } from './harness/routines.ts'

const contestants = JSON.parse(process.argv[2]) as Contestant[]
/** A run of any of these takes less, in milliseconds, or never ends. */
const LIMIT = 600_000
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
      const [program, ...words] = commandLine(who, { kind: 'text', text }) as string[]
      const run = () =>
        execFileSync(program, words, {
          env: { ...process.env, ...ENV },
          encoding: 'latin1',
          stdio: ['ignore', 'pipe', 'ignore'],
          timeout: LIMIT,
          killSignal: 'SIGKILL',
        })
      return [who.name, () => printed(who, run())]
    })
    await compareRoutines(title, Object.fromEntries(routines), { minSamples: 5, maxTime: 2 })
  }
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
