import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Miss } from '../../../src/cache/cache.ts'
import { DiskCache } from '../../../src/cache/disk.ts'
import { encodeChunk, entryNames, newPackr } from '../../../src/cache/format.ts'
import {
  cacheStats,
  clearCache,
  parseAge,
  parseSize,
  pruneCache,
  verifyCache,
} from '../../../src/cache/tending.ts'
import { makeFolders } from '../../../src/io/node/folders.ts'
import { withFolder } from '../../support/project.ts'
import { assert, suite } from '../../support/suite.ts'
import { chunkOf } from './sample.ts'

const test = suite('cache/tending')
const DAY = 86_400_000
const OPTIONS = 'o'

/** A cache of `count` files. */
function filled(folder: string, count: number, maxSize?: number): string {
  const dir = join(folder, 'cache')
  const cache = new DiskCache({ dir, compileOptions: OPTIONS, ...(maxSize === undefined ? {} : { maxSize }) })
  for (let i = 0; i < count; i++) {
    const file = join(folder, `${i}.nix`)
    writeFileSync(file, `{ a${i} = 1; }`)
    cache.store(cache.load(file) as Miss, chunkOf(`{ a${i} = 1; }`))
  }
  cache.close()
  return dir
}

function fileOf(dir: string, key: string): string {
  const name = entryNames(OPTIONS)(key)
  return join(dir, 'chunks', name[0], name.slice(1))
}

test('stats count entries, bytes and leftovers', () =>
  withFolder((folder) => {
    const dir = filled(folder, 5)
    const entry = fileOf(dir, join(folder, '0.nix'))
    writeFileSync(join(dirname(entry), '1-0-0-x.tmp'), 'abc')
    writeFileSync(join(dirname(entry), 'mine'), 'abc')
    const totals = cacheStats(dir)
    assert.equal([totals.entries, totals.leftovers, totals.leftoverBytes, totals.foreign], [5, 1, 3, 0])
    assert.is(totals.bytes, 5 * statSync(entry).size)
  }))

test('a directory that is not there is empty', () => {
  assert.is(cacheStats('/nonexistent/cache').entries, 0)
  assert.is(verifyCache('/nonexistent/cache').entries, 0)
  assert.is(pruneCache('/nonexistent/cache', { maxSize: 0 }).removed, 0)
  assert.is(clearCache('/nonexistent/cache').removed, 0)
})

test('verify finds damage, entries in wrong places and wrong code', () =>
  withFolder((folder) => {
    const dir = filled(folder, 5)
    assert.equal(verifyCache(dir), {
      dir,
      entries: 5,
      good: 5,
      otherVersion: 0,
      foreign: 0,
      leftovers: 0,
      faults: [],
    })
    const damaged = fileOf(dir, join(folder, '0.nix'))
    writeFileSync(damaged, 'x')
    const chunk = chunkOf('{ a = 1; }')
    const wrong = fileOf(dir, join(folder, '1.nix'))
    const header = { key: join(folder, '1.nix'), options: OPTIONS, sourceHash: '', stamp: '' }
    const broken = { ...chunk, code: chunk.code.map((w, i) => (i > 0 ? -w - 1 : w)) }
    writeFileSync(wrong, encodeChunk(newPackr(), broken, header) as Uint8Array)
    const elsewhere = fileOf(dir, join(folder, '2.nix'))
    writeFileSync(elsewhere, encodeChunk(newPackr(), chunk, { ...header, key: '/x' }) as Uint8Array)
    const report = verifyCache(dir)
    assert.is(report.good, 2)
    assert.equal(report.faults.map((f) => f.file).sort(), [damaged, wrong, elsewhere].sort())
  }))

test('prune keeps what was used last', () =>
  withFolder((folder) => {
    const dir = filled(folder, 4)
    const files = [0, 1, 2, 3].map((i) => fileOf(dir, join(folder, `${i}.nix`)))
    const size = statSync(files[0]).size
    for (const [i, f] of files.entries()) utimesSync(f, new Date(1e12 + i), new Date(1e12 + i * DAY))
    const now = 1e12 + 4 * DAY
    assert.equal(pruneCache(dir, { maxAge: 3.5 * DAY, now }), {
      dir,
      removed: 1,
      freed: size,
      kept: 3,
      bytes: 3 * size,
      failures: [],
    })
    assert.is(pruneCache(dir, { maxSize: 2 * size, now }).removed, 1)
    assert.equal(files.map(existsSync), [false, false, true, true])
    assert.is(pruneCache(dir, { maxSize: 0, now }).kept, 0)
  }))

test('prune takes what dead processes left', () =>
  withFolder((folder) => {
    const dir = filled(folder, 1)
    const left = join(dirname(fileOf(dir, join(folder, '0.nix'))), '1-0-0-x.tmp')
    writeFileSync(left, 'abc')
    assert.is(pruneCache(dir, {}).removed, 0)
    assert.is(pruneCache(dir, { now: Date.now() + 2 * 3_600_000 }).removed, 1)
    assert.not(existsSync(left))
  }))

