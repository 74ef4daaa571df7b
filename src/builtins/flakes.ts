/**
 * Builtins about flakes (floor 4): parseFlakeRef, flakeRefToString, getFlake. Nix: libflake/flake-primops.cc.
 */
import { NixError } from '../errors.ts'
import type { FetchedTree } from '../fetch/fetcher.ts'
import {
  type FlakeRef,
  flakeRefFromAttrs,
  flakeRefToAttrs,
  parseFlakeRef,
  printFlakeRef,
} from '../fetch/flake-ref.ts'
import { type Input, type InputOptions, type InputValue, isLocked } from '../fetch/input.ts'
import { type LockedFlake, type LockOptions, lockFlake, Need, Oracle } from '../fetch/lock.ts'
import { diffLockFiles, printLockFile } from '../fetch/lock-file.ts'
import { isPromise } from '../io/io.ts'
import { quoteName } from '../quote.ts'
import { expectPlainString } from '../runtime/expect.ts'
import { builtin, Frame, type Machine, param, type Step, WAIT } from '../runtime/machine.ts'
import { AttrsBuilder, flat, slotAt } from '../values/attrs.ts'
import { showPos, showType } from '../values/describe.ts'
import {
  ANY,
  ATTRS,
  type Attrs,
  type Builtin,
  isString,
  PLAIN_STRING,
  textOf,
  type Value,
} from '../values/value.ts'
import { addTree, fetchTree, treeAttrs } from './fetchers.ts'
import { FlakeInfoFrame } from './flake-info.ts'

function fail(message: string): NixError {
  return new NixError('eval', message)
}

/** How references are read for a machine. */
export function inputOptions(m: Machine): InputOptions {
  return { features: m.settings.features, warn: (text) => m.log(`warning: ${text}`) }
}

/** Throws Nix's error unless flakes are on. */
function requireFlakes(m: Machine): void {
  if (m.settings.features.has('flakes')) return
  throw fail(
    "experimental Nix feature 'flakes' is disabled; add '--extra-experimental-features flakes' to enable it",
  )
}

function parseRef(m: Machine, text: string): Value {
  const attrs = flakeRefToAttrs(parseFlakeRef(text, inputOptions(m)))
  const b = new AttrsBuilder(m.symbols)
  for (const [name, value] of attrs) b.setName(name, value)
  return b.build()
}

