import { crc32 } from 'node:zlib'
import { Packr } from 'msgpackr'
import type { AnyChunk } from '../../../src/bytecode/verify.ts'
import { slowCrc32 } from '../../../src/cache/checksum.ts'
import {
  BYTECODE_VERSION,
  decodeChunk,
  type Entry,
  encodeChunk,
  entryNames,
  newPackr,
} from '../../../src/cache/format.ts'
import { assert, suite } from '../../support/suite.ts'
import { chunkOf, fullChunk, PROGRAM } from './sample.ts'

const test = suite('cache/format')
const packr = newPackr()
const header = { key: '/caf\xc3\xa9/a.nix', options: 'opts', sourceHash: 'f'.repeat(64), stamp: '1:2:3:4:5' }

function encode(chunk: AnyChunk): Uint8Array {
  const bytes = encodeChunk(packr, chunk, header)
  if (bytes === undefined) throw new Error('cannot be stored')
  return Uint8Array.from(bytes)
}

function decode(bytes: Uint8Array): Entry {
  const entry = decodeChunk(packr, bytes)
  if (typeof entry === 'string') throw new Error(entry)
  return entry
}

/** A chunk with its strings as plain arrays. */
function plain(chunk: AnyChunk): unknown {
  const list = (l: AnyChunk['strings']): string[] =>
    Array.from({ length: l.length }, (_, k) => l.at(k) as string)
  return { ...chunk, strings: list(chunk.strings), paths: list(chunk.paths) }
}

/** The value of an entry with some of its fields replaced, and a checksum that is right again. */
function forge(bytes: Uint8Array, change: (fields: unknown[]) => unknown): Uint8Array {
  const forged = Uint8Array.from(packr.pack(change(packr.unpack(Uint8Array.from(bytes)))))
  return sealed(forged)
}

function sealed(bytes: Uint8Array): Uint8Array {
  const sum = crc32(bytes.subarray(0, bytes.length - 4))
  for (let i = 0; i < 4; i++) bytes[bytes.length - 4 + i] = sum >>> (8 * i)
  return bytes
}

test('a chunk comes back as it was', () => {
  const part = { ...chunkOf(PROGRAM), compiled: Int32Array.of(0, 0, 7, 2) }
  for (const chunk of [chunkOf('0'), chunkOf('"x"'), chunkOf(PROGRAM), part, fullChunk()]) {
    const entry = decode(encode(chunk))
    assert.equal(plain(entry.chunk), plain(chunk))
    assert.equal(entry.header, header)
  }
})

test('the checksum is the same before and after zlib is worth loading', () => {
  for (const length of [0, 1, 255, 70_000]) {
    const bytes = Uint8Array.from({ length }, (_, i) => i * i)
    assert.is(slowCrc32(bytes), crc32(bytes))
  }
})

test('floats and integers keep their kind and sign', () => {
  const { chunk } = decode(encode(fullChunk()))
  assert.ok(Object.is(chunk.floats[1], -0))
  assert.is(chunk.floats[2], 1)
  assert.is(chunk.bigInts[1], -9223372036854775808n)
})

test('the integers are views of the bytes when these are aligned, and right when not', () => {
  for (let shift = 0; shift < 4; shift++) {
    const bytes = encode(fullChunk())
    const home = new Uint8Array(bytes.length + 8)
    home.set(bytes, shift)
    const { chunk } = decode(home.subarray(shift, shift + bytes.length))
    assert.is(chunk.code.buffer === home.buffer, shift === 0)
    assert.equal(plain(chunk), plain(fullChunk()))
  }
})

test('the integers are aligned whatever the length of the header', () => {
  for (let length = 0; length < 70; length++) {
    const bytes = encodeChunk(packr, fullChunk(), { ...header, key: '/'.repeat(length) })
    const entry = decode(Uint8Array.from(bytes as Uint8Array))
    assert.is(entry.chunk.code.byteOffset % 4, 0)
    assert.is(entry.chunk.code.buffer, entry.chunk.spans.buffer)
    assert.is(entry.header.key.length, length)
  }
})

test('a chunk that has no such form is not encoded', () => {
  assert.is(encodeChunk(packr, { ...chunkOf('0'), strings: ['\u0100'] }, header), undefined)
  assert.is(encodeChunk(packr, { ...chunkOf('0'), bigInts: [1n << 64n] }, header), undefined)
})

test('an entry cut anywhere is a miss', () => {
  const bytes = encode(fullChunk())
  for (let n = 0; n < bytes.length; n++) assert.is(decodeChunk(packr, bytes.slice(0, n)), 'damaged')
})

test('an entry with anything behind it is a miss', () => {
  const bytes = encode(fullChunk())
  for (const tail of [[0], [0xc0], [0xc4, 0, 0, 0, 0, 0]]) {
    assert.is(decodeChunk(packr, Uint8Array.from([...bytes, ...tail])), 'damaged')
    assert.is(decodeChunk(packr, sealed(Uint8Array.from([...bytes, ...tail]))), 'damaged')
  }
})

test('an entry with any one bit flipped is a miss', () => {
  const bytes = encode(fullChunk())
  for (let i = 0; i < bytes.length; i++) {
    for (let bit = 0; bit < 8; bit++) {
      bytes[i] ^= 1 << bit
      assert.is(decodeChunk(packr, bytes), 'damaged')
      bytes[i] ^= 1 << bit
    }
  }
})

