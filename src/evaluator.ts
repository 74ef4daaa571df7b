/**
 * The evaluator (floor 5): joins VM, builtins and loader. The only place that sees everything; embedders and the command
 * line use nothing else.
 */

import { derivationBuiltins } from './builtins/derivation.ts'
import { DERIVATION_GLOBALS, derivationChunk } from './builtins/derivation-code.ts'
import { fetchBuiltins, resolvePseudoUrl } from './builtins/fetchers.ts'
import { fileBuiltins, nixPathValue } from './builtins/files.ts'
import { flakeBuiltins } from './builtins/flakes.ts'
import { CALL_FLAKE_NAME, CALL_FLAKE_SOURCE } from './builtins/flakes-source.ts'
import { makeBuiltins } from './builtins/index.ts'
import { CORE_FILES, DERIVATION_SOURCE, IMPORTED_DRV_SOURCE } from './builtins/internal-sources.ts'
import { AddPathFrame, baseName, sourceBuiltins } from './builtins/sources.ts'
import type { ChunkCache } from './cache/cache.ts'
import type { GlobalFunction } from './compiler/compiler.ts'
import { NixError } from './errors.ts'
import { type FetchedPlace, Fetcher } from './fetch/fetcher.ts'
import type { FetchWorld } from './io/fetch-world.ts'
import { andThen, type EvalIO, isPromise, joinPath, type MaybeAsync } from './io/io.ts'
import { RestrictedIO } from './io/restricted.ts'
import { dirOf, Loader } from './loader.ts'
import {
  type EvalSettings,
  Frame,
  type Machine,
  type Services,
  type Step,
  says,
  VERBOSITY,
  WAIT,
} from './runtime/machine.ts'
import { shownPath } from './runtime/shown-path.ts'
import { VirtualStoreIO } from './runtime/virtual-io.ts'
import { DERIVATION_NAME, PosTable, Source, type SourceWarning } from './source.ts'
import { parseAterm } from './store/aterm-parser.ts'
import { showElement } from './store/context.ts'
import { type Derivation, outputValue } from './store/derivation.ts'
import { DerivationTable } from './store/derivation-table.ts'
import { isStorePath, nameOf, storeConfig } from './store/path.ts'
import { VirtualStore } from './store/virtual-store.ts'
import type { Node, ParseOptions } from './syntax/ast.ts'
import { parse } from './syntax/parser.ts'
import { printAst } from './syntax/print.ts'
import { AttrsBuilder, flat, slotAt } from './values/attrs.ts'
import { canonical, LoadedChunk } from './values/code.ts'
import { SymbolTable } from './values/symbols.ts'
import {
  type Attrs,
  Builtin,
  Deferred,
  type Env,
  isString,
  list,
  makeString,
  type Slot,
  Thunk,
  textOf,
  type Value,
} from './values/value.ts'
import type { RuntimeObserver } from './vm/observer.ts'
import type { Profiler } from './vm/profile.ts'
import { Vm } from './vm/vm.ts'

/** What tells one build from another (scripts/bundle-options.mjs). */
declare const __BUILD__: string

/** Search path entries that are fetched. Nix: EvalSettings::isPseudoUrl. */
const PSEUDO_URL = /^(?:channel:|flake:|(?:https?|file|channel|git|s3|ssh):\/\/)/

export const NIX_VERSION = '2.34.8'

