/**
 * Builtins that put things into the (virtual) store (floor 4): path, filterSource, toFile, storePath.
 * Nix: primops.cc, addPath, prim_path, prim_filterSource, prim_toFile, prim_storePath.
 */
import { NixError } from '../errors.ts'
import { isPromise } from '../io/io.ts'
import { coerceToPath } from '../runtime/coerce.ts'
import { expectBool, expectFunction, expectPlainString } from '../runtime/expect.ts'
import { builtin, Frame, type Machine, param, type Step, says, VERBOSITY, WAIT } from '../runtime/machine.ts'
import { shownPath } from '../runtime/shown-path.ts'
import { type Hash, parseHashAllowEmpty } from '../store/hash.ts'
import { HashingWalker, hashFile } from '../store/nar.ts'
import { isInStore, makeFixedOutputPath, makeTextPath, splitStorePath } from '../store/path.ts'
import { flat, slotAt } from '../values/attrs.ts'
import { quoteName } from '../values/describe.ts'
import {
  ATTRS,
  type Attrs,
  type Builtin,
  contextOf,
  LAZY,
  makeString,
  Path,
  PLAIN_STRING,
  type Slot,
  STRING,
  type StringWithContext,
  textOf,
  type Value,
} from '../values/value.ts'

export interface SourceRequest {
  path: string
  name: string
  filter: Slot | null
  recursive: boolean
  expected: Hash | null
  /** What the path refers to, and has to be there. */
  context?: readonly string[]
  /** Asked for by a builtin, not a path in a string: symlinks are followed, and errors get a line that names the path. */
  traced: boolean
}

/** Hashes a tree, asking the filter about every entry, and answers its store path (Nix: addPath). */
export class AddPathFrame extends Frame {
  readonly request: SourceRequest
  #walker: HashingWalker | null = null
  #kept: Set<string> | null = null
  #asked = ''
  #path: string | undefined
  constructor(request: SourceRequest) {
    super()
    this.request = request
  }

