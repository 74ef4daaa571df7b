import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Hit, Miss } from '../../../src/cache/cache.ts'
import { DiskCache, type DiskCacheOptions } from '../../../src/cache/disk.ts'
import { cacheDirectory } from '../../../src/cache/place.ts'
import { withFolder } from '../../support/project.ts'
import { assert, suite } from '../../support/suite.ts'
import { chunkOf } from './sample.ts'

const test = suite('cache/disk')
/** A clock by which everything that was just written is old. */
const later = (): number => Date.now() + 10_000

interface Place {
  dir: string
  file: string
  open(options?: Partial<DiskCacheOptions>): DiskCache
  /** One run: loads the file, compiles it on a miss. */
  run(options?: Partial<DiskCacheOptions>, path?: string): { found: Hit | Miss; cache: DiskCache }
  entries(): string[]
}

function place(folder: string, text = '{ a = 1; }'): Place {
  const dir = join(folder, 'cache')
  const file = join(folder, 'a.nix')
  writeFileSync(file, text)
  const open = (options: Partial<DiskCacheOptions> = {}): DiskCache =>
    new DiskCache({ dir, compileOptions: 'o', now: later, ...options })
  return {
    dir,
    file,
    open,
    run(options = {}, path = file) {
      const cache = open(options)
      const found = cache.load(path)
      if (found.chunk === undefined && found.text !== undefined) cache.store(found, chunkOf(found.text))
      cache.close()
      return { found, cache }
    },
    entries() {
      if (!existsSync(join(dir, 'chunks'))) return []
      return readdirSync(join(dir, 'chunks'), { recursive: true, withFileTypes: true })
        .filter((e) => !e.isDirectory())
        .map((e) => join(e.parentPath, e.name))
    },
  }
}

/** A chunk that is more than what is written at once. */
const big = () => chunkOf(`{ big = "${'x'.repeat(5 << 20)}"; }`)

/** What the stored chunk says, as a string of its names. */
function names(found: Hit | Miss): string {
  if (found.chunk === undefined) return 'miss'
  const { strings } = found.chunk
  return Array.from({ length: strings.length }, (_, k) => strings.at(k)).join(',')
}

test('what was stored is found again without reading the source', () =>
  withFolder((folder) => {
    const p = place(folder)
    assert.is(p.run().found.chunk, undefined)
    const { found, cache } = p.run()
    assert.is(names(found), 'a')
    assert.equal([cache.stats.hits, cache.stats.hashedHits, cache.stats.misses], [1, 0, 0])
    assert.is(found.canonicalPath, p.file)
  }))

test('a miss brings the text', () =>
  withFolder((folder) => {
    const p = place(folder, '"caf\u00e9"')
    const { found } = p.run()
    assert.is(found.chunk === undefined && found.text, '"caf\xc3\xa9"')
  }))

test('a stamp of a file that was just changed proves nothing, and is renewed later', () =>
  withFolder((folder) => {
    const p = place(folder)
    p.run({ now: Date.now })
    const second = p.run({ now: Date.now }).cache.stats
    assert.equal([second.hits, second.hashedHits, second.stored], [0, 1, 0])
    const third = p.run().cache.stats
    assert.equal([third.hits, third.hashedHits, third.stored], [0, 1, 1])
    assert.is(p.run().cache.stats.hits, 1)
  }))

test('another text of the same size with its mtime put back is noticed', () =>
  withFolder((folder) => {
    const p = place(folder)
    p.run()
    const before = statSync(p.file)
    writeFileSync(p.file, '{ b = 1; }')
    utimesSync(p.file, before.atime, before.mtime)
    assert.is(p.run().found.chunk, undefined)
    assert.is(names(p.run().found), 'b')
  }))

test('another file renamed onto the source is noticed', () =>
  withFolder((folder) => {
    const p = place(folder)
    p.run()
    writeFileSync(join(folder, 'new'), '{ b = 1; }')
    renameSync(join(folder, 'new'), p.file)
    assert.is(p.run().found.chunk, undefined)
  }))