export interface EvaluatorOptions {
  io: EvalIO
  settings: EvalSettings
  /** Lines for standard error: traces, warnings of the program. Byte strings. */
  log: (line: string) => void
  /** What the parser and the compiler have to say about a source. */
  onWarning?: (warning: SourceWarning, source: Source) => void
  /** Whether to look for what is not wrong but odd (`--warnings`), besides what Nix itself warns of. */
  warnings?: boolean
  lints?: Partial<Omit<ParseOptions, 'features'>>
  /** Makes the cache of compiled chunks, given all that compiling depends on besides the text. */
  cache?: (compileOptions: string) => ChunkCache | undefined
  observe?: (chunk: LoadedChunk) => void
  /** Compile whole files, also where nothing is stored (LoaderOptions). */
  wholeFiles?: boolean
  /** Told when a text of so many bytes is going to be compiled. */
  onCompile?: (bytes: number) => void
  /** Texts may be read again later than their stored code was loaded (LoaderOptions). */
  lateTexts?: boolean
  /** Which texts are stored in part (LoaderOptions). */
  lazyStored?: number | undefined
  /** Told of what the machine does; only a trace build tells. */
  observer?: RuntimeObserver | undefined
  /** Is shown who calls whom, now and then; the evaluation is slower for it (VmOptions). */
  profiler?: Profiler | undefined
  /** Called now and then while a program runs (about every hundredth of a second); may throw to end it. */
  onTick?: () => void
  /** The second tier: after how many runs a unit is compiled, and how deep the JavaScript stack may get (VmOptions). */
  tier?: { threshold?: number; maxNesting?: number } | undefined
  /** The folder that relative search path entries start from. */
  cwd?: string
  /** false: what is put into the store cannot be read back, as in Nix's read-only mode. */
  virtualStore?: boolean
  /** What fetchers reach the world through, asked for when the first thing is fetched; without it they fail. */
  fetch?: () => FetchWorld
  /**
   * Builds outputs of derivations (elements of contexts, `!out!/nix/store/….drv`) in a real store, for import from
   * derivation; answers what their placeholders are to be replaced with. Without it nothing is built.
   */
  build?: ((outputs: readonly string[]) => Promise<Built>) | undefined
}

/** What came of a build. */
export interface Built {
  /** Where the outputs are: now on the disk. */
  readonly paths: readonly string[]
  /** Placeholders of outputs that only the build could place, with their paths. */
  readonly rewrites: ReadonlyMap<string, string>
}

/** Fewer files than this make a small program. */
export const FEW_FILES = 16

/** Builtins known by their bare name; the others are global as `__NAME`. */
const BARE = new Set([
  'abort',
  'baseNameOf',
  'break',
  'builtins',
  'derivation',
  'derivationStrict',
  'dirOf',
  'false',
  'fetchGit',
  'fetchMercurial',
  'fetchTarball',
  'fetchTree',
  'fromTOML',
  'import',
  'isNull',
  'map',
  'null',
  'placeholder',
  'removeAttrs',
  'scopedImport',
  'throw',
  'toString',
  'true',
])

export class Evaluator {
  readonly vm: Vm
  readonly positions: PosTable = new PosTable()
  readonly symbols: SymbolTable = new SymbolTable()
  readonly settings: EvalSettings
  readonly loader: Loader
  readonly virtualStore: VirtualStore
  readonly #derivations: DerivationTable
  readonly #io: EvalIO
  readonly #outer: EvalIO
  /** Makes it when it is first asked for. */
  readonly #fetcher: () => Fetcher
  #callFlake: Slot | null = null
  readonly #searched = new Map<string, string | null>()
  readonly #build: EvaluatorOptions['build']
  #importedDrv: Thunk | null = null
  readonly #cwd: string
  readonly #copied = new Map<string, Value>()
  readonly #parse: ParseOptions
  readonly #builtins = new Map<string, Value>()
  readonly #globals: Value[] = []
  readonly #functions = new Map<number, GlobalFunction>()

