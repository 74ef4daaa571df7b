import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { gzipSync } from 'node:zlib'
import { assert, suite } from '../support/suite.ts'
import { Lab } from './support.ts'

const test = suite('fetch/http')
let lab: Lab

test.before.each(async () => {
  lab = new Lab('http')
  await lab.start()
})
test.after.each(() => lab.stop())

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

test('a file is fetched once and then known', async () => {
  const url = lab.serve('/a.txt', 'hello')
  const read = `builtins.readFile (builtins.fetchurl "${url}")`
  assert.is(await lab.value(read), '"hello"')
  assert.is(await lab.value(read), '"hello"')
  assert.equal(lab.requests, ['GET /a.txt'])
})

test('what is too old is asked for again, with its ETag', async () => {
  let version = 1
  const url = lab.on('/a.txt', (request, response) => {
    if (request.headers['if-none-match'] === `"${version}"`) response.writeHead(304).end()
    else response.writeHead(200, { ETag: `"${version}"` }).end(`v${version}`)
  })
  const read = `builtins.readFile (builtins.fetchurl "${url}")`
  const old = { fetch: { tarballTtl: 0 } }
  assert.is(await lab.value(read, old), '"v1"')
  assert.is(await lab.value(read, old), '"v1"')
  version = 2
  assert.is(await lab.value(read), '"v1"')
  assert.is(await lab.value(read, old), '"v2"')
  assert.is(lab.requests.length, 3)
})

test('nothing is fetched until somebody reads it, when the hash is given', async () => {
  const url = lab.serve('/a.txt', 'hello')
  const fetched = `builtins.fetchurl { url = "${url}"; sha256 = "${sha256('hello')}"; }`
  assert.match(await lab.value(fetched), '-a.txt"')
  assert.match(
    await lab.value(`(derivation { name = "x"; builder = "b"; system = "s"; src = ${fetched}; }).drvPath`),
    '-x.drv"',
  )
  assert.is(lab.requests.length, 0)
  assert.is(await lab.value(`builtins.readFile (${fetched})`), '"hello"')
  assert.is(await lab.value(`builtins.pathExists (${fetched})`), 'true')
  assert.is(lab.requests.length, 1)
})

test('import, path and hashFile read what is fetched late', async () => {
  const text = '{ x = 1; }'
  const url = lab.serve('/x.nix', text)
  const fetched = `builtins.fetchurl { url = "${url}"; sha256 = "${sha256(text)}"; }`
  assert.is(await lab.value(`(import (${fetched})).x`), '1')
  assert.is(await lab.value(`builtins.hashFile "sha256" (${fetched})`), `"${sha256(text)}"`)
  assert.match(await lab.value(`"\${builtins.path { path = ${fetched}; name = "n"; }}"`), '-n"')
  assert.match(await lab.value(`"\${/. + builtins.unsafeDiscardStringContext (${fetched})}"`), '-x.nix"')
})

test('another hash is an error, and nothing is kept under the wrong name', async () => {
  const url = lab.serve('/a.txt', 'hello')
  const wrong = `builtins.readFile (builtins.fetchurl { url = "${url}"; sha256 = "${sha256('other')}"; })`
  const message = await lab.failure(wrong)
  assert.match(message, `hash mismatch in file downloaded from '${url}':\n  specified: sha256:`)
  assert.match(message, '\n  got:       sha256:')
  assert.not.ok(fs.existsSync(`${lab.cache}/files/${sha256('other')}`))
  assert.equal(lab.leftovers(), [])
})

test('an empty hash tells the right one at once', async () => {
  const url = lab.serve('/a.txt', 'hello')
  const { error, log } = await lab.run(`builtins.fetchurl { url = "${url}"; sha256 = ""; }`)
  assert.match(error?.message ?? '', 'hash mismatch')
  assert.match(log.join('\n'), "warning: found empty hash, assuming 'sha256-AAAA")
})

test('errors of the server that may pass are tried again', async () => {
  let tries = 0
  const url = lab.on('/a', (_request, response) => {
    if (++tries < 3) response.writeHead(503).end('later')
    else response.end('ok')
  })
  const { value, log } = await lab.run(`builtins.readFile (builtins.fetchurl "${url}")`)
  assert.is(value, '"ok"')
  assert.is(log.length, 2)
  assert.match(
    log[0],
    /^warning: unable to download '.*': HTTP error 503\n\nresponse body:\n\nlater; retrying in \d+ ms \(attempt 1\/3\)$/,
  )
})

