/** `firnix jobs` (floor 7): every attribute of a tree, as nix-eval-jobs or as nix-env lists it. */
import { readdirSync, statSync } from 'node:fs'
import { isatty } from 'node:tty'
import { NixError } from '../../errors.ts'
import { bytesOfNodeString, nodePath } from '../../io/node/bytes.ts'
import type { Evaluation } from '../../jobs/evaluation.ts'
import { ensureHeap } from '../../jobs/heap.ts'
import { type ListingOptions, listDerivations } from '../../jobs/nix-env.ts'
import { Places } from '../../jobs/places.ts'
import { Progress } from '../../jobs/progress.ts'
import type { Looker, Request as LookRequest, Outcome } from '../../jobs/protocol.ts'
import { ListedPlaces, SharedListing } from '../../jobs/shared-listing.ts'
import { type WalkOptions, walkJobs } from '../../jobs/walk.ts'
import { shareWalk } from '../../jobs/workers.ts'
import { parseAttrPath, selectPath } from '../../runtime/attr-path.ts'
import { expectAttrs } from '../../runtime/expect.ts'
import type { Attrs, Slot, Value } from '../../values/value.ts'
import { usage } from '../args.ts'
import { finishFlags, on, takes } from '../common-flags.ts'
import { HeapFull, MemoryLimit } from '../heap-guard.ts'
import { profileFile } from '../profile.ts'
import type { Program } from '../program.ts'
import { renderError } from '../render.ts'
import { quote, Session } from '../session.ts'
import { readStdin, rewindStdin, writeError } from '../stdio.ts'
import { type WorkerPort, workerPort } from '../worker-port.ts'
import { type Origin, onlyOrigin, type Reading, readWords, valueOfOrigin } from './common.ts'

/** Trees nest deeper than Nix's own limit for one expression: nixpkgs' texlive does. */
const MAX_CALL_DEPTH = '1000000'

/** A worker tells how much memory it has with the first of so many answers. */
const MANY = 64

/** What the command's own flags ask for. */
interface Request {
  attrPaths: string[]
  nixEnv: boolean
  json: boolean
  meta: boolean
  showInputDrvs: boolean
  forceRecurse: boolean
  constituents: boolean
  apply: string | undefined
  select: string | undefined
  name: boolean
  outPath: boolean
  description: boolean
  systemFilter: string
  /** How many processes evaluate. */
  workers: number
  /** MiB that what has been evaluated may take. */
  maxMemory: number
}

/** Runs the command; answers the exit code: 0 even if attributes fail, 1 when the value itself does not evaluate. */
export async function jobsCommand(program: Program): Promise<number> {
  const request: Request = {
    attrPaths: [],
    nixEnv: false,
    json: false,
    meta: false,
    showInputDrvs: false,
    forceRecurse: false,
    constituents: false,
    apply: undefined,
    select: undefined,
    name: true,
    outPath: false,
    description: false,
    systemFilter: '*',
    workers: 1,
    maxMemory: Number.POSITIVE_INFINITY,
  }
  const reading = readWords(program, flagsOf(request))
  const own = ['--json', '--out-path', '--description', '--no-name']
  if (!request.nixEnv && program.words.some((word) => own.includes(word))) {
    throw usage(`${own.slice(0, -1).join(', ')} and ${own[own.length - 1]} go with --nix-env`)
  }
  if (!program.words.some((word) => word === '--max-call-depth' || word === 'max-call-depth')) {
    reading.settings.set('max-call-depth', MAX_CALL_DEPTH)
  }
  const port = workerPort(program.env)
  const terminal = isatty(2) ? writeError : undefined
  const progress = new Progress(terminal, () => process.stderr.columns ?? 80, port !== undefined)
  if (port !== undefined) return new Run(program, reading, request, progress).serve(port)
  // A profile is one evaluator's.
  const isProfiled = profileFile(reading.settings, reading.options.profile) !== undefined
  const isShared = request.workers > 1 && !isProfiled
  const elsewhere = isShared ? undefined : await ensureHeap(program.inheritance)
  if (elsewhere !== undefined) return elsewhere
  try {
    if (isShared) return await share(program, reading, request, progress)
    return await new Run(program, reading, request, progress).all()
  } finally {
    progress.clear()
  }
}

