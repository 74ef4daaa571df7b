/**
 * One evaluator with what the command line gave it (floor 7): settings, the world it may see, arguments for automatic
 * calls, and the values that operands stand for.
 */
import { existsSync } from 'node:fs'
import type { ChunkCache } from '../cache/cache.ts'
import { DiskCache } from '../cache/disk.ts'
import { directoryOf } from '../cache/place.ts'
import { NixError } from '../errors.ts'
import { Evaluator, type EvaluatorOptions, FEW_FILES, forceImported, importedFile } from '../evaluator.ts'
import { canonPath, type EvalIO, expectSync } from '../io/io.ts'
import { nodePath, nodeStringOfBytes } from '../io/node/bytes.ts'
import { RestrictedIO } from '../io/restricted.ts'
import type { Machine, Step } from '../runtime/machine.ts'
import { AttrsBuilder } from '../values/attrs.ts'
import type { Attrs, Slot, Value } from '../values/value.ts'
import { TRACE } from '../vm/observer.ts'
import { type CommonOptions, finishFlags } from './common-flags.ts'
import { bytesOfCwd } from './cwd.ts'
import { fetchWorld } from './fetching.ts'
import { heapGuard } from './heap-guard.ts'
import { openProfile } from './profile.ts'
import type { Program } from './program.ts'
import { rehearse } from './rehearsal.ts'
import { renderSourceWarning } from './render.ts'
import { isPseudoUrl, Settings } from './settings.ts'
import { printStats, statsOf, wantsStats } from './stats.ts'
import { readStdin } from './stdio.ts'
import { chooseStore, StoreAccess } from './store-access.ts'
import { Tiers } from './tiers.ts'
import { runtimeTracer } from './trace-runtime.ts'

/** Reads the settings of this machine and user, for a run. Errors: see Settings.load. */
export function loadSettings(program: Program): Settings {
  const io = program.world
  return Settings.load({
    env: program.env,
    home: io.homeDir(),
    system: io.currentSystem(),
    readFile: (path) => {
      try {
        return expectSync(io.readFile(canonPath(path)))
      } catch {
        return undefined
      }
    },
    exists: (path) => exists(io, canonPath(path)),
    warn: (message) => program.warn(message),
  })
}

/** An evaluator under the settings of a command line. */
export class Session {
  readonly program: Program
  readonly settings: Settings
  readonly options: CommonOptions
  readonly evaluator: Evaluator
  /** The store to be written to, if there is one. */
  readonly store: StoreAccess | undefined
  /** Whether a profile is made of what is evaluated. */
  readonly isProfiled: boolean
  /** The directory that relative operands are relative to. */
  readonly cwd: string = bytesOfCwd()
  readonly #said = new Set<string>()
  #diskCache: DiskCache | undefined

