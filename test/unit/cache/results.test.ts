import { mkdirSync, readFileSync, rmSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unpack } from 'msgpackr'
import { wordsOfRequest } from '../../../src/cache/replay.ts'
import {
  decodeResult,
  encodeResult,
  folderStamp,
  isProof,
  type Look,
  look,
  type Piece,
  readResult,
  requestText,
} from '../../../src/cache/result-file.ts'
import { ResultCache } from '../../../src/cache/results.ts'
import { NodeIO } from '../../../src/io/node/node-io.ts'
import { RecordingIO } from '../../../src/io/recording.ts'
import { withFolder } from '../../support/project.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('cache/results')
const later = (): number => Date.now() + 10_000
const request = requestText({ arguments: ['eval', 'x.nix'], folder: '/', version: '1' })

function piece(fd: number, text: string): Piece {
  return { fd, bytes: Buffer.from(text, 'latin1') }
}

function newIO(): RecordingIO {
  return new RecordingIO(new NodeIO(), { folderStamp })
}

/** Keeps what `read` reads. */
function keep(dir: string, read: (io: RecordingIO) => void, start: number = later()): string | undefined {
  const io = newIO()
  try {
    read(io)
  } catch {}
  return new ResultCache({ dir }).store(request, io, {
    exitCode: 0,
    pieces: [piece(1, 'x')],
    start,
    more: [],
  })
}

/** What the quick look and, where it cannot tell, the thorough one say: `hit` or why not. */
function found(dir: string): string {
  const quick: Look = look({ dir, request, now: later })
  if (quick.kind === 'miss') return quick.why
  const thorough = new ResultCache({ dir }).find(request, new NodeIO())
  const verdict = typeof thorough === 'string' ? thorough : 'hit'
  if (quick.kind === 'hit') assert.is(verdict, 'hit')
  return verdict
}

test('output, exit code and inputs come back, and msgpackr reads them too', () => {
  const result = {
    request,
    exitCode: 1,
    inputs: [{ kind: 'env', key: 'caf\xe9', answer: '+1', stamp: '' }],
    pieces: [piece(1, 'a\0\xff'), piece(2, 'b'), piece(1, 'c')],
  }
  const bytes = encodeResult(result) as Uint8Array
  assert.equal(decodeResult(bytes, request), result)
  const fields = unpack(bytes) as unknown[]
  assert.equal(
    [fields.length, fields[0], fields[3], String(fields[6])],
    [9, 'firnix-result', 1, '1 3,2 1,1 1'],
  )
  assert.is(decodeResult(bytes, `${request}x`), 'other')
})

test('cut and flipped bytes are no result', () => {
  const pieces = [piece(1, 'abc')]
  const good = encodeResult({ request, exitCode: 0, inputs: [], pieces }) as Uint8Array
  for (let n = 0; n < good.length; n++) assert.is(decodeResult(good.subarray(0, n)), 'damaged')
  for (let i = 0; i < good.length; i++) {
    const bytes = Uint8Array.from(good)
    bytes[i] ^= 1 << (i % 8)
    assert.is(typeof decodeResult(bytes), 'string')
  }
})

test('a zero byte in an input has no form', () => {
  const inputs = [{ kind: 'file', key: 'a\0b', answer: '-', stamp: '' }]
  assert.is(encodeResult({ request, exitCode: 0, inputs, pieces: [] }), undefined)
})

test('flags of the cache do not count where they cannot be anything else', () => {
  const words = (text: string, first = 1): string => wordsOfRequest(text.split(' '), first).join(' ')
  assert.is(words('eval --cache-results x --stats --explain-cache'), 'eval x')
  assert.is(words('--explain-cache x', 0), 'x')
  assert.is(words('eval --argstr a --stats x'), 'eval --argstr a --stats x')
  assert.is(words('eval x -- --stats'), 'eval x -- --stats')
})

