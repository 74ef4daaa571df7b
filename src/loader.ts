/**
 * From a path to code (floor 4): finds the file an import means, reads, parses and compiles it, binds the chunk to the
 * place it was loaded from, and keeps its value so that a file is evaluated once.
 */
import type { Chunk, Growth } from './bytecode/chunk.ts'
import { beginsWith, partialChunk } from './bytecode/partial.ts'
import { UnitVerifier } from './bytecode/verify.ts'
import type { ChunkCache, Hit, Miss } from './cache/cache.ts'
import { firstBound } from './compiler/binding-order.ts'
import { compile, type GlobalFunction, type GlobalNames } from './compiler/compiler.ts'
import { NixError } from './errors.ts'
import { andThen, canonPath, type EvalIO, type MaybeAsync } from './io/io.ts'
import { orderOf } from './runtime/first-met.ts'
import { type PosTable, Source, type SourceWarning } from './source.ts'
import type { Node, ParseOptions } from './syntax/ast.ts'
import { parse } from './syntax/parser.ts'
import { LoadedChunk } from './values/code.ts'
import type { SymbolTable } from './values/symbols.ts'
import { type Env, Thunk, type Value } from './values/value.ts'

export interface LoaderOptions {
  io: EvalIO
  symbols: SymbolTable
  positions: PosTable
  parse: ParseOptions
  globalNames: GlobalNames
  globalFunctions?: ReadonlyMap<number, GlobalFunction>
  globals: readonly Value[]
  /** Texts of `<nix/…>` by the path that stands for them. */
  coreFiles?: ReadonlyMap<string, string>
  warn?: ((warning: SourceWarning, source: Source) => void) | undefined
  /** Told of every chunk that is compiled or loaded. */
  observe?: ((chunk: LoadedChunk) => void) | undefined
  /** What the file at a path is called in messages; undefined: by its path. */
  shown?: ((path: string) => string | undefined) | undefined
  /** Compile whole files, also where nothing is stored (dump). */
  wholeFiles?: boolean | undefined
  /** Told before a text is parsed; `bytes`: its length. */
  onCompile?: ((bytes: number) => void) | undefined
  /**
   * Of a chunk that was stored when part of it had been compiled the text is read when more of it is asked for, which fails if it
   * has changed since: for what is soon over and can begin anew. Else the text is read when the chunk is loaded.
   */
  lateTexts?: boolean | undefined
  /** From how many bytes on a text is stored with what has been compiled of it only (LAZY_STORED). */
  lazyStored?: number | undefined
}

/** So many links one after the other are one too many. Nix: resolveExprPath. */
const MAX_LINKS = 1023

/** Milliseconds and counts for `--stats`. */
export interface LoaderStats {
  files: number
  bytes: number
  readMs: number
  parseMs: number
  compileMs: number
}

/**
 * Bytes of text of which units are compiled when they are first run. The trees of these texts are kept till then, and that
 * is work for the garbage collector. A run that reads more is a long one: its compiler is fast by now, and makes up for the rest.
 */
const LAZY_TEXT = 4 << 20
/** So long texts are lists of all the packages of a language: most is never run, however long the run. */
const LAZY_ANYWAY = 2 << 20
/**
 * Where chunks are stored, shorter texts are compiled whole: most of one is run, and who needs more of it than the run that stored it
 * has to read and parse the text again. The lists of packages are longer, and of them a run needs little.
 */
const LAZY_STORED = 1 << 16

export class Loader {
  readonly #o: LoaderOptions
  readonly #resolved = new Map<string, string>()
  readonly #values = new Map<string, Thunk>()
  readonly #growing: Growth[] = []
  /** What keeps compiled chunks between runs. */
  cache: ChunkCache | undefined
  readonly stats: LoaderStats = { files: 0, bytes: 0, readMs: 0, parseMs: 0, compileMs: 0 }

  constructor(options: LoaderOptions) {
    this.#o = options
  }

  /** How many files have been loaded, or are being. */
  get files(): number {
    return this.#values.size
  }