  /** Ends the reading of flags and makes the evaluator. Errors: a flag needed a feature that is off. */
  constructor(
    program: Program,
    settings: Settings,
    options: CommonOptions,
    extra: Partial<EvaluatorOptions> = {},
  ) {
    finishFlags(settings, options)
    this.program = program
    this.settings = settings
    this.options = options
    checkStore(settings.text('store'))
    this.store = this.#openStore()
    program.render.showTrace = settings.bool('show-trace')
    const evalSettings = settings.evalSettings(options.include, program.verbosity, program.inOrder)
    const tiers = new Tiers(FEW_FILES, program.flags, () => {
      try {
        rehearse(evalSettings)
      } catch {
        // The run goes on without, also when the file that this is in has been replaced since it began.
      }
    })
    const guard = heapGuard(() => this.evaluator.isSmall)
    const profile = openProfile(program, settings, options.profile)
    this.isProfiled = profile !== undefined
    this.evaluator = new Evaluator({
      io: restrict(program.world, settings, evalSettings.nixPath, this.cwd),
      settings: evalSettings,
      cwd: this.cwd,
      fetch: () => {
        const world = fetchWorld(program, settings, this.#cacheDir)
        return program.tracking?.untracked(world, 'what is fetched') ?? world
      },
      lints: {
        lintUrlLiterals: settings.lint('lint-url-literals'),
        lintShortPathLiterals: settings.lint('lint-short-path-literals'),
        lintAbsolutePathLiterals: settings.lint('lint-absolute-path-literals'),
      },
      log: (line) => this.#log(line),
      virtualStore: options.virtualStore,
      build: this.store?.builds
        ? (outputs) => (this.store as StoreAccess).build(this.evaluator, outputs)
        : undefined,
      cache: (compileOptions) => this.#cache(compileOptions),
      observe: ({ file }) => program.reached('files', tiers.loaded(file !== null)),
      onCompile: (bytes) => {
        if (bytes > 1024) program.note('compiling')
      },
      onTick: () => {
        program.reached('ticks', tiers.tick())
        this.#diskCache?.keepUp()
        profile?.tick()
        program.onTick()
        guard()
      },
      warnings: options.warnings,
      profiler: profile?.profiler,
      lateTexts: true,
      lazyStored: numberOf(process.env.FIRNIX_LAZY),
      tier: options.jit ? tierOf(process.env.FIRNIX_JIT) : { threshold: Number.POSITIVE_INFINITY },
      observer:
        TRACE && options.traceRuntime
          ? runtimeTracer(
              () => program.positions,
              (line) => program.log(line),
            )
          : undefined,
      ...extra,
      onWarning: (warning, source) => {
        if (source.origin === 'internal') return
        program.complain(`${renderSourceWarning(warning, source, program.render)}\n`)
      },
    })
    program.positions = this.evaluator.positions
    this.#track()
    const started = process.uptime() * 1000
    if (wantsStats(options.stats, program.env)) {
      program.atEnd((again) => {
        if (!again) printStats(statsOf(this.evaluator, this.#diskCache?.stats, started), program.env)
      })
    }
    if (settings.bool('restrict-eval')) this.#checkSearchPath()
  }

  /** The store that was named, if things may be written. Errors: see chooseStore. */
  #openStore(): StoreAccess | undefined {
    const { options, program, settings } = this
    if (options.readOnly || options.store === 'never') return undefined
    const world = {
      env: program.env,
      path: (text: string) => this.path(text),
      exists: (path: string) => existsSync(nodePath(path)),
    }
    const choice = chooseStore(settings, world, options.store === 'default')
    if (choice.kind === 'none') return undefined
    const access = new StoreAccess(choice, settings, (line) => program.log(line))
    program.atEnd(() => access.close())
    return access
  }

  /** The directory that `--cache-dir` names, as Node knows it. */
  get #cacheDir(): string | undefined {
    const { cacheDir } = this.options
    return cacheDir === undefined ? undefined : nodeStringOfBytes(this.path(cacheDir))
  }

  /** The cache of compiled chunks. It reads files by itself, so an evaluation that may not read everything has none. */
  #cache(compileOptions: string): ChunkCache | undefined {
    const { options, program, settings } = this
    if (!options.cache || program.withoutCache) return undefined
    if (settings.bool('pure-eval') || settings.bool('restrict-eval')) return undefined
    const place = directoryOf(this.#cacheDir)
    if (place === undefined) return undefined
    const cache = new DiskCache({
      ...place,
      compileOptions,
      check: options.cacheCheck,
      warn: (message) => program.cacheWarning(message),
    })
    program.atEnd(() => {
      if (cache.stats.hits > 0) program.note('stored')
      cache.close()
    })
    program.stored = cache
    this.#diskCache = cache
    return program.tracking?.chunks(cache) ?? cache
  }

  /** Whether the result is to be kept, and what speaks against it. */
  #track(): void {
    const { options, program, settings } = this
    const { tracking } = program
    if (tracking === undefined) return
    tracking.wanted = options.cacheResults && options.cache
    const not = (flag: string): void => tracking.refuse(`${flag} does more than print`)
    if (options.readWrite) not('--read-write-mode')
    if (options.profile !== undefined) not('--profile')
    if (settings.text('eval-profiler') !== 'disabled') not('--eval-profiler')
    if (options.traceRuntime) not('--trace-runtime')
    const store = settings.text('store')
    if (store !== 'auto' && store !== '') not('--store')
    // Words that commands read for themselves.
    if (program.words.includes('--add-root')) not('--add-root')
    if (program.words.includes('--nix-env')) tracking.refuse('--nix-env looks at folders by itself')
  }

