import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { NodeIO } from '../../../src/io/node/node-io.ts'
import { assert, suite } from '../../support/suite.ts'
import { failsWith } from './support.ts'

const test = suite('io/node')
let dir = ''

test.before(() => {
  dir = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'firnix-io-')))
  fs.writeFileSync(`${dir}/f`, Buffer.from([104, 105, 255]))
  fs.writeFileSync(`${dir}/x`, '', { mode: 0o755 })
  fs.mkdirSync(`${dir}/d`)
  fs.writeFileSync(Buffer.from(`${dir}/d/\xe9`, 'latin1'), 'bytes')
  fs.symlinkSync('d', `${dir}/up`)
  fs.symlinkSync('nothing', `${dir}/dangling`)
  fs.symlinkSync('l2', `${dir}/l1`)
  fs.symlinkSync('l1', `${dir}/l2`)
  fs.writeFileSync(`${dir}/big`, Buffer.alloc(3_000_000, 97))
})

test.after(() => fs.rmSync(dir, { recursive: true }))

test('reads bytes, not UTF-8', () => {
  assert.is(new NodeIO().readFile(`${dir}/f`), 'hi\xff')
  assert.is(new NodeIO().readFile(`${dir}/x`), '')
})

test('reads files bigger than its buffer, whole and in pieces', () => {
  const io = new NodeIO()
  assert.is(io.readFile(`${dir}/big`).length, 3_000_000)
  let length = 0
  assert.is(
    io.readChunks(`${dir}/big`, (chunk) => {
      length += chunk.length
      // A file read meanwhile must not overwrite the piece.
      io.readFile(`${dir}/f`)
      assert.is(chunk[0], 97)
    }),
    3_000_000,
  )
  assert.is(length, 3_000_000)
})

test('paths and names may hold any byte', () => {
  const io = new NodeIO()
  assert.equal([...io.readDir(`${dir}/d`)], [['\xe9', 'regular']])
  assert.is(io.readFile(`${dir}/d/\xe9`), 'bytes')
  assert.is(io.fileType(`${dir}/d/\0`), undefined)
})

test('fails as Nix does', () => {
  const io = new NodeIO()
  failsWith(() => io.readFile(`${dir}/none`), `path '${dir}/none' does not exist`)
  failsWith(() => io.readFile(`${dir}/f/x`), `path '${dir}/f/x' does not exist`)
  failsWith(() => io.readDir(`${dir}/f`), `cannot read directory "${dir}/f": Not a directory`)
  failsWith(() => io.readDir(`${dir}/none`), `path '${dir}/none' does not exist`)
  failsWith(() => io.realPath(`${dir}/l1`), `infinite symlink recursion in path '${dir}/l1'`)
  failsWith(() => io.realPath(`${dir}/l1/x`), `infinite symlink recursion in path '${dir}/l1/x'`)
  failsWith(() => io.stat(`${dir}/none`), `path '${dir}/none' does not exist`)
  const long = `${dir}/${'a'.repeat(300)}`
  failsWith(() => io.fileType(long), `getting status of "${long}": File name too long`)
})

test('a directory is not read as a file', () => {
  const { size } = fs.statSync(`${dir}/d`)
  failsWith(() => new NodeIO().readFile(`${dir}/d`), `read of ${Math.min(size, 65536)} bytes: Is a directory`)
})

test('tells types, the executable bit and sizes without following links', () => {
  const io = new NodeIO()
  assert.is(io.fileType(`${dir}/up`), 'symlink')
  assert.is(io.fileType(`${dir}/dangling`), 'symlink')
  assert.is(io.fileType(`${dir}/f/x`), undefined)
  assert.equal(io.stat(`${dir}/x`), { type: 'regular', executable: true, size: 0 })
  assert.equal(io.stat(`${dir}/f`), { type: 'regular', executable: false, size: 3 })
  assert.is(io.readLink(`${dir}/up`), 'd')
})

test('resolves links, remembering directories until it is told to refresh', () => {
  const io = new NodeIO()
  assert.is(io.realPath(`${dir}/up/x/y`), `${dir}/d/x/y`)
  assert.is(io.realPath(`${dir}/up`), `${dir}/d`)
  assert.is(io.realPath(`${dir}/up`, true), `${dir}/up`)
  assert.is(io.realPath(`${dir}/dangling`), `${dir}/nothing`)
  assert.is(io.realPath('/'), '/')
  assert.is(io.realPath(`${dir}/moving/f`), `${dir}/moving/f`)
  fs.symlinkSync('d', `${dir}/moving`)
  assert.is(io.realPath(`${dir}/moving/f`), `${dir}/moving/f`)
  io.refresh()
  assert.is(io.realPath(`${dir}/moving/f`), `${dir}/d/f`)
})

test('hashes bytes', () => {
  const io = new NodeIO()
  assert.is(io.hash('sha256', 'abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  assert.is(io.hash('md5', '\xff'), '00594fd4f42ba43fc1ca0427a0576295')
  assert.is(io.hash('blake3', ''), 'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262')
  const hasher = io.createHash('md5')
  hasher.update('\xff')
  assert.is(hasher.digest(), '00594fd4f42ba43fc1ca0427a0576295')
})

test('a stamp changes with the file', () => {
  const io = new NodeIO()
  fs.writeFileSync(`${dir}/s`, 'a')
  const before = io.stamp(`${dir}/s`)
  assert.type(before, 'string')
  fs.writeFileSync(`${dir}/s`, 'ab')
  assert.is.not(io.stamp(`${dir}/s`), before)
  assert.is(io.stamp(`${dir}/none`), undefined)
})

test('fetches file URLs', async () => {
  const response = await new NodeIO().fetch({ url: `file://${dir}/f` })
  assert.is(response.status, 200)
  assert.equal([...response.body], [104, 105, 255])
})

test('names the system as Nix does', () => {
  assert.match(new NodeIO().currentSystem(), /^[a-z0-9_]+-[a-z]+$/)
})

test.run()
