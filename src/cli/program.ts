/**
 * The shell round a command (floor 7): reads the words and the environment, runs the command, says on standard error
 * what went wrong, and ends the process with the right code. Nothing here knows what commands there are.
 */
import type { ChunkCache } from '../cache/cache.ts'
import { hasFilledHeap, noteFilledHeap } from '../cache/heaps.ts'
import { type CacheDirectory, ownDirectory } from '../cache/place.ts'
import { giveAgain, type Handover } from '../cache/replay.ts'
import { isTerminal } from '../cache/result-file.ts'
import { NixError } from '../errors.ts'
import type { EvalIO } from '../io/io.ts'
import { commandWords, environment, workingFolder } from '../io/node/bytes.ts'
import { NodeIO } from '../io/node/node-io.ts'
import { beginAgain } from '../jobs/heap.ts'
import { limitOf } from '../limits.ts'
import { VERBOSITY } from '../runtime/machine.ts'
import { PosTable } from '../source.ts'
import { EXIT_FAULT, EXIT_PIPE, faultText } from './faults.ts'
import { HeapFull, largerHeapThanNow } from './heap-guard.ts'
import { type RenderOptions, renderError, renderLog, renderWarning } from './render.ts'
import { fromWord, Said, wordOf } from './said.ts'
import { giveStdin, OutputClosed, rewindStdin, stdinTaken, writeAll, writeError } from './stdio.ts'
import { wantsColour } from './terminal.ts'
import { V8Flags } from './tiers.ts'
import { Tracking } from './tracking.ts'

/** Thrown to end the program at once, all being said. */
export class Exit extends Error {
  readonly code: number
  constructor(code: number) {
    super(`exit ${code}`)
    this.code = code
  }
}

/** What the launcher hands on. */
export interface Launch {
  /** What was found in the look for a kept result. */
  handover?: Handover | undefined
  /** Told what kind of run this is. */
  note?: (trait: string) => void
  /** Told that this run's own code is not to be kept for others. */
  keepNoCode?: () => void
  flags?: V8Flags
}

/** The variable that tells what the process before this one has printed (`said.ts`). */
const SAID = 'FIRNIX_SAID'

const DIFFERS = 'the part of the result that was printed before the run began again has come out differently'

/** What is printed of a result whose beginning is not the one that was printed before. @throws NixError `output` */
function outputDiffers(): never {
  throw new NixError('output', DIFFERS)
}

/** One run of a program: what it was given, and where its words go. All texts are byte strings. */
export class Program {
  /** What usage lines call it. */
  readonly name: string
  words: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** The exit code for wrong usage. */
  readonly usageCode: number
  readonly render: RenderOptions
  /** How much is said (VERBOSITY). */
  verbosity: number = VERBOSITY.info
  /** The positions of the evaluator under way. */
  positions: PosTable = new PosTable()
  /** Set for the second try, when the compile cache held something unsound. */
  withoutCache = false
  /** Set for another one, when it is not sure which of several errors Nix meets first. */
  inOrder = false
  /** Called now and then while something is evaluated; may throw to end the run. */
  onTick: () => void = () => {}
  /** The compile cache of the run, once it has one. */
  stored: ChunkCache | undefined
  /** Notes what is read and printed, when the result is to be kept. */
  readonly tracking: Tracking | undefined
  /** V8's flags, as this process has them. */
  readonly flags: V8Flags
  /** Tells the launcher that this run's own code is not to be kept: what is in the cache directory has been said. */
  readonly keepNoCode: () => void
  readonly #traits = new Set<string>()
  readonly #noted: (trait: string) => void
  /** What has been printed to standard output and to standard error. */
  readonly #out = new Said(false)
  readonly #err = new Said(true)
  #warnedOfCache = false
  readonly #last: ((again: boolean) => void)[] = []

  constructor(
    name: string,
    words: readonly string[],
    env: Readonly<Record<string, string | undefined>>,
    usageCode: number,
    { handover, note = () => {}, keepNoCode = () => {}, flags = new V8Flags() }: Launch = {},
  ) {
    this.name = name
    this.#noted = note
    this.flags = flags
    this.keepNoCode = keepNoCode
    this.words = words
    this.usageCode = usageCode
    this.tracking =
      handover === undefined ? undefined : new Tracking(handover, (message) => this.cacheWarning(message))
    this.env = this.tracking?.variables(env) ?? env
    const terminal = isTerminal(2)
    this.tracking?.terminal(terminal)
    this.render = { colour: wantsColour(terminal, this.env), showTrace: false, format: 'text' }
    const [out, err] = fromWord(env[SAID])
    // It is this process's alone.
    delete process.env[SAID]
    this.#out.begin(out)
    this.#err.begin(err)
  }

