import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Hit, Miss } from '../../../src/cache/cache.ts'
import { DiskCache, type DiskCacheOptions } from '../../../src/cache/disk.ts'
import { entryNames } from '../../../src/cache/format.ts'
import { Pack, packFiles } from '../../../src/cache/packs.ts'
import { cacheStats, clearCache, pruneCache, verifyCache } from '../../../src/cache/tending.ts'
import { withFolder } from '../../support/project.ts'
import { assert, suite } from '../../support/suite.ts'
import { chunkOf } from './sample.ts'

const test = suite('cache/packs')
const OPTIONS = 'o'
/** A clock by which everything that was just written is old. */
const later = (): number => Date.now() + 10_000

interface Place {
  dir: string
  files: string[]
  open(options?: Partial<DiskCacheOptions>): DiskCache
  /** One run: loads some files, compiles what is missed, packs that. */
  run(some?: readonly string[]): DiskCache['stats']
  packs(): string[]
}

/** A folder with `count` sources, each of a name of its own. */
function place(folder: string, count: number): Place {
  const dir = join(folder, 'cache')
  const files = Array.from({ length: count }, (_, i) => join(folder, `${i}.nix`))
  for (const [i, file] of files.entries()) writeFileSync(file, `{ a${i} = 1; }`)
  const open = (options: Partial<DiskCacheOptions> = {}): DiskCache =>
    new DiskCache({ dir, compileOptions: OPTIONS, now: later, packFrom: 2, ...options })
  return {
    dir,
    files,
    open,
    run(some = files) {
      const cache = open()
      for (const file of some) compileIfMissed(cache, file)
      cache.close()
      return cache.stats
    },
    packs: () => packFiles(dir),
  }
}

/** The same with all of them packed. */
function packed(folder: string, count: number): Place {
  const p = place(folder, count)
  p.run()
  return p
}

/** A run in which the chunk of a source, which was stored, grows, and some sources are compiled. */
function grow(p: Place, file: string, more: readonly string[] = []): void {
  const cache = p.open()
  cache.storeGrown(cache.load(file) as Hit, chunkOf('{ grown = 1; }'))
  for (const other of more) compileIfMissed(cache, other)
  cache.close()
}

/** The only name in the chunk that a run gets. */
function nameOf(p: Place, file: string): string | undefined {
  const cache = p.open()
  const name = nameIn(cache.load(file))
  cache.close()
  return name
}

