/** What is known of commands that have filled the heap (src/cache/heaps.ts). */
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hasFilledHeap, noteFilledHeap } from '../../../src/cache/heaps.ts'
import { cacheStats, clearCache, pruneCache, verifyCache } from '../../../src/cache/tending.ts'
import { withFolder } from '../../support/project.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('cache/heaps')

/** The only entry below a folder. */
function only(dir: string): string {
  const [file] = readdirSync(join(dir, 'heaps'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.includes('/'),
  )
  return join(dir, 'heaps', file)
}

test('a command is known once it has been noted, and no other one', () =>
  withFolder((dir) => {
    const place = { dir, isDefault: false }
    assert.not(hasFilledHeap(place, 'a\0b'))
    noteFilledHeap(place, 'a\0b')
    assert.ok(hasFilledHeap(place, 'a\0b'))
    assert.not(hasFilledHeap(place, 'a\0c'))
    assert.not(hasFilledHeap({ dir: join(dir, 'none'), isDefault: false }, 'a\0b'))
  }))

test('what says something else, or is anybody else to write, is not believed', () =>
  withFolder((dir) => {
    const place = { dir, isDefault: false }
    noteFilledHeap(place, 'command')
    const file = only(dir)
    assert.is(readFileSync(file, 'latin1'), 'command')
    chmodSync(file, 0o666)
    assert.not(hasFilledHeap(place, 'command'))
    chmodSync(file, 0o600)
    assert.ok(hasFilledHeap(place, 'command'))
    writeFileSync(file, 'another')
    assert.not(hasFilledHeap(place, 'command'))
  }))

test('it is deleted with the entries of the cache, which it is not counted among', () =>
  withFolder((dir) => {
    const place = { dir, isDefault: false }
    noteFilledHeap(place, 'command')
    const { entries, results } = cacheStats(dir)
    assert.equal([entries, results, verifyCache(dir).entries], [0, 0, 0])
    pruneCache(dir, { maxAge: 1000, now: Date.now() + 10_000 })
    assert.not(hasFilledHeap(place, 'command'))
    noteFilledHeap(place, 'command')
    clearCache(dir)
    assert.not(hasFilledHeap(place, 'command'))
    assert.equal(readdirSync(dir), ['CACHEDIR.TAG'])
  }))

test('a place that cannot be written is no fault', () =>
  withFolder((dir) => {
    writeFileSync(join(dir, 'file'), '')
    const place = { dir: join(dir, 'file'), isDefault: false }
    noteFilledHeap(place, 'command')
    assert.not(hasFilledHeap(place, 'command'))
  }))

test.run()
