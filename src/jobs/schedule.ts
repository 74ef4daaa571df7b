/**
 * Who looks at what in a walk that several workers share (floor 6), and what is written when. Attributes of a set that is
 * entered are a group. A worker stays with a group as long as there is something in it: what attributes of one set have in
 * common is evaluated by each worker that looks at any. What is found is written in the order of a walk by one.
 */
import type { Listener } from './evaluation.ts'
import type { Outcome } from './protocol.ts'

/** One attribute to be looked at. */
export class Entry {
  readonly part: number
  readonly path: readonly string[]
  outcome: Outcome | undefined
  /** The one whose outcome is written after this one's. */
  next: Entry | undefined

  constructor(part: number, path: readonly string[], next: Entry | undefined) {
    this.part = part
    this.path = path
    this.next = next
  }
}

/** The attributes of one set, the first `taken` of which have been given to workers. */
interface Group {
  readonly entries: readonly Entry[]
  taken: number
  /** The worker whose group it is: it has found or begun it. */
  owner: number | undefined
}

/** Where what is found goes. */
export interface Outlet {
  /** `part`: which of the parts the line belongs to. */
  write(line: string, part: number): void
  /** A line for standard error. */
  log(line: string): void
}

/** What ends a walk before its end, and in which part. */
export interface Fatal {
  readonly text: string
  readonly code: number
  readonly part: number
}

export class Schedule {
  /** Those with something left; what is written first is at the end. */
  readonly #groups: Group[] = []
  readonly #listener: Listener
  readonly #outlet: Outlet
  /** The first that has not been written. */
  #head: Entry | undefined
  #waiting = 0
  #fatal: Fatal | undefined

  /** A walk of so many parts, which come one after the other. */
  constructor(parts: number, listener: Listener, outlet: Outlet) {
    this.#listener = listener
    this.#outlet = outlet
    for (let part = parts - 1; part >= 0; part--) {
      this.#head = new Entry(part, [], this.#head)
      this.#add([this.#head], undefined)
    }
  }

  /** How many no worker has been given. */
  get waiting(): number {
    return this.#waiting
  }

  /** Whether there is nothing left to be done. */
  get isDone(): boolean {
    return this.#head === undefined || this.#fatal !== undefined
  }

  /** What has ended the walk, if all before it is written. */
  get fatal(): Fatal | undefined {
    return this.#fatal
  }

  /** Gives a worker something to look at; undefined when all that is known has been given away. */
  take(worker: number): Entry | undefined {
    const group = this.#groupFor(worker)
    if (group === undefined) return undefined
    group.owner ??= worker
    const entry = group.entries[group.taken++]
    if (group.taken === group.entries.length) this.#groups.splice(this.#groups.indexOf(group), 1)
    this.#waiting--
    return entry
  }

  #groupFor(worker: number): Group | undefined {
    let largest: Group | undefined
    for (let i = this.#groups.length - 1; i >= 0; i--) {
      const group = this.#groups[i]
      if (group.owner === undefined || group.owner === worker) return group
      if (largest === undefined || left(group) > left(largest)) largest = group
    }
    return largest
  }

  /** Notes what a worker has found, and writes what can be written. Throws what the outlet throws. */
  answered(entry: Entry, outcome: Outcome, worker: number): void {
    entry.outcome = outcome
    if ('children' in outcome) {
      const entries: Entry[] = []
      for (let i = outcome.children.length - 1; i >= 0; i--) {
        entry.next = new Entry(entry.part, [...entry.path, outcome.children[i]], entry.next)
        entries.push(entry.next)
      }
      if (entries.length > 0) this.#add(entries.reverse(), worker)
    } else if ('line' in outcome) {
      if (outcome.failed) this.#listener.failed()
      this.#listener.done()
    }
    this.#write()
  }

  #add(entries: readonly Entry[], owner: number | undefined): void {
    let at = this.#groups.length
    while (at > 0 && isBefore(nextOf(this.#groups[at - 1]), entries[0])) at--
    this.#groups.splice(at, 0, { entries, taken: 0, owner })
    this.#waiting += entries.length
  }

  #write(): void {
    for (; this.#head?.outcome !== undefined; this.#head = this.#head.next) {
      const { outcome } = this.#head
      if ('line' in outcome) {
        if (outcome.error !== undefined) this.#outlet.log(outcome.error)
        this.#outlet.write(outcome.line, this.#head.part)
      } else if ('fatal' in outcome) {
        this.#fatal = { text: outcome.fatal, code: outcome.code, part: this.#head.part }
        return
      }
    }
  }
}

function nextOf({ entries, taken }: Group): Entry {
  return entries[taken]
}

/** Whether something is written before something else. */
function isBefore(a: Entry, b: Entry): boolean {
  if (a.part !== b.part) return a.part < b.part
  const i = a.path.findIndex((name, depth) => name !== b.path[depth])
  return i >= 0 && i < b.path.length && a.path[i] < b.path[i]
}

function left(group: Group): number {
  return group.entries.length - group.taken
}