test('a touched file is a hit by its hash', () =>
  withFolder((folder) => {
    const p = place(folder)
    p.run()
    utimesSync(p.file, new Date(1e9), new Date(1e9))
    assert.is(p.run().cache.stats.hashedHits, 1)
    assert.is(p.run().cache.stats.hits, 1)
  }))

test('check hash reads the source every time', () =>
  withFolder((folder) => {
    const p = place(folder)
    p.run({ check: 'hash' })
    const { stats } = p.run({ check: 'hash' }).cache
    assert.equal([stats.hits, stats.hashedHits], [0, 1])
  }))

test('all names of a file share one entry', () =>
  withFolder((folder) => {
    const p = place(folder)
    p.run()
    mkdirSync(join(folder, 'd'))
    symlinkSync('..', join(folder, 'd/up'))
    symlinkSync('d/up/a.nix', join(folder, 'link.nix'))
    for (const name of ['link.nix', 'd/up/a.nix', 'd/up/d/up/link.nix']) {
      const { found } = p.run({}, join(folder, name))
      assert.is(names(found), 'a')
      assert.is(found.canonicalPath, p.file)
    }
    assert.is(p.entries().length, 1)
  }))

test('a link that means another file now gives that file', () =>
  withFolder((folder) => {
    const p = place(folder)
    writeFileSync(join(folder, 'b.nix'), '{ b = 1; }')
    const link = join(folder, 'link.nix')
    symlinkSync('a.nix', link)
    p.run({}, link)
    p.run({}, join(folder, 'b.nix'))
    rmSync(link)
    symlinkSync('b.nix', link)
    assert.is(names(p.run({}, link).found), 'b')
  }))

test('a folder link that changes under an open cache gives the right text', () =>
  withFolder((folder) => {
    const p = place(folder)
    for (const d of ['one', 'two']) {
      mkdirSync(join(folder, d))
      writeFileSync(join(folder, d, 'x.nix'), `{ ${d} = 1; }`)
    }
    const link = join(folder, 'd')
    symlinkSync('one', link)
    p.run({}, join(link, 'x.nix'))
    p.run({}, join(folder, 'two/x.nix'))
    rmSync(link)
    symlinkSync('two', link)
    assert.is(names(p.run({}, join(link, 'x.nix')).found), 'two')
  }))

test('paths are bytes', () =>
  withFolder((folder) => {
    const p = place(folder)
    writeFileSync(Buffer.from(`${folder}/\xff\xe9.nix`, 'latin1'), '{ c = 1; }')
    mkdirSync(Buffer.from(`${folder}/\xfe`, 'latin1'))
    writeFileSync(Buffer.from(`${folder}/\xfe/x.nix`, 'latin1'), '{ d = 1; }')
    for (const [path, name] of [
      [`${folder}/\xff\xe9.nix`, 'c'],
      [`${folder}/\xfe/x.nix`, 'd'],
    ]) {
      p.run({}, path)
      const { found, cache } = p.run({}, path)
      assert.is(names(found), name)
      assert.is(found.canonicalPath, path)
      assert.is(cache.stats.hits, 1)
    }
  }))

test('what is no readable file is a miss that cannot be stored', () =>
  withFolder((folder) => {
    const p = place(folder)
    symlinkSync('loop', join(folder, 'loop'))
    for (const path of ['none.nix', 'a.nix/x.nix', '.', 'loop', 'none/x.nix', 'nul\0.nix']) {
      const cache = p.open()
      const found = cache.load(`${folder}/${path}`)
      assert.is(found.chunk, undefined)
      assert.is(found.chunk === undefined && found.text, undefined)
      cache.store(found as Miss, chunkOf('0'))
    }
    assert.is(p.entries().length, 0)
  }))

test('other compile options do not find it', () =>
  withFolder((folder) => {
    const p = place(folder)
    p.run()
    assert.is(p.run({ compileOptions: 'other' }).found.chunk, undefined)
    assert.is(names(p.run().found), 'a')
    assert.is(names(p.run({ compileOptions: 'other' }).found), 'a')
  }))

