/**
 * A chunk that was kept when part of it had been compiled (floor 1): a package list of a megabyte, of which a run needs a
 * hundred units. What has been compiled is taken from it; when something else is asked for, the text is compiled again as far
 * as it was, by whoever can read it, and goes on growing from there.
 */
import { type Chunk, type Growth, UNIT } from './chunk.ts'
import type { AnyChunk } from './verify.ts'

/**
 * A chunk that has its units from `stored`, which has the table `compiled`, until one is asked for that it does not have. `revive`
 * answers a growing chunk that has been compiled as far, and throws where that is not possible; it is called once.
 */
export function partialChunk(stored: AnyChunk, revive: () => Chunk): Chunk {
  const numbers = numbersOf(stored)
  let now: Chunk
  const revived = (): Growth => {
    if (now === partial) now = revive()
    return now.growth as Growth
  }
  const growth: Growth = {
    get chunk() {
      return now
    },
    rows: stored.units,
    unitCount: numbers.length,
    compile: (unit) => (numbers[unit] > 0 ? numbers[unit] - 1 : revived().compile(unit)),
    complete: () => revived().complete(),
    snapshot: () => (now === partial ? stored : revived().snapshot()),
  }
  const partial: Chunk = { ...stored, growth }
  now = partial
  return partial
}

/** By unit: one more than the number under which its code is found, 0 where it has none. */
function numbersOf(stored: AnyChunk): Int32Array {
  const compiled = stored.compiled as Int32Array
  const numbers = new Int32Array(stored.units.length / UNIT.STRIDE)
  for (let i = 0; i < compiled.length; i += 2) {
    const number = compiled[i + 1]
    numbers[compiled[i]] = number + 1
    numbers[number] = number + 1
  }
  return numbers
}

/** Whether a chunk begins with what another one is: all that the code of the latter may name is in both the same. */
export function beginsWith(chunk: AnyChunk, with_: AnyChunk): boolean {
  return (
    begins(chunk.code, with_.code) &&
    begins(chunk.units, with_.units) &&
    chunk.siteCount === with_.siteCount &&
    chunk.cacheCount === with_.cacheCount &&
    chunk.strings.length === with_.strings.length &&
    chunk.paths.length === with_.paths.length &&
    chunk.floats.length === with_.floats.length &&
    chunk.bigInts.length === with_.bigInts.length
  )
}

function begins(array: Int32Array, with_: Int32Array): boolean {
  if (array.length < with_.length) return false
  for (let i = 0; i < with_.length; i++) if (array[i] !== with_[i]) return false
  return true
}
