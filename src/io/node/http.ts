/**
 * Downloads over HTTP (floor 1): one request with its redirects, into a file. Whoever calls tries again and keeps what
 * came. Written on node:http rather than `fetch`, for each redirect, stall and proxy has to be seen.
 */
import * as fs from 'node:fs'
import * as http from 'node:http'
import * as https from 'node:https'
import type { Socket } from 'node:net'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import * as tls from 'node:tls'
import * as zlib from 'node:zlib'
import { bytesOfNodeString } from './bytes.ts'

/** Bounds of a request, in milliseconds. */
export interface HttpLimits {
  /** Until the server is connected to. */
  readonly connect: number
  /** Without a byte from it. */
  readonly stall: number
  readonly redirects: number
}

/** A request that came to nothing. `again`: the next try may do better. */
export class HttpFailure extends Error {
  readonly again: boolean
  /** What curl calls this kind of failure; empty where it is no failure of the transfer. */
  readonly kind: string
  constructor(message: string, again: boolean, kind = '') {
    super(message)
    this.again = again
    this.kind = kind
  }
}

/** A failure of the transfer, as curl has it: the name of its kind, the kind's number, and what was the matter. */
function transfer(kind: string, code: number, detail: string, again = true): HttpFailure {
  return new HttpFailure(`${kind} (${code}) ${detail}`, again, kind)
}

/** A failure after a server has answered: its status is told in the place of the details. */
function afterAnswer(error: unknown, status: number): unknown {
  if (!(error instanceof HttpFailure) || error.kind === '' || status === 0) return error
  return new HttpFailure(`HTTP error ${status} (curl error: ${error.kind})`, error.again)
}

/** The answers that bring what was asked for. */
const SUCCESSES: readonly number[] = [200, 201, 204, 206, 304]

/** What a request gave; the body is in the file. */
export interface HttpAnswer {
  readonly status: number
  readonly urls: readonly string[]
  readonly etag: string
  readonly link: string
}

/** Gets a URL into a file, which must not exist. Rejects with HttpFailure; the file may then be there in part. */
export async function getFile(
  url: string,
  headers: Readonly<Record<string, string>>,
  file: string,
  limits: HttpLimits,
  onBytes: (count: number, total: number) => void,
): Promise<HttpAnswer> {
  const urls = [url]
  let link = ''
  let sent = headers
  let status = 0
  for (;;) {
    const at = urls[urls.length - 1]
    const { response, done } = await request(at, sent, limits).catch((e: unknown) => {
      throw afterAnswer(e, status)
    })
    try {
      status = response.statusCode ?? 0
      link = header(response, 'link') || link
      const location = response.headers.location
      if (status >= 300 && status < 400 && status !== 304 && location !== undefined) {
        if (urls.length > limits.redirects) {
          throw transfer('Number of redirects hit maximum amount', 47, '', false)
        }
        const next = follow(at, location)
        // What is for one host is not for another.
        if (new URL(next).host !== new URL(at).host) sent = withoutSecrets(sent)
        urls.push(next)
        continue
      }
      const answer: HttpAnswer = { status, urls, etag: header(response, 'etag'), link }
      if (status === 304) return answer
      if (!SUCCESSES.includes(status)) throw await refused(response, status)
      await save(response, file, limits.stall, onBytes)
      return answer
    } catch (e) {
      throw afterAnswer(e, status)
    } finally {
      response.destroy()
      done()
    }
  }
}

function follow(from: string, location: string): string {
  let next: URL
  try {
    next = new URL(location, from)
  } catch {
    throw new HttpFailure(`the server redirects to '${bytesOfNodeString(location)}', which is no URL`, false)
  }
  if (next.protocol !== 'http:' && next.protocol !== 'https:') {
    throw transfer('Unsupported protocol', 1, '', false)
  }
  next.hash = ''
  return next.href
}

function withoutSecrets(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => /^(?:accept|if-none-match|user-agent)/i.test(name)),
  )
}

function header(response: http.IncomingMessage, name: string): string {
  const value = response.headers[name]
  return typeof value === 'string' ? value : (value?.join(', ') ?? '')
}

/** As long as this the body of a refusal is read; longer ones are not shown. */
const LONGEST_BODY = 1 << 20