test('what cannot be deleted is told and counted as kept', () =>
  withFolder((folder) => {
    const dir = filled(folder, 2)
    const below = readdirSync(dir, { recursive: true, encoding: 'utf8' }).map((name) => join(dir, name))
    const folders = [folder, dir, ...below.filter((path) => statSync(path).isDirectory())]
    for (const path of folders) chmodSync(path, 0o555)
    // Permissions are nothing to root.
    const isRoot = process.geteuid?.() === 0
    if (isRoot) process.seteuid?.(65534)
    try {
      for (const report of [clearCache(dir), pruneCache(dir, { maxSize: 0 })]) {
        assert.equal([report.removed, report.kept, report.failures.length], [0, 2, 2])
        assert.match(report.failures[0].error.message, /EACCES/)
      }
    } finally {
      if (isRoot) process.seteuid?.(0)
      for (const path of folders) chmodSync(path, 0o755)
    }
    assert.equal([clearCache(dir).removed, clearCache(dir).failures], [2, []])
  }))

test('clear removes entries and nothing else', () =>
  withFolder((folder) => {
    const dir = filled(folder, 3)
    writeFileSync(join(dir, 'mine'), '')
    mkdirSync(join(dir, 'chunks', 'zz'))
    writeFileSync(join(dir, 'chunks', 'zz', 'a'.repeat(39)), '')
    assert.is(clearCache(dir).removed, 3)
    assert.equal(readdirSync(dir).sort(), ['CACHEDIR.TAG', 'chunks', 'mine'])
    assert.equal(readdirSync(join(dir, 'chunks')), ['zz'])
  }))

test('code of Firnix is cleared and pruned with the rest, and counts as bytes only', () =>
  withFolder((folder) => {
    const dir = filled(folder, 1)
    writeFileSync(join(dir, 'code-program-1.bin'), 'abc')
    writeFileSync(join(dir, 'code-program-1.bin.7'), 'ab')
    const { entries, code, codeBytes, leftovers } = cacheStats(dir)
    assert.equal([entries, code, codeBytes, leftovers], [1, 1, 3, 1])
    assert.equal([verifyCache(dir).entries, verifyCache(dir).leftovers], [1, 1])
    const later = Date.now() + 2 * 3_600_000
    const { freed, kept } = pruneCache(dir, { now: later })
    assert.equal([freed, kept], [2, 1])
    const cleared = clearCache(dir)
    assert.equal([cleared.removed, cleared.freed > 3], [1, true])
    assert.equal(readdirSync(dir), ['CACHEDIR.TAG'])
  }))

test('a run that wrote much bounds the size', () =>
  withFolder((folder) => {
    const dir = filled(folder, 20, 4000)
    assert.ok(cacheStats(dir).bytes <= 4000)
    assert.ok(cacheStats(dir).entries > 0)
  }))

test('a clock that was wrong stops neither bounding nor pruning', () =>
  withFolder((folder) => {
    const dir = filled(folder, 20)
    const future = new Date(Date.now() + 3000 * DAY)
    const file = fileOf(dir, join(folder, '0.nix'))
    const leftover = `${file.slice(0, -15)}1-2-x.tmp`
    writeFileSync(leftover, 'x')
    for (const path of [leftover, file, join(dir, 'tended')]) utimesSync(path, future, future)
    new DiskCache({ dir, compileOptions: OPTIONS }).load(join(folder, '0.nix'))
    assert.ok(statSync(file).mtimeMs < Date.now() + DAY)
    const { bytes } = cacheStats(dir)
    const source = join(folder, 'more.nix')
    writeFileSync(source, '{ more = 1; }')
    const cache = new DiskCache({ dir, compileOptions: OPTIONS, maxSize: bytes })
    cache.store(cache.load(source) as Miss, chunkOf('{ more = 1; }'))
    cache.close()
    assert.ok(cacheStats(dir).bytes <= bytes)
    assert.not.ok(existsSync(leftover))
  }))

test('sizes and ages are read with their units', () => {
  assert.equal(['10', '2K', '1.5M', '3G'].map(parseSize), [10, 2048, 1.5 * 2 ** 20, 3 * 2 ** 30])
  assert.equal(['', '-1', '1X', '1KB', 'G'].map(parseSize), [
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ])
  assert.equal(['10s', '2h', '30d', '1'].map(parseAge), [10_000, 7_200_000, 30 * DAY, DAY])
  assert.is(parseAge('1y'), undefined)
})

test('folders are made with those above them, and where none can be made that is an error', () =>
  withFolder((folder) => {
    const inner = join(folder, 'a', 'b', 'c')
    assert.is(makeFolders(inner), join(folder, 'a'))
    assert.ok(existsSync(inner))
    assert.is(makeFolders(inner), undefined)
    assert.is(makeFolders(join(inner, 'd')), join(inner, 'd'))
    writeFileSync(join(folder, 'file'), '')
    assert.throws(() => makeFolders(join(folder, 'file', 'a')), /ENOTDIR/)
    // A file system without new folders.
    if (existsSync('/proc/self')) assert.throws(() => makeFolders('/proc/none/a/b'))
  }))

test.run()
