/**
 * URLs as Nix reads and writes them (floor 2): text in, parts out, and back. Byte strings throughout. Nix: libutil/url.cc.
 */
import { NixError } from '../errors.ts'

/** A text that is no URL, or a URL that means nothing: those who try several readings go on with the next. */
export class BadUrl extends NixError {
  constructor(message: string) {
    super('eval', message)
  }
}

/** Who is asked: `user:password@host:port`, decoded. An IPv6 host has its brackets. */
export interface Authority {
  readonly host: string
  readonly user?: string
  readonly password?: string
  readonly port?: number
}

/** A URL taken apart; everything is decoded. */
export interface ParsedUrl {
  scheme: string
  authority?: Authority
  /** What lies between the slashes: `/a/b` is `['', 'a', 'b']`. */
  path: string[]
  query: Map<string, string>
  fragment: string
}

const UNRESERVED = /[A-Za-z0-9\-._~]/
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*$/
const PATH = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9a-fA-F]{2})*$/
const QUERY = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9a-fA-F]{2})*$/
const QUERY_LENIENT = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/? "]|%[0-9a-fA-F]{2})*$/
const FRAGMENT_LENIENT = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/? "^]|%[0-9a-fA-F]{2})*$/
const USER = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=:]|%[0-9a-fA-F]{2})*$/
const HOST = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9a-fA-F]{2})*$/
const BRACKETED = /^\[[0-9A-Fa-f:.]+(?:%25[A-Za-z0-9\-._~%]+)?\]$/

