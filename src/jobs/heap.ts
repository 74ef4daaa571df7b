/**
 * The heap that a long run needs (floor 6). V8 takes its limits from the command line only, and the programs are run by
 * `node FILE`: so the process starts itself anew once, with flags. Where Node can, it replaces itself.
 */
import { spawn } from 'node:child_process'
import { totalmem } from 'node:os'

/**
 * The share of the machine's memory that old objects may take. A package tree of 2020 takes 2 GB of them and one of 2026, with
 * three times as many derivations, 7 GB; a limit that is not met costs nothing, V8 collects as before.
 */
const SHARE = 0.85
/** Node 20's young generation is far too small for this kind of program. */
const SEMI_SPACE = 64

/** The flags that Node was started with, those that count more last. */
export function nodeFlags(): string {
  return `${process.env.NODE_OPTIONS ?? ''} ${process.execArgv.join(' ')}`
}

type Execve = (file: string, args: readonly string[], env: NodeJS.ProcessEnv) => never

/**
 * Makes sure that this process has a big heap. Answers undefined when it has, or the exit code of the process that ran in
 * its place. A limit that the user has set (`node --max-old-space-size`, NODE_OPTIONS) is respected.
 */
export async function ensureHeap(): Promise<number | undefined> {
  const given = nodeFlags()
  if (/--max[-_]old[-_]space[-_]size/.test(given)) return undefined
  const memory = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY)
  const size = Math.floor((memory / 2 ** 20) * SHARE)
  const flags = [`--max-old-space-size=${size}`]
  const [major] = process.versions.node.split('.').map(Number)
  if (major < 24 && !/--max[-_]semi[-_]space[-_]size/.test(given))
    flags.push(`--max-semi-space-size=${SEMI_SPACE}`)
  const args = [...process.execArgv, ...flags, ...process.argv.slice(1)]
  const { execve } = process as { execve?: Execve }
  if (execve !== undefined && process.platform !== 'win32') {
    try {
      execve.call(process, process.execPath, [process.argv0, ...args], process.env)
    } catch {
      // A policy forbids it, or the command line is too long: a child can still do it.
    }
  }
  return inChild(args)
}

/** Runs this program with other flags as a child and waits for it, passing signals on. */
function inChild(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, args, { stdio: 'inherit' })
  const signals: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']
  // A terminal sends its signals to both; this one only has to outlive the child.
  const pass = (signal: NodeJS.Signals): void => {
    if (signal === 'SIGTERM' || signal === 'SIGHUP') child.kill(signal)
  }
  for (const signal of signals) process.on(signal, pass)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      for (const name of signals) process.removeListener(name, pass)
      // Ended by a signal: end the same way, so that whoever waits for this process sees it.
      if (signal !== null) process.kill(process.pid, signal)
      resolve(code ?? 1)
    })
  })
}