test('errors that will not pass are not', async () => {
  const message = await lab.failure(`builtins.fetchurl "${lab.base}/none"`)
  assert.is(
    message,
    `unable to download '${lab.base}/none': HTTP error 404\n\nresponse body:\n\nthere is nothing here`,
  )
  assert.is(lab.requests.length, 1)
})

test('a server that is not there is named, after as many tries as are allowed', async () => {
  const { error, log } = await lab.run('builtins.fetchurl "http://127.0.0.1:1/x"')
  assert.match(
    error?.message ?? '',
    /^unable to download 'http:\/\/127\.0\.0\.1:1\/x': Could not connect to server \(7\) Failed to connect to 127\.0\.0\.1:1 after \d+ ms: Could not connect to server$/,
  )
  assert.is(log.length, 2)
})

test('redirects are followed, with a limit', async () => {
  lab.serve('/end', 'there')
  const url = lab.on('/start', (_request, response) => response.writeHead(302, { Location: 'end' }).end())
  assert.is(await lab.value(`builtins.readFile (builtins.fetchurl "${url}")`), '"there"')
  const loop = lab.on('/loop', (_request, response) => response.writeHead(301, { Location: '/loop' }).end())
  assert.match(await lab.failure(`builtins.fetchurl "${loop}"`), 'Number of redirects hit maximum amount')
  assert.is(lab.requests.filter((r) => r === 'GET /loop').length, 11)
})

test('a redirect leads nowhere but to HTTP', async () => {
  const secret = lab.write('secret', 's')
  const url = lab.on('/x', (_request, response) =>
    response.writeHead(302, { Location: `file://${secret}` }).end(),
  )
  assert.match(
    await lab.failure(`builtins.fetchurl "${url}"`),
    'HTTP error 302 (curl error: Unsupported protocol)',
  )
})

test('a password is not sent to another host', async () => {
  const seen: (string | undefined)[] = []
  const other = new Lab('other')
  await other.start()
  const end = other.on('/end', (request, response) => {
    seen.push(request.headers.authorization)
    response.end('x')
  })
  lab.on('/start', (request, response) => {
    seen.push(request.headers.authorization)
    response.writeHead(302, { Location: end }).end()
  })
  lab.write('netrc', 'machine 127.0.0.1 login u password p')
  await lab.value(`builtins.fetchurl "${lab.base}/start"`, { node: { netrcFile: `${lab.dir}/netrc` } })
  await other.stop()
  assert.equal(seen, [`Basic ${Buffer.from('u:p').toString('base64')}`, undefined])
})

test('a server that stalls is given up, and leaves nothing behind', async () => {
  const silent = lab.on('/silent', () => {})
  assert.match(await lab.failure(`builtins.fetchurl "${silent}"`), 'Timeout was reached (28)')
  const half = lab.on('/half', (_request, response) => {
    response.writeHead(200, { 'Content-Length': '100' })
    response.write('half')
  })
  assert.match(
    await lab.failure(`builtins.fetchurl "${half}"`),
    'HTTP error 200 (curl error: Timeout was reached)',
  )
  assert.equal(lab.leftovers(), [])
})

const why = async (url: string): Promise<string> => {
  const message = await lab.failure(`builtins.fetchurl "${url}"`, { node: { attempts: 1 } })
  return message.slice(`unable to download '${url}': `.length)
}

test('what breaks after the server has answered is told with the status of the answer', async () => {
  const cut = lab.on('/cut', (_request, response) => {
    response.writeHead(200, { 'Content-Length': '100' }).write('half')
    setTimeout(() => response.destroy(), 20)
  })
  assert.is(await why(cut), 'HTTP error 200 (curl error: Transferred a partial file)')
  const encoding = 'HTTP error 200 (curl error: Unrecognized or bad HTTP Content or Transfer-Encoding)'
  assert.is(await why(lab.serve('/gzip', 'no gzip', { 'Content-Encoding': 'gzip' })), encoding)
  assert.is(await why(lab.serve('/foo', 'foo', { 'Content-Encoding': 'foo' })), encoding)
  const away = lab.on('/away', (_request, response) => {
    response.writeHead(302, { Location: 'http://127.0.0.1:1/' }).end()
  })
  assert.is(await why(away), 'HTTP error 302 (curl error: Could not connect to server)')
})

