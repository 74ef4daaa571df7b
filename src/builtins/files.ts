/**
 * Builtins that read the outside world (floor 4): import, files, search path, environment.
 *
 * All of it goes through `m.io`; a path that carries context, or lies in the virtual store, first goes through
 * `m.services.realise`.
 */
import { NixError } from '../errors.ts'
import { andThen, type FileType, type HashAlgo, isPromise, type MaybeAsync } from '../io/io.ts'
import { coerceToPath, coerceToString } from '../runtime/coerce.ts'
import { expectAttrs, expectString } from '../runtime/expect.ts'
import { builtin, Frame, type Machine, param, type Step, WAIT } from '../runtime/machine.ts'
import { AttrsBuilder, lookup } from '../values/attrs.ts'
import { canonical } from '../values/code.ts'
import {
  ATTRS,
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
  readonly use: (m: Machine, path: string, given: string) => MaybeAsync<Step>
  #state = 0
  #stage = COERCING
  #given = ''
  constructor(arg: Slot, use: (m: Machine, path: string, given: string) => MaybeAsync<Step>) {
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
      const r = this.use(m, v as string, this.#given)
      if (isPromise(r)) return m.wait(r as Promise<Value>)
      return r
    }
    return v
  }
}

function onPath(
  m: Machine,
  arg: Slot,
  use: (m: Machine, path: string, given: string) => MaybeAsync<Step>,
): Step {
  return m.push(new PathFrame(arg, use))
}

