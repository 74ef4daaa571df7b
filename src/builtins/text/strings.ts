/**
 * The plain string algorithms behind builtins and printing (floor 4, pure): byte strings in, byte strings out.
 * Nothing here knows values, contexts or positions.
 */
import { NixError } from '../../errors.ts'

/**
 * `builtins.substring`: a negative length takes the rest, a start beyond the end gives "".
 * @throws NixError('eval') for a negative start. Nix: primops.cc, prim_substring.
 */
export function substring(start: number, length: number, s: string): string {
  if (start < 0) throw new NixError('eval', "negative start position in 'substring'")
  if (start >= s.length) return ''
  return length < 0 ? s.slice(start) : s.slice(start, start + length)
}

/** `baseNameOf` of a string: of trailing slashes only one is dropped, so `"a//"` gives "". Nix: legacyBaseNameOf. */
export function baseNameOf(path: string): string {
  if (path === '') return ''
  let last = path.length - 1
  if (last > 0 && path.charCodeAt(last) === 47) last--
  return path.slice(path.lastIndexOf('/', last) + 1, last + 1)
}

/** `dirOf` of a string: all before the last slash. Nix: primops.cc, prim_dirOf. */
export function dirOf(path: string): string {
  const slash = path.lastIndexOf('/')
  if (slash === -1) return '.'
  return slash === 0 ? '/' : path.slice(0, slash)
}

const WHITE_SPACE = /[ \t\n\r]/

/** What stands between white space. Nix: tokenizeString. */
export function words(text: string): string[] {
  // Mostly there is one (the outputs of a derivation), and to split it takes several times as long as to look.
  if (!WHITE_SPACE.test(text)) return text === '' ? [] : [text]
  return text.split(/[ \t\n\r]+/).filter((word) => word !== '')
}

/**
 * The refusal of a string with NUL bytes that comes out of JSON or TOML. Nix: forceNoNullByte.
 * The bytes are shown as U+2400.
 */
export function nullByteError(s: string): NixError {
  const shown = s.replaceAll('\0', '\xe2\x90\x80')
  return new NixError(
    'eval',
    `input string '${shown}' cannot be represented as Nix string because it contains null bytes`,
  )
}