function compileIfMissed(cache: DiskCache, file: string): void {
  const found = cache.load(file)
  if (found.chunk === undefined) cache.store(found, chunkOf(found.text as string))
  else assert.is(nameIn(found), /\{ (\w+) =/.exec(readFileSync(file, 'latin1'))?.[1])
}

/** The only name in a chunk. */
function nameIn(found: Hit | Miss): string | undefined {
  return found.chunk?.strings.at(0)
}

function namesIn(file: string): string[] {
  const pack = Pack.open(file, false)
  assert.instance(pack, Pack)
  const names = (pack as Pack).names()
  ;(pack as Pack).close()
  return names
}

function results({ hits, hashedHits, misses, rejected, stored }: DiskCache['stats']): number[] {
  return [hits, hashedHits, misses, rejected, stored]
}

/** Changes a byte in the middle of the entry of a source. */
function damage(pack: string, file: string): void {
  const bytes = readFileSync(pack)
  const at = bytes.indexOf(file)
  assert.ok(at > 0)
  bytes[at] ^= 1
  writeFileSync(pack, bytes)
}

function flipped(bytes: Buffer, at: number): Buffer {
  const other = Buffer.from(bytes)
  other[at] ^= 4
  return other
}

test('what is written at once goes into one file, and is found there', () =>
  withFolder((folder) => {
    const p = place(folder, 5)
    assert.equal(results(p.run()), [0, 0, 5, 0, 5])
    assert.is(p.packs().length, 1)
    assert.not(existsSync(join(p.dir, 'chunks')))
    assert.equal(results(p.run()), [5, 0, 0, 0, 0])
  }))

test('few entries have files of their own', () =>
  withFolder((folder) => {
    const p = place(folder, 5)
    const cache = p.open({ packFrom: 24 })
    for (const file of p.files) compileIfMissed(cache, file)
    cache.close()
    assert.equal(p.packs(), [])
    assert.equal(results(p.run()), [5, 0, 0, 0, 0])
  }))

test('an entry that was made anew is found, in a pack or beside it', () =>
  withFolder((folder) => {
    const p = packed(folder, 4)
    writeFileSync(p.files[0], '{ b = 2; }')
    assert.equal(results(p.run()), [3, 0, 1, 0, 1])
    assert.equal(results(p.run()), [4, 0, 0, 0, 0])
    for (const file of p.files) writeFileSync(file, '{ c = 3; }')
    assert.equal(results(p.run()), [0, 0, 4, 0, 4])
    assert.equal(results(p.run()), [4, 0, 0, 0, 0])
  }))

test('a chunk that has grown takes the place of the one in a pack, whatever becomes of the packs', () =>
  withFolder((folder) => {
    const p = place(folder, 40)
    p.run(p.files.slice(0, 3))
    grow(p, p.files[1])
    for (let i = 4; i < 40; i += 2) {
      assert.is(nameOf(p, p.files[1]), 'grown')
      p.run(p.files.slice(i, i + 2))
    }
    assert.ok(p.packs().length <= 16)
  }))

test('a pack is newer than all that are there, whatever the clock says', () =>
  withFolder((folder) => {
    const p = packed(folder, 2)
    const [pack] = p.packs()
    renameSync(pack, join(p.dir, 'packs', 'ffff00000000-1-a'))
    grow(p, p.files[0])
    assert.is(p.packs().length, 2)
    assert.is(nameOf(p, p.files[0]), 'grown')
  }))

test('packs that become one do not come before newer ones that stay', () =>
  withFolder((folder) => {
    const p = place(folder, 60)
    p.run(p.files.slice(0, 2))
    // So large that it stays as it is.
    grow(p, p.files[0], p.files.slice(2, 30))
    for (let i = 30; i < 60; i += 2) p.run(p.files.slice(i, i + 2))
    assert.ok(p.packs().length < 16)
    assert.is(nameOf(p, p.files[0]), 'grown')
  }))

test('a source that was touched is known by its text, and has its new stamp from then on', () =>
  withFolder((folder) => {
    const p = packed(folder, 3)
    for (const file of p.files) utimesSync(file, new Date(1e12), new Date(1e12))
    assert.equal(results(p.run()), [0, 3, 0, 0, 3])
    assert.equal(results(p.run()), [3, 0, 0, 0, 0])
  }))

test('a damaged entry is a miss, and leaves its pack', () =>
  withFolder((folder) => {
    const p = packed(folder, 4)
    damage(p.packs()[0], p.files[2])
    assert.is(verifyCache(p.dir).faults.length, 1)
    assert.equal(results(p.run()), [3, 0, 1, 1, 1])
    const report = verifyCache(p.dir)
    assert.equal([report.entries, report.good, report.faults], [4, 4, []])
    assert.equal(results(p.run()), [4, 0, 0, 0, 0])
  }))

test('what does not begin as a pack, or is shorter than its index, is none', () =>
  withFolder((folder) => {
    const p = packed(folder, 4)
    const [pack] = p.packs()
    const whole = readFileSync(pack)
    const broken = [8, 12, 23].map((at) => flipped(whole, at))
    for (const bytes of [...broken, whole.subarray(0, 10), whole.subarray(0, 40), Buffer.alloc(0)]) {
      writeFileSync(pack, bytes)
      assert.is(Pack.open(pack, false), 'damaged')
      assert.equal(
        verifyCache(p.dir).faults.map((f) => f.fault),
        ['damaged'],
      )
    }
    assert.equal(results(p.run()), [0, 0, 4, 0, 4])
    assert.not(existsSync(pack))
    assert.equal(results(p.run()), [4, 0, 0, 0, 0])
  }))

test('where an index is wrong, entries are missing and nothing worse', () =>
  withFolder((folder) => {
    const p = packed(folder, 4)
    const [pack] = p.packs()
    const whole = readFileSync(pack)
    // The number of entries, and all of what it says of each.
    for (let at = 20; at < 24 + 4 * 16; at++) {
      for (const other of p.packs()) unlinkSync(other)
      writeFileSync(pack, flipped(whole, at))
      assert.ok(verifyCache(p.dir).faults.length > 0)
      const { hits, misses } = p.run()
      assert.is(hits + misses, 4)
      const again = p.run()
      assert.equal([again.hits, again.misses], [4, 0])
    }
  }))

test('entries beyond the end of a pack are misses', () =>
  withFolder((folder) => {
    const p = packed(folder, 4)
    const [pack] = p.packs()
    truncateSync(pack, statSync(pack).size - 20)
    assert.is(verifyCache(p.dir).faults.length, 1)
    assert.equal(results(p.run()), [3, 0, 1, 0, 1])
    assert.equal(results(p.run()), [4, 0, 0, 0, 0])
  }))

test('a pack that others can write is not used', () =>
  withFolder((folder) => {
    const p = packed(folder, 3)
    chmodSync(p.packs()[0], 0o666)
    assert.is(cacheStats(p.dir).foreign, 1)
    assert.is(verifyCache(p.dir).foreign, 1)
    assert.equal(results(p.run()), [0, 0, 3, 0, 3])
  }))

test('many small packs become few, with every entry once', () =>
  withFolder((folder) => {
    const p = place(folder, 60)
    for (let i = 0; i < 60; i += 3) p.run([...p.files.slice(0, i % 5), ...p.files.slice(i, i + 3)])
    assert.ok(p.packs().length <= 16)
    const names = p.packs().flatMap(namesIn)
    assert.is(names.length, 60)
    assert.is(new Set(names).size, 60)
    assert.equal(results(p.run()), [60, 0, 0, 0, 0])
    assert.is(verifyCache(p.dir).good, 60)
  }))

test('of entries for one source, packs that become one keep the newest', () =>
  withFolder((folder) => {
    const p = place(folder, 3)
    for (let round = 0; round < 17; round++) {
      for (const file of p.files) writeFileSync(file, `{ b${round} = 1; }`)
      assert.equal(results(p.run()), [0, 0, 3, 0, 3])
    }
    assert.ok(p.packs().length <= 16)
    assert.equal(results(p.run()), [3, 0, 0, 0, 0])
  }))

test('packs that become one have been used when the last of them was', () =>
  withFolder((folder) => {
    const p = place(folder, 60)
    for (let i = 0; i < 48; i += 3) p.run(p.files.slice(i, i + 3))
    const old = new Date(1e12)
    for (const file of p.packs()) utimesSync(file, old, old)
    utimesSync(p.packs()[10], old, new Date(1.1e12))
    p.run(p.files.slice(48, 52))
    assert.ok(p.packs().length < 16)
    const times = p.packs().map((file) => statSync(file).mtimeMs)
    assert.is(times.filter((time) => time === 1.1e12).length, 1)
  }))

test('an entry that is rejected leaves its pack at once, the others stay', () =>
  withFolder((folder) => {
    const p = packed(folder, 4)
    const cache = p.open()
    cache.reject(cache.load(p.files[1]) as Hit)
    cache.close()
    assert.equal(results(p.run()), [3, 0, 1, 0, 1])
  }))

test('when all are rejected nothing is left of what was used', () =>
  withFolder((folder) => {
    const p = packed(folder, 4)
    const cache = p.open()
    for (const file of p.files) cache.load(file)
    cache.rejectAll()
    cache.close()
    assert.equal(p.packs(), [])
    assert.equal(results(p.run()), [0, 0, 4, 0, 4])
  }))

test('a pack that is deleted while it is in use is read to the end', () =>
  withFolder((folder) => {
    const p = packed(folder, 4)
    const cache = p.open()
    compileIfMissed(cache, p.files[0])
    unlinkSync(p.packs()[0])
    for (const file of p.files) compileIfMissed(cache, file)
    cache.close()
    assert.equal(results(cache.stats), [5, 0, 0, 0, 0])
  }))

test('two runs that fill a cache at once are both found again', () =>
  withFolder((folder) => {
    const p = place(folder, 6)
    const [a, b] = [p.open(), p.open()]
    for (const file of p.files.slice(0, 4)) compileIfMissed(a, file)
    for (const file of p.files.slice(2)) compileIfMissed(b, file)
    a.close()
    b.close()
    assert.is(p.packs().length, 2)
    assert.equal(results(p.run()), [6, 0, 0, 0, 0])
  }))

test('an entry under the name of another is a miss', () =>
  withFolder((folder) => {
    const p = packed(folder, 2)
    const [pack] = p.packs()
    const moved = join(folder, 'moved.nix')
    renameSync(p.files[0], moved)
    assert.equal(results(p.run([moved, p.files[1]])), [1, 0, 1, 0, 1])
    assert.ok(namesIn(pack).includes(entryNames(OPTIONS)(p.files[0])))
  }))

test('a pack that is used after a day says so, once an entry was found', () =>
  withFolder((folder) => {
    const p = packed(folder, 3)
    const old = new Date(1e12)
    utimesSync(p.packs()[0], old, old)
    p.run([])
    assert.is(statSync(p.packs()[0]).mtimeMs, 1e12)
    const cache = p.open()
    cache.loadText('1')
    cache.close()
    assert.is(statSync(p.packs()[0]).mtimeMs, 1e12)
    p.run([p.files[0]])
    assert.ok(Math.abs(statSync(p.packs()[0]).mtimeMs - Date.now()) < 60_000)
  }))

test('stats count what is in packs, pruning takes them whole, clearing leaves no folder', () =>
  withFolder((folder) => {
    const p = place(folder, 6)
    p.run(p.files.slice(0, 4))
    const [pack] = p.packs()
    const { size } = statSync(pack)
    const old = new Date(1e12)
    utimesSync(pack, old, old)
    p.run(p.files.slice(4))
    writeFileSync(join(p.dir, 'packs', '1-0-x.tmp'), 'abc')
    writeFileSync(join(p.dir, 'packs', 'mine'), 'abc')
    const totals = cacheStats(p.dir)
    assert.equal([totals.entries, totals.leftovers, totals.oldest], [6, 1, 1e12])
    const pruned = pruneCache(p.dir, { maxAge: 86_400_000 })
    assert.equal([pruned.removed, pruned.freed], [4, size])
    assert.is(p.packs().length, 1)
    unlinkSync(join(p.dir, 'packs', 'mine'))
    assert.is(clearCache(p.dir).removed, 3)
    assert.equal(readdirSync(p.dir).sort(), ['CACHEDIR.TAG'])
  }))

test('a pack with a damaged entry is left as it is until the end of a run', () =>
  withFolder((folder) => {
    const p = packed(folder, 3)
    damage(p.packs()[0], p.files[1])
    const before = readFileSync(p.packs()[0])
    const cache = p.open()
    for (const file of p.files) cache.load(file)
    assert.equal(results(cache.stats), [2, 0, 1, 1, 0])
    assert.equal(readFileSync(p.packs()[0]), before)
    cache.close()
  }))

test.run()
