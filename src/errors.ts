/**
 * The one error class of Firnix (floor 0). Messages are byte strings (latin1), as Nix prints them, without the
 * `error: ` in front. Positions are PosIdx; rendering (excerpts, carets, shortened traces) is the command line's job.
 */
import type { PosIdx } from './source.ts'

export type ErrorKind =
  | 'syntax'
  | 'undefined-variable'
  | 'type'
  | 'missing-attribute'
  | 'throw'
  | 'assert'
  | 'abort'
  | 'infinite-recursion'
  | 'stack-overflow'
  | 'overflow'
  | 'io'
  | 'restricted'
  | 'eval'
  | 'usage'
  | 'interrupted'
  /** The heap is full: whatever is evaluated next would fail as well. */
  | 'memory'
  /** A stored chunk turned out to be damaged: the evaluation has to begin again without the cache. */
  | 'unsound'
  /** What the program prints cannot be written. */
  | 'output'
  /** A text that has to be UTF-8 is not, which is noticed when a derivation is written. */
  | 'encoding'
  | 'internal'

/** One `… TEXT` line of a trace. `always`: printed even when the trace is shortened (addErrorContext). */
export interface TraceLine {
  text: string
  pos: PosIdx
  always?: boolean
}

export interface ErrorDetails {
  pos?: PosIdx
  suggestions?: string[]
  /** Text printed at column 0 after the message (Nix: the usage line of an unknown hash algorithm). */
  footer?: string
  /** What a program that it ends exits with. Nix: ErrorInfo::status. */
  exitCode?: number
}

const NO_OTHERS: readonly NixError[] = []

export class NixError extends Error {
  readonly kind: ErrorKind
  pos: PosIdx
  /** Innermost first, in the order in which unwinding meets them. */
  readonly trace: TraceLine[] = []
  suggestions: string[]
  footer: string | undefined
  /** What a program that it ends exits with, but for wrong usage. */
  readonly exitCode: number
  /** Further errors of the same text, for one that a compiler has found. */
  others: readonly NixError[] = NO_OTHERS
  /**
   * What the machine adds when it knows where the failing call or look-up was asked for: the position of the error, or a
   * `from call site` line, even when nothing is known (`caller`) or not then (`line`).
   */
  site: 'pos' | 'line' | 'caller' | undefined = undefined
  /** Whether it was met where Nix would not have been yet: what begins anew meets it for the first time (`Failed`). */
  untold = false
  /** Whether Nix may have met another one first: what had been evaluated before, in another order, decides which. */
  isDoubtful = false

  constructor(kind: ErrorKind, message: string, details: ErrorDetails = {}) {
    const limit = Error.stackTraceLimit
    // A Nix error is no fault of the program: no JS stack is wanted, and capturing one is slow.
    if (kind !== 'internal') Error.stackTraceLimit = 0
    super(message)
    Error.stackTraceLimit = limit
    this.kind = kind
    this.pos = details.pos ?? 0
    this.suggestions = details.suggestions ?? []
    this.footer = details.footer
    this.exitCode = details.exitCode ?? 1
  }

  /** The same error once more, to be thrown again and get other lines. */
  copy(): NixError {
    const { kind, message, pos, suggestions, footer, exitCode } = this
    const copy = new NixError(kind, message, {
      pos,
      suggestions,
      exitCode,
      ...(footer === undefined ? {} : { footer }),
    })
    for (const line of this.trace) copy.trace.push(line)
    copy.isDoubtful = this.isDoubtful
    return copy
  }

  /** Adds a trace line round what has been collected so far; gives the error back, to be thrown on. */
  addTrace(text: string, pos: PosIdx = 0, always = false): this {
    this.trace.push(always ? { text, pos, always } : { text, pos })
    return this
  }

  /** Whether `builtins.tryEval` catches it: `throw`, a failed `assert` and a failed search-path look-up. */
  get catchable(): boolean {
    return this.kind === 'throw' || this.kind === 'assert'
  }

  /** Whether it says nothing of what was evaluated: no frame goes on after it, and a thunk forced again may have a value. */
  get passing(): boolean {
    const { kind } = this
    return (
      kind === 'interrupted' ||
      kind === 'memory' ||
      kind === 'unsound' ||
      kind === 'output' ||
      kind === 'encoding' ||
      kind === 'internal'
    )
  }
}
