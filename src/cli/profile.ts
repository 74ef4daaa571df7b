/**
 * The file that a profile of the program goes into (floor 7): `--profile FILE`, or Nix's settings eval-profiler,
 * eval-profile-file and eval-profiler-frequency. Nix: EvalState's constructor, eval-profiler.cc.
 */
import { closeSync, fstatSync, openSync } from 'node:fs'
import { NixError } from '../errors.ts'
import { nodePath } from '../io/node/bytes.ts'
import { systemText } from '../io/node/errno.ts'
import { Profiler } from '../vm/profile.ts'
import type { Program } from './program.ts'
import type { Settings } from './settings.ts'
import { writeBytes } from './stdio.ts'

/** Bytes that are written together. */
const PIECE = 1 << 20
/** Milliseconds until the file is written for the first time. */
const FIRST = 2000

/** A profile that is being made. */
export interface Profile {
  readonly profiler: Profiler
  /** The program has run for a while. */
  tick(): void
}

/** The file that a profile goes to, if there is to be one; `file`: what `--profile` names. */
export function profileFile(settings: Settings, file: string | undefined): string | undefined {
  if (file !== undefined) return file
  return settings.text('eval-profiler') === 'flamegraph' ? settings.text('eval-profile-file') : undefined
}

/**
 * Begins the profile that was asked for; undefined if none was. `file`: that of `--profile`. The file is there at once, and is
 * written at the end of the run, whatever came of it; before that now and then, if it can be written twice, for a run that is
 * killed. Throws NixError `io` when it cannot be opened; that it cannot be written is an error at the end.
 */
export function openProfile(
  program: Program,
  settings: Settings,
  file: string | undefined,
  now: () => number = () => performance.now(),
): Profile | undefined {
  file = profileFile(settings, file)
  if (file === undefined) return undefined
  const { fd, again } = open(file)
  const profiler = new Profiler({ frequency: settings.int('eval-profiler-frequency'), clock: now })
  const write = (): void => writeLines(fd, profiler.lines(), again)
  program.atEnd(() => {
    try {
      write()
      closeSync(fd)
    } catch (e) {
      throw new NixError('io', `cannot write the profile to "${file}": ${systemText(e)}`)
    }
  })
  // Each time after a pause twice as long: all that is written is less than twice what there is in the end.
  let pause = FIRST
  let next = again ? now() + pause : Number.POSITIVE_INFINITY
  const tick = (): void => {
    if (now() < next) return
    try {
      write()
      pause *= 2
      next = now() + pause
    } catch {
      // The end will tell, if it has not got better by then.
      next = Number.POSITIVE_INFINITY
    }
  }
  return { profiler, tick }
}

/** Opens a file to be written, empty; `again`: whether it can be written more than once. */
function open(file: string): { fd: number; again: boolean } {
  try {
    const fd = openSync(nodePath(file), 'w', 0o660)
    return { fd, again: fstatSync(fd).isFile() }
  } catch (e) {
    throw new NixError('io', `opening file "${file}": ${systemText(e)}`)
  }
}

/** Writes lines, over what was written before: of a profile every line stays, and its count grows, so nothing is left of that. */
function writeLines(fd: number, lines: Iterable<string>, over: boolean): void {
  let at = 0
  let piece = ''
  const flush = (): void => {
    writeBytes(fd, piece, over ? at : undefined)
    at += piece.length
    piece = ''
  }
  for (const line of lines) {
    piece += line
    if (piece.length >= PIECE) flush()
  }
  flush()
}
