/**
 * Builtins that fetch (floor 4): fetchurl, fetchTarball, fetchGit, fetchTree and the two that only say that they cannot.
 * Arguments are checked here, the work is the Fetcher's. Nix: primops/fetchTree.cc, fetchMercurial.cc.
 *
 * Where a hash is given nothing is fetched at first: the path in the store is known, and what lies there is fetched when
 * somebody reads it.
 */
import { NixError } from '../errors.ts'
import type { FetchedTree } from '../fetch/fetcher.ts'
import {
  type Input,
  type InputValue,
  inputFromAttrs,
  inputFromUrl,
  isLocked,
  maybeInt,
  maybeText,
  narHashOf,
  printInput,
  revOf,
} from '../fetch/input.ts'
import { fixGitUrl, parseUrl, printUrl } from '../fetch/url.ts'
import { isPromise } from '../io/io.ts'
import { quoteName } from '../quote.ts'
import { coerceToString } from '../runtime/coerce.ts'
import { expectBool, expectPlainString } from '../runtime/expect.ts'
import { orderOf } from '../runtime/first-met.ts'
import {
  builtin,
  type EvalSettings,
  Frame,
  type Machine,
  param,
  type Step,
  WAIT,
} from '../runtime/machine.ts'
import { toJson } from '../runtime/to-json.ts'
import type { PosIdx } from '../source.ts'
import { type Hash, parseHashAllowEmpty, printHash } from '../store/hash.ts'
import { isStorePath, makeFixedOutputPath, storePathNameProblem } from '../store/path.ts'
import { AttrsBuilder, flat, lookup, positionOf, slotAt } from '../values/attrs.ts'
import { showType } from '../values/describe.ts'
import type { Shape } from '../values/shape.ts'
import { SYM } from '../values/symbols.ts'
import {
  ANY,
  ATTRS,
  Attrs,
  type Builtin,
  isString,
  makeString,
  Path,
  type Slot,
  type StringWithContext,
  textOf,
  type Value,
} from '../values/value.ts'

function warn(m: Machine): (text: string) => void {
  return (text) => m.log(`warning: ${text}`)
}

function fail(message: string): NixError {
  return new NixError('eval', message)
}

/** `channel:NAME` is where that channel's latest expressions are. Nix: EvalSettings::resolvePseudoUrl. */
export function resolvePseudoUrl(url: string): string {
  return url.startsWith('channel:') ? `https://channels.nixos.org/${url.slice(8)}/nixexprs.tar.xz` : url
}

/**
 * In which order a fetcher that knows these names goes through its arguments, as indices. Where it is given others, one of
 * which it will complain about, that is Nix's own, which takes reading the sources.
 */
function walkOf(m: Machine, shape: Shape, known: readonly string[]): readonly number[] {
  for (let i = 0; i < shape.size; i++) if (!known.includes(shape.nameAt(i))) return orderOf(m).walk(shape)
  return shape.walk
}

/** A file or tree in the store, as the string that names it. */
function storePathValue(storePath: string): Value {
  return makeString(storePath, [storePath])
}

// ------------------------------------------------------------------ fetchurl, fetchTarball

/** What the attributes are looked at for. */
const FETCH_ATTRS: Readonly<Record<string, string>> = {
  url: 'while evaluating the url we should fetch',
  sha256: 'while evaluating the sha256 of the content we should fetch',
  name: 'while evaluating the name of the content we should fetch',
}

/** Nix: primops/fetchTree.cc, fetch. */
class FetchFrame extends Frame {
  readonly who: 'fetchurl' | 'fetchTarball'
  readonly arg: Value
  /** In which order the attributes are looked at, how many have been, and which one is being so. */
  #walk: readonly number[] | undefined
  #i = -1
  #at = 0
  #state = 0
  #url: string | null = null
  #name: string
  #named = false
  #expected: Hash | undefined

  constructor(who: 'fetchurl' | 'fetchTarball', arg: Value) {
    super()
    this.who = who
    this.arg = arg
    this.#name = who === 'fetchTarball' ? 'source' : ''
  }