test('a server that says nothing, or something else than HTTP', async () => {
  const silent = lab.on('/silent', (request) => request.socket.end())
  assert.is(await why(silent), 'Server returned nothing (no headers, no data) (52) Empty reply from server')
  const other = lab.on('/other', (request) => request.socket.end('hello\r\n'))
  assert.is(await why(other), 'Unsupported protocol (1) Received HTTP/0.9 when not allowed')
})

test('only some statuses are successes, and what is none and no refusal is tried again', async () => {
  const odd = lab.on('/odd', (_request, response) => response.writeHead(203).end('x'))
  const { error, log } = await lab.run(`builtins.fetchurl "${odd}"`)
  assert.is(error?.message, `unable to download '${odd}': HTTP error 203\n\nresponse body:\n\nx`)
  assert.is(log.length, 2)
})

test('a long refusal is not shown, unless it is a page', async () => {
  const refuse = (url: string, body: string): string =>
    lab.on(url, (_request, response) => response.writeHead(404).end(body))
  assert.is(await why(refuse('/long', 'x'.repeat(1024))), 'HTTP error 404')
  const page = `<html>${'x'.repeat(5000)}`
  assert.is(await why(refuse('/page', `${page}\n \n`)), `HTTP error 404\n\nresponse body:\n\n${page}`)
})

test('a URL that is none is told as curl does', async () => {
  const bad = (text: string): string =>
    `URL using bad/illegal format or missing URL (3) URL rejected: ${text}`
  assert.is(await why('file://host/x'), bad('Bad file:// URL'))
  const port = 'Port number was not a decimal number between 0 and 65535'
  for (const url of ['file:x/y', 'http://127.0.0.1:99999/x', 'http://127.0.0.1:y/x'])
    assert.is(await why(url), bad(port))
  assert.is(await why('http://a b/x'), bad('Malformed input to a URL function'))
  assert.match(await why('file://localhost/none'), 'Could not open file /none')
})

test('a connection that breaks is tried again', async () => {
  let tries = 0
  const url = lab.on('/a', (_request, response) => {
    if (++tries > 1) response.end('whole')
    else {
      response.writeHead(200, { 'Content-Length': '100' })
      response.write('half')
      setTimeout(() => response.destroy(), 20)
    }
  })
  assert.is(await lab.value(`builtins.readFile (builtins.fetchurl "${url}")`), '"whole"')
  assert.equal(lab.leftovers(), [])
})

test('when a fetch fails, what was fetched before will do', async () => {
  let up = true
  const url = lab.on('/a', (_request, response) => (up ? response.end('v1') : response.writeHead(404).end()))
  const read = `builtins.readFile (builtins.fetchurl "${url}")`
  await lab.value(read)
  up = false
  const { value, log } = await lab.run(read, { fetch: { tarballTtl: 0 } })
  assert.is(value, '"v1"')
  assert.match(log.join('\n'), '; using cached version')
})

test('compressed transfers are unpacked', async () => {
  const url = lab.serve('/a', gzipSync('plain'), { 'Content-Encoding': 'gzip' })
  assert.is(await lab.value(`builtins.readFile (builtins.fetchurl "${url}")`), '"plain"')
})

test('local files need no event loop', () => {
  const file = lab.write('local file', 'here')
  const url = `file://${file.replace(' ', '%20')}`
  assert.is(
    lab.runNow(`builtins.readFile (builtins.fetchurl { url = "${url}"; name = "x"; })`).value,
    '"here"',
  )
})

test('what cannot be awaited says so', () => {
  const url = lab.serve('/a', 'x')
  assert.throws(() => lab.runNow(`builtins.fetchurl "${url}"`))
})

test('a broken record in the cache is as good as none', async () => {
  const url = lab.serve('/a', 'x')
  const read = `builtins.readFile (builtins.fetchurl "${url}")`
  await lab.value(read)
  for (const name of fs.readdirSync(`${lab.cache}/known`)) fs.writeFileSync(`${lab.cache}/known/${name}`, '{')
  assert.is(await lab.value(read), '"x"')
})

test('fetchTree of a file has its hash', async () => {
  const url = lab.serve('/a', 'x')
  assert.is(
    await lab.value(`builtins.attrNames (builtins.fetchTree { type = "file"; url = "${url}"; })`),
    '[ "narHash" "outPath" ]',
  )
  const wrong = 'sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='
  assert.match(
    await lab.failure(`builtins.fetchTree { type = "file"; url = "${url}"; narHash = "${wrong}"; }`),
    /^NAR hash mismatch in input '.*', expected 'sha256-AAA.*' but got 'sha256-/,
  )
})

test.run()
