/**
 * Inputs of fetchers (floor 2): where a tree comes from, as attributes and as a URL, for each kind of place (scheme).
 * Nix: libfetchers/fetchers.cc and the schemes beside it.
 */
import { NixError } from '../errors.ts'
import { type Hash, parseHash, printHash } from '../store/hash.ts'
import {
  BadUrl,
  fileUrl,
  fixGitUrl,
  isLegalRefName,
  type ParsedUrl,
  parseUrl,
  pathOfUrl,
  printUrl,
  urlScheme,
} from './url.ts'

/** What an attribute of an input may be. */
export type InputValue = string | number | boolean

/** The attributes of an input; `type` names the scheme. Never changed once made. */
export type Input = ReadonlyMap<string, InputValue>

/** What reading inputs depends on, and who hears of dubious ones. */
export interface InputOptions {
  readonly features: ReadonlySet<string>
  readonly warn: (text: string) => void
}

const REV = /^[0-9a-fA-F]{40}$/
const FLAKE_ID = /^[a-zA-Z][a-zA-Z0-9_-]*$/
const HOST = /^[a-zA-Z0-9.-]*$/
const FORGES: readonly string[] = ['github', 'gitlab', 'sourcehut']
const CURL_ATTRS = ['url', 'narHash', 'name', 'unpack', 'rev', 'revCount', 'lastModified']
const FORGE_ATTRS = ['owner', 'repo', 'ref', 'rev', 'narHash', 'lastModified', 'host', 'treeHash']
const VERIFIED = ['verifyCommit', 'keytype', 'publicKey', 'publicKeys']

/** What each scheme takes besides `type`. */
const ALLOWED: ReadonlyMap<string, readonly string[]> = new Map([
  ['path', ['path', 'rev', 'revCount', 'lastModified', 'narHash']],
  ['file', CURL_ATTRS],
  ['tarball', CURL_ATTRS],
  [
    'git',
    [
      'url',
      'ref',
      'rev',
      'shallow',
      'submodules',
      'lfs',
      'exportIgnore',
      'lastModified',
      'revCount',
      'narHash',
      'allRefs',
      'name',
      'dirtyRev',
      'dirtyShortRev',
      ...VERIFIED,
    ],
  ],
  ['hg', ['url', 'ref', 'rev', 'revCount', 'narHash', 'name']],
  ['indirect', ['id', 'ref', 'rev', 'narHash']],
  ...FORGES.map((name) => [name, FORGE_ATTRS] as const),
])

/** The schemes that count as part of flakes. */
const NEED_FLAKES: ReadonlySet<string> = new Set(['path', 'indirect', ...FORGES])

const TARBALL_END = /\.(?:zip|tar|tgz|tar\.gz|tar\.xz|tar\.bz2|tar\.zst)$/

function error(message: string): NixError {
  return new NixError('eval', message)
}

function needFeature(options: InputOptions, feature: string): void {
  if (options.features.has(feature)) return
  throw error(
    `experimental Nix feature '${feature}' is disabled; add '--extra-experimental-features ${feature}' to enable it`,
  )
}

