/**
 * A line that says how far a long run has got (floor 6): how many are done, how fast, how many failed, and the memory in
 * use. On a terminal only; elsewhere silent.
 */
import type { Listener } from './evaluation.ts'

/** How often the line changes, in ms. */
const PERIOD = 200

export class Progress implements Listener {
  readonly #write: ((text: string) => void) | undefined
  readonly #columns: () => number
  readonly #elsewhere: boolean
  readonly #started = performance.now()
  #found = 0
  #done = 0
  #failed = 0
  #shown = 0
  /** Bytes of other processes. */
  #memory = 0
  #visible = false

  /**
   * `write`: where the line goes; undefined: nowhere. `columns`: the width of the terminal. `elsewhere`: another process shows the
   * line, which may be there at any time.
   */
  constructor(write: ((text: string) => void) | undefined, columns: () => number, elsewhere = false) {
    this.#write = write
    this.#columns = columns
    this.#elsewhere = elsewhere
  }

  found(): void {
    this.#found++
    this.#tick()
  }

  done(): void {
    this.#done++
    this.#tick()
  }

  #tick(): void {
    if (this.#write === undefined || this.#elsewhere) return
    const now = performance.now()
    if (now - this.#shown < PERIOD) return
    this.#shown = now
    this.#show(this.#write, now)
  }

  failed(): void {
    this.#failed++
  }

  /** So many bytes of memory are in use by other processes. */
  remember(memory: number): void {
    this.#memory = memory
  }

  /** Takes the line away, for a message or at the end. */
  clear(): void {
    if (!this.#visible && !this.#elsewhere) return
    this.#visible = false
    this.#write?.('\r\x1b[K')
  }

  #show(write: (text: string) => void, now: number): void {
    const seconds = (now - this.#started) / 1000
    const rate = seconds < 1 ? '' : `, ${Math.round(this.#done / seconds)}/s`
    const memory = `${((process.memoryUsage.rss() + this.#memory) / 2 ** 30).toFixed(1)} GiB`
    const of = this.#found > this.#done ? ` of ${this.#found}` : ''
    const text = `${this.#done}${of} attributes${rate}, ${this.#failed} failed, ${memory}`
    write(`\r\x1b[K${text.slice(0, Math.max(this.#columns() - 1, 10))}`)
    this.#visible = true
  }
}
