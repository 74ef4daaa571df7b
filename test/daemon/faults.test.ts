// Daemons that are not there, do not answer, speak otherwise or die: a clear error, exit code 1, and no path printed.
import { writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { type Ended, run, shell } from '../support/program.ts'
import { withFolder } from '../support/project.ts'
import { assert, suite } from '../support/suite.ts'
import { answering, instantiateAt, number, text, withServer } from './support.ts'

const test = suite('faulty daemons')

const X = 'derivation { name = "x"; builder = "b"; system = "s"; }'
const fails = (ended: Ended, message: RegExp): void => {
  assert.match(ended.stderr, message)
  assert.equal([ended.stdout, ended.code], ['', 1])
}
const done = number(0x616c7473)
const nothingValid = Buffer.concat([done, number(0)])

test('a socket that is not there, or is none', async () => {
  await withFolder(async (folder) => {
    const socket = join(folder, 'no')
    const message = /^error: cannot connect to socket at '.*\/no': No such file or directory\n$/
    fails(run('firnix', ['instantiate', '-E', X, '--store', `unix://${socket}`]), message)
    fails(run('firnix-instantiate', ['-E', X], { env: { NIX_REMOTE: `unix://${socket}` } }), message)
    fails(
      run('firnix-instantiate', ['-E', X], { env: { NIX_REMOTE: 'daemon', NIX_DAEMON_SOCKET_PATH: socket } }),
      message,
    )
    writeFileSync(join(folder, 'file'), '')
    fails(await instantiateAt(join(folder, 'file'), X), /: Connection refused\n$/)
    fails(await instantiateAt(`/${'a'.repeat(200)}`, X), /: File name too long\n$/)
  })
})

test('one that hangs up at once', async () => {
  await withServer(
    (socket) => socket.destroy(),
    async (path) =>
      fails(
        await instantiateAt(path, X),
        /^error: cannot open connection to remote store 'unix:.*': Nix daemon disconnected unexpectedly/,
      ),
  )
})

test('one that is no daemon', async () => {
  await withServer(
    (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n'),
    async (path) => fails(await instantiateAt(path, X), /: protocol mismatch, got 'HTTP\/1\.1'\n$/),
  )
})

test('one of another protocol version', async () => {
  const other = (version: number) => (socket: Socket) =>
    socket.write(Buffer.concat([number(0x6478696f), number(version)]))
  await withServer(other(0x200), async (path) =>
    fails(await instantiateAt(path, X), /: Nix daemon protocol version not supported\n$/),
  )
  await withServer(other(0x10a), async (path) =>
    fails(await instantiateAt(path, X), /: the Nix daemon version is too old\n$/),
  )
})

test('one that refuses', async () => {
  const refusal = Buffer.concat([
    number(0x6478696f),
    number(0x100 + 34),
    text('2.8'),
    number(0x63787470),
    text('Error'),
    number(0),
    text('Error'),
    text('\x1b[31;1mno\x1b[0m entry'),
    number(0),
    number(1),
    number(0),
    text('a trace'),
  ])
  await withServer(
    (socket) => socket.write(refusal),
    async (path) =>
      fails(await instantiateAt(path, X), /^error: cannot open connection to remote store '.*': no entry\n$/),
  )
})

test('one that talks nonsense', async () => {
  await withServer(answering(number(7)), async (path) =>
    fails(await instantiateAt(path, X), /error: got unknown message type 7 from Nix daemon\n$/),
  )
  await withServer(answering(Buffer.concat([number(0x6f6c6d67), Buffer.alloc(8, 255)])), async (path) =>
    fails(await instantiateAt(path, X), /error: string is too long\n$/),
  )
})

test('one that dies while something is sent to it', async () => {
  await withFolder(async (folder) => {
    writeFileSync(join(folder, 'big'), Buffer.alloc(20_000_000))
    const dies = answering(done, nothingValid)
    await withServer(dies, async (path) => {
      const expression = 'derivation { name = "x"; builder = "b"; system = "s"; src = ./big; }'
      fails(
        await instantiateAt(path, expression, folder),
        /error: Nix daemon disconnected unexpectedly \(maybe it crashed\?\)\n$/,
      )
    })
  })
})

test('one that reports an error while something is sent to it is heard at once', async () => {
  await withFolder(async (folder) => {
    writeFileSync(join(folder, 'big'), Buffer.alloc(20_000_000))
    const error = Buffer.concat([
      number(0x63787470),
      ...['Error'].map(text),
      number(0),
      text('Error'),
      text('disk full'),
      number(0),
      number(0),
    ])
    const complains = answering(done, nothingValid, error, Buffer.alloc(0))
    await withServer(complains, async (path) => {
      const expression = 'derivation { name = "x"; builder = "b"; system = "s"; src = ./big; }'
      fails(await instantiateAt(path, expression, folder), /error: disk full\n$/)
    })
  })
})

test('lines and activities of the daemon go to standard error', async () => {
  const talk = Buffer.concat([
    number(0x6f6c6d67),
    text('a line\n'),
    number(0x53545254), // an activity with two fields
    ...[1, 3, 0].map(number),
    text('working'),
    ...[2, 0, 5, 1].map(number),
    text('f'),
    number(0),
    number(0x52534c54),
    ...[1, 101, 1, 1].map(number),
    text('log'),
    number(0x53544f50),
    number(1),
    done,
  ])
  const path = '/nix/store/5wq5jx7219pmi3xklyhl77fjbqvy6qaj-x.drv'
  await withServer(answering(talk, Buffer.concat([done, number(1), text(path)])), async (socket) => {
    const ended = await instantiateAt(socket, X)
    assert.match(ended.stderr, /a line\n(.*\n)*working\.\.\.\n/)
  })
})

test('a store that Firnix cannot write to', async () => {
  for (const url of ['local', 'ssh://host', 'https://cache.example.org', 's3://bucket']) {
    const ended = run('firnix-instantiate', ['-E', X, '--store', url])
    fails(ended, /^error: cannot write to the store '.*': name a daemon/)
  }
  const path = '/nix/store/5wq5jx7219pmi3xklyhl77fjbqvy6qaj-x.drv\n'
  for (const words of [
    ['--readonly-mode', '--store', 'local'],
    ['--store', 'dummy://'],
  ]) {
    const ended = run('firnix-instantiate', ['-E', X, ...words])
    assert.equal([ended.stdout, ended.code], [path, 0])
  }
})

test('with no store named and no daemon there, one line says that nothing was written', async () => {
  const words = ['-E', X, '--no-gc-warning']
  const env = { NIX_DAEMON_SOCKET_PATH: '/nonexistent/socket' }
  const ended = run('firnix-instantiate', words, { env })
  assert.equal(
    [ended.stdout, ended.stderr, ended.code],
    [
      '/nix/store/5wq5jx7219pmi3xklyhl77fjbqvy6qaj-x.drv\n',
      'note: nothing was written to a store; these are the paths that Nix would write\n',
      0,
    ],
  )
  assert.is(run('firnix-instantiate', [...words, '--readonly-mode'], { env }).stderr, '')
  assert.is((await shell(`$INSTANTIATE --eval -E '1'`, { env })).stderr, '')
})

test.run()
