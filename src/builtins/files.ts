/**
 * Builtins that read the outside world (floor 4): import, files, search path, environment.
 *
 * All of it goes through `m.io`; a path that carries context, or lies in the virtual store, first goes through
 * `m.services.realise`.
 */
import { NixError } from '../errors.ts'
import { andThen, type FileType, type HashAlgo, isPromise, type MaybeAsync, parentPath } from '../io/io.ts'
import { coerceToPath, coerceToString } from '../runtime/coerce.ts'
import { expectAttrs, expectPlainString } from '../runtime/expect.ts'
import { builtin, Frame, type Machine, param, type Step, WAIT } from '../runtime/machine.ts'
import { parseHashAlgo } from '../store/hash.ts'
import { nameProblemInStore } from '../store/path.ts'
import { AttrsBuilder, attrsOf, lookup } from '../values/attrs.ts'
import { canonical } from '../values/code.ts'
import { emptySlots } from '../values/slots.ts'
import {
  type Attrs,
  type Builtin,
  contextOf,
  LAZY,
  LIST,
  type List,
  list,
  makeString,
  Path,
  PLAIN_STRING,
  type Slot,
  type StringWithContext,
  textOf,
  type Value,
} from '../values/value.ts'

const OF_PATH = 'while realising the context of a path'

// What is being done with a path argument.
const COERCING = 0
const REALISING = 1
const USING = 2

/** Nix: EvalState::realisePath. */
function explainStage(error: NixError, stage: number, path: string): void {
  if (stage === REALISING) error.addTrace(`while realising the context of path '${path}'`)
}