  constructor(options: EvaluatorOptions) {
    const { settings } = options
    this.settings = settings
    this.#cwd = options.cwd ?? '/'
    this.#build = options.build
    this.#derivations = new DerivationTable(storeConfig(options.io, settings.storeDir), (path) =>
      this.#readDerivation(path),
    )
    this.virtualStore = new VirtualStore(this.#derivations, options.virtualStore ?? true)
    const direct = options.io instanceof RestrictedIO ? options.io.inner : options.io
    const io = new VirtualStoreIO(options.io, this.virtualStore, direct)
    this.#outer = options.io
    let fetcher: Fetcher | undefined
    this.#fetcher = () =>
      (fetcher ??= new Fetcher({
        world: options.fetch?.(),
        io: direct,
        store: this.#derivations.store,
        features: settings.features,
        warn: (text) => options.log(`warning: ${text}`),
        ...(settings.verbosity >= VERBOSITY.info ? { say: options.log } : {}),
        cwd: this.#cwd,
      }))
    this.#io = io
    this.#parse = {
      features: settings.features,
      pureEval: settings.pureEval,
      lintUrlLiterals: 'ignore',
      lintShortPathLiterals: 'ignore',
      lintAbsolutePathLiterals: 'ignore',
      warnings: options.warnings ?? false,
      ...options.lints,
    }
    this.vm = new Vm({
      io,
      settings,
      symbols: this.symbols,
      positions: this.positions,
      log: options.log,
      onTick: options.onTick,
      threshold: options.tier?.threshold,
      isSmall: () => this.isSmall,
      maxNesting: options.tier?.maxNesting,
      profiler: options.profiler,
      conditionText: (chunk, start, end) => this.#conditionText(chunk, start, end),
    })
    this.vm.observer = options.observer
    const names = new Map<string, number>()
    this.loader = new Loader({
      io,
      symbols: this.symbols,
      positions: this.positions,
      parse: this.#parse,
      globalNames: names,
      globalFunctions: this.#functions,
      globals: this.#globals,
      warn: options.onWarning,
      coreFiles: CORE_FILES,
      // A pure evaluation sees the trees themselves, not the places that they have in the store.
      shown: settings.pureEval ? (path) => this.virtualStore.checkoutOf(path) : undefined,
      observe: options.observe,
      wholeFiles: options.wholeFiles,
      onCompile: options.onCompile,
      lateTexts: options.lateTexts,
      lazyStored: options.lazyStored,
    })
    this.vm.services = this.#services()
    this.#makeGlobals(names)
    this.loader.cache = options.cache?.(this.#compileOptions())
    // Nix makes the global `derivation` of a file.
    if (says(this.vm, VERBOSITY.talkative)) this.vm.log(`evaluating file '${DERIVATION_NAME}'`)
  }

  /** Whether few files have been loaded. */
  get isSmall(): boolean {
    return this.loader.files < FEW_FILES
  }