/** The attributes of a set, which must all be simple. */
class RefToStringFrame extends Frame {
  readonly attrs: Attrs
  #i = -1
  readonly #input = new Map<string, InputValue>()
  constructor(attrs: Attrs) {
    super()
    this.attrs = attrs
  }
  override step(m: Machine, answer: Value | undefined): Step {
    const { attrs } = this
    const { shape } = flat(attrs)
    let v = answer
    for (;;) {
      if (v !== undefined) this.#take(shape.nameAt(shape.walk[this.#i]), v)
      this.#i++
      if (this.#i >= shape.size) {
        return printFlakeRef(flakeRefFromAttrs(this.#input, inputOptions(m)))
      }
      const r = m.force(slotAt(attrs, shape.walk[this.#i]))
      if (r === WAIT) return WAIT
      v = r
    }
  }
  #take(name: string, v: Value): void {
    if (typeof v === 'number' || typeof v === 'bigint') {
      if (v < 0) throw fail(`negative value given for flake ref attr ${quoteName(name)}: ${v}`)
      this.#input.set(name, Number(v))
    } else if (typeof v === 'boolean') this.#input.set(name, v)
    else if (isString(v)) this.#input.set(name, textOf(v))
    else {
      throw new NixError(
        'eval',
        `flake reference attribute sets may only contain integers, Booleans, and strings, but attribute '${quoteName(name)}' is ${showType(v)}`,
      )
    }
  }
}

/** How a flake's value is got. */
export interface FlakeRequest {
  readonly allowUnlocked: boolean
  readonly useRegistries: boolean
  readonly overrides?: ReadonlyMap<string, FlakeRef>
  /** Whether settings that the flake asks for are told to be left out. */
  readonly warnConfig?: boolean
  /** Gets the locked flake before it is called; answers false if its lock file is as it should be now. */
  readonly onLocked?: (flake: LockedFlake) => boolean
}

/** Settings that a flake may have, for they change nothing that matters. Nix: libflake/config.cc. */
const HARMLESS_SETTINGS: ReadonlySet<string> = new Set([
  'bash-prompt',
  'bash-prompt-prefix',
  'bash-prompt-suffix',
  'flake-registry',
  'commit-lock-file-summary',
  'commit-lockfile-summary',
])

/** A tree that the locking asked for. */
interface TreeAnswer {
  readonly storePath: string
  readonly input: Input
  readonly resolved: Input
  readonly dir: string | undefined
}

/**
 * Locks a flake and calls it. What the locking needs to know is found out one thing after the other: trees are fetched,
 * flake.nix files read. Nix: prim_getFlake, callFlake.
 */
export class FlakeFrame extends Frame {
  readonly ref: FlakeRef
  readonly request: FlakeRequest
  readonly #oracle = new Oracle()
  readonly #options: LockOptions
  readonly #warnings: string[] = []
  #asked: string | null = null
  #state = 0
  #answer: unknown = null
  #args: readonly Value[] = []

  constructor(m: Machine, ref: FlakeRef, request: FlakeRequest) {
    super()
    this.ref = ref
    this.request = request
    this.#options = {
      features: m.settings.features,
      warn: (text) => this.#warnings.push(text),
      useRegistries: request.useRegistries && m.services.fetcher.useRegistries,
      allowUnlocked: request.allowUnlocked,
      ...(request.overrides === undefined ? {} : { overrides: request.overrides }),
    }
  }

  override step(m: Machine, answer: Value | undefined): Step {
    if (this.#state === 2) return answer as Value
    if (this.#state === 1) return this.#call(m, answer as Value)
    if (answer !== undefined) this.#tell(this.#answer)
    return this.#lock(m)
  }

  override recover(m: Machine, error: NixError): Step | undefined {
    // A failure of what was asked about is the locking's to tell of; it knows for which input that was.
    if (this.#asked === null || error.passing) return undefined
    this.#tell(error)
    return this.#lock(m)
  }

  #tell(answer: unknown): void {
    this.#oracle.tell(this.#asked as string, answer)
    this.#asked = null
  }

  #lock(m: Machine): Step {
    for (;;) {
      this.#warnings.length = 0
      let locked: LockedFlake
      try {
        locked = lockFlake(this.ref, this.#oracle, this.#options)
      } catch (e) {
        if (!(e instanceof Need)) throw e
        this.#asked = e.key
        try {
          if (this.#find(m, e) === WAIT) return WAIT
        } catch (error) {
          if (!(error instanceof NixError)) throw error
          this.#answer = error
        }
        this.#tell(this.#answer)
        continue
      }
      return this.#finish(m, locked)
    }
  }

  /** Finds something out; `#answer` holds it afterwards. */
  #find(m: Machine, need: Need): Step {
    const { question } = need
    if (question.kind === 'flake') {
      // Later: its failure must come to `recover`, with what it had begun taken back.
      return m.pushLater(
        new FlakeInfoFrame(question, inputOptions(m), (info) => {
          this.#answer = info
        }),
      )
    }
    const { fetcher } = m.services
    const { input, limited, registries } = question
    const use = (tree: FetchedTree, resolved: Input, dir: string | undefined): null => {
      addTree(m, tree)
      const found: TreeAnswer = { storePath: tree.storePath, input: tree.input, resolved, dir }
      this.#answer = found
      return null
    }
    const found = registries ? fetcher.resolve(input, limited) : { input, dir: undefined }
    const fetched = (r: { input: Input; dir: string | undefined }): null | Promise<null> => {
      m.services.checkUri(printFlakeRef({ input: r.input, dir: '' }))
      const tree = fetcher.input(r.input)
      return isPromise(tree) ? tree.then((t) => use(t, r.input, r.dir)) : use(tree, r.input, r.dir)
    }
    const done = isPromise(found) ? found.then(fetched) : fetched(found)
    return isPromise(done) ? m.wait(done) : done
  }

  #finish(m: Machine, locked: LockedFlake): Step {
    if (this.request.warnConfig === true) {
      for (const name of locked.config) {
        if (HARMLESS_SETTINGS.has(name)) continue
        m.log(
          `warning: ignoring untrusted flake configuration setting '${name}'.\nPass '--accept-flake-config' to trust it`,
        )
      }
    }
    for (const text of this.#warnings) m.log(`warning: ${text}`)
    let dirty = false
    if (!locked.upToDate) {
      dirty = this.request.onLocked?.(locked) ?? true
      if (dirty) {
        const diff = diffLockFiles(locked.old, locked.root).trimEnd()
        m.log(
          `warning: not writing modified lock file of flake '${printFlakeRef(locked.original)}':\n${diff}`,
        )
      }
    }
    const { text, keys } = printLockFile(locked.root)
    const known = new AttrsBuilder(m.symbols)
    const storeDir = m.settings.storeDir.length + 1
    for (const [node, directory] of locked.directories) {
      const slash = directory.indexOf('/', storeDir)
      const storePath = slash < 0 ? directory : directory.slice(0, slash)
      const { input } = node.lock === undefined ? locked.locked : node.lock.locked
      const sourceInfo = treeAttrs(m, storePath, input, false, node.lock === undefined && dirty)
      const entry = new AttrsBuilder(m.symbols)
        .setName('sourceInfo', sourceInfo)
        .setName('dir', slash < 0 ? '' : directory.slice(slash + 1))
      known.setName(keys.get(node) as string, entry.build())
    }
    this.#args = [text, known.build(), FETCH_FINAL]
    this.#state = 1
    const fn = m.services.callFlake(m)
    return fn === WAIT ? WAIT : this.#call(m, fn)
  }

  #call(m: Machine, fn: Value): Step {
    this.#state = 2
    const [text, known, fetch] = this.#args
    return m.push(new CallFrame(fn, [text, known, fetch]))
  }
}

/** Applies a function to arguments one after the other. */
class CallFrame extends Frame {
  #fn: Value
  readonly #args: readonly Value[]
  #i = 0
  constructor(fn: Value, args: readonly Value[]) {
    super()
    this.#fn = fn
    this.#args = args
  }
  override step(m: Machine, answer: Value | undefined): Step {
    if (answer !== undefined) this.#fn = answer
    while (this.#i < this.#args.length) {
      const r = m.call(this.#fn, this.#args[this.#i++])
      if (r === WAIT) return WAIT
      this.#fn = r
    }
    return this.#fn
  }
}

/** Fetches the inputs of lock files: what they promise must come. */
const FETCH_FINAL: Builtin = builtin({
  name: 'fetchFinalTree',
  params: [param(ANY, '')],
  start: (m, v: Value) => fetchTree(m, { who: 'fetchTree', final: true }, v),
})

/** The value of a flake. Nix: prim_getFlake. */
function getFlake(m: Machine, text: string): Step {
  requireFlakes(m)
  const ref = parseFlakeRef(text, inputOptions(m))
  const { pureEval } = m.settings
  if (pureEval && !isLocked(ref.input)) {
    throw fail(
      `cannot call 'getFlake' on unlocked flake reference '${text}', at ${showPos(m.positions, 0)} (use --impure to override)`,
    )
  }
  return m.pushLater(new FlakeFrame(m, ref, { allowUnlocked: !pureEval, useRegistries: !pureEval }))
}

export function flakeBuiltins(): Builtin[] {
  return [
    builtin({
      name: 'parseFlakeRef',
      params: [param(PLAIN_STRING, 'while evaluating the argument passed to builtins.parseFlakeRef')],
      call: parseRef,
    }),
    builtin({
      name: 'flakeRefToString',
      params: [param(ATTRS, 'while evaluating the argument passed to builtins.flakeRefToString')],
      start: (m, attrs: Attrs) => m.push(new RefToStringFrame(attrs)),
    }),
    builtin({
      name: 'getFlake',
      params: [param(ANY, '')],
      start: (m, ref: Value) => {
        const text = expectPlainString(m, ref, 'while evaluating the argument passed to builtins.getFlake')
        return getFlake(m, text)
      },
    }),
  ]
}