/** Each is a process of its own, and they are all begun at once. */
const MAX_WORKERS = 256

function workersOf(n: number): number {
  if (n > MAX_WORKERS) throw usage(`'--workers' must be at most ${MAX_WORKERS}, not '${n}'`)
  return n
}

/** Has workers do it. Answers the exit code. */
async function share(
  program: Program,
  reading: Reading,
  request: Request,
  progress: Progress,
): Promise<number> {
  program.tracking?.refuse('workers have read what it depends on')
  finishFlags(reading.settings, reading.options)
  const needsStdin =
    onlyOrigin(reading).kind === 'stdin' ||
    [...reading.options.autoArgs.values()].some(({ kind }) => kind === 'stdin')
  const walk = {
    workers: request.workers,
    parts: Math.max(request.attrPaths.length, 1),
    stdin: needsStdin ? readStdin() : undefined,
    variables: program.inheritance,
  }
  const { print, log } = new Output(program, progress)
  const listings = request.nixEnv ? Array.from({ length: walk.parts }, () => new SharedListing()) : undefined
  const write = (line: string, part: number): void =>
    listings === undefined ? print(line) : listings[part].add(line)
  const ended = await shareWalk(walk, progress, { write, log })
  const done = typeof ended === 'number' ? walk.parts : ended.part
  for (const listing of listings?.slice(0, done) ?? []) listing.write(request, print)
  if (typeof ended === 'number') return ended
  progress.clear()
  program.complain(ended.text)
  return ended.code
}

function flagsOf(request: Request): Map<string, ReturnType<typeof on>> {
  const attr = takes((path) => request.attrPaths.push(path))
  const number = (flag: string, use: (n: number) => void) =>
    takes((n) => {
      if (!/^[1-9][0-9]*$/.test(n)) throw usage(`'${flag}' must be a positive number, not '${n}'`)
      use(Number(n))
    })
  return new Map([
    ['-A', attr],
    ['--attr', attr],
    ['--nix-env', on(() => (request.nixEnv = true))],
    ['--json', on(() => (request.json = true))],
    ['--meta', on(() => (request.meta = true))],
    ['--show-input-drvs', on(() => (request.showInputDrvs = true))],
    ['--force-recurse', on(() => (request.forceRecurse = true))],
    ['--constituents', on(() => (request.constituents = true))],
    ['--apply', takes((text) => (request.apply = text))],
    ['--select', takes((text) => (request.select = text))],
    ['--workers', number('--workers', (n) => (request.workers = workersOf(n)))],
    ['--max-memory-size', number('--max-memory-size', (n) => (request.maxMemory = n))],
    ['--no-name', on(() => (request.name = false))],
    ['--drv-path', on(() => {})],
    ['--out-path', on(() => (request.outPath = true))],
    ['--description', on(() => (request.description = true))],
    ['--system-filter', takes((system) => (request.systemFilter = system))],
  ])
}

/** Where results and lines for standard error go: past the line that tells how far the run has got. */
class Output {
  readonly print: (text: string) => void
  readonly log: (line: string) => void

  constructor(program: Program, progress: Progress) {
    this.print = (text) => {
      progress.clear()
      program.print(text)
    }
    this.log = (line) => {
      progress.clear()
      program.log(line)
    }
  }
}

/** One walk or several, over the parts of a tree that were asked for. */
class Run {
  readonly #program: Program
  readonly #reading: Reading
  readonly #request: Request
  readonly #progress: Progress
  readonly #output: Output
  readonly #origin: Origin
  readonly #memory: MemoryLimit
  #work: Work

