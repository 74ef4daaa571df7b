/**
 * The heap that a long run needs (floor 6). V8 takes its limits from the command line only, and the programs are run by
 * `node FILE`: so the process starts itself anew once, with flags. Where Node can, it replaces itself.
 */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { totalmem } from 'node:os'

/**
 * The share of the machine's memory that old objects may take. A package tree of 2020 takes 2 GB of them and one of 2026, with
 * three times as many derivations, 7 GB; a limit that is not met costs nothing, V8 collects as before.
 */
const SHARE = 0.85
/** Node 20's young generation is far too small for this kind of program. */
const SEMI_SPACE = 64

/**
 * So much may come together before the first search for what is garbage among old objects, and this share of the limit: little
 * of what a tree's evaluation has kept so long is ever let go of, and to look through 2 GB takes more than a second.
 */
const UNSEARCHED = 3072
const UNSEARCHED_SHARE = 1 / 4

/** A heap so many times as large makes up for doing everything twice. */
const WORTHWHILE = 1.25

/** The flags that Node was started with, those that count more last. */
export function nodeFlags(): string {
  return `${process.env.NODE_OPTIONS ?? ''} ${process.execArgv.join(' ')}`
}

type Execve = (file: string, args: readonly string[], env: NodeJS.ProcessEnv) => never

/** Node's own way to become another program, if it has one (24 and later, not on Windows). */
function ownExecve(): Execve | undefined {
  return process.platform === 'win32' ? undefined : (process as { execve?: Execve }).execve
}

/** Whether the user has set how large the heap may get (`node --max-old-space-size`, NODE_OPTIONS), which is respected. */
export function isHeapGiven(): boolean {
  return /--max[-_](old[-_]space|heap)[-_]size/.test(nodeFlags())
}

/** The least that V8 asks the system for at a time (kRegularPageSize), in MiB. */
const PAGE = 0.25

/** MiB of heap that fit into the pieces of memory that Linux lets a process have (65,530 of them, unless somebody has said more). */
function mappable(): number {
  try {
    return Number(readFileSync('/proc/sys/vm/max_map_count', 'latin1')) * PAGE
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

/** MiB of memory that this process and its children may have. */
function memory(): number {
  return Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY) / 2 ** 20
}

/** MiB that old objects may take in a process with a big heap. */
function bigHeap(): number {
  return Math.floor(Math.min(memory(), mappable()) * SHARE)
}

/**
 * MiB for old objects to begin again with when `size` were too little: 0 if a process in this one's place could not have a
 * good deal more, or the user has set the limit.
 */
export function largerHeap(size: number): number {
  if (isHeapGiven()) return 0
  // A child does not get what this process goes on holding.
  const larger = bigHeap() - (ownExecve() === undefined ? size : 0)
  return larger >= size * WORTHWHILE ? larger : 0
}

/**
 * Makes sure that this process has a big heap. Answers undefined when it has, or the exit code of the process that ran in
 * its place, with some variables more.
 */
export async function ensureHeap(variables: Readonly<Record<string, string>>): Promise<number | undefined> {
  return isHeapGiven() ? undefined : beginAgain(bigHeap(), variables)
}

/**
 * Runs this program anew with so many MiB for old objects, and with some variables more. Answers its exit code, if it could not
 * take this one's place.
 */
export async function beginAgain(
  size: number,
  variables: Readonly<Record<string, string>> = {},
): Promise<number> {
  const args = argsWith(flagsFor(size))
  const env = { ...process.env, ...variables }
  try {
    ownExecve()?.call(process, process.execPath, [process.argv0, ...args], env)
  } catch {
    // A policy forbids it, or the command line is too long: a child can still do it.
  }
  return inChild(args, env)
}

/** Node's arguments to run this program with other flags. */
export function argsWith(flags: readonly string[]): string[] {
  return [...process.execArgv, ...flags, ...process.argv.slice(1)]
}

/** Node's flags for so many MiB of old objects. */
function flagsFor(size: number): string[] {
  const unsearched = Math.floor(Math.min(size * UNSEARCHED_SHARE, UNSEARCHED))
  const flags = [`--max-old-space-size=${size}`, `--initial-old-space-size=${unsearched}`]
  const [major] = process.versions.node.split('.').map(Number)
  if (major < 24 && !/--max[-_]semi[-_]space[-_]size/.test(nodeFlags()))
    flags.push(`--max-semi-space-size=${SEMI_SPACE}`)
  return flags
}

/** Node's flags for each of so many processes that have the machine to themselves. */
export function workerFlags(workers: number): string[] {
  return isHeapGiven() ? [] : flagsFor(Math.floor(Math.min(memory() / workers, mappable()) * SHARE))
}

/** Runs this program with other flags as a child and waits for it, passing signals on. */
function inChild(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(process.execPath, args, { stdio: 'inherit', env })
  // A terminal sends its signals to both; this one only has to outlive the child.
  const release = onSignals((signal) => {
    if (signal === 'SIGTERM' || signal === 'SIGHUP') child.kill(signal)
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      release()
      // Ended by a signal: end the same way, so that whoever waits for this process sees it.
      if (signal !== null) process.kill(process.pid, signal)
      resolve(code ?? 1)
    })
  })
}

const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']

/** Has something done instead of what signals do that end a process. Answers how to let them end it again. */
export function onSignals(take: (signal: NodeJS.Signals) => void): () => void {
  for (const signal of SIGNALS) process.on(signal, take)
  return () => {
    for (const signal of SIGNALS) process.removeListener(signal, take)
  }
}