test('a stamp proves something only if its ctime was old when the run began', () => {
  assert.ok(isProof('1.1.1000000000.1.1', 3001))
  assert.not(isProof('1.1.1000000000.1.1', 3000))
  assert.not(isProof('1.1.99999999999999999999.1.1', 3000))
  assert.not(isProof('', 3000))
})

test('the reason is told', () =>
  withFolder((folder) => {
    const dir = join(folder, 'cache')
    const path = (name: string): string => join(folder, name)
    mkdirSync(path('d'))
    writeFileSync(path('a'), '1')
    symlinkSync('a', path('l'))
    assert.is(found(dir), 'no result of this command is kept')
    const read = (io: RecordingIO): void => {
      io.readFile(path('a'))
      io.readDir(path('d'))
      io.realPath(path('l'))
      io.fileType(path('gone'))
    }
    const after = (change: () => void): string => {
      keep(dir, read)
      assert.is(found(dir), 'hit')
      change()
      return found(dir)
    }
    assert.is(
      after(() => writeFileSync(path('a'), '2')),
      `${path('a')} has changed`,
    )
    assert.is(
      after(() => writeFileSync(path('d/n'), '')),
      `the folder ${path('d')} has changed`,
    )
    assert.is(
      after(() => writeFileSync(path('gone'), '')),
      `${path('gone')} has changed`,
    )
    const relink = (): void => {
      unlinkSync(path('l'))
      symlinkSync('d', path('l'))
    }
    assert.is(after(relink), `a link on the way to ${path('l')} has changed`)
  }))

test('a file that was touched is hashed, and proven by its new stamp from then on', () =>
  withFolder((folder) => {
    const dir = join(folder, 'cache')
    const file = join(folder, 'a')
    writeFileSync(file, '1')
    keep(dir, (io) => io.readFile(file))
    const stamp = (): string => (readResult(dir, request) as { inputs: { stamp: string }[] }).inputs[0].stamp
    const before = stamp()
    assert.is.not(before, '')
    utimesSync(file, 1, 1)
    assert.is(look({ dir, request }).kind, 'hit')
    assert.is(stamp(), before)
    assert.is(look({ dir, request, now: later }).kind, 'hit')
    assert.is(stamp(), new NodeIO().stamp(file))
  }))

test('a run that could not read something is kept, with the error it got', () =>
  withFolder((folder) => {
    const dir = join(folder, 'cache')
    const path = join(folder, 'none')
    for (const read of [
      (io: RecordingIO) => io.readFile(path),
      (io: RecordingIO) => io.readDir(path),
      (io: RecordingIO) => io.readLink(path),
      (io: RecordingIO) => io.stat(path),
    ]) {
      assert.is(keep(dir, read), undefined)
      assert.is(found(dir), 'hit')
      mkdirSync(join(path, 'x'), { recursive: true })
      assert.is.not(found(dir), 'hit')
      // Another error is another answer.
      const wrong = new ResultCache({ dir }).find(request, new NodeIO())
      assert.match(String(wrong), /has changed/)
      rmSync(path, { recursive: true })
    }
  }))

test('what cannot be tracked is not kept', () =>
  withFolder((folder) => {
    const dir = join(folder, 'cache')
    assert.match(keep(dir, (io) => io.now()) ?? '', /time/)
    assert.match(keep(dir, (io) => io.fetched.add('https://x')) ?? '', /https:\/\/x/)
    assert.is(found(dir), 'no result of this command is kept')
  }))

test('a directory that cannot be written is told and fails nothing', () =>
  withFolder((folder) => {
    writeFileSync(join(folder, 'file'), '')
    const warnings: string[] = []
    const cache = new ResultCache({ dir: join(folder, 'file'), warn: (m) => warnings.push(m) })
    cache.store(request, newIO(), { exitCode: 0, pieces: [], start: 0, more: [] })
    assert.is(warnings.length, 1)
    assert.is(readFileSync(join(folder, 'file'), 'utf8'), '')
  }))

test.run()
