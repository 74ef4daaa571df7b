import { Script } from 'node:vm'
import { Tiers, V8Flags } from '../../../src/cli/tiers.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('tiers')

const MB = 1 << 20

/** Watchers of a run, with what they have done, and a heap to be set; `grows`: whether it may with sizes in MB. */
function watched() {
  const seen = { flags: 0, rehearsed: 0, begun: 0, lasts: 0, looks: 0, used: 0, young: 0, grows: true }
  const actions = {
    beginShort: () => seen.flags++,
    beginLong: () => seen.begun++,
    lasts: () => seen.lasts++,
    sizes: () => {
      seen.looks++
      return { used: seen.used, young: seen.young }
    },
    letYoungGrow: (may: boolean) => {
      seen.grows = may
    },
  }
  const tiers = new Tiers(16, actions, () => seen.rehearsed++)
  const grows = (used: number, young: number): boolean => {
    seen.used = used * MB
    seen.young = young * MB
    tiers.tick()
    return seen.grows
  }
  return { tiers, seen, grows }
}

function times(n: number, act: () => void): void {
  for (let i = 0; i < n; i++) act()
}

test('what was thought to do little, loads no file and does not tick gets no flags', () => {
  const { tiers, seen } = watched()
  tiers.loaded(false)
  assert.is(seen.flags, 0)
  tiers.loaded(true)
  assert.is(seen.flags, 1)
  const other = watched()
  other.tiers.tick()
  assert.is(other.seen.flags, 1)
})

test('a small program that does much is a long run soon', () => {
  const { tiers, seen } = watched()
  tiers.loaded(true)
  times(3, () => tiers.tick())
  assert.is(seen.begun, 0)
  tiers.tick()
  assert.is(seen.begun, 1)
  times(100, () => tiers.tick())
  assert.equal([seen.rehearsed, seen.begun], [0, 1])
})

test('a program of many files lasts first, and is a long run when it has lasted', () => {
  const { tiers, seen } = watched()
  times(100, () => tiers.loaded(true))
  times(4, () => tiers.tick())
  assert.equal([seen.lasts, seen.rehearsed, seen.begun], [1, 0, 0])
  times(20, () => tiers.tick())
  assert.equal([seen.lasts, seen.rehearsed, seen.begun], [1, 1, 1])
})

test('the young generation grows with the heap, within bounds', () => {
  const { tiers, grows } = watched()
  times(100, () => tiers.loaded(true))
  assert.is(grows(10, 4), true)
  assert.is(grows(10, 8), false, 'a small heap')
  assert.is(grows(80, 8), true, 'the heap has grown')
  assert.is(grows(80, 32), false)
  assert.is(grows(2000, 64), true)
  assert.is(grows(2000, 128), false, 'it never gets larger')
})

test('a small program has more room for young objects, above all when its heap is large', () => {
  const { grows } = watched()
  assert.is(grows(10, 4), true)
  assert.is(grows(10, 8), false)
  assert.is(grows(32, 8), false)
  assert.is(grows(80, 16), true)
  assert.is(grows(80, 32), false)
  assert.is(grows(2000, 128), false, 'it never gets larger')
})

test('the heap is looked at once in several files', () => {
  const { tiers, seen } = watched()
  times(80, () => tiers.loaded(true))
  assert.is(seen.looks, 10)
})

test('code that V8 has cached is good while the flags are as usual', () => {
  const flags = new V8Flags()
  let n = 1000
  const cachedData = new Script(`${n}`).createCachedData()
  // V8 tells texts apart by their length, and knows those again that it has seen.
  const rejected = (): boolean | undefined => new Script(`${++n}`, { cachedData }).cachedDataRejected
  assert.is(rejected(), false)
  flags.letYoungGrow(false)
  assert.is(rejected(), true)
  assert.is(flags.asUsual(rejected), false)
  assert.throws(() =>
    flags.asUsual(() => {
      throw new Error('of its own')
    }),
  )
  assert.is(rejected(), true, 'they are changed again')
  flags.letYoungGrow(true)
  assert.is(rejected(), false)
})

test('waiting for the compilers leaves the language as it was', () => {
  const flags = new V8Flags()
  flags.beginShort()
  flags.awaitCompilers()
  flags.asUsual(() => {})
  // Another text than the one that was compiled: V8 of Node 25 keeps that.
  assert.throws(() => new Function('return %FinalizeOptimization()'), /Unexpected token/)
})

test.run()
