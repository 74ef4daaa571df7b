import { Tiers } from '../../../src/cli/tiers.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('tiers')

function watched(): { tiers: Tiers; begun: () => number } {
  let begun = 0
  return {
    tiers: new Tiers(
      () => begun++,
      () => true,
    ),
    begun: () => begun,
  }
}

test('a small program that does much is a long run at once', () => {
  const { tiers, begun } = watched()
  tiers.loaded()
  assert.is(begun(), 0)
  tiers.tick()
  assert.is(begun(), 1)
  tiers.tick()
  assert.is(begun(), 1)
})

test('a program of many files is one when it has lasted', () => {
  const { tiers, begun } = watched()
  for (let i = 0; i < 100; i++) tiers.loaded()
  tiers.tick()
  assert.is(begun(), 0)
  tiers.tick()
  assert.is(begun(), 1)
})

test('compiling much text makes a long run', () => {
  const { tiers, begun } = watched()
  for (let i = 0; i < 100; i++) tiers.compile(50_000)
  assert.is(begun(), 1)
})

test('the young generation is looked at until it is capped, for a big program only', () => {
  let looks = 0
  const tiers = new Tiers(
    () => {},
    () => ++looks === 3,
  )
  for (let i = 0; i < 15; i++) tiers.loaded()
  assert.is(looks, 0)
  for (let i = 0; i < 100; i++) tiers.loaded()
  assert.is(looks, 3)
})

test.run()