  /**
   * Everything but the text that decides what the compiler makes: opcodes, the indices of global names and what builtins
   * take are those of the build. Short, for it is hashed in every run.
   */
  #compileOptions(): string {
    const { features, ...rest } = this.#parse
    return JSON.stringify([__BUILD__, [...features].sort(), rest])
  }

  get machine(): Machine {
    return this.vm
  }

  #makeGlobals(names: Map<string, number>): void {
    const table = this.#builtins
    const { settings } = this
    const { profiler } = this.vm
    for (const b of [
      ...makeBuiltins(),
      ...fileBuiltins(),
      ...derivationBuiltins(settings),
      ...sourceBuiltins(),
      ...fetchBuiltins(settings),
      ...flakeBuiltins(),
    ])
      table.set(b.name, profiler === undefined ? b : profiler.watch(b))
    table.set('true', true)
    table.set('false', false)
    table.set('null', null)
    table.set('nixVersion', NIX_VERSION)
    table.set('langVersion', 6)
    table.set('storeDir', settings.storeDir)
    table.set('nixPath', nixPathValue(this.vm))
    if (!settings.pureEval) {
      table.set('currentSystem', settings.system)
      // A thunk, so that only a program that asks for the time is said to depend on it.
      table.set('currentTime', new Thunk(new Clock(this.#io), null) as unknown as Value)
    }
    const define = (name: string, value: Value): void => {
      names.set(name, this.#globals.length)
      if (value instanceof Builtin) {
        this.#functions.set(this.#globals.length, {
          kinds: value.params.map((p) => p.kind),
          order: value.order,
          ...(value.forms.fresh === true ? { fresh: true } : {}),
        })
      }
      this.#globals.push(value)
    }
    /** The owning form of the builtin that was defined last: no program can name it. */
    const defineOwning = (name: string, owning: Builtin): void => {
      const base = this.#functions.get(this.#globals.length - 1) as GlobalFunction
      base.owning = this.#globals.length
      names.set(`${name} (owning)`, this.#globals.length)
      this.#globals.push(profiler === undefined ? owning : profiler.watch(owning))
    }
    for (const [name, value] of table) {
      // The compiler makes a selection of it.
      if (name === 'currentTime') continue
      define(`builtins.${name}`, value)
      names.set(BARE.has(name) ? name : `__${name}`, this.#globals.length - 1)
      if (value instanceof Builtin && value.forms.owning !== undefined)
        defineOwning(`builtins.${name}`, value.forms.owning)
    }
    // The set itself, and \`derivation\`, which is Nix code that needs the rest.
    const builder = new AttrsBuilder(this.symbols)
    for (const [name, value] of table) builder.setName(name, value)
    const derivation = this.vm.run((m) => m.force(this.#derivation()))
    table.set('derivation', derivation)
    define('builtins.derivation', derivation)
    names.set('derivation', this.#globals.length - 1)
    builder.setName('derivation', derivation)
    // A cell of its own, filled when the set is there: builtins.builtins is builtins.
    const self = new Thunk(null, null)
    builder.setName('builtins', self)
    const builtins = builder.build()
    self.payload = builtins
    table.set('builtins', builtins)
    define('builtins', builtins)
    if (table.has('currentTime')) names.set('__currentTime', this.#globals.length - 1)
  }

  #derivation(): Thunk {
    const source = new Source('internal', DERIVATION_NAME, DERIVATION_SOURCE)
    const base = this.positions.add(source, DERIVATION_SOURCE.length)
    const globals = DERIVATION_GLOBALS.map((name) => this.#builtins.get(name) as Value)
    const chunk = new LoadedChunk(derivationChunk(), this.symbols, base, '/', this.#io, null, globals)
    return new Thunk(chunk.proto(0), [null])
  }

  #internal(name: string, text: string, origin: 'internal' | 'string' = 'internal'): Thunk {
    // Not all globals exist yet: compiled against those that do.
    const names = new Map<string, number>()
    const globals: Value[] = []
    const add = (name: string, value: Value): void => {
      names.set(name, globals.length)
      globals.push(value)
    }
    const builder = new AttrsBuilder(this.symbols)
    for (const [key, value] of this.#builtins) {
      builder.setName(key, value)
      add(`builtins.${key}`, value)
      if (BARE.has(key)) add(key, value)
    }
    add('builtins', builder.build())
    if (!names.has('derivationStrict')) add('derivationStrict', null)
    const loader = new Loader({
      io: this.#io,
      symbols: this.symbols,
      positions: this.positions,
      parse: this.#parse,
      globalNames: names,
      globals,
      // Not all globals have their names yet.
      wholeFiles: true,
    })
    return loader.text(text, origin, '/', name)
  }

  #services(): Services {
    const fetcher = this.#fetcher
    return {
      derivations: this.#derivations,
      virtualStore: this.virtualStore,
      get fetcher() {
        return fetcher()
      },
      checkUri: (uri) => {
        if (this.#outer instanceof RestrictedIO) this.#outer.checkUri(uri)
      },
      callFlake: (m) => {
        this.#callFlake ??= this.#internal(CALL_FLAKE_NAME, CALL_FLAKE_SOURCE)
        return m.force(this.#callFlake)
      },
      importFile: (m, path) => this.#importFile(m, path),
      importScoped: (m, scope, path) => this.#importScoped(m, scope, path),
      builtin: (name) => this.#builtins.get(name) as Value,
      copyToStore: (m, path) => this.#copyToStore(m, path),
      searchPathEntry: (m, entry) => this.#searchPathEntry(m, entry),
      realise: (m, path, context) => this.#realise(m, path, context),
    }
  }

  /** Nix: EvalState::copyPathToStore. */
  #copyToStore(m: Machine, path: string): Step {
    const known = this.#copied.get(path)
    if (known !== undefined) return known
    if (path.endsWith('.drv')) throw new NixError('eval', `file names are not allowed to end in '.drv'`)
    return m.push(new CopyFrame(path, this.#copied))
  }

  /** Nix: EvalState::realiseContext. */
  #realise(m: Machine, path: string, context: readonly string[]): Step {
    const late = this.virtualStore.ensure(path)
    if (late !== undefined) return m.wait(late.then(() => path))
    if (context.length === 0) return path
    const outputs: string[] = []
    for (const element of context) {
      const c = element.charCodeAt(0)
      if (c === 33) outputs.push(element)
      const storePath =
        c === 33 ? element.slice(element.lastIndexOf('!') + 1) : c === 61 ? element.slice(1) : element
      if (!this.#isValid(storePath)) throw notValid(storePath)
    }
    if (outputs.length === 0) return path
    if (this.#build === undefined || !m.settings.allowImportFromDerivation) {
      throw new NixError(
        'eval',
        `cannot build '${showElement(outputs[0])}' during evaluation because the option 'allow-import-from-derivation' is disabled`,
      )
    }
    return m.wait(
      this.#build(outputs).then((built) => {
        if (this.#outer instanceof RestrictedIO) {
          for (const place of built.paths) this.#outer.allowPath(place)
        }
        let text = path
        for (const [placeholder, place] of built.rewrites) text = text.replaceAll(placeholder, place)
        return text
      }),
    )
  }

  /** Whether something is in the store, be that the virtual one or the real one. */
  #isValid(storePath: string): boolean {
    if (this.virtualStore.readable && this.virtualStore.has(storePath)) return true
    const type = this.#disk.fileType(storePath)
    return isPromise(type) || type !== undefined
  }

  get #disk(): EvalIO {
    return this.#outer instanceof RestrictedIO ? this.#outer.inner : this.#outer
  }

  /**
   * A derivation that was not made here: of the real store, or a text that somebody called one. Throws NixError for a .drv
   * file that makes no sense.
   */
  #readDerivation(path: string): Derivation | undefined {
    const { store } = this.#derivations
    const entry = this.virtualStore.entry(path)
    let text: MaybeAsync<string>
    if (entry?.kind === 'text') text = entry.text
    else {
      if (!isStorePath(store, path) || this.#disk.fileType(path) !== 'regular') return undefined
      text = this.#disk.readFile(path)
    }
    if (isPromise(text)) return undefined
    try {
      return parseAterm(text, nameOf(store, path).slice(0, -'.drv'.length))
    } catch (error) {
      if (!(error instanceof NixError)) throw error
      throw new NixError(error.kind, `error parsing derivation '${path}': ${error.message}`)
    }
  }

  /** The derivation that a path to be imported stands for. Nix: isValidDerivationInStore. */
  #derivationAt(path: string): Derivation | undefined {
    if (!path.endsWith('.drv') || !isStorePath(this.#derivations.store, path)) return undefined
    return this.#isValid(path) ? this.#derivations.find(path) : undefined
  }

  /** What a .drv file is when imported: a derivation again. Nix: derivationToValue. */
  #importDerivation(m: Machine, path: string, drv: Derivation): Step {
    this.#importedDrv ??= this.#internal('', IMPORTED_DRV_SOURCE, 'string')
    const names = [...drv.outputs.names]
    const attrs = new AttrsBuilder(this.symbols)
      .setName('drvPath', makeString(path, [`=${path}`]))
      .setName('name', drv.env.get('name') ?? '')
      .setName('outputs', list(names))
    for (const name of names) {
      const text = outputValue(this.#derivations.store, path, drv, name)
      attrs.setName(name, makeString(text, [`!${name}!${path}`]))
    }
    return m.call(this.#importedDrv, attrs.build())
  }

  /** Nix: EvalState::resolveLookupPathPath. */
  #searchPathEntry(m: Machine, entry: string): Step {
    const known = this.#searched.get(entry)
    if (known !== undefined) return known
    if (PSEUDO_URL.test(entry)) return this.#fetchedEntry(m, entry)
    const found = this.#placeEntry(m, entry)
    return isPromise(found) ? m.wait(found) : found
  }

  /** An entry that is a place in the file system. */
  #placeEntry(m: Machine, entry: string): MaybeAsync<string | null> {
    const path = canonical(entry.startsWith('/') ? entry : `${this.#cwd}/${entry}`)
    return andThen(m.io.realPath(path), (real) =>
      andThen(m.io.fileType(real), (type) => {
        if (type === undefined) {
          if (this.#outer instanceof RestrictedIO && !this.virtualStore.holds(path))
            this.#outer.checkPath(path)
          m.log(`warning: Nix search path entry '${entry}' does not exist, ignoring`)
        }
        const place = type === undefined ? null : path
        this.#searched.set(entry, place)
        return place
      }),
    )
  }

  /**
   * An entry that is a URL: an archive, which may be a place after all if it cannot be fetched, or a flake, which has to be
   * there.
   */
  #fetchedEntry(m: Machine, entry: string): Step {
    const keep = (path: string | null): string | null => {
      this.#searched.set(entry, path)
      return path
    }
    const failed = (error: unknown): MaybeAsync<string | null> => {
      if (!(error instanceof NixError) || error.passing || entry.startsWith('flake:')) throw error
      m.log(`warning: Nix search path entry '${entry}' cannot be downloaded, ignoring`)
      return this.#placeEntry(m, entry)
    }
    try {
      const found = this.#fetcher().searchPath(entry, resolvePseudoUrl(entry))
      const use = (tree: FetchedPlace): string | null => {
        this.virtualStore.addTree(tree.storePath, tree.path, tree.kept, true)
        return keep(tree.storePath)
      }
      return isPromise(found) ? m.wait(found.then(use).catch(failed)) : use(found)
    } catch (error) {
      const instead = failed(error)
      return isPromise(instead) ? m.wait(instead) : instead
    }
  }

  #importFile(m: Machine, path: string): Step {
    const drv = this.#derivationAt(path)
    if (drv !== undefined) return this.#importDerivation(m, path, drv)
    let resolved: MaybeAsync<string>
    let value: MaybeAsync<Thunk>
    try {
      resolved = this.loader.resolve(path)
      if (isPromise(resolved)) return m.push(new ImportFrame(this.loader, path))
      value = importedFile(m, this.loader, resolved)
    } catch (error) {
      resolved = this.loader.resolve(this.#placeOf(path, error))
      if (isPromise(resolved)) throw error
      value = this.loader.file(resolved)
    }
    if (isPromise(value)) return m.push(new ImportFrame(this.loader, path))
    return forceImported(m, value, resolved)
  }

  /**
   * The place that a file which cannot be read has once the links above it are followed, as Nix does before it reads;
   * throws the error on when it has no other one. Throws NixError `infinite symlink recursion in path '/p'`.
   */
  #placeOf(path: string, error: unknown): string {
    if (!(error instanceof NixError) || error.kind !== 'io') throw error
    const dir = this.#io.realPath(dirOf(path))
    if (isPromise(dir)) throw error
    const place = joinPath(dir, path.slice(path.lastIndexOf('/') + 1))
    if (place === path) throw error
    return place
  }

  /** A file that is to be evaluated in a scope of its own. Throws NixError `io`. */
  #sourceOf(path: string): Source {
    const resolved = this.loader.resolve(path)
    if (isPromise(resolved)) throw new NixError('io', 'scopedImport needs a file system that answers at once')
    const core = CORE_FILES.get(resolved)
    if (core !== undefined) return new Source('internal', resolved, core)
    const text = this.#io.readFile(resolved)
    if (isPromise(text)) throw new NixError('io', 'scopedImport needs a file system that answers at once')
    return new Source('file', resolved, text)
  }

  #importScoped(m: Machine, scope: Attrs, path: string): Step {
    const drv = this.#derivationAt(path)
    if (drv !== undefined) return this.#importDerivation(m, path, drv)
    let source: Source
    try {
      source = this.#sourceOf(path)
    } catch (error) {
      source = this.#sourceOf(this.#placeOf(path, error))
    }
    flat(scope)
    const names = scope.shape.syms.map((s) => this.symbols.names[s])
    const env: Env = [null]
    for (let i = 0; i < names.length; i++) env.push(slotAt(scope, i))
    const dir = source.origin === 'file' ? dirOf(source.name) : '/'
    const value = this.loader.scoped(source.text as string, source, dir, names, env)
    if (says(m, VERBOSITY.talkative)) m.log(`evaluating file '${shownPath(m, source.name)}'`)
    return m.force(value)
  }

  #conditionText(chunk: LoadedChunk, start: number, end: number): string {
    const at = this.positions.resolve(chunk.posBase + start)
    const text = at?.source.text
    if (text === undefined) return ''
    const node = parse(text.slice(start, end), this.#parse, () => {})
    return printAst(node, chunk.baseDir, this.#io.homeDir())
  }

  /** The value of a file, in weak head normal form. Throws NixError. */
  evalFile(path: string): Value {
    return this.run((m) => this.#importFile(m, path))
  }

  /** The value of an expression, in weak head normal form. Throws NixError. */
  evalText(text: string, options: { origin: 'string' | 'stdin'; baseDir: string }): Value {
    return this.run((m) => m.force(this.loader.text(text, options.origin, options.baseDir)))
  }

  /** A text as a thunk: errors of syntax at once, the value when it is asked for. */
  thunkOf(text: string, options: { origin: 'string' | 'stdin'; baseDir: string }): Slot {
    return this.loader.text(text, options.origin, options.baseDir)
  }

  parseText(text: string, options: { origin: 'string' | 'stdin'; baseDir: string }): Node {
    const source = new Source(options.origin, '', text)
    const root = this.loader.parse(text, source)
    this.loader.check(root, text, source)
    return root
  }

  parseFile(path: string): Node {
    const resolved = this.loader.resolve(path)
    if (isPromise(resolved)) throw new NixError('io', `'${path}' has to be waited for`)
    const text = this.#io.readFile(resolved)
    if (isPromise(text)) throw new NixError('io', `'${path}' has to be waited for`)
    const source = new Source('file', resolved, text)
    const root = this.loader.parse(text, source)
    this.loader.check(root, text, source)
    return root
  }

  /** A builtin or constant by its name under `builtins.`. */
  builtin(name: string): Builtin | Value | undefined {
    return this.#builtins.get(name)
  }

  /** Runs any request to its end. Throws NixError; also when it has to wait for the outside world. */
  run(start: (m: Machine) => Step): Value {
    return this.vm.run(start)
  }

  /** The same, waiting where it has to. */
  runAsync(start: (m: Machine) => Step): Promise<Value> {
    return this.vm.runAsync(start)
  }
}

/** What Nix says of a store path that is not there. */
function notValid(storePath: string): NixError {
  return new NixError('io', `path '${baseName(storePath)}' is not valid`)
}

/** `builtins.currentTime` that nobody has asked for yet. */
class Clock extends Deferred {
  readonly io: EvalIO
  constructor(io: EvalIO) {
    super()
    this.io = io
  }
  start(): Value {
    return this.io.now()
  }
}

/** Forces the value of a file that has been loaded; an error tells of the file. Nix: EvalState::evalFile. */
export function forceImported(m: Machine, value: Thunk, path: string): Step {
  return value.code === null ? (value.payload as Value) : m.push(new ImportedFrame(value, path))
}

/** Forces a file's value, for the trace line. */
class ImportedFrame extends Frame {
  readonly value: Thunk
  readonly path: string
  constructor(value: Thunk, path: string) {
    super()
    this.value = value
    this.path = path
  }
  override step(m: Machine, answer: Value | undefined): Step {
    return answer !== undefined ? answer : m.force(this.value)
  }
  override explain(m: Machine, error: NixError): void {
    error.addTrace(`while evaluating the file '${shownPath(m, this.path)}':`)
  }
}

/** The value of a file (by its resolved path) that is imported, which is told the first time. Nix: eval.cc, ExprParseFile::eval. */
export function importedFile(m: Machine, loader: Loader, path: string): MaybeAsync<Thunk> {
  if (says(m, VERBOSITY.talkative) && !loader.knows(path)) m.log(`evaluating file '${shownPath(m, path)}'`)
  return loader.file(path)
}

/** Adds a path to the store once. */
class CopyFrame extends Frame {
  readonly path: string
  readonly copied: Map<string, Value>
  constructor(path: string, copied: Map<string, Value>) {
    super()
    this.path = path
    this.copied = copied
  }
  override step(m: Machine, answer: Value | undefined): Step {
    const r =
      answer ??
      m.push(
        new AddPathFrame({
          path: this.path,
          name: baseName(this.path),
          filter: null,
          recursive: true,
          expected: null,
          traced: false,
        }),
      )
    if (r === WAIT) return r
    this.copied.set(this.path, r)
    if (says(m, VERBOSITY.chatty) && isString(r))
      m.log(`copied source '${shownPath(m, this.path)}' -> '${textOf(r)}'`)
    return r
  }
}

/** An import from a world that answers with promises. */
class ImportFrame extends Frame {
  readonly loader: Loader
  readonly path: string
  #resolved = ''
  #value: Thunk | null = null
  constructor(loader: Loader, path: string) {
    super()
    this.loader = loader
    this.path = path
  }
  override step(m: Machine, answer: Value | undefined): Step {
    if (answer !== undefined && this.#value === null) return m.force(this.#take())
    if (answer !== undefined) return answer
    const load = async (): Promise<Value> => {
      this.#resolved = await this.loader.resolve(this.path)
      this.#loaded = await importedFile(m, this.loader, this.#resolved)
      return true
    }
    return m.wait(load())
  }
  #loaded: Thunk | null = null
  #take(): Thunk {
    this.#value = this.#loaded as Thunk
    return this.#value
  }
  override explain(m: Machine, error: NixError): void {
    const path = this.#resolved === '' ? this.path : this.#resolved
    error.addTrace(`while evaluating the file '${shownPath(m, path)}':`)
  }
}

export { WAIT }
