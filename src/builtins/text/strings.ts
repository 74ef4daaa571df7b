/**
 * The plain string algorithms behind builtins and printing (floor 4, pure): byte strings in, byte strings out.
 * Nothing here knows values, contexts or positions.
 */
import { NixError } from '../../errors.ts'
import { CHAIN, TextOut } from '../../text-out.ts'

/** One `from` string found in the subject; what `planReplacements` collects. */
export interface ReplacementPlan {
  /** Triples: start of the hit, start of the text that goes on after it, index into `from`. */
  readonly hits: readonly number[]
  /** The indexes of `from` that were hit, each once, in the order of their first hit: only these `to`s are forced. */
  readonly used: readonly number[]
}

/**
 * Finds what `replaceStrings` replaces, so that a caller can force the replacements that are used, and only those.
 * At each byte the first `from` that matches wins; an empty one matches everywhere, the end included, and lets the
 * byte it stands before through. Nix: primops.cc, prim_replaceStrings.
 */
export function planReplacements(from: readonly string[], s: string): ReplacementPlan {
  const hits: number[] = []
  const used: number[] = []
  // What stands behind an empty string is never reached.
  const empty = from.indexOf('')
  const count = empty === -1 ? from.length : empty
  const size = s.length
  if (count === 1 && empty === -1) {
    const only = from[0]
    for (let at = s.indexOf(only); at !== -1; at = s.indexOf(only, at + only.length)) {
      hits.push(at, at + only.length, 0)
    }
    if (hits.length > 0) used.push(0)
    return { hits, used }
  }
  if (count === 0 && empty === -1) return { hits, used }
  const seen: boolean[] = []
  for (let i = 0; i < from.length; i++) seen.push(false)
  const all: number[] = []
  for (let i = 0; i < count; i++) all.push(i)
  // A table pays where it is asked more often than it has places; most subjects are short.
  const byFirst = count * size > TABLE_PAYS ? byFirstByte(from, count) : null
  let p = 0
  while (p <= size) {
    let found = empty
    if (p < size) {
      const byte = s.charCodeAt(p)
      const bucket = byFirst === null ? all : byFirst[byte]
      if (bucket !== undefined) {
        for (let b = 0; b < bucket.length; b++) {
          const candidate = from[bucket[b]]
          if (candidate.charCodeAt(0) === byte && (candidate.length === 1 || s.startsWith(candidate, p))) {
            found = bucket[b]
            break
          }
        }
      }
    }
    if (found === -1) {
      p++
      continue
    }
    if (!seen[found]) {
      seen[found] = true
      used.push(found)
    }
    // After an empty hit the byte at `p` is copied: the text goes on at `p` but the search at `p + 1`.
    const length = from[found].length
    hits.push(p, p + length, found)
    p += length === 0 ? 1 : length
  }
  return { hits, used }
}

/** So many comparisons of a byte with what patterns begin with are cheaper than a table of 256 places. */
const TABLE_PAYS = 600

/** The indices of the first patterns by the byte that they begin with. */
function byFirstByte(from: readonly string[], count: number): (number[] | undefined)[] {
  const buckets: (number[] | undefined)[] = []
  for (let i = 0; i < 256; i++) buckets.push(undefined)
  for (let i = 0; i < count; i++) {
    const first = from[i].charCodeAt(0)
    const bucket = buckets[first]
    if (bucket === undefined) buckets[first] = [i]
    else bucket.push(i)
  }
  return buckets
}

/** The subject with the planned hits replaced; `to` is asked once per hit. */
export function applyReplacements(plan: ReplacementPlan, to: (index: number) => string, s: string): string {
  const { hits } = plan
  if (hits.length === 0) return s
  let out: TextOut | undefined
  let rest = ''
  let done = 0
  for (let i = 0; i < hits.length; i += 3) {
    if (hits[i] > done) rest += s.slice(done, hits[i])
    rest += to(hits[i + 2])
    done = hits[i + 1]
    // Most results are short.
    if (rest.length > CHAIN) {
      out ??= new TextOut()
      out.add(rest)
      rest = ''
    }
  }
  if (done < s.length) rest += s.slice(done)
  return out === undefined ? rest : out.text + rest
}

/** `builtins.replaceStrings` where every replacement can be had at once. `to` is asked for used indexes only. */
export function replaceStrings(from: readonly string[], to: (index: number) => string, s: string): string {
  return applyReplacements(planReplacements(from, s), to, s)
}

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