/** Decodes `%41`. Throws BadUrl for a `%` without two digits. */
export function percentDecode(text: string): string {
  if (!text.includes('%')) return text
  if (/%(?![0-9a-fA-F]{2})/.test(text)) throw new BadUrl(`invalid URI parameter '${text}': mismatch`)
  return text.replace(/%([0-9a-fA-F]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  )
}

/** Writes all but letters, digits, `-._~` and the characters of `keep` as `%41`. */
function percentEncode(text: string, keep = ''): string {
  let out = ''
  for (const c of text) {
    if (UNRESERVED.test(c) || keep.includes(c)) out += c
    else out += `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
  }
  return out
}

/** `a=1&b=2` as a map, the first of equal names wins; `warn` gets what is said of a name without a value. */
export function decodeQuery(query: string, warn: (text: string) => void): Map<string, string> {
  if (!QUERY_LENIENT.test(query)) throw new BadUrl(`invalid URI query '${query}': leftover`)
  const out = new Map<string, string>()
  if (query === '') return out
  for (const part of query.split('&')) {
    const equals = part.indexOf('=')
    if (equals < 0) {
      warn(`dubious URI query '${part}' is missing equal sign '=', ignoring`)
      continue
    }
    const name = percentDecode(part.slice(0, equals))
    if (!out.has(name)) out.set(name, percentDecode(part.slice(equals + 1)))
  }
  return out
}

/** A query as text, names in byte order. */
function encodeQuery(query: ReadonlyMap<string, string>): string {
  return [...query.keys()]
    .sort()
    .map((name) => `${percentEncode(name, ':@/?')}=${percentEncode(query.get(name) as string, ':@/?')}`)
    .join('&')
}

function parseAuthority(text: string, whole: string): Authority {
  const bad = (): BadUrl => new BadUrl(`'${whole}' is not a valid URL: mismatch`)
  const at = text.lastIndexOf('@')
  let user: string | undefined
  let password: string | undefined
  if (at >= 0) {
    const info = text.slice(0, at)
    if (!USER.test(info)) throw bad()
    const colon = info.indexOf(':')
    user = percentDecode(colon < 0 ? info : info.slice(0, colon))
    if (colon >= 0) password = percentDecode(info.slice(colon + 1))
  }
  const rest = text.slice(at + 1)
  const match = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(rest)
  if (match === null) throw bad()
  const host = match[1]
  if (!(host.startsWith('[') ? BRACKETED : HOST).test(host)) throw bad()
  const digits = match[2] ?? ''
  const port = digits === '' ? undefined : Number(digits)
  if (port !== undefined && (port === 0 || port > 65535)) throw new BadUrl(`port '${digits}' is invalid`)
  return {
    host: host.startsWith('[') ? host : percentDecode(host),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...(port === undefined ? {} : { port }),
  }
}

function printAuthority(a: Authority): string {
  let out = ''
  if (a.user !== undefined) {
    out += percentEncode(a.user)
    if (a.password !== undefined) out += `:${percentEncode(a.password)}`
    out += '@'
  }
  out += a.host.startsWith('[') ? a.host : percentEncode(a.host)
  return a.port === undefined ? out : `${out}:${a.port}`
}

/**
 * Takes a URL apart. `lenient`: spaces and quotes may stand bare in query and fragment, as Nix has always let them.
 * Throws BadUrl: `'x' doesn't have a scheme`, `'…' is not a valid URL: …`, `port '0' is invalid`,
 * `file:// URL '…' has unexpected authority 'h'`.
 */
export function parseUrl(text: string, lenient = false, warn: (text: string) => void = () => {}): ParsedUrl {
  const invalid = (why: string): BadUrl => new BadUrl(`'${text}' is not a valid URL: ${why}`)
  const hash = text.indexOf('#')
  const fragmentText = hash < 0 ? '' : text.slice(hash + 1)
  const noFragment = hash < 0 ? text : text.slice(0, hash)
  const mark = noFragment.indexOf('?')
  const queryText = mark < 0 ? '' : noFragment.slice(mark + 1)
  const main = mark < 0 ? noFragment : noFragment.slice(0, mark)
  const colon = main.search(/[:/]/)
  if (colon < 0 || main[colon] === '/') {
    if (!PATH.test(main)) throw invalid('leftover')
    throw new BadUrl(`'${text}' doesn't have a scheme`)
  }
  const scheme = main.slice(0, colon)
  if (!SCHEME.test(scheme)) throw invalid('mismatch')
  let rest = main.slice(colon + 1)
  let authority: Authority | undefined
  if (rest.startsWith('//')) {
    const slash = rest.indexOf('/', 2)
    const authorityText = slash < 0 ? rest.slice(2) : rest.slice(2, slash)
    if (/[ "<>\\^`{|}]/.test(authorityText)) throw invalid('leftover')
    authority = parseAuthority(authorityText, text)
    rest = slash < 0 ? '' : rest.slice(slash)
  }
  if (/%(?![0-9a-fA-F]{2})/.test(rest)) throw invalid('mismatch')
  if (!PATH.test(rest)) throw invalid('leftover')
  if (!(lenient ? QUERY_LENIENT : QUERY).test(queryText)) throw invalid('leftover')
  if (!(lenient ? FRAGMENT_LENIENT : QUERY).test(fragmentText)) throw invalid('leftover')
  const isFile = urlScheme(scheme).transport === 'file'
  if (authority !== undefined && authority.host !== '' && isFile) {
    throw new BadUrl(`file:// URL '${text}' has unexpected authority '${printAuthority(authority)}'`)
  }
  if (isFile && rest === '') rest = '/'
  return {
    scheme,
    ...(authority === undefined ? {} : { authority }),
    path: rest.split('/').map(percentDecode),
    query: decodeQuery(queryText, warn),
    fragment: percentDecode(fragmentText),
  }
}

/** A URL as text. */
export function printUrl(url: ParsedUrl): string {
  let out = `${url.scheme}:`
  if (url.authority !== undefined) out += `//${printAuthority(url.authority)}`
  out += url.path.map((part) => percentEncode(part, ':@')).join('/')
  if (url.query.size > 0) out += `?${encodeQuery(url.query)}`
  return url.fragment === '' ? out : `${out}#${percentEncode(url.fragment)}`
}

/** `git+https` is the application `git` over the transport `https`. */
export function urlScheme(scheme: string): { application?: string; transport: string } {
  const plus = scheme.indexOf('+')
  return plus < 0
    ? { transport: scheme }
    : { application: scheme.slice(0, plus), transport: scheme.slice(plus + 1) }
}

/** The path that a URL's parts stand for. Throws BadUrl for a part that is no file name. */
export function pathOfUrl(url: ParsedUrl): string {
  for (const part of url.path) {
    if (part.includes('/')) {
      throw new BadUrl(`URL path component '${part}' contains '/', which is not allowed in file names`)
    }
    if (part.includes('\0')) {
      throw new BadUrl(
        `URL path component '${part.replaceAll('\0', '\xe2\x90\x80')}' contains NUL byte which is not allowed`,
      )
    }
  }
  return url.path.join('/')
}

/** A URL that names a local path. */
export function fileUrl(scheme: string, path: string, query: Map<string, string> = new Map()): ParsedUrl {
  const absolute = path.startsWith('/')
  return {
    scheme,
    ...(absolute ? { authority: { host: '' } } : {}),
    path: path.split('/'),
    query,
    fragment: '',
  }
}

/**
 * What `git` is given, as a URL: local paths, `user@host:path`, and `git+https:` become ones. Throws BadUrl.
 * Nix: url.cc, fixGitURL.
 */
export function fixGitUrl(text: string, warn: (text: string) => void = () => {}): ParsedUrl {
  const scp = /^([^/]*)@(.*):(.*)$/s.exec(text)
  if (!text.startsWith('/') && scp !== null && !text.includes('://')) {
    return parseUrl(`ssh://${scp[1]}@${scp[2]}/${scp[3]}`, false, warn)
  }
  if (!/^(?:git\+)?file:/.test(text) && !text.includes('://')) {
    if (/^[^/]*:/.test(text)) {
      throw new BadUrl(`SCP-like URL '${text}' is not supported; use SSH URL syntax instead (ssh://...)`)
    }
    return text === ''
      ? { scheme: 'file', path: ['', ''], query: new Map(), fragment: '' }
      : fileUrl('file', text)
  }
  const url = parseUrl(text, false, warn)
  const { application, transport } = urlScheme(url.scheme)
  return application === 'git' ? { ...url, scheme: transport } : url
}

/**
 * Whether a branch, tag or reference may be called this. Git: check-ref-format.
 */
export function isLegalRefName(name: string): boolean {
  if (name === '' || name === '@' || name.startsWith('-') || name.startsWith('/') || name.endsWith('/'))
    return false
  if (name.endsWith('.') || /[\x00-\x20\x7f~^:?*[\\]/.test(name)) return false
  if (name.includes('..') || name.includes('@{') || name.includes('//')) return false
  return !name.split('/').some((part) => part.startsWith('.') || part.endsWith('.lock'))
}