  /** Whether a file (by its resolved path) has been loaded, or is being. */
  knows(path: string): boolean {
    return this.#values.has(path)
  }

  /**
   * The file that importing `path` means (Nix: resolveExprPath): symlinks of the last component followed, `default.nix`
   * of a directory. @throws NixError 'io'
   */
  resolve(path: string): MaybeAsync<string> {
    const known = this.#resolved.get(path)
    if (known !== undefined) return known
    if (path.startsWith('<nix/')) return path
    return andThen(this.#follow(path, 0), (resolved) => {
      this.#resolved.set(path, resolved)
      return resolved
    })
  }

  #follow(path: string, links: number): MaybeAsync<string> {
    const { io } = this.#o
    // Before it is looked at what the last one leads to, as Nix does.
    if (links >= MAX_LINKS) {
      throw new NixError('io', `too many symbolic links encountered while traversing the path '${path}'`)
    }
    return andThen(io.fileType(path), (type) => {
      if (type === 'symlink') {
        return andThen(io.readLink(path), (target) =>
          this.#follow(
            canonPath(target.startsWith('/') ? target : `${path.slice(0, path.lastIndexOf('/'))}/${target}`),
            links + 1,
          ),
        )
      }
      // What is not there is told of by whoever looks: to read it could fail in other words.
      if (type === undefined) return andThen(io.stat(path), () => path)
      return type === 'directory' ? `${path === '/' ? '' : path}/default.nix` : path
    })
  }

  /** The value of a file (by its resolved path), as a thunk that is the same every time. */
  file(path: string): MaybeAsync<Thunk> {
    const known = this.#values.get(path)
    if (known !== undefined) return known
    const core = this.#o.coreFiles?.get(path)
    if (core !== undefined) return this.#keep(path, this.#core(path, core))
    const { cache } = this
    const found = cache?.load(path)
    if (found?.chunk !== undefined) return this.#keep(path, this.#stored(path, found))
    if (found?.text !== undefined) return this.#keep(path, this.#fresh(path, found.text, found))
    const t0 = performance.now()
    return andThen(this.#o.io.readFile(path), (text) => {
      this.stats.readMs += performance.now() - t0
      return this.#keep(path, this.#fresh(path, text, undefined))
    })
  }

  #fresh(path: string, text: string, miss: Miss | undefined): LoadedChunk {
    const source = new Source('file', path, text)
    source.shown = this.#o.shown?.(path)
    const base = this.#o.positions.add(source, text.length)
    const lazy = miss === undefined || miss.key === '' || text.length >= (this.#o.lazyStored ?? LAZY_STORED)
    const chunk = this.#compile(text, source, base, undefined, lazy)
    if (miss !== undefined) this.cache?.store(miss, chunk)
    return this.#bind(chunk, base, dirOf(path), path)
  }

  #stored(path: string, hit: Hit): LoadedChunk {
    const { chunk } = hit
    const read = (): string | undefined => {
      try {
        const again = this.#o.io.readFile(path)
        return typeof again === 'string' ? again : undefined
      } catch {
        return undefined
      }
    }
    const source = new Source('file', path, read, chunk.lineStarts ?? undefined)
    source.shown = this.#o.shown?.(path)
    const base = this.#o.positions.add(source, chunk.sourceLength)
    for (const warning of chunk.warnings) this.#o.warn?.(warning, source)
    if (chunk.compiled === undefined) return this.#checked(hit, this.#bind(chunk, base, dirOf(path), path))
    const partial = partialChunk(chunk, () => {
      const grown = this.#revive(hit, source)
      loaded.check = null
      return grown
    })
    if (this.#o.lateTexts !== true) source.read()
    const loaded = this.#checked(hit, this.#bind(partial, base, dirOf(path), path))
    return loaded
  }

  /**
   * Compiles what a chunk was stored of, to go on from there. @throws NixError 'unsound' when the text is another one by now, or
   * compiles to something else
   */
  #revive(hit: Hit, source: Source): Chunk {
    const { chunk } = hit
    const { text } = source
    const { stats } = this
    if (text !== undefined && this.cache?.isOf(hit, text) === true) {
      this.#o.onCompile?.(text.length)
      const t0 = performance.now()
      const root = this.#parse(text, source, 0, undefined, true)
      const t1 = performance.now()
      const grown = this.#names(root, text, source, 0, undefined, chunk.warnings, true, chunk.compiled)
      stats.parseMs += t1 - t0
      stats.bytes += text.length
      // Looked at before it grows any further.
      const isSame = grown.growth !== undefined && beginsWith(grown, chunk)
      if (isSame) {
        // Who asks for more once will do so again, and to read the text again takes longer than to compile all of it.
        const kept =
          text.length < LAZY_ANYWAY
            ? this.#names(root, text, source, 0, undefined, chunk.warnings, false, undefined, () => {})
            : grown
        this.cache.storeGrown(hit, kept)
        this.#grows(grown)
      }
      stats.compileMs += performance.now() - t1
      if (isSame) return grown
    }
    this.cache?.reject(hit)
    throw new NixError('unsound', `'${source.name}' is not what its stored code was made of`)
  }

  /** A text of Firnix's own, which stands for a file. */
  #core(name: string, text: string): LoadedChunk {
    const source = new Source('internal', name, text)
    const base = this.#o.positions.add(source, text.length)
    const found = this.cache?.loadText(text)
    if (found?.chunk !== undefined) return this.#checked(found, this.#bind(found.chunk, base, '/', null))
    const chunk = this.#compile(text, source, base, undefined, found === undefined || found.key === '')
    if (found !== undefined) this.cache?.store(found, chunk)
    return this.#bind(chunk, base, '/', null)
  }

  /** Has the units of a stored chunk checked as they are entered. */
  #checked(hit: Hit, loaded: LoadedChunk): LoadedChunk {
    const verifier = new UnitVerifier(loaded.chunk, this.#o.globals.length)
    loaded.check = (unit) => {
      const fault = verifier.unit(unit)
      if (fault === undefined) return
      this.cache?.reject(hit)
      throw new NixError('unsound', fault)
    }
    return loaded
  }

  #keep(path: string, loaded: LoadedChunk): Thunk {
    const value = new Thunk(loaded.proto(0), [null])
    this.#values.set(path, value)
    return value
  }

  #bind(chunk: Chunk, base: number, dir: string, file: string | null): LoadedChunk {
    const { io, symbols, globals } = this.#o
    const loaded = new LoadedChunk(chunk, symbols, base, dir, io, file, globals)
    this.#o.observe?.(loaded)
    return loaded
  }

  /** The value of a text that is no file. `internal`: part of Firnix, under that name. */
  text(text: string, origin: 'string' | 'stdin' | 'internal', dir: string, name = ''): Thunk {
    const source = new Source(origin, name, text)
    const base = this.#o.positions.add(source, text.length)
    const chunk = this.#compile(text, source, base, undefined, true)
    return new Thunk(this.#bind(chunk, base, dir, null).proto(0), [null])
  }

  /** A file or text evaluated in a scope of its own (scopedImport, the REPL); never kept. */
  scoped(text: string, source: Source, dir: string, names: readonly string[], env: Env): Thunk {
    const base = this.#o.positions.add(source, text.length)
    const chunk = this.#compile(text, source, base, names, true)
    const file = source.origin === 'file' ? source.name : null
    return new Thunk(this.#bind(chunk, base, dir, file).proto(0), env)
  }

  parse(text: string, source: Source): Node {
    const base = this.#o.positions.add(source, text.length)
    this.#o.onCompile?.(text.length)
    return this.#parse(text, source, base)
  }

  /** Checks names without running anything (`--parse`). */
  check(root: Node, text: string, source: Source): void {
    const base = this.#o.positions.add(source, text.length)
    this.#names(root, text, source, base, undefined)
  }

  /** `again`: what there is to warn of has been said. */
  #parse(text: string, source: Source, base: number, found?: SourceWarning[], again = false): Node {
    try {
      return parse(text, { ...this.#o.parse, sourceName: source.display }, (w) => {
        found?.push(w)
        if (!again) this.#o.warn?.(w, source)
      })
    } catch (error) {
      throw placed(error, base)
    }
  }

  #names(
    root: Node,
    text: string,
    source: Source,
    base: number,
    scope: readonly string[] | undefined,
    found?: readonly SourceWarning[],
    lazy = false,
    compiled?: Int32Array,
    warn: (w: SourceWarning) => void = (w) => this.#o.warn?.(w, source),
  ): Chunk {
    try {
      return compile(root, text, {
        globals: this.#o.globalNames,
        ...(this.#o.globalFunctions === undefined ? {} : { functions: this.#o.globalFunctions }),
        warn,
        warnings: this.#o.parse.warnings ?? false,
        ...(found === undefined || found.length === 0 ? {} : { found }),
        ...(scope === undefined ? {} : { scope }),
        lazy,
        compiled,
      })
    } catch (error) {
      throw placed(this.#firstFault(root, error), base)
    }
  }

  /** Of several undefined variables the one that Nix reports. */
  #firstFault(root: Node, error: unknown): unknown {
    if (!(error instanceof NixError) || error.others.length === 0) return error
    const all = [error, ...error.others]
    const order = orderOf(this.#o)
    const pos = firstBound(root, new Set(all.map((e) => e.pos)), (name) => order.rank(name))
    // Two share a place only in `x or`, a call of `x` with a variable that stands nowhere else: the function comes first.
    const here = all.filter((e) => e.pos === pos)
    const first = here.find((e) => e.message !== "undefined variable 'or'") ?? here[0] ?? error
    error.others = []
    first.others = all.filter((e) => e !== first)
    return first
  }

  /** `lazy`: nobody wants the chunk as a whole, so its units may be compiled when they are first run. */
  #compile(
    text: string,
    source: Source,
    base: number,
    scope: readonly string[] | undefined,
    lazy: boolean,
  ): Chunk {
    const { stats } = this
    this.#o.onCompile?.(text.length)
    const t0 = performance.now()
    const found: SourceWarning[] = []
    const root = this.#parse(text, source, base, found)
    const t1 = performance.now()
    const chunk = this.#names(
      root,
      text,
      source,
      base,
      scope,
      found,
      lazy && this.#o.wholeFiles !== true && (stats.bytes < LAZY_TEXT || text.length >= LAZY_ANYWAY),
    )
    stats.files++
    stats.bytes += text.length
    stats.parseMs += t1 - t0
    this.#grows(chunk, scope === undefined)
    stats.compileMs += performance.now() - t1
    return chunk
  }

  /**
   * Takes note of a chunk: if it grows, its tree is kept until much text has been compiled. One that is not `kept` lives as long as
   * its values only: a loop may make very many of a short text.
   */
  #grows(chunk: Chunk, kept = true): void {
    if (kept && chunk.growth !== undefined && chunk.sourceLength < LAZY_ANYWAY)
      this.#growing.push(chunk.growth)
    if (this.stats.bytes < LAZY_TEXT || this.#growing.length === 0) return
    for (const growth of this.#growing) growth.complete()
    this.#growing.length = 0
  }

  /** Forgets what files mean and hold (`:reload`). */
  forget(): void {
    this.#resolved.clear()
    this.#values.clear()
  }
}

/** Errors of parser and compiler carry byte offsets; from here on they carry positions. */
function placed(error: unknown, base: number): unknown {
  if (error instanceof NixError && error.kind !== 'internal') {
    error.pos = error.pos < 0 ? 0 : base + error.pos
    for (const other of error.others) other.pos += base
    for (const line of error.trace) line.pos += base
  }
  return error
}

export function dirOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash <= 0 ? '/' : path.slice(0, slash)
}
