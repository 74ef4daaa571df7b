/**
 * Which of V8's compilers a run gets, and how much room for young objects (floor 6). A short run spends more on TurboFan
 * than it gets back: a big program runs very much code a few times. So the launcher (boot.ts) starts with less of it, and
 * it is turned on when the run has shown to be long, or to be a small program that does something very often.
 *
 * Flags may be changed only when the bundle and Node's own modules are loaded: V8 throws away code that was cached under
 * other flags.
 */
// Not imported: the launcher needs it only when no kept result was found, and it takes milliseconds to load.
const v8 = () => process.getBuiltinModule('node:v8')

/** Whether V8 has an optimising compiler that is cheap enough for short runs. Node 22 has it, but turned off. */
const HAS_MAGLEV = Number.parseInt(process.versions.v8, 10) >= 13

/**
 * TurboFan is off where Maglev does its work, else made cheaper by inlining little. What Maglev compiles counts its runs
 * none the less, so that TurboFan finds it when it is turned on. The next flag keeps it from the dispatch loop, which takes
 * it longer than all else. The last has the code that ran at the start still be there when the code cache is made at the
 * end.
 */
const SHORT_RUN = [
  ...(HAS_MAGLEV
    ? ['--no-opt', '--force-emit-interrupt-budget-checks']
    : ['--max-inlined-bytecode-size-cumulative=200']),
  '--max-optimized-bytecode-size=5000',
  '--no-flush-bytecode',
]
const ANY_LENGTH = '--max-optimized-bytecode-size=61440'
const LONG_RUN = [
  '--opt',
  '--max-inlined-bytecode-size-cumulative=920',
  ANY_LENGTH,
  '--semi-space-growth-factor=2',
]

/** Fewer files than this make a small program. */
const FEW_FILES = 16
/** Source texts longer than this in all make a long run, for the compiler's sake. */
const MUCH_TEXT = 4 << 20
/**
 * Both halves of the young generation when a big program has enough of it. V8 of Node 24 lets them grow to 64 MB while a
 * run like nixpkgs' firefox needs 50 MB in all, and gains no time by it.
 */
const YOUNG = 16 << 20
/** Looking at the heap takes 15 us, so it is done once in so many files. */
const LOOK = 8

function setFlags(flags: readonly string[]): void {
  for (const flag of flags) v8().setFlagsFromString(flag)
}

/** What the launcher sets before it goes through a door of the bundle. */
export function beginShort(): void {
  setFlags(SHORT_RUN)
}

/** All of V8's compilers for everything. */
function beginLong(): void {
  setFlags(LONG_RUN)
}

/** A big program has run for a while: the dispatch loop is worth TurboFan's time where nothing else optimises it. */
function lasts(): void {
  if (!HAS_MAGLEV) setFlags([ANY_LENGTH])
}

/** All flags as they were when the process started. */
export function restoreFlags(): void {
  setFlags([...LONG_RUN, '--flush-bytecode'])
  if (HAS_MAGLEV) setFlags(['--no-force-emit-interrupt-budget-checks'])
}

/** Watches a run. */
export class Tiers {
  #files = 0
  #text = 0
  #long = false
  #ticks = 0
  readonly #begin: () => void
  readonly #cap: () => boolean
  #capped = false

  /** For tests: what is done about it. `cap` answers whether it is done. */
  constructor(begin: () => void = beginLong, cap: () => boolean = HAS_MAGLEV ? capYoung : () => true) {
    this.#begin = begin
    this.#cap = cap
  }

  /** Code was loaded. */
  loaded(): void {
    if (++this.#files % LOOK === 0 && this.#files >= FEW_FILES && !this.#long && !this.#capped) {
      this.#capped = this.#cap()
    }
  }

  /** A text of so many bytes is going to be compiled. */
  compile(bytes: number): void {
    this.#text += bytes
    if (this.#text > MUCH_TEXT) this.#grow()
  }

  /** The evaluator has run for a while (`onTick`): first after 80,000 returns of units, then every 400,000. */
  tick(): void {
    if (++this.#ticks > 1 || this.#files < FEW_FILES) this.#grow()
    else lasts()
  }

  #grow(): void {
    if (this.#long) return
    this.#long = true
    this.#begin()
  }
}

/** Keeps the young generation from growing further once it is large enough; the flag is asked whenever it would grow. */
function capYoung(): boolean {
  const young = v8()
    .getHeapSpaceStatistics()
    .find((space) => space.space_name === 'new_space')
  if (young === undefined || young.space_size < YOUNG) return false
  v8().setFlagsFromString('--semi-space-growth-factor=1')
  return true
}