  /** Restricted evaluation looks at the search path beforehand. Nix: EvalState's constructor. */
  #checkSearchPath(): void {
    const { world } = this.program
    for (const { path } of this.evaluator.settings.nixPath) {
      if (isPseudoUrl(path) || path.startsWith('flake:') || exists(world, this.path(path))) continue
      this.#log(`warning: Nix search path entry '${path}' does not exist, ignoring`)
    }
  }

  /** A line of the evaluator; what it says of a search path entry it says once. */
  #log(line: string): void {
    if (line.startsWith('warning: Nix search path entry ')) {
      if (this.#said.has(line)) return
      this.#said.add(line)
    }
    this.program.log(line)
  }

  /** Runs a request to its end, waiting where it has to. */
  run(start: (m: Machine) => Step): Promise<Value> {
    return this.evaluator.runAsync(start)
  }

  /** A path operand, made absolute. */
  path(operand: string): string {
    return canonPath(operand.startsWith('/') ? operand : `${this.cwd}/${operand}`)
  }

  /** The value of an operand that names a file, `<name>` or a URL. Nix: lookupFileArg, parseExprFromFile. */
  async file(operand: string): Promise<Value> {
    const thunk = await this.evaluator.loader.file(await this.#place(operand))
    return this.run((m) => m.force(thunk))
  }

  /** The same where Nix evaluates the file as `import` does, so that an error tells of it. Nix: EvalState::evalFile. */
  async importFile(operand: string): Promise<Value> {
    const path = await this.#place(operand)
    const { evaluator } = this
    const thunk = await importedFile(evaluator.machine, evaluator.loader, path)
    return this.run((m) => forceImported(m, thunk, path))
  }

  /** The file that evaluating an operand means. */
  async #place(operand: string): Promise<string> {
    return this.evaluator.loader.resolve(await this.resolve(operand))
  }

  /** The path that an operand stands for. Errors: not on the search path, not to be fetched. */
  async resolve(operand: string): Promise<string> {
    if (isPseudoUrl(operand)) {
      const url = operand.startsWith('channel:')
        ? `https://channels.nixos.org/${operand.slice(8)}/nixexprs.tar.xz`
        : operand
      return this.#pathOf(`builtins.fetchTarball ${quote(url)}`)
    }
    if (operand.startsWith('flake:'))
      return this.#pathOf(`(builtins.getFlake ${quote(operand.slice(6))}).outPath`)
    if (operand.length > 2 && operand.startsWith('<') && operand.endsWith('>')) {
      return this.findFile(operand.slice(1, -1))
    }
    return this.path(operand)
  }

  /** Looks a name up on the search path. Nix: EvalState::findFile. */
  findFile(name: string): Promise<string> {
    return this.#pathOf(`builtins.findFile builtins.nixPath ${quote(name)}`)
  }

  /** The path that a small program of ours gives; its places are none of the user's, so errors go bare. */
  async #pathOf(text: string): Promise<string> {
    try {
      const value = await this.text(`toString (${text})`)
      return typeof value === 'string' ? value : (value as { text: string }).text
    } catch (e) {
      if (!(e instanceof NixError)) throw e
      const bare = new NixError(e.kind, e.message, { suggestions: e.suggestions, exitCode: e.exitCode })
      for (const line of e.trace) if (line.pos === 0) bare.trace.push(line)
      throw bare
    }
  }

  /** The value of an expression given on the command line or on standard input. */
  async text(text: string, origin: 'string' | 'stdin' = 'string'): Promise<Value> {
    const thunk = this.evaluator.thunkOf(text, { origin, baseDir: this.cwd })
    return this.run((m) => m.force(thunk))
  }

  /**
   * The arguments for automatic calls. Expressions are read at once and evaluated when asked for. Errors: syntax errors,
   * files that cannot be read. Nix: MixEvalArgs::getAutoArgs.
   */
  autoArgs(): Attrs {
    const { autoArgs } = this.options
    const builder = new AttrsBuilder(this.evaluator.symbols)
    for (const name of [...autoArgs.keys()].sort()) {
      const arg = autoArgs.get(name)!
      let slot: Slot
      if (arg.kind === 'expr')
        slot = this.evaluator.thunkOf(arg.text, { origin: 'string', baseDir: this.cwd })
      else if (arg.kind === 'string') slot = arg.text
      else slot = arg.kind === 'stdin' ? readStdin() : this.#readArg(arg.text)
      builder.setName(name, slot)
    }
    return builder.build()
  }

  #readArg(path: string): string {
    try {
      return expectSync(this.program.world.readFile(this.path(path)))
    } catch (e) {
      if (!(e instanceof NixError) || !e.message.endsWith('does not exist')) throw e
      throw new NixError('io', `opening file "${path}": No such file or directory`)
    }
  }
}