/** `<a/b>`, findFile (Nix: EvalState::findFile). */
class FindFileFrame extends Frame {
  readonly entries: List
  readonly name: string
  #i = 0
  #state = 0
  #entry: Attrs | null = null
  #prefix = ''
  constructor(entries: List, name: string) {
    super()
    this.entries = entries
    this.name = name
  }
  override step(m: Machine, answer: Value | undefined): Step {
    let v = answer
    for (;;) {
      if (this.#i >= this.entries.length) return this.#fallback(m)
      switch (this.#state) {
        case 0: {
          const r = v ?? m.force(this.entries.at(this.#i))
          if (r === WAIT) return WAIT
          v = undefined
          this.#entry = expectAttrs(
            m,
            r,
            'while evaluating an element of the list passed to builtins.findFile',
          )
          this.#state = 1
          const prefix = lookup(this.#entry, m.symbols.intern('prefix'))
          if (prefix === undefined) {
            this.#prefix = ''
            this.#state = 2
            break
          }
          const p = m.force(prefix)
          if (p === WAIT) return WAIT
          v = p
          break
        }
        case 1:
          this.#prefix = textOf(
            expectString(
              m,
              v as Value,
              'while evaluating the `prefix` attribute of an element of the list passed to builtins.findFile',
            ),
          )
          v = undefined
          this.#state = 2
          break
        case 2: {
          // Does the prefix match at all?
          const { name } = this
          const prefix = this.#prefix
          const n = prefix.length
          if (!(n === 0 || name === prefix || (name.startsWith(prefix) && name.charCodeAt(n) === 47))) {
            this.#next()
            break
          }
          const path = lookup(this.#entry as Attrs, m.symbols.intern('path'))
          if (path === undefined) throw new NixError('missing-attribute', "attribute 'path' missing")
          this.#state = 3
          const r = coerceToString(m, path, {
            more: false,
            copyToStore: false,
            context:
              'while evaluating the `path` attribute of an element of the list passed to builtins.findFile',
          })
          if (r === WAIT) return WAIT
          v = r
          break
        }
        case 3: {
          const text = v as string | StringWithContext
          this.#context = contextOf(text)
          this.#state = 6
          v = this.#realised(m, textOf(text))
          if (v === undefined) return WAIT
          break
        }
        case 6: {
          this.#state = 4
          const found = m.services.searchPathEntry(m, v as string, this.#context)
          if (found === WAIT) return WAIT
          v = found
          break
        }
        case 4: {
          if (v === null) {
            v = undefined
            this.#next()
            break
          }
          const root = v as string
          const rest = this.#prefix.length === 0 ? this.name : this.name.slice(this.#prefix.length)
          const path = canonical(`${root}/${rest}`)
          const type = m.io.fileType(path)
          if (isPromise(type)) {
            this.#state = 5
            this.#root = path
            return m.wait(type.then((t) => t !== undefined))
          }
          if (type !== undefined) return new Path(path)
          v = undefined
          this.#next()
          break
        }
        default:
          if (v === true) return new Path(this.#root)
          v = undefined
          this.#next()
      }
    }
  }
  #root = ''
  #context: readonly string[] = []
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
  #next(): void {
    this.#i++
    this.#state = 0
  }
  #fallback(m: Machine): Step {
    if (this.name.startsWith('nix/')) return new Path(`<${this.name}>`)
    throw new NixError(
      'throw',
      m.settings.pureEval
        ? `cannot look up '<${this.name}>' in pure evaluation mode (use '--impure' to override)`
        : `file '${this.name}' was not found in the Nix search path (add it using $NIX_PATH or -I)`,
    )
  }
}

function readFile(m: Machine, path: string, given: string): MaybeAsync<Step> {
  const check = (text: string): Value => {
    if (text.includes('\0')) {
      throw new NixError('eval', `the contents of the file '${given}' cannot be represented as a Nix string`)
    }
    return text
  }
  const r = m.io.readFile(path)
  return isPromise(r) ? r.then(check) : check(r)
}

function readDir(m: Machine, path: string): MaybeAsync<Step> {
  const build = (entries: Map<string, FileType>): Value => {
    const b = new AttrsBuilder(m.symbols)
    for (const [name, type] of entries) b.setName(name, type)
    return b.build()
  }
  try {
    const r = m.io.readDir(path)
    return isPromise(r) ? r.then(build) : build(r)
  } catch (error) {
    // Nix has resolved the symlinks before, so that its error names the place itself.
    const real = m.io.realPath(path)
    if (isPromise(real) || real === path) throw error
    const r = m.io.readDir(real)
    return isPromise(r) ? r.then(build) : build(r)
  }
}

function readFileType(m: Machine, path: string): MaybeAsync<Step> {
  // Why there is nothing, `stat` says: it may not exist, or may not be looked at.
  const check = (type: FileType | undefined): MaybeAsync<Value> =>
    type ?? andThen(m.io.stat(path), (info) => info.type)
  const r = m.io.fileType(path)
  return isPromise(r) ? r.then(check) : check(r)
}

const HASHES: readonly HashAlgo[] = ['md5', 'sha1', 'sha256', 'sha512', 'blake3']

function hashFile(m: Machine, algo: string, path: string): MaybeAsync<Step> {
  const hasher = m.io.createHash(algo as HashAlgo)
  const r = m.io.readChunks(path, (chunk) => hasher.update(chunk))
  return isPromise(r) ? r.then(() => hasher.digest()) : hasher.digest()
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
      let r: MaybeAsync<boolean>
      try {
        r = exists(m, v as string, this.#directory)
      } catch (error) {
        if (error instanceof NixError && (error.kind === 'restricted' || error.kind === 'io')) return false
        throw error
      }
      if (isPromise(r)) return m.wait(r)
      return r
    }
    return v
  }
}

function exists(m: Machine, path: string, directory: boolean): MaybeAsync<boolean> {
  if (!directory) {
    const type = m.io.fileType(path)
    return isPromise(type) ? type.then((t) => t !== undefined) : type !== undefined
  }
  const real = m.io.realPath(path)
  const isDir = (p: string): MaybeAsync<boolean> => {
    const type = m.io.fileType(p)
    return isPromise(type) ? type.then((t) => t === 'directory') : type === 'directory'
  }
  return isPromise(real) ? real.then(isDir) : isDir(real)
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
      params: [param(ATTRS), param(LAZY)],
      start: (m, scope: Attrs, path: Slot) =>
        onPath(m, path, (_m, file) => m.services.importScoped(m, scope, file)),
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
        if (
          !(HASHES as readonly string[]).includes(algo) ||
          (algo === 'blake3' && !m.settings.features.has('blake3-hashes'))
        ) {
          throw unknownHash(algo)
        }
        return onPath(m, path, (_m, file) => hashFile(m, algo, file))
      },
    }),
    builtin({
      name: 'findFile',
      params: [param(LIST), param(PLAIN_STRING)],
      start: (m, entries: List, name: string) => m.push(new FindFileFrame(entries, name)),
    }),
    builtin({
      name: 'getEnv',
      params: [param(PLAIN_STRING)],
      call: (m, name: string) =>
        m.settings.pureEval || m.settings.restrictEval ? '' : (m.io.getEnv(name) ?? ''),
    }),
  ]
}

export function unknownHash(algo: string): NixError {
  return new NixError(
    'usage',
    `unknown hash algorithm '${algo}', expect 'blake3', 'md5', 'sha1', 'sha256', or 'sha512'`,
    {
      footer: "Try 'nix-instantiate --help' for more information.",
    },
  )
}

/** `nixPath` as a value: a list of `{ path; prefix; }`. */
export function nixPathValue(m: Machine): Value {
  return list(
    m.settings.nixPath.map((e) =>
      new AttrsBuilder(m.symbols).setName('path', makeString(e.path, [])).setName('prefix', e.prefix).build(),
    ),
  )
}
