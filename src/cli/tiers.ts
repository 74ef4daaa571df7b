/**
 * Which of V8's compilers a run gets, and how much room for young objects (floor 7). A short run spends more on TurboFan
 * than it gets back: a big program runs very much code a few times. So it starts with less of it, and it is turned on when the
 * run has shown to be long, or to be a small program that does something very often. A short expression that loads no file
 * gets no flags at all: what sets them takes three milliseconds to load, which is a fifth of such a run. Programs in files do
 * better with them from the first moment, whatever they do.
 *
 * V8 throws away code that was cached under other flags. So the launcher changes them when the bundle is loaded, and what
 * is loaded of Node later sees them as they were.
 */
// Not imported: the launcher needs it only when no kept result was found, and it takes milliseconds to load.
const v8 = () => process.getBuiltinModule('node:v8')

/** Whether V8 has an optimising compiler that is cheap enough for short runs. Node 22 has it, but turned off. */
const HAS_MAGLEV = Number.parseInt(process.versions.v8, 10) >= 13

/** A flag of V8: as a short run has it, and as it was. `long`: a long run has it as it was. */
interface Flag {
  readonly short: string
  readonly usual: string
  readonly long: boolean
}

/** Keeps TurboFan from the dispatch loop, which takes it longer than all else. */
const SIZE: Flag = {
  short: '--max-optimized-bytecode-size=5000',
  usual: '--max-optimized-bytecode-size=61440',
  long: true,
}

const FLAGS: readonly Flag[] = [
  // TurboFan is off where Maglev does its work, else made cheaper by inlining little. What Maglev compiles counts its runs
  // none the less, so that TurboFan finds it when it is turned on.
  ...(HAS_MAGLEV
    ? [
        { short: '--no-opt', usual: '--opt', long: true },
        {
          short: '--force-emit-interrupt-budget-checks',
          usual: '--no-force-emit-interrupt-budget-checks',
          long: false,
        },
        // Nobody can wait for the thread that does it: see awaitCompilers.
        { short: '--no-concurrent-sparkplug', usual: '--concurrent-sparkplug', long: false },
      ]
    : [
        {
          short: '--max-inlined-bytecode-size-cumulative=200',
          usual: '--max-inlined-bytecode-size-cumulative=920',
          long: true,
        },
      ]),
  SIZE,
  // The code that ran at the start is still there when the code cache is made at the end.
  { short: '--no-flush-bytecode', usual: '--flush-bytecode', long: false },
  // Where environments are made, they all survive in one phase of a program and die at once in the next. What V8 allocates
  // among the old objects because of the first costs a full collection every few milliseconds in the second.
  { short: '--no-allocation-site-pretenuring', usual: '--allocation-site-pretenuring', long: false },
]

/**
 * So many ticks after its start (80,000 and 480,000 returns of units) a run has lasted, and is a long one. How much text is
 * compiled does not matter: TurboFan gains nothing in the few seconds that it takes.
 */
const LASTS = 4
const LONG = 24
/** Looking at the heap takes 15 us, so it is done once in so many files. */
const LOOK = 8

/**
 * How large the young generation may get, both halves: a share of the heap, within bounds. Left alone, V8 lets it grow as
 * large as it can wherever much survives. But pages that have never been touched are dear (a quarter of the time of a
 * program that makes big sets), and a small young generation stays in the processor's cache. A large one pays when the heap
 * is large: all of nixpkgs takes a tenth longer with 32 MB.
 */
const YOUNG_SHARE = 4
const YOUNG_LEAST = 8 << 20
const YOUNG_MOST = 128 << 20
/**
 * The same for a small program, which does one thing: what it makes is mostly there to stay, or nothing of it is. Above so much
 * it is a larger share, as each collection costs .6 ms besides what survives it.
 */
const YOUNG_SHARE_SMALL = 2
const YOUNG_ABOVE_SMALL = 16 << 20

/** Whether the young generation may double the next time that much of it has survived: V8 asks the flag then. */
const GROWTH: Flag = {
  short: '--semi-space-growth-factor=1',
  usual: '--semi-space-growth-factor=2',
  long: false,
}

/** The bytes of V8's heap in use, and those of the young generation, both halves. */
interface HeapSizes {
  used: number
  young: number
}