function quote(text: string): string {
  const escaped = text.replace(/["\\\x00-\x1f]/g, (c) => {
    const short = '\b\t\n\f\r"\\'.indexOf(c)
    if (short >= 0) return `\\${'btnfr"\\'[short]}`
    return `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
  return `"${escaped}"`
}

/** The attributes as Nix's messages show them: JSON, names sorted. */
export function showInput(input: Input): string {
  const rows = [...input.keys()].sort().map((name) => {
    const value = input.get(name) as InputValue
    return `${quote(name)}:${typeof value === 'string' ? quote(value) : String(value)}`
  })
  return `{${rows.join(',')}}`
}

/** A text attribute. Throws NixError `input attribute 'x' is not a string …`. */
export function maybeText(input: Input, name: string): string | undefined {
  const value = input.get(name)
  if (value === undefined || typeof value === 'string') return value
  throw error(`input attribute '${name}' is not a string ${showInput(input)}`)
}

/** The same, required. Throws NixError `input attribute 'x' is missing`. */
export function text(input: Input, name: string): string {
  const value = maybeText(input, name)
  if (value === undefined) throw error(`input attribute '${name}' is missing`)
  return value
}

/** A number. Throws NixError `input attribute 'x' is not an integer`. */
export function maybeInt(input: Input, name: string): number | undefined {
  const value = input.get(name)
  if (value === undefined || typeof value === 'number') return value
  throw error(`input attribute '${name}' is not an integer`)
}

/** A Boolean, false when absent. Throws NixError `input attribute 'x' is not a Boolean`. */
export function flag(input: Input, name: string): boolean {
  const value = input.get(name)
  if (value === undefined) return false
  if (typeof value === 'boolean') return value
  throw error(`input attribute '${name}' is not a Boolean`)
}

/** The hash of the tree that the input promises. Throws NixError for a bad one. */
export function narHashOf(input: Input): Hash | undefined {
  const given = maybeText(input, 'narHash')
  if (given === undefined) return undefined
  if (given === '') return { algo: 'sha256', hex: '0'.repeat(64) }
  if (!/^(?:md5|sha1|sha256|sha512|blake3)-/.test(given)) throw error(`hash '${given}' is not SRI`)
  const hash = parseHash(given)
  if (hash.algo !== 'sha256') throw new NixError('usage', 'narHash must use SHA-256')
  return hash
}

/** The commit, in hex. Throws NixError for what is none. */
export function revOf(input: Input): string | undefined {
  const given = maybeText(input, 'rev')
  if (given === undefined) return undefined
  return /^(?:sha1|sha256):/.test(given) ? parseHash(given).hex : parseHash(given, 'sha1').hex
}

/** What the tree is called in the store. */
export function nameOfInput(input: Input): string {
  return maybeText(input, 'name') ?? 'source'
}

function fixup(input: Input): Input {
  text(input, 'type')
  maybeText(input, 'ref')
  maybeInt(input, 'revCount')
  maybeInt(input, 'lastModified')
  return input
}

/** An input with some attributes changed; undefined takes one away. */
export function withAttrs(input: Input, changes: Readonly<Record<string, InputValue | undefined>>): Input {
  const out = new Map(input)
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) out.delete(name)
    else out.set(name, value)
  }
  return out
}

/**
 * An input from its attributes. One of a scheme that is not known is taken as it is; it cannot be fetched.
 * Throws NixError: attributes that are missing, of the wrong kind or not supported by the scheme.
 */
export function inputFromAttrs(attrs: Input, options: InputOptions): Input {
  const type = maybeText(attrs, 'type')
  if (type === undefined) throw error("'type' attribute to specify input scheme is required but not provided")
  const allowed = ALLOWED.get(type)
  if (allowed === undefined) return fixup(attrs)
  if (NEED_FLAKES.has(type)) needFeature(options, 'flakes')
  for (const name of [...attrs.keys()].sort()) {
    if (name !== 'type' && name !== '__final' && !allowed.includes(name)) {
      throw error(`input attribute '${name}' not supported by scheme '${type}'`)
    }
  }
  return fixup(checkAttrs(type, attrs, options))
}

function checkAttrs(type: string, attrs: Input, options: InputOptions): Input {
  switch (type) {
    case 'path':
      text(attrs, 'path')
      return attrs
    case 'git': {
      for (const name of VERIFIED) if (attrs.has(name)) needFeature(options, 'verified-fetches')
      flag(attrs, 'verifyCommit')
      const ref = maybeText(attrs, 'ref')
      if (ref !== undefined && !isLegalRefName(ref)) throw new BadUrl(`invalid Git branch/tag name '${ref}'`)
      const fixed = withAttrs(attrs, { url: printUrl(fixGitUrl(text(attrs, 'url'), options.warn)) })
      for (const name of ['shallow', 'submodules', 'allRefs']) flag(fixed, name)
      return fixed
    }
    case 'hg':
      parseUrl(text(attrs, 'url'), false, options.warn)
      return attrs
    case 'indirect': {
      const id = text(attrs, 'id')
      if (!FLAKE_ID.test(id)) throw new BadUrl(`'${id}' is not a valid flake ID`)
      return attrs
    }
    case 'github':
    case 'gitlab':
    case 'sourcehut':
      return checkForge(attrs)
    default:
      return attrs
  }
}

function checkForge(attrs: Input): Input {
  text(attrs, 'owner')
  text(attrs, 'repo')
  const ref = maybeText(attrs, 'ref')
  const rev = maybeText(attrs, 'rev')
  if (ref !== undefined && rev !== undefined) {
    throw new BadUrl(
      `input ${showInput(attrs)} contains both a commit hash ('${rev}') and a branch/tag name ('${ref}')`,
    )
  }
  if (rev !== undefined) parseHash(rev, 'sha1')
  if (ref !== undefined && !isLegalRefName(ref)) {
    throw new BadUrl(`input ${showInput(attrs)} contains an invalid branch/tag name`)
  }
  const host = maybeText(attrs, 'host')
  if (host !== undefined && !HOST.test(host)) {
    throw new BadUrl(`input ${showInput(attrs)} contains an invalid instance host`)
  }
  return attrs
}

/**
 * An input from a URL. `requireTree`: a URL that could be a plain file is taken for an archive. Throws BadUrl, NixError
 * `input '…' is unsupported` and what `inputFromAttrs` throws.
 */
export function inputFromUrl(url: ParsedUrl, requireTree: boolean, options: InputOptions): Input {
  const { application, transport } = urlScheme(url.scheme)
  if (url.scheme === 'git' || application === 'git') return fixup(gitFromUrl(url, options))
  if (url.scheme === 'path') return feature('path', pathFromUrl(url))
  if (url.scheme === 'flake') return feature('indirect', indirectFromUrl(url))
  if (FORGES.includes(url.scheme)) return feature(url.scheme, forgeFromUrl(url))
  if (application === 'hg' && ['http', 'https', 'ssh', 'file'].includes(transport))
    return fixup(hgFromUrl(url, transport))
  if (['file', 'http', 'https'].includes(transport)) {
    const isTarball = requireTree || TARBALL_END.test(url.path[url.path.length - 1] ?? '')
    const kind = application ?? (isTarball ? 'tarball' : 'file')
    if (kind === 'file' || kind === 'tarball') return fixup(curlFromUrl(kind, url, transport))
  }
  if (application === 'file' && transport === 'git') {
    throw error(`input '${printUrl(url)}' is unsupported; did you mean 'git+file' instead of 'file+git'?`)
  }
  throw error(`input '${printUrl(url)}' is unsupported`)

  function feature(type: string, input: Input): Input {
    if (NEED_FLAKES.has(type)) needFeature(options, 'flakes')
    return fixup(input)
  }
}

function gitFromUrl(url: ParsedUrl, options: InputOptions): Input {
  const attrs = new Map<string, InputValue>([['type', 'git']])
  const query = new Map<string, string>()
  for (const [name, value] of url.query) {
    if (['rev', 'ref', 'keytype', 'publicKey', 'publicKeys'].includes(name)) attrs.set(name, value)
    else if (['shallow', 'submodules', 'lfs', 'exportIgnore', 'allRefs', 'verifyCommit'].includes(name)) {
      attrs.set(name, value === '1')
    } else query.set(name, value)
  }
  attrs.set('url', printUrl({ ...url, query }))
  return checkAttrs('git', attrs, options)
}

function pathFromUrl(url: ParsedUrl): Input {
  if (url.authority !== undefined && url.authority.host !== '') {
    throw error(`path URL '${printUrl(url)}' should not have an authority ('${url.authority.host}')`)
  }
  const attrs = new Map<string, InputValue>([
    ['type', 'path'],
    // `path:` is the root.
    ['path', pathOfUrl(url) || '/'],
  ])
  for (const name of [...url.query.keys()].sort()) {
    const value = url.query.get(name) as string
    if (name === 'rev' || name === 'narHash') attrs.set(name, value)
    else if (name === 'revCount' || name === 'lastModified') {
      if (!/^\d+$/.test(value)) throw error(`path URL '${printUrl(url)}' has invalid parameter '${name}'`)
      attrs.set(name, Number(value))
    } else throw error(`path URL '${printUrl(url)}' has unsupported parameter '${name}'`)
  }
  return attrs
}

function indirectFromUrl(url: ParsedUrl): Input {
  const path = url.path.filter((part) => part !== '')
  const shown = printUrl(url)
  let ref: string | undefined
  let rev: string | undefined
  if (path.length === 2) {
    if (REV.test(path[1])) rev = path[1]
    else if (isLegalRefName(path[1])) ref = path[1]
    else throw new BadUrl(`in flake URL '${shown}', '${path[1]}' is not a commit hash or branch/tag name`)
  } else if (path.length === 3) {
    if (!isLegalRefName(path[1]))
      throw new BadUrl(`in flake URL '${shown}', '${path[1]}' is not a branch/tag name`)
    if (!REV.test(path[2])) throw new BadUrl(`in flake URL '${shown}', '${path[2]}' is not a commit hash`)
    ref = path[1]
    rev = path[2]
  } else if (path.length !== 1) throw new BadUrl(`GitHub URL '${shown}' is invalid`)
  if (!FLAKE_ID.test(path[0])) throw new BadUrl(`'${path[0]}' is not a valid flake ID`)
  return withAttrs(new Map(), { type: 'indirect', id: path[0], rev: rev?.toLowerCase(), ref })
}

function forgeFromUrl(url: ParsedUrl): Input {
  const path = url.path.filter((part) => part !== '')
  const shown = printUrl(url)
  if (path.length < 2) throw new BadUrl(`URL '${shown}' is invalid`)
  const attrs = new Map<string, InputValue>()
  if (path.length === 3 && REV.test(path[2])) attrs.set('rev', path[2])
  else if (path.length > 2) attrs.set('ref', path.slice(2).join('/'))
  for (const [name, value] of url.query) {
    if (name === 'rev') {
      if (attrs.has(name)) throw new BadUrl(`URL '${shown}' contains multiple commit hashes`)
      attrs.set(name, value)
    } else if (name === 'ref') {
      if (attrs.has(name)) throw new BadUrl(`URL '${shown}' contains multiple branch/tag names`)
      attrs.set(name, value)
    } else if (name === 'host' || name === 'narHash') attrs.set(name, value)
  }
  attrs.set('type', url.scheme).set('owner', path[0]).set('repo', path[1])
  return checkForge(attrs)
}

function hgFromUrl(url: ParsedUrl, transport: string): Input {
  const attrs = new Map<string, InputValue>([['type', 'hg']])
  const query = new Map<string, string>()
  for (const [name, value] of url.query) {
    if (name === 'rev' || name === 'ref') attrs.set(name, value)
    else query.set(name, value)
  }
  return attrs.set('url', printUrl({ ...url, scheme: transport, query }))
}

function curlFromUrl(type: 'file' | 'tarball', url: ParsedUrl, transport: string): Input {
  const attrs = new Map<string, InputValue>()
  const query = new Map(url.query)
  for (const name of ['narHash', 'rev']) {
    const value = query.get(name)
    if (value !== undefined) attrs.set(name, value)
  }
  for (const name of ['revCount', 'lastModified']) {
    const value = query.get(name)
    if (value !== undefined && /^\d+$/.test(value)) attrs.set(name, Number(value))
  }
  for (const name of CURL_ATTRS) query.delete(name)
  return attrs.set('type', type).set('url', printUrl({ ...url, scheme: transport, query }))
}

/** The URL of an input. Throws NixError `cannot show unsupported input '…'`, and for attributes that are bad. */
function inputToUrl(input: Input): ParsedUrl {
  const type = text(input, 'type')
  switch (type) {
    case 'path': {
      const query = new Map<string, string>()
      for (const [name, value] of input) {
        if (name === 'path' || name === 'type' || name === '__final') continue
        query.set(name, typeof value === 'boolean' ? (value ? '1' : '0') : String(value))
      }
      return { scheme: 'path', path: text(input, 'path').split('/'), query, fragment: '' }
    }
    case 'file':
    case 'tarball': {
      const url = parseUrl(text(input, 'url'))
      const narHash = narHashOf(input)
      if (narHash !== undefined) url.query.set('narHash', printHash(narHash, 'sri'))
      return url
    }
    case 'git':
      return gitToUrl(input)
    case 'hg': {
      const url = parseUrl(text(input, 'url'))
      url.scheme = `hg+${url.scheme}`
      const rev = revOf(input)
      if (rev !== undefined) url.query.set('rev', rev)
      const ref = maybeText(input, 'ref')
      if (ref !== undefined) url.query.set('ref', ref)
      return url
    }
    case 'indirect': {
      const path = [text(input, 'id')]
      const ref = maybeText(input, 'ref')
      if (ref !== undefined) path.push(ref)
      const rev = revOf(input)
      if (rev !== undefined) path.push(rev)
      return { scheme: 'flake', path, query: new Map(), fragment: '' }
    }
    case 'github':
    case 'gitlab':
    case 'sourcehut': {
      const path = [text(input, 'owner'), text(input, 'repo')]
      const ref = maybeText(input, 'ref')
      const rev = revOf(input)
      if (ref !== undefined) path.push(ref)
      if (rev !== undefined) path.push(rev)
      const query = new Map<string, string>()
      const narHash = narHashOf(input)
      if (narHash !== undefined) query.set('narHash', printHash(narHash, 'sri'))
      const host = maybeText(input, 'host')
      if (host !== undefined) query.set('host', host)
      return { scheme: type, path, query, fragment: '' }
    }
    default:
      throw error(`cannot show unsupported input '${showInput(input)}'`)
  }
}

function gitToUrl(input: Input): ParsedUrl {
  const url = parseUrl(text(input, 'url'))
  if (url.scheme !== 'git') url.scheme = `git+${url.scheme}`
  const { query } = url
  const rev = revOf(input)
  if (rev !== undefined) query.set('rev', rev)
  const ref = maybeText(input, 'ref')
  if (ref !== undefined) query.set('ref', ref)
  for (const name of ['shallow', 'lfs', 'submodules', 'exportIgnore', 'verifyCommit']) {
    if (flag(input, name)) query.set(name, '1')
  }
  const key = maybeText(input, 'publicKey')
  if (key !== undefined) {
    query.set('keytype', maybeText(input, 'keytype') ?? 'ssh-ed25519')
    query.set('publicKey', key)
  }
  const keys = maybeText(input, 'publicKeys')
  if (keys !== undefined) query.set('publicKeys', keys)
  return url
}

/** An input as text. Throws as `inputToUrl`. */
export function printInput(input: Input, extra: ReadonlyMap<string, string> = new Map()): string {
  const url = inputToUrl(input)
  for (const [name, value] of extra) if (!url.query.has(name)) url.query.set(name, value)
  return printUrl(url)
}

/** A `path:` input that is relative to whoever names it: its path. */
export function relativePath(input: Input): string | undefined {
  if (input.get('type') !== 'path') return undefined
  const path = text(input, 'path')
  return path.startsWith('/') ? undefined : path
}

/** Whether what the input names can never change. Nix: InputScheme::isLocked. */
export function isLocked(input: Input): boolean {
  switch (input.get('type')) {
    case 'path':
    case 'file':
    case 'tarball':
      return narHashOf(input) !== undefined
    case 'git': {
      const rev = revOf(input)
      return rev !== undefined && !/^0+$/.test(rev)
    }
    case 'hg':
    case 'github':
    case 'gitlab':
    case 'sourcehut':
      return revOf(input) !== undefined
    default:
      return false
  }
}

/** Whether two inputs have the same attributes. */
export function sameInput(a: Input, b: Input): boolean {
  if (a.size !== b.size) return false
  for (const [name, value] of a) if (b.get(name) !== value) return false
  return true
}

/** The local directory that an input stands for, if it is one. */
export function sourcePathOf(input: Input): string | undefined {
  const type = input.get('type')
  if (type === 'path') {
    const path = text(input, 'path')
    return path.startsWith('/') ? path : undefined
  }
  if (type !== 'git') return undefined
  const url = parseUrl(text(input, 'url'))
  return url.scheme === 'file' ? pathOfUrl(url) : undefined
}

export { fileUrl }