/** Whether a path leads somewhere, links followed. */
function exists(io: EvalIO, path: string): boolean {
  try {
    return expectSync(io.fileType(expectSync(io.realPath(path)))) !== undefined
  } catch {
    return false
  }
}

/** `THRESHOLD[,NESTING]`, which tests set to run everything in one tier, or on the heap alone (VmOptions). */
export function tierOf(text: string | undefined): EvaluatorOptions['tier'] {
  const match = /^(\d+|off)(?:,(\d+))?$/.exec(text ?? '')
  if (match === null) return {}
  const threshold = match[1] === 'off' ? Number.POSITIVE_INFINITY : Number(match[1])
  return match[2] === undefined ? { threshold } : { threshold, maxNesting: Number(match[2]) }
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
}

/** A string literal of the language. */
export function quote(text: string): string {
  return `"${text.replace(/[\\"$]/g, '\\$&')}"`
}

const SCHEMES =
  /^(?:auto|daemon|local|dummy|unix|ssh|ssh-ng|mounted-ssh-ng|http|https|file|s3|local-overlay)(?::|\?|$)/

/** Refuses a store URL that Nix cannot open. Nix: store-reference.cc, openStore. */
function checkStore(url: string): void {
  if (url === '' || url.startsWith('/') || url.startsWith('.') || SCHEMES.test(url)) return
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)
  if (scheme !== null)
    throw new NixError('eval', `don't know how to open Nix store with scheme '${scheme[1]}'`)
  throw new NixError('usage', `Cannot parse Nix store '${url}'`)
}

/** The world as pure and restricted evaluation see it. Nix: EvalState's constructor, allowPathLegacy. */
function restrict(io: EvalIO, settings: Settings, nixPath: readonly { path: string }[], cwd: string): EvalIO {
  if (settings.bool('pure-eval')) return new RestrictedIO(io, { mode: 'pure' })
  if (!settings.bool('restrict-eval')) return io
  const allowedPaths = nixPath
    .map(({ path }) => path)
    .filter((path) => !isPseudoUrl(path) && !path.startsWith('flake:'))
    .map((path) => canonPath(path.startsWith('/') ? path : `${cwd}/${path}`))
  return new RestrictedIO(io, {
    mode: 'restricted',
    allowedPaths,
    allowedUris: settings.list('allowed-uris'),
  })
}
