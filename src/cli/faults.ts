/**
 * What a program's end means (floor 6): any exception comes in; an exit code, and what to say, go out. Limits of the
 * JavaScript engine that a Nix program ran into become errors of that program; the rest are faults of Firnix.
 */
import { NixError } from '../errors.ts'

/** Exit codes, as in sysexits.h where it has one. */
export const EXIT_OK = 0
export const EXIT_ERROR = 1
export const EXIT_USAGE = 2
export const EXIT_FAULT = 70
export const EXIT_INTERRUPTED = 130
/** What a shell shows for a program that a closed pipe has ended. */
export const EXIT_PIPE = 141

/** The error of a Nix program that met a limit of the JavaScript engine; undefined for anything else. */
export function asLimit(e: unknown): NixError | undefined {
  if (!(e instanceof Error)) return undefined
  const { message } = e
  const code = (e as NodeJS.ErrnoException).code
  if (
    /Invalid string length|Cannot create a string longer/i.test(message) ||
    code === 'ERR_STRING_TOO_LONG'
  ) {
    return new NixError('eval', 'a string became longer than this JavaScript engine can hold')
  }
  if (code === 'ERR_FS_FILE_TOO_LARGE')
    return new NixError('io', 'a file is larger than this JavaScript engine can hold')
  if (
    e instanceof RangeError &&
    /Invalid (?:typed )?array (?:buffer )?length|allocation failed|maximum size exceeded|Invalid array length|too large/i.test(
      message,
    )
  ) {
    return new NixError(
      'eval',
      'out of memory: a list or set became larger than this JavaScript engine can hold',
    )
  }
  if (code === 'ERR_WORKER_OUT_OF_MEMORY' || /out of memory/i.test(message))
    return new NixError('eval', 'out of memory')
  return undefined
}

/** What is printed for a fault of Firnix: the wish for a report; the JavaScript stack only under FIRNIX_DEBUG. */
export function faultText(e: unknown, env: Readonly<Record<string, string | undefined>>): string {
  const what = e instanceof Error ? `${e.name}: ${e.message}` : String(e)
  const text =
    `firnix: internal fault: ${what.replace(/\s+/g, ' ').slice(0, 500)}\n` +
    'This is a fault of Firnix, not of the Nix program. Please report it with the command line and, if possible, the\n' +
    'expression; with FIRNIX_DEBUG=1 in the environment the message says where it happened.\n'
  if (!env.FIRNIX_DEBUG || !(e instanceof Error)) return text
  return `${text}${e.stack ?? ''}\n`
}
