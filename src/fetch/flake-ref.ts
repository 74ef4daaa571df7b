/**
 * References to flakes (floor 2): an input, and the directory of the flake in it. Nix: libflake/flakeref.cc.
 */
import { NixError } from '../errors.ts'
import {
  type Input,
  type InputOptions,
  inputFromAttrs,
  inputFromUrl,
  maybeText,
  printInput,
  sameInput,
  withAttrs,
} from './input.ts'
import { BadUrl, decodeQuery, type ParsedUrl, parseUrl, percentDecode, printUrl } from './url.ts'

/** Where a flake is. */
export interface FlakeRef {
  readonly input: Input
  /** The directory of flake.nix below the root of the tree; empty for the root. */
  readonly dir: string
}

const ID_REF =
  /^[a-zA-Z][a-zA-Z0-9_-]*(?:\/(?:[0-9a-fA-F]{40}|[a-zA-Z0-9@][a-zA-Z0-9_./@+-]*(?:\/[0-9a-fA-F]{40})?))?$/
const FRAGMENT = /^(?:[a-zA-Z0-9\-._~!$&'"()*+,;=:@/? ^]|%[0-9a-fA-F]{2})*$/

/** What decides how a reference is read. */
export interface FlakeRefOptions extends InputOptions {
  /** Where relative paths start; without it they are errors, or stay relative if `relative`. */
  readonly relative?: boolean
  /** false: the input is no flake, so that a URL may be a plain file. */
  readonly isFlake?: boolean
}

function fromUrl(url: ParsedUrl, options: FlakeRefOptions): { ref: FlakeRef; fragment: string } {
  const dir = url.query.get('dir') ?? ''
  const query = new Map(url.query)
  query.delete('dir')
  const input = inputFromUrl({ ...url, query, fragment: '' }, options.isFlake ?? true, options)
  return { ref: { input, dir }, fragment: url.fragment }
}

/**
 * Reads a reference: `nixpkgs/ref`, a URL, or a path; what follows `#` is given beside it. Throws NixError
 * `flake reference '…' is not an absolute path` and those of `inputFromUrl`.
 */
export function parseFlakeRefWithFragment(
  text: string,
  options: FlakeRefOptions,
): { ref: FlakeRef; fragment: string } {
  const hash = text.indexOf('#')
  const id = hash < 0 ? text : text.slice(0, hash)
  const fragment = hash < 0 ? '' : text.slice(hash + 1)
  if (ID_REF.test(id) && FRAGMENT.test(fragment)) {
    const url: ParsedUrl = { scheme: 'flake', path: id.split('/'), query: new Map(), fragment: '' }
    return {
      ref: { input: inputFromUrl(url, options.isFlake ?? true, options), dir: '' },
      fragment: percentDecode(fragment),
    }
  }
  try {
    return fromUrl(parseUrl(text, true, options.warn), options)
  } catch (e) {
    if (!(e instanceof BadUrl)) throw e
  }
  const match = /^([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(text)
  if (match === null) throw new NixError('eval', `invalid flakeref '${text}'`)
  const path = match[1]
  const query = decodeQuery(match[2] ?? '', options.warn)
  const decoded = percentDecode(match[3] ?? '')
  const absolute = path.startsWith('/')
  if (!absolute && options.relative !== true) {
    throw new BadUrl(`flake reference '${text}' is not an absolute path`)
  }
  return fromUrl(
    {
      scheme: 'path',
      ...(absolute ? { authority: { host: '' } } : {}),
      path: path.split('/'),
      query,
      fragment: decoded,
    },
    options,
  )
}

/** Reads a reference that may have no `#…`. Throws NixError `unexpected fragment 'f' in flake reference '…'`. */
export function parseFlakeRef(text: string, options: FlakeRefOptions): FlakeRef {
  const { ref, fragment } = parseFlakeRefWithFragment(text, options)
  if (fragment !== '')
    throw new NixError('eval', `unexpected fragment '${fragment}' in flake reference '${text}'`)
  return ref
}

/** A reference from attributes. Throws as `inputFromAttrs`. */
export function flakeRefFromAttrs(attrs: Input, options: InputOptions): FlakeRef {
  return {
    input: inputFromAttrs(withAttrs(attrs, { dir: undefined }), options),
    dir: maybeText(attrs, 'dir') ?? '',
  }
}

/** The attributes of a reference. */
export function flakeRefToAttrs(ref: FlakeRef): Input {
  return ref.dir === '' || ref.input.has('dir') ? ref.input : withAttrs(ref.input, { dir: ref.dir })
}

/** A reference as text. Throws as `printInput`. */
export function printFlakeRef(ref: FlakeRef): string {
  return printInput(ref.input, ref.dir === '' ? new Map() : new Map([['dir', ref.dir]]))
}

/** The reference without the `?dir=` that old lock files have in the URL, too. Nix: FlakeRef::canonicalize. */
export function canonicalFlakeRef(ref: FlakeRef): FlakeRef {
  const given = ref.input.get('url')
  if (typeof given !== 'string') return ref
  try {
    const url = parseUrl(given, true)
    if (ref.dir !== '' && url.query.get('dir') === ref.dir) url.query.delete('dir')
    return { input: withAttrs(ref.input, { url: printUrl(url) }), dir: ref.dir }
  } catch (e) {
    if (e instanceof BadUrl) return ref
    throw e
  }
}

/** Whether two references are the same. */
export function sameFlakeRef(a: FlakeRef, b: FlakeRef): boolean {
  return a.dir === b.dir && sameInput(a.input, b.input)
}