/** A path argument: coerced, realised, then handed to `use` as the place to read. */
class PathFrame extends Frame {
  readonly arg: Slot
  readonly use: (m: Machine, path: string) => MaybeAsync<Step>
  #state = 0
  #stage = COERCING
  #given = ''
  constructor(arg: Slot, use: (m: Machine, path: string) => MaybeAsync<Step>) {
    super()
    this.arg = arg
    this.use = use
  }
  override explain(_m: Machine, error: NixError): void {
    explainStage(error, this.#stage, this.#given)
  }
  override step(m: Machine, answer: Value | undefined): Step {
    let v: Step = answer === undefined ? WAIT : answer
    if (this.#state === 0) {
      if (answer === undefined) v = coerceToPath(m, this.arg, OF_PATH)
      this.#state = 1
      if (v === WAIT) return WAIT
    }
    if (this.#state === 1) {
      const context = v instanceof Path || typeof v === 'string' ? [] : contextOf(v as StringWithContext)
      this.#given = v instanceof Path ? v.path : textOf(v as string | StringWithContext)
      this.#state = 2
      this.#stage = REALISING
      v = m.services.realise(m, this.#given, context)
      if (v === WAIT) return WAIT
    }
    if (this.#state === 2) {
      this.#state = 3
      this.#stage = USING
      const r = this.use(m, v as string)
      if (isPromise(r)) return m.wait(r as Promise<Value>)
      return r
    }
    return v
  }
}

function onPath(m: Machine, arg: Slot, use: (m: Machine, path: string) => MaybeAsync<Step>): Step {
  return m.push(new PathFrame(arg, use))
}

/** An entry of a search path whose parts are known. */
interface SearchEntry {
  readonly prefix: string
  readonly path: string
  readonly context: readonly string[]
}

const NEXT_ENTRY = 0
const PREFIX = 1
const ENTRY_PATH = 2
const ENTRY_REALISED = 3
const NAME = 4
const NEXT_LOOK = 5
const ENTRY_PLACE = 6
const LOOKED = 7

const OF_ENTRY = 'while evaluating an element of the list passed to builtins.findFile'
const OF_PREFIX =
  'while evaluating the `prefix` attribute of an element of the list passed to builtins.findFile'
const OF_ENTRY_PATH =
  'while evaluating the `path` attribute of an element of the list passed to builtins.findFile'
const OF_NAME = 'while evaluating the second argument passed to builtins.findFile'

/** `<a/b>`, findFile: evaluates the whole list, then the name, then looks (Nix: prim_findFile, EvalState::findFile). */
class FindFileFrame extends Frame {
  readonly list: List
  readonly nameSlot: Slot
  readonly #entries: SearchEntry[] = []
  #name = ''
  #i = 0
  #state = NEXT_ENTRY
  #entry: Attrs | null = null
  #prefix = ''
  #suffix = ''
  #path = ''
  #context: readonly string[] = []
  constructor(list: List, name: Slot) {
    super()
    this.list = list
    this.nameSlot = name
  }
  override explain(_m: Machine, error: NixError): void {
    if (this.#state === PREFIX) error.addTrace(OF_PREFIX)
    else if (this.#state === NAME) error.addTrace(OF_NAME)
  }
  override step(m: Machine, answer: Value | undefined): Step {
    let v = answer
    for (;;) {
      switch (this.#state) {
        case NEXT_ENTRY: {
          if (v === undefined && this.#i >= this.list.length) {
            this.#state = NAME
            const name = m.force(this.nameSlot)
            if (name === WAIT) return WAIT
            v = name
            break
          }
          const r = v ?? m.force(this.list.at(this.#i))
          if (r === WAIT) return WAIT
          v = undefined
          this.#entry = expectAttrs(m, r, OF_ENTRY)
          this.#prefix = ''
          const prefix = lookup(this.#entry, m.symbols.intern('prefix'))
          if (prefix === undefined) {
            this.#state = ENTRY_PATH
            break
          }
          this.#state = PREFIX
          const p = m.force(prefix)
          if (p === WAIT) return WAIT
          v = p
          break
        }
        case PREFIX: {
          const prefix = v as Value
          v = undefined
          // What is thrown from here on has the line already.
          this.#state = ENTRY_PATH
          this.#prefix = expectPlainString(m, prefix, OF_PREFIX)
          break
        }
        case ENTRY_PATH: {
          if (v === undefined) {
            const path = lookup(this.#entry as Attrs, m.symbols.intern('path'))
            if (path === undefined) {
              throw new NixError('missing-attribute', "attribute 'path' missing").addTrace(
                'in an element of the __nixPath',
              )
            }
            const r = coerceToString(m, path, { more: false, copyToStore: false, context: OF_ENTRY_PATH })
            if (r === WAIT) return WAIT
            v = r
          }
          const text = v as string | StringWithContext
          this.#context = contextOf(text)
          this.#state = ENTRY_REALISED
          v = this.#realised(m, textOf(text))
          if (v === undefined) return WAIT
          break
        }
        case ENTRY_REALISED:
          this.#entries.push({ prefix: this.#prefix, path: v as string, context: this.#context })
          v = undefined
          this.#i++
          this.#state = NEXT_ENTRY
          break
        case NAME: {
          const name = v as Value
          v = undefined
          this.#i = 0
          this.#state = NEXT_LOOK
          this.#name = expectPlainString(m, name, OF_NAME)
          break
        }
        case NEXT_LOOK: {
          if (this.#i >= this.#entries.length) return this.#fallback(m)
          const { prefix, path, context } = this.#entries[this.#i++]
          const suffix = suffixAfter(prefix, this.#name)
          if (suffix === undefined) break
          // A path of its own, so that `..` does not lead out of the entry.
          this.#suffix = canonical(`/${suffix}`)
          this.#state = ENTRY_PLACE
          const place = m.services.searchPathEntry(m, path, context)
          if (place === WAIT) return WAIT
          v = place
          break
        }
        case ENTRY_PLACE: {
          if (v === null) {
            v = undefined
            this.#state = NEXT_LOOK
            break
          }
          this.#path = canonical(`${v as string}${this.#suffix}`)
          this.#state = LOOKED
          const found = placeOnSearchPath(m, this.#path)
          if (isPromise(found)) return m.wait(found)
          v = found
          break
        }
        default:
          if (v !== null) return new Path(v as string)
          v = undefined
          this.#state = NEXT_LOOK
      }
    }
  }
  /** The path of an entry when what it refers to is there; undefined: it is being built. */
  #realised(m: Machine, path: string): Value | undefined {
    if (this.#context.length === 0) return path
    try {
      const r = m.services.realise(m, path, this.#context)
      return r === WAIT ? undefined : r
    } catch (error) {
      if (!(error instanceof NixError) || error.kind !== 'io') throw error
      throw new NixError('throw', `cannot find '${path}', since ${error.message}`)
    }
  }
  #fallback(m: Machine): Step {
    const name = this.#name
    if (name.startsWith('nix/')) return new Path(`<${name}>`)
    throw new NixError(
      'throw',
      m.settings.pureEval
        ? `cannot look up '<${name}>' in pure evaluation mode (use '--impure' to override)`
        : `file '${name}' was not found in the Nix search path (add it using $NIX_PATH or -I)`,
    )
  }
}

/** What follows the prefix of an entry in the name that is looked up; undefined: it is another name. */
function suffixAfter(prefix: string, name: string): string | undefined {
  const n = prefix.length
  if (n === 0) return name
  if (name === prefix) return ''
  return name.startsWith(prefix) && name.charCodeAt(n) === 47 ? name.slice(n) : undefined
}

/** Where a path below an entry of the search path leads, symlinks followed; null: nowhere. */
function placeOnSearchPath(m: Machine, path: string): MaybeAsync<string | null> {
  return andThen(m.io.realPath(path), (real) =>
    andThen(m.io.fileType(real), (type) => (type === undefined ? notThere(m, real) : real)),
  )
}

/** Null for what does not exist; what may not be looked at is an error. */
function notThere(m: Machine, path: string): MaybeAsync<null> {
  if (!m.settings.pureEval && !m.settings.restrictEval) return null
  const refuse = (error: unknown): null => {
    if (error instanceof NixError && error.kind === 'io') return null
    throw error
  }
  try {
    const r = m.io.stat(path)
    return isPromise(r) ? r.then(() => null, refuse) : null
  } catch (error) {
    return refuse(error)
  }
}

/** A path with its symlinks followed. Throws NixError `infinite symlink recursion in path '/p'`, as realisePath does. */
function realPlace(m: Machine, path: string, ancestorsOnly: boolean): MaybeAsync<string> {
  const explain = (error: unknown): never => {
    if (error instanceof NixError) explainStage(error, REALISING, path)
    throw error
  }
  try {
    const r = m.io.realPath(path, ancestorsOnly)
    return isPromise(r) ? r.catch(explain) : r
  } catch (error) {
    return explain(error)
  }
}

/**
 * Reads a path and, when that fails, the place to which its symlinks lead. Nix always follows them first, so its errors
 * name that place; here only an error costs the look-ups.
 */
function readingPlace<T>(
  m: Machine,
  path: string,
  ancestorsOnly: boolean,
  read: (path: string) => MaybeAsync<T>,
): MaybeAsync<T> {
  const again = (error: unknown): MaybeAsync<T> => {
    if (!(error instanceof NixError) || error.kind !== 'io') throw error
    return andThen(realPlace(m, path, ancestorsOnly), (real) => {
      if (real === path) throw error
      return read(real)
    })
  }
  try {
    const r = read(path)
    return isPromise(r) ? r.catch(again) : r
  } catch (error) {
    return again(error)
  }
}

function readFile(m: Machine, path: string): MaybeAsync<Step> {
  return readingPlace(m, path, false, (place) =>
    andThen(m.io.readFile(place), (text): Value => {
      if (!text.includes('\0')) return text
      throw new NixError('io', `the contents of the file '${place}' cannot be represented as a Nix string`)
    }),
  )
}

function readDir(m: Machine, path: string): MaybeAsync<Step> {
  const build = (entries: Map<string, FileType>): Value => {
    const { size } = entries
    if (size === 0) return m.emptyAttrs
    const syms: number[] = new Array(size)
    const vals = emptySlots(size) as Slot[]
    let i = 0
    // In byte order already.
    for (const [name, type] of entries) {
      syms[i] = m.symbols.intern(name)
      vals[i++] = type
    }
    return attrsOf(m.symbols, syms, vals)
  }
  return andThen(
    readingPlace(m, path, false, (place) => m.io.readDir(place)),
    build,
  )
}

function readFileType(m: Machine, path: string): MaybeAsync<Step> {
  return andThen(linkAbove(m, path), (link): MaybeAsync<Step> => {
    if (link !== undefined) throw new NixError('io', `path '${link}' is a symlink`)
    // Why there is nothing, `stat` says: it may not exist, or may not be looked at.
    return andThen(m.io.fileType(path), (type) => type ?? andThen(m.io.stat(path), (info) => info.type))
  })
}

/**
 * The lowest symlink among the directories above a path. This one builtin follows none, and Nix reads nothing below one
 * that was not followed. Nix: posix-source-accessor.cc, assertNoSymlinks.
 */
function linkAbove(m: Machine, path: string): MaybeAsync<string | undefined> {
  let real: MaybeAsync<string> | undefined
  try {
    real = m.io.realPath(path, true)
  } catch {
    // A loop: there is a link, then.
  }
  if (real === path) return undefined
  for (let at = parentPath(path); at !== '/'; at = parentPath(at)) {
    const type = m.io.fileType(at)
    if (isPromise(type)) return type.then((t) => (t === 'symlink' ? at : linkAbove(m, at)))
    if (type === 'symlink') return at
  }
  return undefined
}

function hashFile(m: Machine, algo: HashAlgo, path: string): MaybeAsync<Step> {
  return readingPlace(m, path, false, (place) => {
    const hasher = m.io.createHash(algo)
    return andThen(
      m.io.readChunks(place, (chunk) => hasher.update(chunk)),
      () => hasher.digest(),
    )
  })
}

/** `pathExists`: the last link itself, unless the string ends in `/` or `/.`. */
class PathExistsFrame extends Frame {
  readonly arg: Slot
  #state = -1
  #stage = COERCING
  #given = ''
  #directory = false
  constructor(arg: Slot) {
    super()
    this.arg = arg
  }
  override explain(_m: Machine, error: NixError): void {
    explainStage(error, this.#stage, this.#given)
  }
  override step(m: Machine, answer: Value | undefined): Step {
    let v: Step = answer === undefined ? WAIT : answer
    if (this.#state === -1) {
      if (answer === undefined) v = m.force(this.arg)
      if (v === WAIT) return WAIT
      this.#state = 0
      // The text as given says whether a directory is meant.
      const arg = v
      if (typeof arg === 'string') this.#directory = arg.endsWith('/') || arg.endsWith('/.')
      else if (arg instanceof Object && 'text' in arg) {
        const { text } = arg as StringWithContext
        this.#directory = text.endsWith('/') || text.endsWith('/.')
      }
      v = coerceToPath(m, arg, OF_PATH)
      if (v === WAIT) return WAIT
    }
    if (this.#state === 0) {
      this.#state = 1
      const context = v instanceof Path || typeof v === 'string' ? [] : contextOf(v as StringWithContext)
      this.#given = v instanceof Path ? v.path : textOf(v as string | StringWithContext)
      this.#stage = REALISING
      v = m.services.realise(m, this.#given, context)
      if (v === WAIT) return WAIT
    }
    if (this.#state === 1) {
      this.#state = 2
      this.#stage = USING
      // 2.34.8 makes an error of it; its tests, and the releases after it, say that there is no such path.
      if (nameProblemInStore(m.services.derivations.store, v as string) !== undefined) return false
      let r: MaybeAsync<boolean>
      try {
        r = exists(m, v as string, this.#directory)
      } catch (error) {
        return forbidden(error)
      }
      if (isPromise(r)) return m.wait(r.catch(forbidden))
      return r
    }
    return v
  }
}

/** What may not be looked at does not exist; all other errors pass. */
function forbidden(error: unknown): boolean {
  if (error instanceof NixError && error.kind === 'restricted') return false
  throw error
}

function exists(m: Machine, path: string, directory: boolean): MaybeAsync<boolean> {
  if (!directory) {
    return readingPlace(m, path, true, (place) => andThen(m.io.fileType(place), (type) => type !== undefined))
  }
  return andThen(realPlace(m, path, false), (place) =>
    andThen(m.io.fileType(place), (type) => type === 'directory'),
  )
}

/** `scopedImport`, once the path is known: Nix looks at the scope after it. */
class ScopedImportFrame extends Frame {
  readonly scope: Slot
  readonly file: string
  #imports = false
  constructor(scope: Slot, file: string) {
    super()
    this.scope = scope
    this.file = file
  }
  override step(m: Machine, answer: Value | undefined): Step {
    if (this.#imports) return answer as Value
    const scope = answer ?? m.force(this.scope)
    if (scope === WAIT) return WAIT
    this.#imports = true
    const what = 'while evaluating the first argument passed to builtins.scopedImport'
    return m.services.importScoped(m, expectAttrs(m, scope, what), this.file)
  }
}

export function fileBuiltins(): Builtin[] {
  return [
    builtin({
      name: 'import',
      params: [param(LAZY)],
      start: (m, path: Slot) => onPath(m, path, (_m, file) => m.services.importFile(m, file)),
    }),
    builtin({
      name: 'scopedImport',
      params: [param(LAZY), param(LAZY)],
      start: (m, scope: Slot, path: Slot) =>
        onPath(m, path, (_m, file) => m.push(new ScopedImportFrame(scope, file))),
    }),
    builtin({
      name: 'readFile',
      params: [param(LAZY)],
      start: (m, path: Slot) => onPath(m, path, readFile),
    }),
    builtin({
      name: 'readDir',
      params: [param(LAZY)],
      start: (m, path: Slot) => onPath(m, path, readDir),
    }),
    builtin({
      name: 'readFileType',
      params: [param(LAZY)],
      start: (m, path: Slot) => onPath(m, path, readFileType),
    }),
    builtin({
      name: 'pathExists',
      params: [param(LAZY)],
      start: (m, path: Slot) => m.push(new PathExistsFrame(path)),
    }),
    builtin({
      name: 'hashFile',
      params: [param(PLAIN_STRING), param(LAZY)],
      start: (m, algo: string, path: Slot) => {
        const known = parseHashAlgo(algo, { blake3: m.settings.features.has('blake3-hashes') })
        return onPath(m, path, (_m, file) => hashFile(m, known, file))
      },
    }),
    builtin({
      name: 'findFile',
      // Nix looks at the list first, element by element.
      params: [param(LIST), param(LAZY)],
      start: (m, entries: List, name: Slot) => m.push(new FindFileFrame(entries, name)),
    }),
    builtin({
      name: 'getEnv',
      params: [param(PLAIN_STRING)],
      call: (m, name: string) =>
        m.settings.pureEval || m.settings.restrictEval ? '' : (m.io.getEnv(name) ?? ''),
    }),
  ]
}

/** `nixPath` as a value: a list of `{ path; prefix; }`. */
export function nixPathValue(m: Machine): Value {
  return list(
    m.settings.nixPath.map((e) =>
      new AttrsBuilder(m.symbols).setName('path', makeString(e.path, [])).setName('prefix', e.prefix).build(),
    ),
  )
}