/** The body of a refusal is shown, if it is a short text or a page. Nix: FileTransferError. */
async function refused(response: http.IncomingMessage, status: number): Promise<HttpFailure> {
  const pieces: Buffer[] = []
  let size = 0
  const shown = setTimeout(() => response.destroy(), 2000)
  try {
    for await (const piece of decoded(response)) {
      pieces.push(piece as Buffer)
      size += (piece as Buffer).length
      if (size > LONGEST_BODY) break
    }
  } catch {
    // The status says enough.
  } finally {
    clearTimeout(shown)
  }
  const body = Buffer.concat(pieces).toString('latin1')
  const again =
    status < 400 || (status >= 500 ? ![501, 505, 511].includes(status) : status === 408 || status === 429)
  const isShown = body !== '' && size <= LONGEST_BODY && (size < 1024 || body.includes('<html>'))
  const text = isShown ? `\n\nresponse body:\n\n${body.replace(/[ \t\r\n]+$/, '')}` : ''
  return new HttpFailure(`HTTP error ${status}${text}`, again)
}

function decoded(response: http.IncomingMessage): NodeJS.ReadableStream {
  switch (header(response, 'content-encoding').toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return response.pipe(zlib.createGunzip())
    case 'deflate':
      return response.pipe(zlib.createInflate())
    case 'br':
      return response.pipe(zlib.createBrotliDecompress())
    default:
      return response
  }
}

async function save(
  response: http.IncomingMessage,
  file: string,
  stall: number,
  onBytes: (count: number, total: number) => void,
): Promise<void> {
  const total = Number(response.headers['content-length'] ?? 0)
  let count = 0
  let timer: NodeJS.Timeout | undefined
  const watch = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => response.destroy(stalled(stall)), stall)
  }
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      count += chunk.length
      watch()
      onBytes(count, total)
      next(null, chunk)
    },
  })
  watch()
  try {
    const encoding = header(response, 'content-encoding').toLowerCase()
    if (!ENCODINGS.includes(encoding)) throw badEncoding()
    // Opened now: a stream that is given up before it has opened its file would make it afterwards.
    const out = fs.createWriteStream(file, { fd: fs.openSync(file, 'wx', 0o644) })
    if (encoding === 'gzip' || encoding === 'x-gzip')
      await pipeline(response, meter, zlib.createGunzip(), out)
    else if (encoding === 'deflate') await pipeline(response, meter, zlib.createInflate(), out)
    else if (encoding === 'br') await pipeline(response, meter, zlib.createBrotliDecompress(), out)
    else await pipeline(response, meter, out)
  } catch (e) {
    const { code } = e as NodeJS.ErrnoException
    if (code?.startsWith('Z_') || code?.startsWith('ERR__ERROR_FORMAT')) throw badEncoding()
    if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE') throw partial(total - count)
    throw failure(e)
  } finally {
    clearTimeout(timer)
  }
  if (total > 0 && count < total) throw partial(total - count)
}

/** What the body of an answer may be packed with. */
const ENCODINGS: readonly string[] = ['', 'identity', 'none', 'gzip', 'x-gzip', 'deflate', 'br']

function badEncoding(): HttpFailure {
  return transfer('Unrecognized or bad HTTP Content or Transfer-Encoding', 61, '', false)
}

function partial(missing: number): HttpFailure {
  return transfer('Transferred a partial file', 18, `end of response with ${missing} bytes missing`)
}

function stalled(milliseconds: number): HttpFailure {
  const seconds = Math.ceil(milliseconds / 1000)
  return transfer(
    'Timeout was reached',
    28,
    `Operation too slow. Less than 1 bytes/sec transferred the last ${seconds} seconds`,
  )
}

/**
 * What went wrong below HTTP, in the words of curl, which Nix uses. `url`: what was to be connected to, `since`: when that was
 * begun.
 */
function failure(error: unknown, url?: URL, since = 0): HttpFailure {
  if (error instanceof HttpFailure) return error
  const { code, message } = error as NodeJS.ErrnoException & { hostname?: string; host?: string }
  const name = (error as { hostname?: string }).hostname ?? ''
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return transfer('Could not resolve hostname', 6, `Could not resolve host: ${name}`)
    case 'ECONNREFUSED':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ECONNABORTED': {
      const kind = 'Could not connect to server'
      if (url === undefined) return transfer(kind, 7, message)
      const waited = Math.floor(performance.now() - since)
      return transfer(
        kind,
        7,
        `Failed to connect to ${hostOf(url)}:${portOf(url)} after ${waited} ms: ${kind}`,
      )
    }
    case 'ECONNRESET':
    case 'EPIPE':
    case 'ERR_STREAM_PREMATURE_CLOSE':
      if (message === 'socket hang up')
        return transfer('Server returned nothing (no headers, no data)', 52, 'Empty reply from server')
      return transfer(
        'Failure when receiving data from the peer',
        56,
        'Recv failure: Connection reset by peer',
      )
    case 'HPE_INVALID_CONSTANT':
      return transfer('Unsupported protocol', 1, 'Received HTTP/0.9 when not allowed', false)
    case 'ENOSPC':
    case 'EACCES':
    case 'EROFS':
      return new HttpFailure(message, false)
  }
  if (code === 'EPROTO') return transfer('SSL connect error', 35, message)
  if (/CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO/.test(code ?? ''))
    return transfer('SSL peer certificate or SSH remote key was not OK', 60, message)
  return new HttpFailure(message, true)
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1')
}