  override step(m: Machine, answer: Value | undefined): Step {
    const { arg } = this
    if (this.#state === 2) return answer as Value
    if (!(arg instanceof Attrs)) {
      this.#url = expectPlainString(m, arg, 'while evaluating the url we should fetch')
      return this.#fetch(m)
    }
    flat(arg)
    let v = answer
    for (;;) {
      if (this.#state === 1) {
        this.#state = 0
        this.#take(m, arg.shape.nameAt(this.#at), v as Value, arg.shape.positionAt(this.#at))
      }
      this.#i++
      if (this.#i >= arg.shape.size) {
        if (this.#url === null) throw fail("'url' argument required")
        return this.#fetch(m)
      }
      this.#walk ??= walkOf(m, arg.shape, Object.keys(FETCH_ATTRS))
      this.#at = this.#walk[this.#i]
      const name = arg.shape.nameAt(this.#at)
      if (!Object.hasOwn(FETCH_ATTRS, name)) throw fail(`unsupported argument '${name}' to '${this.who}'`)
      this.#state = 1
      const r = m.force(slotAt(arg, this.#at))
      if (r === WAIT) return WAIT
      v = r
    }
  }

  #take(m: Machine, name: string, v: Value, pos: number): void {
    const text = expectPlainString(m, v, FETCH_ATTRS[name], pos)
    switch (name) {
      case 'url':
        this.#url = text
        return
      case 'sha256':
        this.#expected = parseHashAllowEmpty(text, 'sha256', warn(m))
        return
      default:
        this.#named = true
        this.#name = text
    }
  }

  override explain(_m: Machine, error: NixError): void {
    if (this.#state !== 1) return
    const { shape } = this.arg as Attrs
    error.addTrace(FETCH_ATTRS[shape.nameAt(this.#at)], shape.positionAt(this.#at))
  }

  #fetch(m: Machine): Step {
    const { who } = this
    const { fetcher, virtualStore, derivations } = m.services
    const unpack = who === 'fetchTarball'
    const url = unpack ? resolvePseudoUrl(this.#url as string) : (this.#url as string)
    m.services.checkUri(url)
    const name = this.#name === '' ? baseNameOf(url) : this.#name
    const problem = storePathNameProblem(name)
    if (problem !== undefined) {
      const advice = this.#named
        ? `Please change the value for the 'name' attribute passed to '${who}', so that it can create a valid store path.`
        : this.arg instanceof Attrs
          ? `Please add a valid 'name' attribute to the argument for '${who}', so that it can create a valid store path.`
          : `Please pass an attribute set with 'url' and 'name' attributes to '${who}',  so that it can create a valid store path.`
      throw fail(`invalid store path name when fetching URL '${url}': ${problem}. ${advice}`)
    }
    const expected = this.#expected
    if (m.settings.pureEval && expected === undefined) {
      throw fail(`in pure evaluation mode, '${who}' requires a 'sha256' argument`)
    }
    const method = unpack ? 'recursive' : 'flat'
    const get = () => {
      const got = unpack
        ? then(fetcher.checkedTarball(url, expected), (t) => ({ path: t.path, hex: t.narHash }))
        : then(fetcher.checkedFile(url, expected), (f) => ({ path: f.path, hex: f.sha256 }))
      return then(got, ({ path, hex }) => {
        const storePath = makeFixedOutputPath(derivations.store, method, { algo: 'sha256', hex }, name)
        virtualStore.addTree(storePath, path, null, true)
        return storePath
      })
    }
    if (expected !== undefined && !/^0+$/.test(expected.hex)) {
      const storePath = makeFixedOutputPath(derivations.store, method, expected, name)
      if (!virtualStore.has(storePath)) virtualStore.addLate(storePath, () => then(get(), () => undefined))
      return storePathValue(storePath)
    }
    // An all-zero hash asks for the real one, in the error.
    const storePath = get()
    this.#state = 2
    return isPromise(storePath) ? m.wait(storePath.then(storePathValue)) : storePathValue(storePath)
  }
}

function then<T, U>(value: T | Promise<T>, next: (value: T) => U | Promise<U>): U | Promise<U> {
  return value instanceof Promise ? value.then(next) : next(value)
}

function baseNameOf(url: string): string {
  let end = url.length
  while (end > 1 && url[end - 1] === '/') end--
  return url.slice(url.lastIndexOf('/', end - 1) + 1, end)
}

// ------------------------------------------------------------------ fetchTree, fetchGit

/** What a caller of `fetchTree` is called and wants. */
export interface TreeRequest {
  readonly who: 'fetchTree' | 'fetchGit'
  /** Inputs from lock files: nothing of what they promise may differ. */
  readonly final: boolean
}

/** Nix: primops/fetchTree.cc, fetchTree. */
class FetchTreeFrame extends Frame {
  readonly request: TreeRequest
  readonly arg: Value
  #state = 0
  #i = -1
  #at = 0
  readonly #attrs = new Map<string, InputValue>()

  constructor(request: TreeRequest, arg: Value) {
    super()
    this.request = request
    this.arg = arg
  }

  override step(m: Machine, answer: Value | undefined): Step {
    const { arg, request } = this
    const isGit = request.who === 'fetchGit'
    let v: Step | undefined = answer
    for (;;) {
      switch (this.#state) {
        case 0: {
          if (!(arg instanceof Attrs)) {
            this.#state = 1
            const context = `while evaluating the first argument passed to '${request.who}'`
            v = coerceToString(m, arg, { more: false, copyToStore: false, context })
            if (v === WAIT) return WAIT
            break
          }
          flat(arg)
          const type = lookup(arg, SYM.TYPE)
          if (isGit) {
            if (type !== undefined) throw fail("unexpected argument 'type'")
            this.#attrs.set('type', 'git')
            this.#state = 3
            break
          }
          if (type === undefined) throw fail(`argument 'type' is missing in call to '${request.who}'`)
          this.#state = 2
          v = m.force(type)
          if (v === WAIT) return WAIT
          break
        }
        case 1:
          return this.#fromText(m, textOf(v as string | StringWithContext))
        case 2: {
          this.#state = 3
          this.#attrs.set('type', expectPlainString(m, v as Value, this.#typeContext, this.#typePos))
          break
        }
        case 3: {
          const { shape } = arg as Attrs
          this.#i++
          if (this.#i >= shape.size) return this.#fromAttrs(m)
          this.#at = shape.walk[this.#i]
          if (shape.nameAt(this.#at) === 'type') break
          this.#state = 4
          v = m.force(slotAt(arg as Attrs, this.#at))
          if (v === WAIT) return WAIT
          break
        }
        case 4:
          v = this.#take(m, (arg as Attrs).shape.nameAt(this.#at), v as Value)
          if (v === WAIT) return WAIT
          break
        case 5:
          this.#attrs.set('publicKeys', textOf(v as string | StringWithContext))
          this.#state = 3
          break
        default:
          return v as Value
      }
    }
  }

  get #typeContext(): string {
    return `while evaluating the \`type\` argument passed to '${this.request.who}'`
  }
  get #typePos(): PosIdx {
    return positionOf(this.arg as Attrs, SYM.TYPE)
  }

  override explain(_m: Machine, error: NixError): void {
    if (this.#state === 2) error.addTrace(this.#typeContext, this.#typePos)
  }

  #take(m: Machine, name: string, v: Value): Step {
    const { who } = this.request
    this.#state = 3
    if (v instanceof Path || isString(v)) {
      const text = v instanceof Path ? v.path : textOf(v)
      this.#attrs.set(name, who === 'fetchGit' && name === 'url' ? printUrl(fixGitUrl(text, warn(m))) : text)
    } else if (typeof v === 'boolean') this.#attrs.set(name, v)
    else if (typeof v === 'number' || typeof v === 'bigint') {
      if (v < 0) throw fail(`negative value given for '${who}' argument '${quoteName(name)}': ${v}`)
      this.#attrs.set(name, Number(v))
    } else if (name === 'publicKeys') {
      requireFeature(m, 'verified-fetches')
      this.#state = 5
      return toJson(m, v, { strict: true, copyToStore: true })
    } else {
      throw new NixError(
        'type',
        `argument '${quoteName(name)}' to '${who}' is ${showType(v)} while a string, Boolean or integer is expected`,
      )
    }
    return null
  }

  #fromAttrs(m: Machine): Step {
    const { who, final } = this.request
    const attrs = this.#attrs
    const isGit = who === 'fetchGit'
    if (isGit && !attrs.has('exportIgnore') && attrs.get('submodules') !== true)
      attrs.set('exportIgnore', true)
    // Trees of git need no history.
    if (!isGit && !final && attrs.get('type') === 'git' && !attrs.has('shallow')) attrs.set('shallow', true)
    if (!isGit && attrs.has('name') && !final)
      throw fail(`argument 'name' isn\xe2\x80\x99t supported in call to '${who}'`)
    if (!final && attrs.has('__final'))
      throw fail(`input '${attrs.get('url')}' is not allowed to use the '__final' attribute`)
    if (final) attrs.set('__final', true)
    return this.#fetch(m, inputFromAttrs(attrs, { features: m.settings.features, warn: warn(m) }))
  }

  #fromText(m: Machine, text: string): Step {
    const options = { features: m.settings.features, warn: warn(m) }
    if (this.request.who === 'fetchGit') {
      const attrs = new Map<string, InputValue>([
        ['type', 'git'],
        ['url', printUrl(fixGitUrl(text, warn(m)))],
        ['exportIgnore', true],
      ])
      return this.#fetch(m, inputFromAttrs(attrs, options))
    }
    if (!m.settings.features.has('flakes')) {
      throw fail("passing a string argument to 'fetchTree' requires the 'flakes' experimental feature")
    }
    return this.#fetch(m, inputFromUrl(parseUrl(text, false, warn(m)), true, options))
  }

  #fetch(m: Machine, given: Input): Step {
    this.#state = 6
    const { fetcher } = m.services
    const { pureEval, features } = m.settings
    const indirect = !pureEval && given.get('type') === 'indirect' && features.has('flakes')
    const resolved = indirect ? then(fetcher.resolve(given, true), (r) => r.input) : given
    const tree = then(resolved, (input) => {
      checkPure(m, input, this.request.who)
      m.services.checkUri(printInput(input))
      return fetcher.input(input)
    })
    const use = (t: FetchedTree): Value => {
      addTree(m, t)
      return treeAttrs(m, t.storePath, t.input, this.request.who === 'fetchGit')
    }
    return isPromise(tree) ? m.wait(tree.then(use)) : use(tree)
  }
}

function checkPure(m: Machine, input: Input, who: string): void {
  if (!m.settings.pureEval || isLocked(input)) return
  if (narHashOf(input) === undefined) {
    throw fail(`in pure evaluation mode, '${who}' doesn't fetch unlocked input '${printInput(input)}'`)
  }
  m.log(
    `warning: Input '${printInput(input)}' is unlocked (e.g. lacks a Git revision) but is checked by NAR hash. This is not reproducible and will break after garbage collection or when shared.`,
  )
}

/** Throws Nix's error unless an experimental feature is on. */
function requireFeature(m: Machine, feature: string): void {
  if (m.settings.features.has(feature)) return
  throw fail(
    `experimental Nix feature '${feature}' is disabled; add '--extra-experimental-features ${feature}' to enable it`,
  )
}

/** Makes a fetched tree readable at its place in the store. */
export function addTree(m: Machine, tree: FetchedTree): void {
  m.services.virtualStore.addTree(tree.storePath, tree.path, tree.kept, true)
}

/** What `fetchTree` and flakes tell of a tree. Nix: emitTreeAttrs. */
export function treeAttrs(
  m: Machine,
  storePath: string,
  input: Input,
  emptyRev: boolean,
  forceDirty = false,
): Attrs {
  const b = new AttrsBuilder(m.symbols)
  b.setName('outPath', storePathValue(storePath))
  const narHash = narHashOf(input)
  if (narHash !== undefined) b.setName('narHash', printHash(narHash, 'sri'))
  if (input.get('type') === 'git') b.setName('submodules', input.get('submodules') === true)
  if (!forceDirty) {
    const rev = revOf(input) ?? (emptyRev ? '0'.repeat(40) : undefined)
    if (rev !== undefined) b.setName('rev', rev).setName('shortRev', rev.slice(0, 7))
    const revCount = maybeInt(input, 'revCount') ?? (emptyRev && revOf(input) === undefined ? 0 : undefined)
    if (revCount !== undefined) b.setName('revCount', revCount)
    else if (emptyRev) b.setName('revCount', 0)
  }
  const dirtyRev = maybeText(input, 'dirtyRev')
  if (dirtyRev !== undefined) {
    b.setName('dirtyRev', dirtyRev).setName('dirtyShortRev', maybeText(input, 'dirtyShortRev') ?? '')
  }
  const lastModified = maybeInt(input, 'lastModified')
  if (lastModified !== undefined) {
    b.setName('lastModified', lastModified).setName('lastModifiedDate', dateOf(lastModified))
  }
  return b.build()
}

/** Seconds since 1970 as `20260101235959`. */
function dateOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/[-:T]|\.\d+Z$/g, '')
}

/** Fetches what an attribute set or URL names (flakes use it for the inputs of a lock file). */
export function fetchTree(m: Machine, request: TreeRequest, arg: Value): Step {
  return m.push(new FetchTreeFrame(request, arg))
}

// ------------------------------------------------------------------ fetchMercurial

const MERCURIAL_ATTRS = ['url', 'rev', 'name']

/** Nix: primops/fetchMercurial.cc. */
class MercurialFrame extends Frame {
  readonly arg: Value
  #walk: readonly number[] | undefined
  #i = -1
  #url: string | null = null
  #key = ''
  #pos: PosIdx = 0
  /** Errors of forcing get the line of the attribute; those of coercing do not. */
  #forcing = false

  constructor(arg: Value) {
    super()
    this.arg = arg
  }

  override step(m: Machine, answer: Value | undefined): Step {
    const { arg } = this
    let v: Step | undefined = answer
    if (!(arg instanceof Attrs)) {
      const context = 'while evaluating the first argument passed to builtins.fetchMercurial'
      v ??= coerceToString(m, arg, { more: false, copyToStore: false, context })
      if (v === WAIT) return WAIT
      throw noMercurial(textOf(v as string | StringWithContext))
    }
    const { shape } = flat(arg)
    for (;;) {
      if (v !== undefined) {
        this.#forcing = false
        if (this.#key === 'url') this.#url = textOf(v as string | StringWithContext)
        else expectPlainString(m, v as Value, this.#context(), this.#pos)
        this.#key = ''
      }
      this.#i++
      if (this.#i >= shape.size) break
      this.#walk ??= walkOf(m, shape, MERCURIAL_ATTRS)
      const at = this.#walk[this.#i]
      const name = shape.nameAt(at)
      const pos = shape.positionAt(at)
      if (!MERCURIAL_ATTRS.includes(name))
        throw new NixError('eval', `unsupported argument '${quoteName(name)}' to 'fetchMercurial'`, { pos })
      this.#key = name
      this.#pos = pos
      const slot = slotAt(arg, at)
      const options = { more: false, copyToStore: false, context: this.#context(), pos }
      this.#forcing = name !== 'url'
      v = name === 'url' ? coerceToString(m, slot, options) : m.force(slot)
      if (v === WAIT) return WAIT
    }
    if (this.#url === null || this.#url === '') throw fail("'url' argument required")
    throw noMercurial(this.#url)
  }

  #context(): string {
    return `while evaluating the \`${this.#key}\` attribute passed to builtins.fetchMercurial`
  }

  override explain(_m: Machine, error: NixError): void {
    if (this.#forcing) error.addTrace(this.#context(), this.#pos)
  }
}

function noMercurial(url: string): NixError {
  return fail(`cannot fetch '${url}': Mercurial is not supported`)
}

// ------------------------------------------------------------------ fetchClosure

const CLOSURE_ATTRS = ['fromPath', 'toPath', 'fromStore', 'inputAddressed']

/** Looks at the arguments as Nix does, then says that it cannot. Nix: primops/fetchClosure.cc. */
class ClosureFrame extends Frame {
  readonly attrs: Attrs
  #walk: readonly number[] | undefined
  #i = -1
  #key = ''
  #pos: PosIdx = 0
  #forcing = false
  /** `toPath` has been forced, and is being coerced. */
  #coercing = false
  readonly #given = new Set<string>()
  #store = ''
  #inputAddressed = false

  constructor(attrs: Attrs) {
    super()
    this.attrs = attrs
  }

  override step(m: Machine, answer: Value | undefined): Step {
    const { attrs } = this
    const { shape } = flat(attrs)
    let v: Step | undefined = answer
    for (;;) {
      if (v !== undefined) {
        this.#forcing = false
        if (this.#key === 'toPath' && !this.#coercing && v !== '') {
          this.#coercing = true
          v = this.#coerce(m, v as Value)
          if (v === WAIT) return WAIT
          continue
        }
        this.#take(m, v as Value)
        this.#key = ''
        this.#coercing = false
      }
      this.#i++
      if (this.#i >= shape.size) throw this.#refuse()
      this.#walk ??= walkOf(m, shape, CLOSURE_ATTRS)
      const at = this.#walk[this.#i]
      this.#key = shape.nameAt(at)
      this.#pos = shape.positionAt(at)
      const slot = slotAt(attrs, at)
      switch (this.#key) {
        case 'fromPath':
          v = this.#coerce(m, slot)
          break
        case 'toPath':
          v = m.force(slot)
          break
        case 'fromStore':
        case 'inputAddressed':
          this.#forcing = true
          v = m.force(slot)
          break
        default:
          throw fail(`attribute '${quoteName(this.#key)}' isn't supported in call to 'fetchClosure'`)
      }
      if (v === WAIT) return WAIT
    }
  }

  #coerce(m: Machine, slot: Slot): Step {
    return coerceToString(m, slot, {
      more: false,
      copyToStore: false,
      context: this.#context(),
      pos: this.#pos,
    })
  }

  #take(m: Machine, v: Value): void {
    const key = this.#key
    this.#given.add(key)
    if (key === 'fromStore') this.#store = expectPlainString(m, v, this.#context(), this.#pos)
    else if (key === 'inputAddressed') this.#inputAddressed = expectBool(m, v, this.#context(), this.#pos)
    else {
      const path = textOf(v as string | StringWithContext)
      if ((key === 'toPath' && !this.#coercing) || isStorePath(m.services.derivations.store, path)) return
      throw fail(`path '${path}' is not in the Nix store`).addTrace(this.#context(), this.#pos)
    }
  }

  #refuse(): NixError {
    const given = this.#given
    const missing = (name: string): NixError =>
      fail(`attribute '${name}' is missing in call to 'fetchClosure'`)
    if (!given.has('fromPath')) return missing('fromPath')
    if (this.#inputAddressed && given.has('toPath')) {
      return fail(
        "attribute 'inputAddressed' is set to true, but 'toPath' is also set. Please remove one of them",
      )
    }
    if (!given.has('fromStore')) return missing('fromStore')
    const url = this.#store
    if (!/^https?:\/\//.test(url)) return fail("'fetchClosure' only supports http:// and https:// stores")
    if (url.includes('?')) {
      return fail(`'fetchClosure' does not support URL query parameters (in '${url}')`)
    }
    return fail("'fetchClosure' is not supported: it needs a binary cache and a store to copy to")
  }

  #context(): string {
    return `while evaluating the attribute '${this.#key}' passed to builtins.fetchClosure`
  }

  override explain(_m: Machine, error: NixError): void {
    if (this.#forcing) error.addTrace(this.#context(), this.#pos)
  }
}

/** The builtins; those that need a feature are there only with it. */
export function fetchBuiltins(settings: EvalSettings): Builtin[] {
  const arg = [param(ANY, '')]
  const all = [
    builtin({ name: 'fetchurl', params: arg, start: (m, v: Value) => m.push(new FetchFrame('fetchurl', v)) }),
    builtin({
      name: 'fetchTarball',
      params: arg,
      start: (m, v: Value) => m.push(new FetchFrame('fetchTarball', v)),
    }),
    builtin({
      name: 'fetchGit',
      params: arg,
      start: (m, v: Value) => fetchTree(m, { who: 'fetchGit', final: false }, v),
    }),
    builtin({ name: 'fetchMercurial', params: arg, start: (m, v: Value) => m.push(new MercurialFrame(v)) }),
  ]
  if (settings.features.has('fetch-tree')) {
    all.push(
      builtin({
        name: 'fetchTree',
        params: arg,
        start: (m, v: Value) => fetchTree(m, { who: 'fetchTree', final: false }, v),
      }),
    )
  }
  if (settings.features.has('fetch-closure')) {
    all.push(
      builtin({
        name: 'fetchClosure',
        params: [param(ATTRS, 'while evaluating the argument passed to builtins.fetchClosure')],
        start: (m, attrs: Attrs) => m.push(new ClosureFrame(attrs)),
      }),
    )
  }
  return all
}