test('an expression is known by its content', () =>
  withFolder((folder) => {
    const p = place(folder)
    const first = p.open()
    const found = first.loadText('{ e = 1; }')
    first.store(found as Miss, chunkOf('{ e = 1; }'))
    first.close()
    assert.is(names(p.open().loadText('{ e = 1; }')), 'e')
    assert.is(names(p.open().loadText('{ f = 1; }')), 'miss')
  }))

test('warnings are kept', () =>
  withFolder((folder) => {
    const p = place(folder)
    const warnings = [{ code: 'c', message: 'm', start: 1, end: 2, always: true }]
    const cache = p.open()
    cache.store(cache.load(p.file) as Miss, { ...chunkOf('{ a = 1; }'), warnings })
    cache.close()
    assert.equal(p.run().found.chunk?.warnings, warnings)
  }))

test('entries put in each other’s places are misses', () =>
  withFolder((folder) => {
    const p = place(folder)
    const other = join(folder, 'b.nix')
    writeFileSync(other, '{ b = 1; }')
    p.run()
    p.run({}, other)
    const [one, two] = p.entries()
    renameSync(one, `${one}.x`)
    renameSync(two, one)
    renameSync(`${one}.x`, two)
    for (const path of [p.file, other]) {
      const { found, cache } = p.run({}, path)
      assert.is(found.chunk, undefined)
      assert.is(cache.stats.rejected, 1)
    }
  }))

test('damaged entries are misses, and replaced', () =>
  withFolder((folder) => {
    const p = place(folder)
    p.run()
    const [entry] = p.entries()
    const good = readFileSync(entry)
    for (const bytes of [
      Buffer.alloc(0),
      good.subarray(0, 9),
      Buffer.concat([good, good]),
      Buffer.alloc(good.length),
    ]) {
      writeFileSync(entry, bytes)
      const { found, cache } = p.run()
      assert.is(found.chunk, undefined)
      assert.is(cache.stats.rejected, 1)
      assert.is(names(p.run().found), 'a')
    }
  }))

test('an entry that others may write is a miss', () =>
  withFolder((folder) => {
    const p = place(folder)
    p.run()
    const [entry] = p.entries()
    for (const mode of [0o620, 0o602]) {
      chmodSync(entry, mode)
      assert.is(p.run().found.chunk, undefined)
      assert.is(statSync(entry).mode & 0o777, 0o600)
      assert.is(names(p.run().found), 'a')
    }
  }))

test('an entry that is a link, a folder or a pipe is a miss and does not block', () =>
  withFolder((folder) => {
    const p = place(folder)
    p.run()
    const [entry] = p.entries()
    const kept = join(folder, 'kept')
    copyFileSync(entry, kept)
    rmSync(entry)
    symlinkSync(kept, entry)
    assert.is(p.run().found.chunk, undefined)
    assert.is(names(p.run().found), 'a')
    rmSync(entry)
    mkdirSync(entry)
    const warnings: string[] = []
    assert.is(p.run({ warn: (m) => warnings.push(m) }).found.chunk, undefined)
    assert.is(warnings.length, 1)
  }))

test('hard links to an entry change nothing', () =>
  withFolder((folder) => {
    const p = place(folder)
    p.run()
    linkSync(p.entries()[0], join(folder, 'link'))
    assert.is(names(p.run().found), 'a')
  }))

test('a cache that cannot be written warns once and never fails', () =>
  withFolder((folder) => {
    const p = place(folder)
    writeFileSync(join(folder, 'cache'), 'a file')
    const warnings: string[] = []
    const cache = p.open({ warn: (m) => warnings.push(m) })
    const miss = cache.load(p.file) as Miss
    for (let i = 0; i < 3; i++) cache.store(miss, big())
    cache.close()
    assert.is(warnings.length, 1)
  }))