function portOf(url: URL): string {
  return url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port
}

// ------------------------------------------------------------------ one request

/** The proxy for a URL by the environment, as curl reads it. */
function proxyFor(url: URL): URL | undefined {
  const { env } = process
  const name = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy'
  const given =
    env[name] ?? (name === 'https_proxy' ? env.HTTPS_PROXY : undefined) ?? env.all_proxy ?? env.ALL_PROXY
  if (given === undefined || given === '') return undefined
  for (const part of (env.no_proxy ?? env.NO_PROXY ?? '').split(',')) {
    const domain = part.trim().replace(/^\*?\./, '')
    if (domain === '*') return undefined
    if (domain !== '' && (url.hostname === domain || url.hostname.endsWith(`.${domain}`))) return undefined
  }
  try {
    return new URL(given.includes('://') ? given : `http://${given}`)
  } catch {
    return undefined
  }
}

const BAD_PORT = 'Port number was not a decimal number between 0 and 65535'

async function request(
  text: string,
  headers: Readonly<Record<string, string>>,
  limits: HttpLimits,
): Promise<{ response: http.IncomingMessage; done: () => void }> {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    const port = /^https?:\/\/[^/?#\s]*:([^/?#@\s\]]*)(?:[/?#]|$)/i.exec(text)?.[1] ?? ''
    const isBadPort = port !== '' && !(/^\d+$/.test(port) && Number(port) < 65536)
    const why = isBadPort ? BAD_PORT : 'Malformed input to a URL function'
    throw transfer('URL using bad/illegal format or missing URL', 3, `URL rejected: ${why}`, false)
  }
  const options: https.RequestOptions = { method: 'GET', headers: { ...headers }, agent: false }
  if (url.username !== '' && options.headers !== undefined) {
    const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
    ;(options.headers as Record<string, string>).authorization =
      `Basic ${Buffer.from(user).toString('base64')}`
    url.username = ''
    url.password = ''
  }
  const proxy = proxyFor(url)
  if (proxy !== undefined) {
    const socket = await tunnel(proxy, url, limits)
    options.createConnection = () =>
      url.protocol === 'https:' ? tls.connect({ socket, servername: url.hostname }) : socket
  }
  let since = performance.now()
  return new Promise((resolve, reject) => {
    const wanted = (url.protocol === 'https:' ? https : http).request(url, options)
    let timer = setTimeout(() => {
      wanted.destroy(
        transfer('Timeout was reached', 28, `Connection timed out after ${limits.connect} milliseconds`),
      )
    }, limits.connect)
    const connected = (): void => {
      clearTimeout(timer)
      timer = setTimeout(() => wanted.destroy(stalled(limits.stall)), limits.stall)
    }
    wanted.on('socket', (socket: Socket) => {
      since = performance.now()
      socket.once('lookup', () => {
        since = performance.now()
      })
      if (socket.connecting) socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', connected)
      else connected()
    })
    wanted.on('error', (error) => {
      clearTimeout(timer)
      reject(failure(error, url, since))
    })
    wanted.on('response', (response) => {
      clearTimeout(timer)
      response.on('error', () => {})
      resolve({ response, done: () => wanted.destroy() })
    })
    wanted.end()
  })
}

/** A connection through a proxy. */
function tunnel(proxy: URL, url: URL, limits: HttpLimits): Promise<Socket> {
  const user = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`
  return new Promise((resolve, reject) => {
    const asked = http.request({
      host: proxy.hostname,
      port: proxy.port === '' ? 1080 : Number(proxy.port),
      method: 'CONNECT',
      path: `${url.hostname}:${portOf(url)}`,
      headers:
        proxy.username === ''
          ? {}
          : { 'Proxy-Authorization': `Basic ${Buffer.from(user).toString('base64')}` },
    })
    const timer = setTimeout(() => {
      asked.destroy(transfer('Timeout was reached', 28, 'Proxy CONNECT aborted due to timeout'))
    }, limits.connect)
    asked.on('connect', (response, socket) => {
      clearTimeout(timer)
      if (response.statusCode === 200) return resolve(socket)
      socket.destroy()
      reject(
        transfer(
          'Failure when receiving data from the peer',
          56,
          `CONNECT tunnel failed, response ${response.statusCode}`,
          false,
        ),
      )
    })
    asked.on('error', (error) => {
      clearTimeout(timer)
      reject(failure(error))
    })
    asked.end()
  })
}