  constructor(program: Program, reading: Reading, request: Request, progress: Progress) {
    this.#program = program
    this.#reading = reading
    this.#request = request
    this.#progress = progress
    this.#output = new Output(program, progress)
    this.#origin = onlyOrigin(reading)
    this.#memory = new MemoryLimit(request.maxMemory)
    this.#work = this.#open()
  }

  /** Answers the exit code. */
  async all(): Promise<number> {
    const { attrPaths } = this.#request
    let code = 0
    for (const path of attrPaths.length > 0 ? attrPaths : [undefined]) {
      let from: readonly string[] | undefined
      for (;;) {
        from = await this.#walk(path, from)
        if (from === undefined) break
        code = this.#beginAnew(code)
      }
    }
    return code
  }

  /** Looks at what it is asked to. Answers the exit code. */
  async serve(port: WorkerPort): Promise<number> {
    this.#program.onTick = () => port.check()
    let code = 0
    let done = 0
    for (let request = port.next(); request !== undefined; request = port.next()) {
      const isFull = done > 0 && this.#memory.isMet(done)
      const outcome = isFull ? undefined : await this.#outcome(request, done > 0)
      if (outcome === undefined) {
        code = this.#beginAnew(code)
        done = 0
        continue
      }
      port.answer(outcome, done++ % MANY === 0 ? process.memoryUsage.rss() : undefined)
    }
    return code
  }

  /** What comes of a request. undefined: it has to begin anew for it, which `mayBegin` allows. */
  async #outcome({ part, path }: LookRequest, mayBegin: boolean): Promise<Outcome | undefined> {
    const program = this.#program
    try {
      const looker = (this.#work.lookers[part] ??= await this.#looker(this.#request.attrPaths[part]))
      return await looker.look(path)
    } catch (error) {
      if (mayBegin && error instanceof HeapFull) return undefined
      const verdict = program.shouldRetry(error) ? undefined : program.verdict(error)
      if (verdict === undefined) throw error
      return { fatal: verdict.text, code: verdict.code }
    }
  }