test('a cache deleted while it is used is made anew', () =>
  withFolder((folder) => {
    const p = place(folder)
    const cache = p.open()
    const miss = cache.load(p.file) as Miss
    cache.store(miss, big())
    rmSync(p.dir, { recursive: true })
    cache.store(miss, chunkOf('{ a = 1; }'))
    cache.close()
    assert.is(names(p.run().found), 'a')
  }))

test('what was stored is found before it is on the disk', () =>
  withFolder((folder) => {
    const p = place(folder)
    const cache = p.open()
    cache.store(cache.load(p.file) as Miss, chunkOf('{ a = 1; }'))
    assert.is(p.entries().length, 0)
    assert.is(names(cache.load(p.file)), 'a')
    cache.close()
    assert.is(p.entries().length, 1)
  }))

test('what was rejected before it is on the disk does not get there', () =>
  withFolder((folder) => {
    const p = place(folder)
    const cache = p.open()
    cache.store(cache.load(p.file) as Miss, chunkOf('{ a = 1; }'))
    cache.reject(cache.load(p.file) as Hit)
    cache.close()
    assert.is(p.entries().length, 0)
  }))

test('what was stored is on the disk soon, should the run be killed', () =>
  withFolder((folder) => {
    const p = place(folder)
    const cache = p.open()
    cache.store(cache.load(p.file) as Miss, big())
    assert.is(p.entries().length, 1)
  }))

test('the default directory is made only in a home that exists, and missed in silence', () =>
  withFolder((folder) => {
    const p = place(folder)
    const dir = join(folder, 'no/.cache/firnix')
    const warn = (): void => assert.unreachable()
    for (let i = 0; i < 2; i++) assert.is(p.run({ dir, isDefault: true, warn }).found.chunk, undefined)
    assert.not(existsSync(join(folder, 'no')))
    writeFileSync(join(folder, 'no'), '')
    p.run({ dir, isDefault: true, warn })
    rmSync(join(folder, 'no'))
    mkdirSync(join(folder, 'no'))
    writeFileSync(join(folder, 'no/.cache'), 'in the way')
    p.run({ dir, isDefault: true, warn })
    rmSync(join(folder, 'no/.cache'))
    p.run({ dir, isDefault: true, warn })
    assert.is(names(p.run({ dir, isDefault: true }).found), 'a')
  }))

test('the directory comes from the environment', () => {
  const of = (env: Record<string, string>) => cacheDirectory((name) => env[name])
  assert.equal(of({ FIRNIX_CACHE_DIR: 'x', HOME: '/h' }), { dir: 'x', isDefault: false })
  assert.equal(of({ XDG_CACHE_HOME: '/c', HOME: '/h' }), { dir: '/c/firnix', isDefault: true })
  assert.equal(of({ XDG_CACHE_HOME: 'c', HOME: '/h' }), { dir: '/h/.cache/firnix', isDefault: true })
  assert.equal(of({ FIRNIX_CACHE_DIR: '', HOME: '/h' }), { dir: '/h/.cache/firnix', isDefault: true })
  assert.is(of({}), undefined)
})

test('a rejected hit is gone', () =>
  withFolder((folder) => {
    const p = place(folder)
    p.run()
    const { found, cache } = p.run()
    cache.reject(found as Hit)
    assert.is(p.entries().length, 0)
    assert.is(p.run().found.chunk, undefined)
  }))

test('what has waited for long is written before the end, each time a little later', () =>
  withFolder((folder) => {
    const p = place(folder)
    let time = later()
    const cache = p.open({ now: () => time })
    const storeAt = (name: string): void => {
      const file = join(folder, name)
      writeFileSync(file, '1')
      cache.store(cache.load(file) as Miss, chunkOf('1'))
    }
    const writtenAfter = (milliseconds: number): number => {
      time += milliseconds
      cache.keepUp()
      return p.entries().length
    }
    storeAt('1.nix')
    assert.equal([1999, 1].map(writtenAfter), [0, 1])
    storeAt('2.nix')
    assert.equal([3999, 1].map(writtenAfter), [1, 2])
    assert.is(writtenAfter(60_000), 2)
    cache.close()
  }))

test.run()
