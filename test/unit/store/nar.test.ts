import { MemoryIO } from '../../../src/io/memory.ts'
import { latin1Bytes, latin1String } from '../../../src/latin1.ts'
import {
  encodeNarString,
  HashingWalker,
  hashFile,
  hashPath,
  type NarHash,
  NarWalker,
  narOfText,
  writeNar,
} from '../../../src/store/nar.ts'
import { NarReader, type NarTarget } from '../../../src/store/nar-reader.ts'
import { makeFixedOutputPath, makeSourcePath } from '../../../src/store/path.ts'
import { assert, suite } from '../../support/suite.ts'
import { failsWith, inStore, store } from './support.ts'

const test = suite('store/nar')

function world(): MemoryIO {
  const io = new MemoryIO({
    files: {
      '/t/b.nix': '{ a.b = 1; }\n',
      '/t/dir/default.nix': '"dir"',
      '/t/x/a': '12345678',
      '/t/x/Z/f': '',
    },
    links: { '/t/x/l': '../gone' },
  })
  io.writeFile('/t/x/run', '#!', true)
  io.makeDir('/t/x/empty')
  return io
}

function narOf(io: MemoryIO, root: string): string {
  let nar = ''
  writeNar(io, root, (piece) => {
    nar += typeof piece === 'string' ? piece : latin1String(piece)
  })
  return nar
}