  override step(m: Machine, answer: Value | undefined): Step {
    const { filter, recursive } = this.request
    if (this.#path === undefined) {
      const { path, context } = this.request
      const place = answer ?? m.services.realise(m, path, context ?? [])
      if (place === WAIT) return WAIT
      // Nix: SourcePath::resolveSymlinks. A path in a string stands for the last link itself.
      const real = m.io.realPath(place as string, !this.request.traced)
      if (isPromise(real)) throw new NixError('io', 'sources need a file system that answers at once')
      this.#path = real
      answer = undefined
      // Also where a store is written: that comes later.
      if (says(m, VERBOSITY.chatty)) m.log(`hashing '${shownPath(m, real)}'...`)
    }
    const path = this.#path
    if (!recursive) {
      if (answer !== undefined) return this.#done(m, answer as string)
      const hash = hashFile(m.io, path, 'sha256')
      return isPromise(hash) ? m.wait(hash) : this.#done(m, hash)
    }
    if (this.#walker === null) {
      this.#walker = new HashingWalker(m.io, path, filter !== null)
      if (filter !== null) this.#kept = new Set()
    } else if (answer !== undefined && this.#asked !== '') {
      const yes = expectBool(m, answer, 'while evaluating the return value of the path filter function')
      if (yes) (this.#kept as Set<string>).add(this.#asked.slice(path.length))
      this.#walker.walker.answer(yes)
      this.#asked = ''
    }
    for (;;) {
      const question = this.#walker.walker.next()
      if (isPromise(question)) throw new NixError('io', 'sources need a file system that answers at once')
      if (question === undefined) return this.#done(m, this.#walker.result().hex)
      this.#asked = question.path
      const r = m.call2(filter as Slot, question.path, question.type)
      if (r === WAIT) return WAIT
      const yes = expectBool(m, r, 'while evaluating the return value of the path filter function')
      if (yes) (this.#kept as Set<string>).add(question.path.slice(path.length))
      this.#walker.walker.answer(yes)
      this.#asked = ''
    }
  }

  #done(m: Machine, hex: string): Value {
    const { name, recursive, expected } = this.request
    const path = this.#path as string
    const { store } = m.services.derivations
    const method = recursive ? 'recursive' : 'flat'
    const storePath = makeFixedOutputPath(store, method, { algo: 'sha256', hex }, name)
    if (expected !== null && makeFixedOutputPath(store, method, expected, name) !== storePath) {
      throw new NixError(
        'eval',
        `store path mismatch in (possibly filtered) path added from '${this.request.path}'`,
      )
    }
    m.services.virtualStore.addTree(storePath, path, this.#kept)
    return makeString(storePath, [storePath])
  }

  override explain(m: Machine, error: NixError): void {
    if (this.request.traced) error.addTrace(`while adding path '${shownPath(m, this.request.path)}'`)
  }
}

/** The name that a path has in the store: its last component, and for the root `source`. Nix: SourcePath::baseName. */
export function baseName(path: string): string {
  if (path === '/') return 'source'
  return path.slice(path.lastIndexOf('/') + 1)
}

const PATH_ATTRS: Readonly<Record<string, string>> = {
  path: "while evaluating the 'path' attribute passed to 'builtins.path'",
  name: 'while evaluating the `name` attribute passed to builtins.path',
  filter: 'while evaluating the `filter` parameter passed to builtins.path',
  recursive: 'while evaluating the `recursive` attribute passed to builtins.path',
  sha256: 'while evaluating the `sha256` attribute passed to builtins.path',
}

/** `builtins.path { path; name?; filter?; recursive?; sha256?; }`: attribute by attribute, in the order of Nix's symbols. */
class PathArgsFrame extends Frame {
  readonly attrs: Attrs
  /** How many attributes are done. */
  #done = 0
  /** The slot of the one that is being looked at. */
  #i = -1
  #state = 0
  #path: string | null = null
  #context: readonly string[] = []
  #name: string | null = null
  #filter: Slot | null = null
  #recursive = true
  #expected: Hash | null = null
  /** Whether the value of an attribute is being evaluated. */
  #forcing = false
  constructor(attrs: Attrs) {
    super()
    this.attrs = attrs
  }
  override explain(_m: Machine, error: NixError): void {
    if (!this.#forcing) return
    const { shape } = this.attrs
    error.addTrace(PATH_ATTRS[shape.nameAt(this.#i)], shape.positionAt(this.#i))
  }
  override step(m: Machine, answer: Value | undefined): Step {
    let v: Step | undefined = answer
    const { attrs } = this
    flat(attrs)
    for (;;) {
      if (this.#state === 2) return v as Value
      if (this.#state === 1) {
        this.#take(m, attrs.shape.nameAt(this.#i), v as Value)
        this.#state = 0
      }
      const { walk } = attrs.shape
      if (this.#done >= walk.length) {
        if (this.#path === null) {
          throw new NixError(
            'eval',
            "missing required 'path' attribute in the first argument to 'builtins.path'",
          )
        }
        this.#state = 2
        v = m.push(
          new AddPathFrame({
            path: this.#path,
            name: this.#name || baseName(this.#path),
            filter: this.#filter,
            recursive: this.#recursive,
            expected: this.#expected,
            context: this.#context,
            traced: true,
          }),
        )
        if (v === WAIT) return WAIT
        continue
      }
      this.#i = walk[this.#done++]
      const name = attrs.shape.nameAt(this.#i)
      const slot = slotAt(attrs, this.#i)
      this.#state = 1
      if (name === 'path') {
        v = coerceToPath(m, slot, PATH_ATTRS.path, attrs.shape.positionAt(this.#i))
      } else if (Object.hasOwn(PATH_ATTRS, name)) {
        this.#forcing = true
        v = m.force(slot)
      }
      if (v === WAIT) return WAIT
    }
  }
  #take(m: Machine, name: string, v: Value): void {
    const pos = this.attrs.shape.positionAt(this.#i)
    const what = PATH_ATTRS[name]
    this.#forcing = false
    switch (name) {
      case 'path':
        this.#path = v instanceof Path ? v.path : textOf(v as string | StringWithContext)
        if (!(v instanceof Path)) this.#context = contextOf(v as string | StringWithContext)
        return
      case 'name':
        this.#name = expectPlainString(m, v, what, pos)
        return
      case 'filter':
        expectFunction(m, v, what, pos)
        this.#filter = v
        return
      case 'recursive':
        this.#recursive = expectBool(m, v, what, pos)
        return
      case 'sha256':
        this.#expected = parseHashAllowEmpty(expectPlainString(m, v, what, pos), 'sha256', (text) =>
          m.log(`warning: ${text}`),
        )
        return
      default:
        throw new NixError('eval', `unsupported argument '${quoteName(name)}' to 'builtins.path'`, { pos })
    }
  }
}

const FILTER = 'while evaluating the first argument passed to builtins.filterSource'

/** Coerces the path of filterSource, then adds it. */
class FilterSourceFrame extends Frame {
  readonly filter: Slot
  readonly path: Slot
  #state = 0
  #found = ''
  #context: readonly string[] = []
  constructor(filter: Slot, path: Slot) {
    super()
    this.filter = filter
    this.path = path
  }
  override explain(_m: Machine, error: NixError): void {
    if (this.#state === 2) error.addTrace(FILTER)
  }
  override step(m: Machine, answer: Value | undefined): Step {
    let v: Step | undefined = answer
    if (this.#state === 0) {
      this.#state = 1
      v = coerceToPath(
        m,
        this.path,
        "while evaluating the second argument (the path to filter) passed to 'builtins.filterSource'",
      )
      if (v === WAIT) return WAIT
    }
    if (this.#state === 1) {
      this.#state = 2
      this.#found = v instanceof Path ? v.path : textOf(v as string | StringWithContext)
      if (!(v instanceof Path)) this.#context = contextOf(v as string | StringWithContext)
      v = m.force(this.filter)
      if (v === WAIT) return WAIT
    }
    if (this.#state === 2) {
      this.#state = 3
      const path = this.#found
      v = m.push(
        new AddPathFrame({
          path,
          name: baseName(path),
          filter: expectFunction(m, v as Value, FILTER),
          recursive: true,
          expected: null,
          context: this.#context,
          traced: true,
        }),
      )
    }
    return v as Step
  }
}

/** `storePath p` */
class StorePathFrame extends Frame {
  readonly path: Slot
  constructor(path: Slot) {
    super()
    this.path = path
  }
  override step(m: Machine, answer: Value | undefined): Step {
    const v =
      answer ??
      coerceToPath(m, this.path, "while evaluating the first argument passed to 'builtins.storePath'")
    if (v === WAIT) return WAIT
    const { store } = m.services.derivations
    let text = v instanceof Path ? v.path : textOf(v as string | StringWithContext)
    const context = v instanceof Path ? [] : contextOf(v as string | StringWithContext)
    if (!isInStore(store, text)) {
      const real = m.io.realPath(text)
      if (typeof real === 'string') text = real
      if (!isInStore(store, text)) throw new NixError('eval', `path '${text}' is not in the Nix store`)
    }
    const { storePath } = splitStorePath(store, text)
    return makeString(text, [...new Set([...context, storePath])].sort())
  }
}

function toFile(m: Machine, name: string, contents: string | StringWithContext): Value {
  const { derivations, virtualStore } = m.services
  const { store } = derivations
  const references: string[] = []
  for (const element of contextOf(contents)) {
    const c = element.charCodeAt(0)
    if (c === 33 || c === 61) {
      throw new NixError(
        'eval',
        // Nix shows the element as it is stored in a string: without the folder of the store.
        `files created by builtins.toFile may not reference derivations, but ${name} references ${element.replace(`${store.storeDir}/`, '')}`,
      )
    }
    references.push(element)
  }
  references.sort()
  const text = textOf(contents)
  const path = makeTextPath(store, name, store.hash('sha256', text), references)
  derivations.addText(path, references)
  virtualStore.addText(path, text)
  return makeString(path, [path])
}

export function sourceBuiltins(): Builtin[] {
  return [
    builtin({
      name: 'path',
      params: [param(ATTRS, "while evaluating the argument passed to 'builtins.path'")],
      start: (m, attrs: Attrs) => m.push(new PathArgsFrame(attrs)),
    }),
    builtin({
      name: 'filterSource',
      // Nix looks at the path first.
      params: [param(LAZY), param(LAZY)],
      start: (m, filter: Slot, path: Slot) => m.push(new FilterSourceFrame(filter, path)),
    }),
    builtin({
      name: 'storePath',
      params: [param(LAZY)],
      start: (m, path: Slot) => {
        if (m.settings.pureEval) {
          throw new NixError('restricted', "'builtins.storePath' is not allowed in pure evaluation mode")
        }
        return m.push(new StorePathFrame(path))
      },
    }),
    builtin({
      name: 'toFile',
      params: [
        param(PLAIN_STRING, 'while evaluating the first argument passed to builtins.toFile'),
        param(STRING, 'while evaluating the second argument passed to builtins.toFile'),
      ],
      call: toFile,
    }),
  ]
}
