import { baseName, canonPath, joinPath, parentPath, pathExists } from '../../../src/io/io.ts'
import { MemoryIO } from '../../../src/io/memory.ts'
import { assert, suite } from '../../support/suite.ts'
import { failsWith } from './support.ts'

const test = suite('io/memory')

function world(): MemoryIO {
  return new MemoryIO({
    files: { '/a/f': 'hi\xff', '/a/d/x': '1', '/a/Z': '' },
    links: { '/a/up': '../a/d', '/a/dangling': 'nothing', '/a/l1': 'l2', '/a/l2': 'l1', '/abs': '/a/f' },
    env: { V: 'w' },
    now: 7,
  })
}

test('reads files through symlinks, in the last component and above', () => {
  assert.is(world().readFile('/a/f'), 'hi\xff')
  assert.is(world().readFile('/abs'), 'hi\xff')
  assert.is(world().readFile('/a/up/x'), '1')
})

test('fails as Nix does', () => {
  const io = world()
  failsWith(() => io.readFile('/a/none'), "path '/a/none' does not exist")
  failsWith(() => io.readFile('/a/f/x'), "path '/a/f/x' does not exist")
  failsWith(() => io.readFile('/a/dangling'), "path '/a/dangling' does not exist")
  failsWith(() => io.readFile('/a/d'), 'read of 4096 bytes: Is a directory')
  failsWith(() => io.readDir('/a/f'), 'cannot read directory "/a/f": Not a directory')
  failsWith(() => io.readDir('/a/none'), "path '/a/none' does not exist")
  failsWith(() => io.realPath('/a/l1'), "infinite symlink recursion in path '/a/l1'")
  failsWith(() => io.stat('/none'), "path '/none' does not exist")
})

test('lists directories in byte order', () => {
  assert.equal(
    [...world().readDir('/a')],
    [
      ['Z', 'regular'],
      ['d', 'directory'],
      ['dangling', 'symlink'],
      ['f', 'regular'],
      ['l1', 'symlink'],
      ['l2', 'symlink'],
      ['up', 'symlink'],
    ],
  )
})

test('looks at the entry itself, not at what a link leads to', () => {
  const io = world()
  assert.is(io.fileType('/a/dangling'), 'symlink')
  assert.is(io.fileType('/a/none'), undefined)
  assert.is(pathExists(io, '/a/dangling'), true)
  assert.equal(io.stat('/a/f'), { type: 'regular', executable: false, size: 3 })
  assert.is(io.readLink('/a/up'), '../a/d')
})

test('resolves links, and leaves alone what does not exist', () => {
  const io = world()
  assert.is(io.realPath('/a/up/x'), '/a/d/x')
  assert.is(io.realPath('/a/dangling'), '/a/nothing')
  assert.is(io.realPath('/a/up', true), '/a/up')
  assert.is(io.realPath('/q/../a/./up'), '/a/d')
})

test('hashes every algorithm', () => {
  const io = world()
  assert.is(io.hash('md5', ''), 'd41d8cd98f00b204e9800998ecf8427e')
  assert.is(io.hash('sha1', 'abc'), 'a9993e364706816aba3e25717850c26c9cd0d89d')
  assert.is(io.hash('sha256', 'abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  assert.is(io.hash('sha512', '').slice(0, 16), 'cf83e1357eefb8bd')
  assert.is(io.hash('blake3', ''), 'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262')
  const hasher = io.createHash('sha256')
  hasher.update('a')
  hasher.update(new Uint8Array([98, 99]))
  assert.is(hasher.digest(), io.hash('sha256', 'abc'))
})

test('stamps change when a file is written', () => {
  const io = world()
  const before = io.stamp('/a/f')
  io.writeFile('/a/f', 'hi\xff')
  assert.is.not(io.stamp('/a/f'), before)
  assert.is(io.stamp('/a'), undefined)
})

test('removes whole directories', () => {
  const io = world()
  io.remove('/a/d')
  assert.is(io.fileType('/a/d/x'), undefined)
  assert.is(io.readDir('/a').has('d'), false)
})

test('paths are taken apart and put together', () => {
  assert.is(canonPath('/a//b/./../c/'), '/a/c')
  assert.is(canonPath('/..'), '/')
  assert.is(joinPath('/', 'a'), '/a')
  assert.is(joinPath('/a', 'b'), '/a/b')
  assert.is(parentPath('/a'), '/')
  assert.is(parentPath('/a/b'), '/a')
  assert.is(baseName('/a/b'), 'b')
})

test.run()
