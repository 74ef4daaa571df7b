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
  constructor(message: string, again: boolean) {
    super(message)
    this.again = again
  }
}

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
  for (;;) {
    const at = urls[urls.length - 1]
    const { response, done } = await request(at, sent, limits)
    try {
      const status = response.statusCode ?? 0
      link = header(response, 'link') || link
      const location = response.headers.location
      if (status >= 300 && status < 400 && status !== 304 && location !== undefined) {
        if (urls.length > limits.redirects) {
          throw new HttpFailure(
            `HTTP error ${status} (curl error: Number of redirects hit maximum amount)`,
            false,
          )
        }
        const next = follow(at, location, status)
        // What is for one host is not for another.
        if (new URL(next).host !== new URL(at).host) sent = withoutSecrets(sent)
        urls.push(next)
        continue
      }
      const answer: HttpAnswer = { status, urls, etag: header(response, 'etag'), link }
      if (status === 304) return answer
      if (status < 200 || status >= 300) throw await refused(response, status)
      await save(response, file, limits.stall, onBytes)
      return answer
    } finally {
      response.destroy()
      done()
    }
  }
}

function follow(from: string, location: string, status: number): string {
  let next: URL
  try {
    next = new URL(location, from)
  } catch {
    throw new HttpFailure(`the server redirects to '${bytesOfNodeString(location)}', which is no URL`, false)
  }
  if (next.protocol !== 'http:' && next.protocol !== 'https:') {
    throw new HttpFailure(`HTTP error ${status} (curl error: Unsupported protocol)`, false)
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

/** The body of a refusal is shown, if it is a short text. */
async function refused(response: http.IncomingMessage, status: number): Promise<HttpFailure> {
  const pieces: Buffer[] = []
  let size = 0
  const shown = setTimeout(() => response.destroy(), 2000)
  try {
    for await (const piece of decoded(response)) {
      pieces.push(piece as Buffer)
      size += (piece as Buffer).length
      if (size > 4096) break
    }
  } catch {
    // The status says enough.
  } finally {
    clearTimeout(shown)
  }
  const body = Buffer.concat(pieces).toString('latin1').slice(0, 4096)
  const again = status >= 500 ? ![501, 505, 511].includes(status) : status === 408 || status === 429
  const text = body === '' ? '' : `\n\nresponse body:\n\n${body}`
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
    timer = setTimeout(() => response.destroy(new HttpFailure(stalled(stall), true)), stall)
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
    // Opened now: a stream that is given up before it has opened its file would make it afterwards.
    const out = fs.createWriteStream(file, { fd: fs.openSync(file, 'wx', 0o644) })
    const encoding = header(response, 'content-encoding').toLowerCase()
    if (encoding === 'gzip' || encoding === 'x-gzip')
      await pipeline(response, meter, zlib.createGunzip(), out)
    else if (encoding === 'deflate') await pipeline(response, meter, zlib.createInflate(), out)
    else if (encoding === 'br') await pipeline(response, meter, zlib.createBrotliDecompress(), out)
    else await pipeline(response, meter, out)
  } catch (e) {
    throw failure(e)
  } finally {
    clearTimeout(timer)
  }
  if (total > 0 && count < total) {
    throw new HttpFailure(
      `Transferred a partial file (18) end of response with ${total - count} bytes missing`,
      true,
    )
  }
}

function stalled(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000)
  return `Timeout was reached (28) Operation too slow. Less than 1 bytes/sec transferred the last ${seconds} seconds`
}

/** What went wrong below HTTP, in the words of curl, which Nix uses. */
function failure(error: unknown): HttpFailure {
  if (error instanceof HttpFailure) return error
  const { code, message } = error as NodeJS.ErrnoException & { hostname?: string; host?: string }
  const name = (error as { hostname?: string }).hostname ?? ''
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new HttpFailure(`Could not resolve hostname (6) Could not resolve host: ${name}`, true)
    case 'ECONNREFUSED':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ECONNABORTED':
      return new HttpFailure(`Could not connect to server (7) ${message}`, true)
    case 'ECONNRESET':
    case 'EPIPE':
    case 'ERR_STREAM_PREMATURE_CLOSE':
      return new HttpFailure(
        'Failure when receiving data from the peer (56) Recv failure: Connection reset by peer',
        true,
      )
    case 'ENOSPC':
    case 'EACCES':
    case 'EROFS':
      return new HttpFailure(message, false)
  }
  const tlsError = /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO/.test(code ?? '')
  return new HttpFailure(
    tlsError ? `SSL peer certificate or SSH remote key was not OK (60) ${message}` : message,
    !tlsError,
  )
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

async function request(
  text: string,
  headers: Readonly<Record<string, string>>,
  limits: HttpLimits,
): Promise<{ response: http.IncomingMessage; done: () => void }> {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw new HttpFailure('URL using bad/illegal format or missing URL (3)', false)
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
  return new Promise((resolve, reject) => {
    const wanted = (url.protocol === 'https:' ? https : http).request(url, options)
    let timer = setTimeout(() => {
      wanted.destroy(
        new HttpFailure(
          `Timeout was reached (28) Connection timed out after ${limits.connect} milliseconds`,
          true,
        ),
      )
    }, limits.connect)
    const connected = (): void => {
      clearTimeout(timer)
      timer = setTimeout(() => wanted.destroy(new HttpFailure(stalled(limits.stall), true)), limits.stall)
    }
    wanted.on('socket', (socket: Socket) => {
      if (socket.connecting) socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', connected)
      else connected()
    })
    wanted.on('error', (error) => {
      clearTimeout(timer)
      reject(failure(error))
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
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port
  const user = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`
  return new Promise((resolve, reject) => {
    const asked = http.request({
      host: proxy.hostname,
      port: proxy.port === '' ? 1080 : Number(proxy.port),
      method: 'CONNECT',
      path: `${url.hostname}:${port}`,
      headers:
        proxy.username === ''
          ? {}
          : { 'Proxy-Authorization': `Basic ${Buffer.from(user).toString('base64')}` },
    })
    const timer = setTimeout(() => {
      asked.destroy(new HttpFailure('Timeout was reached (28) Proxy CONNECT aborted due to timeout', true))
    }, limits.connect)
    asked.on('connect', (response, socket) => {
      clearTimeout(timer)
      if (response.statusCode === 200) return resolve(socket)
      socket.destroy()
      reject(
        new HttpFailure(
          `Failure when receiving data from the peer (56) CONNECT tunnel failed, response ${response.statusCode}`,
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