function heapSizes(): HeapSizes {
  let used = 0
  let young = 0
  for (const space of v8().getHeapSpaceStatistics()) {
    used += space.space_used_size
    if (space.space_name === 'new_space') young = space.space_size
  }
  return { used, young }
}

/** What a watcher does; tests have their own. */
export interface TierActions {
  /** There is something to do after all: what a short run has. */
  beginShort(): void
  /** All of V8's compilers for everything. */
  beginLong(): void
  /** A big program has run for a while: the dispatch loop is worth TurboFan's time where nothing else optimises it. */
  lasts(): void
  sizes(): HeapSizes
  letYoungGrow(may: boolean): void
}

/** V8's flags, of which there is one set in a process. */
export class V8Flags implements TierActions {
  /** Those that are as a short run has them. */
  readonly #short = new Set<Flag>()
  #begun = false

  beginShort(): void {
    if (this.#begun) return
    this.#begun = true
    for (const flag of FLAGS) this.#set(flag, true)
  }

  beginLong(): void {
    for (const flag of FLAGS) if (flag.long) this.#set(flag, false)
  }

  lasts(): void {
    if (!HAS_MAGLEV) this.#set(SIZE, false)
  }

  letYoungGrow(may: boolean): void {
    this.#set(GROWTH, !may)
  }

  sizes(): HeapSizes {
    return heapSizes()
  }

  /** Does something with all flags as they were when the process started. Throws what it throws. */
  asUsual<T>(act: () => T): T {
    const short = [...this.#short]
    for (const flag of short) this.#set(flag, false)
    try {
      return act()
    } finally {
      for (const flag of short) this.#set(flag, true)
    }
  }

  /**
   * Waits until nothing is being compiled: to be called last of all. When a process ends, Node waits for the threads that
   * compile, and a thread whose code no longer fits the heap waits for the main thread to collect garbage: for ever
   * (nodejs/node#54918). Nothing but V8's own test functions tells when they are done; here the main thread can still collect.
   * A run that does next to nothing does not come near the first collection.
   */
  awaitCompilers(): void {
    if (!this.#begun) return
    try {
      v8().setFlagsFromString('--allow-natives-syntax')
      new Function('%FinalizeOptimization()')()
    } catch {
      // A V8 without this function: the process ends as Node ends it.
    } finally {
      v8().setFlagsFromString('--no-allow-natives-syntax')
    }
  }

  #set(flag: Flag, short: boolean): void {
    v8().setFlagsFromString(short ? flag.short : flag.usual)
    if (short) this.#short.add(flag)
    else this.#short.delete(flag)
  }
}

/** Watches a run. */
export class Tiers {
  #files = 0
  #long = false
  #ticks = 0
  #grows = true
  readonly #few: number
  readonly #do: TierActions
  readonly #rehearse: () => void

  /** `few`: fewer files than this make a small program; `rehearse`: called when a big one has turned out to be a long run. */
  constructor(few: number, actions: TierActions, rehearse: () => void) {
    this.#few = few
    this.#do = actions
    this.#rehearse = rehearse
  }

  /** Code was loaded, of a file or not. Answers how often by now. */
  loaded(ofFile: boolean): number {
    if (ofFile) this.#do.beginShort()
    if (++this.#files % LOOK === 0) this.#look()
    return this.#files
  }

  /** The evaluator has run for a while: `onTick`. Answers how often by now. */
  tick(): number {
    const ticks = ++this.#ticks
    if (ticks === 1) this.#do.beginShort()
    if (ticks === LASTS) {
      if (this.#files < this.#few) this.#begin()
      else this.#do.lasts()
    } else if (ticks === LONG) {
      if (this.#files >= this.#few) this.#rehearse()
      this.#begin()
    }
    this.#look()
    return ticks
  }

  #begin(): void {
    if (this.#long) return
    this.#long = true
    this.#do.beginLong()
  }

  #look(): void {
    const { used, young } = this.#do.sizes()
    const share =
      this.#files < this.#few ? (used - YOUNG_ABOVE_SMALL) / YOUNG_SHARE_SMALL : used / YOUNG_SHARE
    const grows = young < Math.min(YOUNG_MOST, Math.max(YOUNG_LEAST, share))
    if (grows !== this.#grows) this.#do.letYoungGrow(grows)
    this.#grows = grows
  }
}