/** Puts an archive into a MemoryIO. */
class Unpacker implements NarTarget {
  readonly io = new MemoryIO()
  #path = ''
  #executable = false
  #text = ''
  directory(path: string): void {
    this.io.makeDir(`/o/${path}`)
  }
  symlink(path: string, target: string): void {
    this.io.link(`/o/${path}`, target)
  }
  file(path: string, executable: boolean): void {
    this.#path = path
    this.#executable = executable
    this.#text = ''
  }
  data(chunk: Uint8Array): void {
    this.#text += latin1String(chunk)
  }
  endFile(): void {
    this.io.writeFile(`/o/${this.#path}`, this.#text, this.#executable)
  }
}

function unpack(nar: string, pieces = nar.length): MemoryIO {
  const target = new Unpacker()
  const reader = new NarReader(target)
  for (let i = 0; i < nar.length; i += pieces)
    reader.feed(latin1Bytes(nar, i, Math.min(i + pieces, nar.length)))
  reader.end()
  return target.io
}

test('sources get the store paths that Nix gives them', () => {
  const io = world()
  const file = hashPath(io, '/t/b.nix') as NarHash
  assert.is(makeSourcePath(store, 'b.nix', file.hex), inStore('hl9x6ib85c1q37fy744bvz11y9ikvpkn-b.nix'))
  assert.is(makeSourcePath(store, 'q', file.hex), inStore('89c9zcrqnyjm72ikzjzg0ryv6l483rqa-q'))
  const flat = hashFile(io, '/t/b.nix', 'sha256') as string
  assert.is(
    makeFixedOutputPath(store, 'flat', { algo: 'sha256', hex: flat }, 'b.nix'),
    inStore('ypf7bpdc4m6wbyic3zrb3ddbkpjhkdsr-b.nix'),
  )
  const dir = hashPath(io, '/t/dir', () => true) as NarHash
  assert.is(makeSourcePath(store, 'dir', dir.hex), inStore('3n71fq8662qibfkapxqvhcvwgbhfnjad-dir'))
})

test('strings are padded to eight bytes', () => {
  assert.is(encodeNarString('(').length, 16)
  assert.is(encodeNarString('12345678').length, 16)
  assert.is(encodeNarString('').length, 8)
  assert.is(encodeNarString('x'.repeat(300)).slice(0, 8), '\x2c\x01\0\0\0\0\0\0')
})

test('a text is archived as a file with that text would be', () => {
  assert.is(narOfText('{ a.b = 1; }\n'), narOf(world(), '/t/b.nix'))
})

test('every entry but the root is asked about, in byte order, and nothing below a refused one', () => {
  const asked: string[] = []
  hashPath(world(), '/t/x', (path, type) => {
    asked.push(`${path} ${type}`)
    return type !== 'directory' || path.endsWith('empty')
  })
  assert.equal(asked, [
    '/t/x/Z directory',
    '/t/x/a regular',
    '/t/x/empty directory',
    '/t/x/l symlink',
    '/t/x/run regular',
  ])
})

test('a refused entry is as if it were not there', () => {
  const io = world()
  const filtered = hashPath(io, '/t/x', (path) => !path.startsWith('/t/x/Z')) as NarHash
  io.remove('/t/x/Z')
  assert.equal(hashPath(io, '/t/x'), filtered)
})

test('a walker can be driven step by step', () => {
  const hashing = new HashingWalker(world(), '/t/x', true)
  let questions = 0
  for (let question = hashing.walker.next(); question !== undefined; question = hashing.walker.next()) {
    questions++
    hashing.walker.answer(true)
  }
  assert.is(questions, 6)
  const nar = narOf(world(), '/t/x')
  assert.equal(hashing.result(), { hex: world().hash('sha256', nar), size: nar.length })
})

test('a source may answer later', async () => {
  const io = world()
  const later = {
    hash: (algo: 'sha256', data: string) => io.hash(algo, data),
    createHash: (algo: 'sha256') => io.createHash(algo),
    stat: async (path: string) => io.stat(path),
    readFile: async (path: string) => io.readFile(path),
    readDir: async (path: string) => io.readDir(path),
    readLink: async (path: string) => io.readLink(path),
    readChunks: async (path: string, onChunk: (chunk: Uint8Array) => void) => io.readChunks(path, onChunk),
  } as unknown as MemoryIO
  const keep = (path: string): boolean => !path.endsWith('/a')
  assert.equal(await hashPath(later, '/t/x', keep), hashPath(io, '/t/x', keep))
})

test('big files are streamed, with the same result', () => {
  const io = new MemoryIO({ files: { '/big': 'abc'.repeat(500_001) } })
  assert.is(io.hash('sha256', narOfText('abc'.repeat(500_001))), (hashPath(io, '/big') as NarHash).hex)
})

test('sockets and devices are refused, unless they are filtered out', () => {
  const io = world()
  io.makeDevice('/t/x/fifo')
  failsWith(() => hashPath(io, '/t/x'), "file '/t/x/fifo' has an unsupported type")
  assert.equal(
    hashPath(io, '/t/x', (_, type) => type !== 'unknown'),
    hashPath(world(), '/t/x'),
  )
})

test('trees are at most 64 deep', () => {
  const io = new MemoryIO()
  io.makeDir(`/r${'/d'.repeat(63)}`)
  hashPath(io, '/r')
  io.makeDir(`/r${'/d'.repeat(64)}`)
  failsWith(() => hashPath(io, '/r'), `path '/r${'/d'.repeat(64)}' exceeds maximum NAR directory depth of 64`)
})

test('what is archived is unpacked, in pieces of any size', () => {
  const nar = narOf(world(), '/t/x')
  for (const pieces of [1, 7, nar.length]) assert.is(narOf(unpack(nar, pieces), '/o'), nar)
  assert.is(narOf(unpack(narOfText('hello')), '/o'), narOfText('hello'))
})

test('a reader says where the archive ends', () => {
  const nar = narOfText('hello')
  const reader = new NarReader(new Unpacker())
  assert.is(reader.feed(latin1Bytes(`${nar}more`)), nar.length)
  assert.is(reader.done, true)
})

function directoryNar(...names: string[]): string {
  const encode = (...tokens: string[]): string => tokens.map(encodeNarString).join('')
  let nar = encode('nix-archive-1', '(', 'type', 'directory')
  for (const name of names) {
    nar += encode('entry', '(', 'name', name, 'node', '(', 'type', 'symlink', 'target', 't', ')', ')')
  }
  return nar + encode(')')
}

test('archives that would leave their root are refused', () => {
  for (const name of ['..', '.', '', 'a/b', '/etc', 'a\0']) {
    failsWith(() => unpack(directoryNar(name)), `bad archive: NAR contains invalid file name '${name}'`)
  }
  failsWith(() => unpack(directoryNar('b', 'a')), 'bad archive: NAR directory is not sorted')
  failsWith(() => unpack(directoryNar('a', 'a')), 'bad archive: NAR directory is not sorted')
  assert.is(unpack(directoryNar('a', 'b')).readLink('/o/b'), 't')
})

test('broken archives are refused', () => {
  const nar = narOfText('hello')
  failsWith(() => unpack(nar.slice(0, -8)), 'bad archive: unexpected end of archive')
  failsWith(() => unpack('this is no archive at all'), "bad archive: input doesn't look like a Nix archive")
  failsWith(() => unpack(nar.replace('hello\0', 'hello!')), 'non-zero padding')
  failsWith(() => unpack(nar.replace('regular', 'rugular')), "bad archive: unknown file type 'rugular'")
  failsWith(() => unpack(directoryNar('x'.repeat(256))), 'string is too long')
})

test('a walker that asks nothing needs one step', () => {
  assert.is(new NarWalker(world(), '/t/x', () => {}).next(), undefined)
})

test.run()
