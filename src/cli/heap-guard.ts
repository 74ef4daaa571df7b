/**
 * Notices that the heap is nearly full while there is still room for an error (floor 7): V8 itself would end the
 * process. The evaluator calls the guard now and then.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { NixError } from '../errors.ts'
import { isHeapGiven, largerHeap, nodeFlags } from '../jobs/heap.ts'

/** Above this part of the limit garbage is collected to see what is really in use. */
const LOOK = 0.8
/** Above this part of the limit, with all garbage gone, the program is given up. */
const FULL = 0.9

/**
 * Bytes that old objects may take. The limit that V8 tells has room for young ones in it, which no old one ever gets: 48 MiB
 * in some versions, 192 in others.
 */
function roomOf(limit: number): number {
  // The last one counts; 0 is V8's own.
  const flags = nodeFlags().matchAll(/--max[-_]old[-_]space[-_]size[= ](\d+)/g)
  const given = Number([...flags].at(-1)?.[1] ?? (isHeapGiven() ? 0 : (process.env.FIRNIX_HEAP ?? 0)))
  return given > 0 ? Math.min(limit, given * 2 ** 20) : limit * (1 - YOUNG)
}

/** The share of the limit that is set aside for young objects where nobody has set one for old ones. */
const YOUNG = 1 / 16

/** MiB for old objects to begin with where this process's are known to be too few; 0 if it is to go on as it is. */
export function largerHeapThanNow(): number {
  return largerHeap(Math.round(roomOf(getHeapStatistics().heap_size_limit) / 2 ** 20))
}

/** NixError `memory`: the heap is full. */
export class HeapFull extends NixError {
  /** MiB that old objects may take. */
  readonly size: number
  /** MiB to begin again with, or 0: see largerHeap. */
  readonly larger: number

  constructor(size: number, larger: number) {
    super(
      'memory',
      `out of memory: the heap of ${size} MiB is full; NODE_OPTIONS=--max-old-space-size=MIB gives more`,
    )
    this.size = size
    this.larger = larger
  }
}

/** A function that collects all garbage and answers how many bytes of the heap are in use then. */
function collector(): () => number {
  let collect: (() => void) | undefined
  return () => {
    if (collect === undefined) {
      setFlagsFromString('--expose-gc')
      // V8 gives up earlier when collecting takes most of the time; here that is for the guard to say.
      setFlagsFromString('--no-detect-ineffective-gcs-near-heap-limit')
      collect = runInNewContext('gc') as () => void
    }
    collect()
    return getHeapStatistics().used_heap_size
  }
}

/**
 * A function that throws HeapFull when the heap is nearly full. A small program is not to begin again: it is rather one that
 * never ends. Tests set FIRNIX_HEAP to the MiB that count as V8's own limit.
 */
export function heapGuard(isSmall: () => boolean): () => void {
  let look = LOOK
  let room: number | undefined
  const collect = collector()
  return () => {
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics()
    room ??= roomOf(limit)
    if (used < look * room) return
    const live = collect() / room
    if (live >= FULL) {
      const size = Math.round(room / 2 ** 20)
      throw new HeapFull(size, isSmall() ? 0 : largerHeap(size))
    }
    // As garbage comes back, look again only when the heap has grown well beyond what is in use.
    look = Math.max(LOOK, live + (1 - live) / 2)
  }
}

/**
 * How much a walk over many things may keep in memory before it lets go of what it has evaluated and begins anew with what is left:
 * what nobody asks for any more is kept alive by the value that is walked.
 */
export class MemoryLimit {
  #bytes: number
  readonly #collect = collector()

  /** `size`: MiB, less than the heap has. */
  constructor(size: number) {
    this.#bytes = Math.min(size * 2 ** 20, LOOK * roomOf(getHeapStatistics().heap_size_limit))
  }

  /** Whether it is time; `done`: so many things have been done since the walk began. */
  isMet(done: number): boolean {
    if (getHeapStatistics().used_heap_size < this.#bytes) return false
    if (this.#collect() < MUCH * this.#bytes) return false
    if (done >= FEW) return true
    // Few of them need that much, or it was there before the first: so it has to be more.
    this.#bytes *= 2
    return false
  }

  /** All that was evaluated has been let go of. */
  begin(): void {
    this.#collect()
  }
}

/** This part of the limit has to be in use with all garbage gone. Collecting again takes seconds, so much has to have been made since. */
const MUCH = 2 / 3
/** To begin anew for fewer things than this is not worth it. */
const FEW = 8