  /** The world that settings and evaluations read. */
  get world(): EvalIO {
    return this.tracking?.recording ?? new NodeIO()
  }

  /** A result, to standard output. */
  print(bytes: string): void {
    this.tracking?.wrote(1, bytes)
    const left = this.#out.next(bytes, outputDiffers)
    if (left !== '') writeAll(1, left)
  }

  /** What belongs to a result, to standard error. */
  complain(bytes: string): void {
    this.tracking?.wrote(2, bytes)
    const left = this.#err.next(bytes, (held) => held)
    if (left !== '') writeError(left)
  }

  /** Begins again in this process: what it has printed is not printed twice. */
  begin(): void {
    this.verbosity = VERBOSITY.info
    this.#out.begin(this.#out.delivered)
    this.#err.begin(this.#err.delivered)
  }

  /** What another process has to know that begins again for this one, as variables of its environment. */
  get inheritance(): Readonly<Record<string, string>> {
    return { [SAID]: wordOf(this.#out.delivered, this.#err.delivered) }
  }

  /** A line of the evaluator (`trace: …`), to standard error. */
  log(line: string): void {
    this.complain(`${renderLog(line, this.render)}\n`)
  }

  warn(message: string): void {
    if (this.verbosity < VERBOSITY.warn) return
    this.complain(`${renderWarning(message, this.render)}\n`)
  }

  /** That a cache cannot be written: said once, and no part of a result. */
  cacheWarning(message: string): void {
    if (this.#warnedOfCache) return
    this.#warnedOfCache = true
    writeError(`${renderWarning(message, this.render)}\n`)
  }

  /** Tells the launcher what kind of run this is, for its code cache. */
  note(trait: string): void {
    if (this.#traits.has(trait)) return
    this.#traits.add(trait)
    this.#noted(trait)
  }

  /**
   * Tells it how far the run has come, four times as far as the last time: longer runs need code that shorter ones do not.
   * `count`: how often something has been done, of which this is told each time.
   */
  reached(what: string, count: number): void {
    if ((count & (count - 1)) === 0 && (count & 0x55555555) !== 0) this.note(`${what}-${count}`)
  }

  /** Has something done when all is over, whatever came of it. `again`: another process is going to do everything again. */
  atEnd(task: (again: boolean) => void): void {
    this.#last.push(task)
  }
  /**
   * Does all of that, whatever fails, and says what has failed. Answers the exit code of a run that ended with `code`: one that
   * went well has not if this fails.
   */
  finish(code: number, again = false): number {
    for (const task of this.#last.splice(0)) {
      try {
        task(again)
      } catch (e) {
        const failed = this.fail(e)
        if (code === 0) code = failed
      }
    }
    return code
  }

  /** Ends a run with this code. Answers that of the process: a run that began again may have said less than the one before. */
  end(code: number): number {
    if (this.#out.isBehind && code === 0) code = this.fail(new NixError('output', DIFFERS))
    writeError(this.#err.rest())
    return code
  }

  /**
   * Whether to begin again without the compile cache: what it gave was damaged, or may have been where something went wrong
   * that never should.
   */
  shouldRetry(e: unknown): boolean {
    if (this.withoutCache) return false
    if (e instanceof NixError && e.kind === 'unsound') return true
    const { stored } = this
    return isFault(e) && stored !== undefined && stored.stats.hits + stored.stats.hashedHits > 0
  }

  /** Whether to begin again in Nix's order: what was evaluated in another one may have led to another error (deep.ts). */
  shouldOrder(e: unknown): boolean {
    return e instanceof NixError && e.isDoubtful && !this.inOrder
  }

  /**
   * Whether to begin again with a larger heap: V8 takes its limit only at the start, and far below what the machine has. Not when
   * standard input was read.
   */
  shouldGrow(e: unknown): e is HeapFull {
    if (!(e instanceof HeapFull) || e.larger === 0) return false
    return stdinTaken() === undefined && this.tracking?.handover.stdin === undefined
  }

  /** Says what went wrong; answers the exit code. Never throws. */
  fail(e: unknown): number {
    if (e instanceof OutputClosed) return EXIT_PIPE
    if (e instanceof Exit) {
      this.tracking?.refuse('nothing was evaluated')
      return e.code
    }
    if (!(e instanceof NixError) || e.passing || e.kind === 'usage')
      this.tracking?.refuse('it failed for reasons of its own')
    try {
      const verdict = this.verdict(e)
      if (verdict === undefined) {
        writeError(faultText(e, this.env))
        return EXIT_FAULT
      }
      this.complain(verdict.text)
      return verdict.code
    } catch (again) {
      writeError(faultText(again, this.env))
      return EXIT_FAULT
    }
  }

  /** What standard error is told of what was thrown, and the exit code; undefined for a fault of Firnix. */
  verdict(e: unknown): { text: string; code: number } | undefined {
    const error = e instanceof NixError && e.kind !== 'internal' ? e : limitOf(e)
    if (error === undefined) return undefined
    const code = error.kind === 'usage' ? this.usageCode : error.exitCode
    return { text: `${this.#render(error)}\n`, code }
  }

  #render(given: NixError): string {
    // Where in the evaluation it was written says nothing.
    const { kind } = given
    const error = kind === 'output' || kind === 'encoding' ? new NixError(kind, given.message) : given
    const usage = `Try '${this.name} --help' for more information.`
    try {
      return renderError(error, this.positions, this.render, usage)
    } catch (e) {
      // A trace whose excerpts do not fit into a string: the message is what matters.
      if (limitOf(e) === undefined) throw e
      const bare = new NixError(error.kind, error.message)
      return renderError(bare, this.positions, this.render, usage)
    }
  }
}

/** Whether it is a fault of Firnix. */
function isFault(e: unknown): boolean {
  if (e instanceof Exit) return false
  return e instanceof NixError ? e.kind === 'internal' && limitOf(e) === undefined : limitOf(e) === undefined
}

/** What is known of a command's heap lies beside the compile cache. */
interface KnownHeap {
  place: CacheDirectory
  command: string
}

/** Where that would be; undefined: there is no cache. */
function knownHeap(name: string, words: readonly string[]): KnownHeap | undefined {
  if (words.includes('--no-cache')) return undefined
  try {
    const place = ownDirectory()
    return place === undefined ? undefined : { place, command: [workingFolder(), name, ...words].join('\0') }
  } catch {
    // The working folder is gone.
    return undefined
  }
}

/** Has the program run in this process's place with so many MiB for old objects; goes on if no process can be started. */
async function giveWay(size: number, variables: Readonly<Record<string, string>>): Promise<void> {
  const ended = await beginAgain(size, variables).catch(() => undefined)
  if (ended !== undefined) process.exit(ended)
}

/** Runs a program with this process's words and ends the process. */
export async function runProgram(
  name: string,
  usageCode: number,
  launch: Launch | undefined,
  main: (program: Program) => Promise<number>,
): Promise<void> {
  const given = commandWords()
  const program = new Program(name, given, environment(), usageCode, launch)
  const fault = (e: unknown): void => process.exit(program.end(program.fail(e)))
  process.on('uncaughtException', fault)
  process.on('unhandledRejection', fault)
  const { words, tracking } = program
  const note = (text: string): void => writeError(`${renderLog(`note: ${text}`, program.render)}\n`)
  const explain = (text: string): void => {
    if (tracking?.wanted && words.includes('--explain-cache')) note(text)
  }
  if (tracking !== undefined) {
    const found = tracking.find()
    if (typeof found !== 'string') process.exit(giveAgain(found, words))
    if (words.includes('--explain-cache')) note(`no result was used: ${found}`)
    if (tracking.handover.stdin !== undefined) giveStdin(tracking.handover.stdin)
  }
  const heap = tracking?.handover.stdin === undefined ? knownHeap(name, words) : undefined
  const larger = heap !== undefined && hasFilledHeap(heap.place, heap.command) ? largerHeapThanNow() : 0
  if (larger > 0) await giveWay(larger, program.inheritance)
  let code: number
  try {
    const anew = (): Promise<number> => {
      program.finish(0)
      program.words = words
      program.begin()
      rewindStdin()
      tracking?.restart()
      return main(program)
    }
    try {
      code = await main(program).catch((e: unknown) => {
        if (!program.shouldOrder(e)) throw e
        program.inOrder = true
        return anew()
      })
    } catch (e) {
      if (!program.shouldRetry(e)) throw e
      program.withoutCache = true
      const { stored } = program
      code = await anew()
      if (isFault(e)) stored?.rejectAll()
    }
  } catch (e) {
    if (program.shouldGrow(e)) {
      note(`the heap of ${e.size} MiB is full; beginning again with ${e.larger} MiB`)
      program.finish(0, true)
      if (heap !== undefined) noteFilledHeap(heap.place, heap.command)
      await giveWay(e.larger, program.inheritance)
    }
    code = program.fail(e)
  }
  code = program.end(program.finish(code))
  if (tracking !== undefined) {
    const why = tracking.store(code)
    explain(why === undefined ? 'the result is kept' : `the result is not kept: ${why}`)
  }
  // All output is synchronous and has arrived; sockets kept alive by fetches are not waited for.
  process.exit(code)
}
