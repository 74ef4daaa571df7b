import { existsSync, readFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { largerHeap, workerFlags } from '../../src/jobs/heap.ts'
import { assert, suite } from '../support/suite.ts'

const test = suite('jobs/heap')
const MAPS = '/proc/sys/vm/max_map_count'

test('a larger heap fits into the memory of the machine, and into the pieces that a process may have', () => {
  const size = largerHeap(1)
  assert.ok(size > 1)
  assert.ok(size < totalmem() / 2 ** 20)
  if (existsSync(MAPS)) assert.ok(size < Number(readFileSync(MAPS, 'latin1')) / 4)
})

test('a heap that is hardly larger is not worth beginning again', () => {
  const size = largerHeap(1)
  assert.is(largerHeap(size), 0)
  assert.ok(largerHeap(Math.ceil(size / 3)) > 0)
})

test('workers share the memory of the machine', () => {
  const sizeOf = (workers: number): number => {
    const flags = workerFlags(workers).map((flag) => /^--max-old-space-size=(\d+)$/.exec(flag)?.[1])
    return Number(flags.find((size) => size !== undefined))
  }
  const all = totalmem() / 2 ** 20
  for (const workers of [1, 2, 7, 64]) {
    assert.ok(sizeOf(workers) > 0)
    assert.ok(sizeOf(workers) * workers < all)
  }
})

test.run()