  async #looker(path: string | undefined): Promise<Looker> {
    const { evaluation } = this.#work
    const part = await this.#part(path)
    if (!this.#request.nixEnv) return new Places(evaluation, part, await this.#walkOptions(path))
    return ListedPlaces.of(evaluation, part, this.#listingOptions(path), this.#progress)
  }

  /** An evaluator, with nothing evaluated. */
  #open(): Work {
    const { settings, options } = this.#reading
    const { log } = this.#output
    const session = new Session(this.#program, settings, options, {
      // It lasts, and what has been printed cannot be taken back.
      lateTexts: false,
      ...(isatty(2) ? { log } : {}),
    })
    const { evaluator, program } = session
    const plain = { ...program.render, colour: false, format: 'text' as const }
    const evaluation: Evaluation = {
      machine: evaluator.machine,
      run: (start) => evaluator.runAsync(start),
      describe: (error) => renderError(error, evaluator.positions, plain),
      log,
    }
    return { session, evaluation, root: undefined, lookers: [] }
  }

  /** Lets go of all that has been evaluated. Answers the exit code of a run that would have ended with `code`. */
  #beginAnew(code: number): number {
    rewindStdin()
    const now = this.#program.finish(code, true)
    this.#work = this.#open()
    this.#memory.begin()
    return now
  }

  async #root(): Promise<Value> {
    const { session } = this.#work
    const origin = this.#origin
    if (!this.#request.nixEnv || origin.kind !== 'file') return valueOfOrigin(session, origin)
    const path = await session.resolve(origin.name)
    if (!isFolderWithout(path, 'default.nix')) return valueOfOrigin(session, origin)
    return session.text(combined(path, this.#output.log))
  }

  /** The value to begin with, and the arguments for functions on the way. */
  async #begin(): Promise<Root> {
    const { session } = this.#work
    const autoArgs = session.autoArgs()
    const value = await this.#root()
    if (this.#request.select === undefined) return { value, autoArgs }
    const select = await session.text(this.#request.select)
    const selected = await session.run((m) => m.call(select, value))
    const { machine } = session.evaluator
    return { value: expectAttrs(machine, selected, "'--select' must evaluate to an attrset"), autoArgs }
  }

  /** Walks the part at `path`, or all, from an attribute on. Answers the one where it has to begin anew, if it has to. */
  async #walk(
    path: string | undefined,
    from: readonly string[] | undefined,
  ): Promise<readonly string[] | undefined> {
    const { session, evaluation } = this.#work
    const part = await this.#part(path)
    const { print } = this.#output
    if (this.#request.nixEnv) {
      await listDerivations(evaluation, part, this.#listingOptions(path), this.#progress, print)
      return undefined
    }
    // A profile is one evaluator's.
    const stopsAt = session.isProfiled ? undefined : this.#stopsAt
    const options = { ...(await this.#walkOptions(path)), from, stopsAt }
    return walkJobs(evaluation, part, options, this.#progress, print)
  }

  /** The value at a path, or all. */
  async #part(path: string | undefined): Promise<Slot> {
    const work = this.#work
    work.root ??= await this.#begin()
    const { value, autoArgs } = work.root
    if (path === undefined) return value
    return work.session.run((m) => selectPath(m, value, path, autoArgs))
  }

  #listingOptions(path: string | undefined): ListingOptions {
    const { autoArgs } = this.#work.root as Root
    return { ...this.#request, prefix: path ?? '', autoArgs, drvPath: true }
  }

  async #walkOptions(path: string | undefined): Promise<WalkOptions> {
    const request = this.#request
    const { root, session } = this.#work
    const apply = request.apply === undefined ? undefined : await session.text(request.apply)
    return { ...request, prefix: parseAttrPath(path ?? ''), autoArgs: (root as Root).autoArgs, apply }
  }

  readonly #stopsAt = (done: number, error?: unknown): boolean =>
    error === undefined ? this.#memory.isMet(done) : error instanceof HeapFull
}

/** An evaluator and what it walks. */
interface Work {
  readonly session: Session
  readonly evaluation: Evaluation
  root: Root | undefined
  /** By the path that was asked for, where it looks at what it is asked to. */
  readonly lookers: Looker[]
}

interface Root {
  readonly value: Value
  readonly autoArgs: Attrs
}

function isFolder(path: string): boolean {
  return statSync(nodePath(path), { throwIfNoEntry: false })?.isDirectory() === true
}

function isFolderWithout(path: string, file: string): boolean {
  return isFolder(path) && statSync(nodePath(`${path}/${file}`), { throwIfNoEntry: false }) === undefined
}

/**
 * The program that stands for a folder of expressions: a set with each file and each folder that has a `default.nix`,
 * those in other folders included. Nix: nix-env.cc, loadSourceExpr.
 */
function combined(folder: string, log: (line: string) => void): string {
  const parts = new Map<string, string>()
  const folders = [folder]
  for (let dir = folders.shift(); dir !== undefined; dir = folders.shift()) {
    const inner: string[] = []
    for (const name of readdirSync(nodePath(dir)).map(bytesOfNodeString).sort()) {
      if (name === 'manifest.nix') continue
      const path = `${dir}/${name}`
      const what = statSync(nodePath(path), { throwIfNoEntry: false })
      if (what === undefined) continue
      if (what.isDirectory() && isFolderWithout(path, 'default.nix')) inner.push(path)
      else if (what.isDirectory() || (what.isFile() && name.endsWith('.nix'))) {
        const attr = name.endsWith('.nix') ? name.slice(0, -4) : name
        if (parts.has(attr)) log(`warning: name collision in input Nix expressions, skipping '${path}'`)
        else parts.set(attr, path)
        if (parts.size === 1024) throw new NixError('eval', `too many Nix expressions in directory '${dir}'`)
      }
    }
    folders.unshift(...inner)
  }
  const lines = [...parts].map(([name, path]) => `${quote(name)} = import (/. + ${quote(path)});`)
  return `{ _combineChannels = []; ${lines.join(' ')} }`
}