test('flipped bits under a right checksum are a miss or some chunk, never an exception', () => {
  const bytes = encode(fullChunk())
  for (let i = 0; i < bytes.length - 4; i++) {
    for (const flip of [1, 0x80, 0xff]) {
      const forged = bytes.slice()
      forged[i] ^= flip
      const entry = decodeChunk(packr, sealed(forged))
      if (typeof entry !== 'string') {
        for (let k = 0; k < entry.chunk.strings.length; k++) assert.type(entry.chunk.strings.at(k), 'string')
      }
    }
  }
})

test('another version is told from damage', () => {
  const bytes = encode(fullChunk())
  const other = (v: unknown) => forge(bytes, (f) => f.map((x, i) => (i === 1 ? v : x)))
  assert.is(decodeChunk(packr, other(BYTECODE_VERSION + 1)), 'version')
  assert.is(decodeChunk(packr, other(0)), 'version')
  assert.is(decodeChunk(packr, other('1')), 'version')
})

test('hostile values are a miss', () => {
  const bytes = encode(fullChunk())
  const values: unknown[] = [
    null,
    [],
    {},
    'firnix-chunk',
    Array.from({ length: 8 }, () => null),
    Array.from({ length: 8 }, () => 'firnix-chunk'),
    { magic: 'firnix-chunk' },
  ]
  for (const v of values)
    assert.is(decodeChunk(packr, sealed(Uint8Array.from([...new Packr().pack(v)]))), 'damaged')
  for (let field = 0; field < 8; field++) {
    for (const v of [null, {}, [], 'x', 5, -1, 1.5, new Date(0), Buffer.alloc(3), Buffer.alloc(400)]) {
      const entry = decodeChunk(
        packr,
        forge(bytes, (f) => f.map((x, i) => (i === field ? v : x))),
      )
      if (typeof entry !== 'string') assert.is(field, 3, `field ${field} = ${v}`)
    }
  }
})

test('a header of more or fewer parts is a miss', () => {
  const bytes = encode(fullChunk())
  const other = (text: string) =>
    decodeChunk(
      packr,
      forge(bytes, (f) => f.map((x, i) => (i === 2 ? text : x))),
    )
  assert.type(other('k\0o\0h\0s'), 'object')
  for (const text of ['', 'k', 'k\0o\0h', 'k\0o\0h\0s\0']) assert.is(other(text), 'damaged')
})

test('lengths that lie are a miss and allocate nothing', () => {
  const bytes = encode(fullChunk())
  const { chunk } = decode(bytes)
  const words = (chunk.code.byteOffset - bytes.byteOffset) / 4 - 15
  for (let k = 0; k < 15; k++) {
    for (const lie of [-1, 0x7fffffff, -0x80000000, 1 << 29]) {
      const forged = bytes.slice()
      new Int32Array(forged.buffer)[words + k] = lie
      const entry = decodeChunk(packr, sealed(forged))
      // The length of the source is only a number: any that is not negative will do.
      if (k === 10 && lie > 0) assert.type(entry, 'object')
      else assert.type(entry, 'string')
    }
  }
  for (const head of [0xdd, 0xdf, 0xdb, 0xc6, 0xc9]) {
    const forged = Uint8Array.from([
      head,
      0xff,
      0xff,
      0xff,
      0xff,
      ...new Array(20).fill(0x9f),
      0xc4,
      4,
      0,
      0,
      0,
      0,
    ])
    assert.is(decodeChunk(packr, sealed(forged)), 'damaged')
    assert.is(decodeChunk(packr, sealed(Uint8Array.from([0x98, ...forged]))), 'damaged')
  }
})

test('ends of strings that lie give some strings', () => {
  const bytes = encode(fullChunk())
  const fresh = decode(bytes).chunk
  const ends = (fresh.lineStarts!.byteOffset + fresh.lineStarts!.byteLength - bytes.byteOffset) / 4
  const forged = bytes.slice()
  new Int32Array(forged.buffer).set([-5, 1 << 30, 3, 2, 1], ends)
  const { chunk } = decode(sealed(forged))
  for (let k = 0; k < chunk.strings.length; k++) assert.type(chunk.strings.at(k), 'string')
  assert.is(chunk.strings.at(-1), undefined)
  assert.is(chunk.strings.at(chunk.strings.length), undefined)
})

test('what is for one version, set of options or source has a name of its own', () => {
  const name = (options: string, key: string): string => entryNames(options)(key)
  const names = [name('a', '/x'), name('a', '/y'), name('b', '/x'), name('a\0', '/x')]
  assert.is(new Set(names).size, 4)
  assert.match(names[0], /^[0-9a-f]{16}$/)
})

test('sources that differ little have names of their own, spread over all folders', () => {
  const nameOf = entryNames('o')
  const names = Array.from({ length: 100_000 }, (_, i) => nameOf(`/tree/pkgs/p${i >> 4}/${i & 15}.nix`))
  assert.is(new Set(names).size, names.length)
  for (const half of [0, 8])
    assert.ok(new Set(names.map((name) => name.slice(half, half + 8))).size > names.length - 20)
  const folders = new Map<string, number>()
  for (const name of names) folders.set(name[0], (folders.get(name[0]) ?? 0) + 1)
  assert.is(folders.size, 16)
  for (const n of folders.values()) assert.ok(n > 5800 && n < 6700)
})

test.run()
