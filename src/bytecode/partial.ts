/**
 * A chunk that was kept when part of it had been compiled (floor 1): a package list of a megabyte, of which a run needs a
 * hundred units. What has been compiled is taken from it; when something else is asked for, the text is compiled again as far
 * as it was, by whoever can read it, and goes on growing from there.
 */
import { type Chunk, type Growth, UNIT } from './chunk.ts'
import type { AnyChunk } from './verify.ts'

/** The chunk as it was kept, and once it has been revived, as it has become. */
export class PartialChunk implements Chunk {
  #now: AnyChunk
  readonly growth: Growth
  readonly sourceLength: number

  /**
   * `stored` has the table `compiled`. `revive` answers a growing chunk that has been compiled as far, and throws where that is
   * not possible; it is called once.
   */
  constructor(stored: AnyChunk, revive: () => Chunk) {
    this.#now = stored
    this.sourceLength = stored.sourceLength
    const numbers = numbersOf(stored)
    let live: Growth | undefined
    const growing = (): Growth => {
      if (live === undefined) {
        const chunk = revive()
        this.#now = chunk
        live = chunk.growth as Growth
      }
      return live
    }
    const rows = () => this.#now.growth?.rows ?? this.#now.units
    this.growth = {
      get rows() {
        return rows()
      },
      get unitCount() {
        return live === undefined ? stored.units.length / UNIT.STRIDE : live.unitCount
      },
      compile(unit) {
        const number = live === undefined ? numbers[unit] : 0
        return number > 0 ? number - 1 : growing().compile(unit)
      },
      complete: () => growing().complete(),
      snapshot: () => growing().snapshot(),
    }
  }

  get code(): Int32Array {
    return this.#now.code
  }
  get units(): Int32Array {
    return this.#now.units
  }
  get spans(): Int32Array {
    return this.#now.spans
  }
  get regions(): Int32Array {
    return this.#now.regions
  }
  get strings(): Chunk['strings'] {
    return this.#now.strings
  }
  get bigInts(): bigint[] {
    return this.#now.bigInts
  }
  get floats(): number[] {
    return this.#now.floats
  }
  get paths(): Chunk['paths'] {
    return this.#now.paths
  }
  get siteCount(): number {
    return this.#now.siteCount
  }
  get cacheCount(): number {
    return this.#now.cacheCount
  }
  get lineStarts(): Int32Array | null {
    return this.#now.lineStarts
  }
  get warnings(): Chunk['warnings'] {
    return this.#now.warnings
  }
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
