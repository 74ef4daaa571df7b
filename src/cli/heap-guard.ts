/**
 * Notices that the heap is nearly full while there is still room for an error (floor 6): V8 itself would end the
 * process. The evaluator calls the guard now and then.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { NixError } from '../errors.ts'

/** Above this part of the limit garbage is collected to see what is really in use. */
const LOOK = 0.8
/** Above this part of the limit, with all garbage gone, the program is given up. */
const FULL = 0.9

/** What V8 counts to the limit for young objects, unless told otherwise: no old one ever gets there. */
const YOUNG = 48 << 20

/** A function that throws NixError `out of memory` when the heap is nearly full. */
export function heapGuard(): () => void {
  let look = LOOK
  let collect: (() => void) | undefined
  return () => {
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics()
    const room = Math.max(limit - YOUNG, limit / 2)
    if (used < look * room) return
    if (collect === undefined) {
      setFlagsFromString('--expose-gc')
      // V8 gives up earlier when collecting takes most of the time; here that is for the guard to say.
      setFlagsFromString('--no-detect-ineffective-gcs-near-heap-limit')
      collect = runInNewContext('gc') as () => void
    }
    collect()
    const live = getHeapStatistics().used_heap_size / room
    if (live >= FULL) throw new NixError('eval', outOfMemory(room))
    // As garbage comes back, look again only when the heap has grown well beyond what is in use.
    look = Math.max(LOOK, live + (1 - live) / 2)
  }
}

function outOfMemory(limit: number): string {
  const size = Math.round(limit / (1 << 20))
  return `out of memory: the heap of ${size} MiB is full; NODE_OPTIONS=--max-old-space-size=MIB gives more`
}
