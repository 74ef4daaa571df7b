/**
 * The launcher's look for a tracked result (floor 2): the words of a command go in; its kept output is written, or what
 * the program has to know comes out. Bundled by itself (dist/results.js) and loaded before the program is even read.
 */
import { writeSync } from 'node:fs'
import { bytesOfNodeString, commandWords, workingFolder } from '../io/node/bytes.ts'
import { type CacheDirectory, ownDirectory } from './place.ts'
import { type KeptResult, look, type Piece, requestText } from './result-file.ts'

/** What the launcher found out for the program. */
export interface Handover {
  /** The bundle of the program: its stamp is an input of every result. */
  bundle: string
  /** Where results are kept, and under which request. */
  place: CacheDirectory
  request: string
  /** Why no result was used; undefined: the program has to look for itself. */
  why: string | undefined
  /** Whether every file is to be hashed. */
  alwaysHash: boolean
  /** Standard input, when it had to be read. */
  stdin?: string
}

/** Flags that change neither what is evaluated nor what is printed, as far as results go. */
const ASIDE: ReadonlySet<string> = new Set(['--cache-results', '--explain-cache', '--stats'])

/**
 * The words that a result is known by. Flags of ours may come and go, but only where they cannot be anything but flags:
 * first, or last (the same words without a last one that is an argument are wrong usage, which is never kept).
 */
export function wordsOfRequest(words: readonly string[], first: number): string[] {
  const out = [...words]
  if (out.includes('--')) return out
  while (out.length > first && ASIDE.has(out[first])) out.splice(first, 1)
  while (out.length > first && ASIDE.has(out[out.length - 1])) out.pop()
  return out
}

/**
 * Looks for the result of this process's command line. Answers the exit code when there was one and it has been written,
 * else what the program needs; undefined: no result is to be used or kept.
 */
export function replay(program: string, bundle: string): number | Handover | undefined {
  const words = commandWords()
  if (!words.includes('--cache-results') || words.includes('--no-cache')) return undefined
  let folder: string
  try {
    folder = workingFolder()
  } catch {
    return undefined
  }
  const place = ownDirectory()
  if (place === undefined) return undefined
  const { platform, arch, version } = process
  const user = `${process.geteuid?.() ?? ''}.${process.getegid?.() ?? ''}`
  const request = requestText({
    arguments: [program, ...wordsOfRequest(words, program === 'firnix' ? 1 : 0)],
    folder,
    version: `${bytesOfNodeString(bundle)} ${platform} ${arch} ${version} ${user}`,
  })
  const check = words.lastIndexOf('--cache-check') + 1
  const alwaysHash = check > 0 && words[check] === 'hash'
  const found = look({ dir: place.dir, request, alwaysHash })
  if (found.kind === 'hit') {
    return giveAgain(found.result, words)
  }
  const why = found.kind === 'miss' ? found.why : undefined
  return {
    bundle,
    place,
    request,
    why,
    alwaysHash,
    ...(found.stdin === undefined ? {} : { stdin: found.stdin }),
  }
}

/** What a shell shows for a program that a closed pipe has ended. */
const PIPE_CLOSED = 141
const FAILED = 1

/** Writes a kept result, and what flags want to know of it; answers the exit code. */
export function giveAgain(result: KeptResult, words: readonly string[]): number {
  const code = write(result.pieces) ?? result.exitCode
  if (words.includes('--explain-cache')) explain(result)
  if (words.includes('--stats')) stats(result)
  return code
}

/** Writes pieces in their order. Answers the exit code when standard output takes no more; why is said. */
function write(pieces: readonly Piece[]): number | undefined {
  for (const { fd, bytes } of pieces) {
    for (let at = 0; at < bytes.length; ) {
      try {
        at += writeSync(fd, bytes, at)
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (code === 'EAGAIN' || code === 'EINTR') {
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4)
        } else if (code === 'EPIPE' && fd === 1) return PIPE_CLOSED
        else if (fd === 1) {
          const words = /^[A-Z0-9]+: ([^,]*)/.exec((error as Error).message)?.[1] ?? String(code)
          say(`error: writing to file: ${words.charAt(0).toUpperCase()}${words.slice(1)}\n`)
          return FAILED
        } else break
      }
    }
  }
  return undefined
}

function say(text: string): void {
  write([{ fd: 2, bytes: Buffer.from(text, 'latin1') }])
}

function explain(result: KeptResult): void {
  say(`note: the result of an earlier run was used: ${result.inputs.length} inputs are unchanged\n`)
}

function stats(result: KeptResult): void {
  let bytes = 0
  for (const piece of result.pieces) bytes += piece.bytes.length
  const figures = {
    time: { wall: process.uptime() },
    results: { hit: true, inputs: result.inputs.length, bytes },
  }
  say(`${JSON.stringify(figures, null, 2)}\n`)
}
