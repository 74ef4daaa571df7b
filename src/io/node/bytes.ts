/**
 * Node's strings and byte strings (floor 1, Node only), and what the process was given: words, environment, working folder.
 * Node decodes these as UTF-8 and puts U+FFFD where that fails, so then the kernel is asked for the bytes; where it has
 * no /proc, what Node has must do.
 */
import { readFileSync, readlinkSync } from 'node:fs'

const NON_ASCII = /[^\0-\x7f]/
const LOST = '\ufffd'

/** A JS string as Node gives it to the byte string that it stands for. */
export function bytesOfNodeString(text: string): string {
  return NON_ASCII.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text
}

/** A byte string to the JS string Node wants (environment, URLs). */
export function nodeStringOfBytes(bytes: string): string {
  return NON_ASCII.test(bytes) ? Buffer.from(bytes, 'latin1').toString('utf8') : bytes
}

/** A path as Node wants it: its strings are UTF-8 on the way out, so other bytes go as a buffer. */
export function nodePath(path: string): string | Buffer {
  return NON_ASCII.test(path) ? Buffer.from(path, 'latin1') : path
}

/** Whether these are the bytes that Node has made the text of. */
function isFrom(raw: string, text: string): boolean {
  return nodeStringOfBytes(raw) === text
}

/** A file of NUL-terminated strings that the kernel keeps for the process. */
function kept(name: string): string[] {
  try {
    return readFileSync(`/proc/self/${name}`, 'latin1').split('\0').slice(0, -1)
  } catch {
    return []
  }
}

/** The words of the command line after the script. */
export function commandWords(): string[] {
  const words = process.argv.slice(2)
  if (words.some((word) => word.includes(LOST))) {
    const raw = kept('cmdline').slice(-words.length)
    if (raw.length === words.length && raw.every((word, i) => isFrom(word, words[i]))) return raw
  }
  return words.map(bytesOfNodeString)
}

/** A variable of the environment; `name` is a byte string. */
export function environmentVariable(name: string): string | undefined {
  const value = process.env[nodeStringOfBytes(name)]
  if (value === undefined) return undefined
  if (value.includes(LOST)) {
    const raw = kept('environ').find((entry) => entry.startsWith(`${name}=`))
    if (raw !== undefined && isFrom(raw.slice(name.length + 1), value)) return raw.slice(name.length + 1)
  }
  return bytesOfNodeString(value)
}

/** The whole environment. */
export function environment(): Record<string, string | undefined> {
  const env: Record<string, string | undefined> = {}
  for (const name of Object.keys(process.env)) {
    const known = bytesOfNodeString(name)
    env[known] = environmentVariable(known)
  }
  return env
}

/** The working folder. Throws what Node throws when it is gone. */
export function workingFolder(): string {
  const folder = process.cwd()
  if (folder.includes(LOST)) {
    try {
      const raw = readlinkSync('/proc/self/cwd', 'latin1')
      if (isFrom(raw, folder)) return raw
    } catch {
      // As below.
    }
  }
  return bytesOfNodeString(folder)
}
