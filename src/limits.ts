/** Limits of the JavaScript engine that a Nix program can run into (floor 0). */
import { NixError } from './errors.ts'

/**
 * The error of a Nix program that has met a limit of the engine: any exception comes in. Undefined for what is none, and so
 * a fault of Firnix. By the message, for V8 and Node have no other name for most of them.
 */
export function limitOf(thrown: unknown): NixError | undefined {
  if (!(thrown instanceof Error)) return undefined
  const { message } = thrown
  const { code } = thrown as NodeJS.ErrnoException
  if (code === 'ERR_STRING_TOO_LONG' || /invalid string length|cannot create a string longer/i.test(message))
    return new NixError('eval', 'a string is too long for this machine (more than 512 MiB)')
  if (code === 'ERR_FS_FILE_TOO_LARGE') return new NixError('io', 'a file is too large for this machine')
  if (thrown instanceof RangeError) {
    // A Map and a Set hold 2^24 entries.
    if (/(?:set|map) maximum size/i.test(message))
      return new NixError('eval', 'out of memory: there are too many sets and lists for this machine')
    if (
      /invalid (?:typed )?array (?:buffer )?length|allocation failed|maximum size exceeded|too large/i.test(
        message,
      )
    )
      return new NixError('eval', 'out of memory: a list or set is too large for this machine')
  }
  if (code === 'ERR_WORKER_OUT_OF_MEMORY' || /out of memory/i.test(message))
    return new NixError('eval', 'out of memory')
  return undefined
}
