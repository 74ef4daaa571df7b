/**
 * Names that are looked up in the sets of `with` (floor 4): the slow path of WITH_GET, whose table is laid out in
 * bytecode/opcode-info.ts.
 */
import { NixError } from '../errors.ts'
import { expectAttrs } from '../runtime/expect.ts'
import { Frame, type Step, WAIT } from '../runtime/machine.ts'
import type { PosIdx } from '../source.ts'
import { getSlot, lookup } from '../values/attrs.ts'
import type { LoadedChunk } from '../values/code.ts'
import { quoteName } from '../values/describe.ts'
import { Attrs, type Env, peek, type Slot, Thunk, type Value } from '../values/value.ts'
import { envAt } from './env.ts'
import { posOf } from './places.ts'
import type { Vm } from './vm.ts'

/**
 * Looks a name up in the sets of a WITH_GET's table, innermost first; `cache` is that of its memo. Throws NixError
 * `undefined-variable`. Nix: ExprVar::eval, EvalState::lookupVar.
 */
export function withGet(vm: Vm, sym: number, table: number, cache: number): Step {
  const { chunk, env, pc } = vm
  const n = chunk.code[table]
  for (let i = 0; i < n; i++) {
    let scope = withSlot(chunk, env, table + 1 + 4 * i)
    if (scope instanceof Thunk) {
      if (scope.code !== null) return vm.pushHelper(new WithFrame(chunk, env, pc, sym, table, i))
      scope = scope.payload as Value
    }
    const slot = lookup(scope instanceof Attrs ? scope : withSet(vm, chunk, scope, table + 1 + 4 * i), sym)
    if (slot === undefined) continue
    const v = slot instanceof Thunk ? vm.force(slot) : slot
    if (v !== WAIT) noteWith(vm, chunk, env, table, cache, v)
    return v
  }
  throw undefinedVariable(vm, sym, posOf(chunk, pc))
}

/** A name that is looked up so often is worth a memo. Most are asked for a few times, and their environments are to go. */
const OFTEN = 8

/**
 * Keeps what a name has meant in an environment: the innermost set that is no global lies there, and the others further
 * out, so that it means the same as long as the environment is the same.
 */
function noteWith(vm: Vm, chunk: LoadedChunk, env: Env, table: number, cache: number, value: Value): void {
  const { code, icSlots } = chunk
  const count = (icSlots[cache] ?? 0) + 1
  icSlots[cache] = count
  // Another time when it has been forgotten, or was noted for what has not come again.
  if (count < OFTEN || (count !== OFTEN * OFTEN && chunk.withMemos?.[cache] !== undefined)) return
  const hops = withHops(code, table)
  if (hops < 0) return
  const memos = chunk.withMemos ?? chunk.withCaches()
  memos[cache] = { hops, env: envAt(env, hops), value }
  vm.keeps(chunk)
}

/** How far out the innermost set of a WITH_GET is that is no global; -1 when there is none. */
export function withHops(code: Int32Array, table: number): number {
  for (let row = table + 1, end = row + 4 * code[table]; row < end; row += 4)
    if (code[row] >= 0) return code[row]
  return -1
}

function undefinedVariable(vm: Vm, sym: number, pos: PosIdx): NixError {
  return new NixError('undefined-variable', `undefined variable '${quoteName(vm.symbols.names[sym])}'`, {
    pos,
  })
}

function withSlot(chunk: LoadedChunk, env: Env, at: number): Slot {
  const code = chunk.code
  const hops = code[at]
  if (hops < 0) return chunk.globals[code[at + 1]]
  return getSlot(chunk, envAt(env, hops), code[at + 1], code[at + 2])
}

function withSet(vm: Vm, chunk: LoadedChunk, v: Value, row: number): Attrs {
  const what = 'while evaluating the first subexpression of a with expression'
  return expectAttrs(vm, v, what, chunk.posBase + chunk.code[row + 3])
}

/** What a WITH_GET with the table at `table` has found, once more; undefined when a set that it went through is not at hand. */
export function foundByWith(chunk: LoadedChunk, env: Env, sym: number, table: number): Value | undefined {
  const { code } = chunk
  for (let row = table + 1, end = row + 4 * code[table]; row < end; row += 4) {
    const scope = peek(code[row] < 0 ? chunk.globals[code[row + 1]] : envAt(env, code[row])[code[row + 1]])
    if (!(scope instanceof Attrs)) return undefined
    const slot = lookup(scope, sym)
    if (slot !== undefined) return peek(slot)
  }
  return undefined
}

class WithFrame extends Frame {
  readonly chunk: LoadedChunk
  readonly env: Env
  readonly pc: number
  readonly sym: number
  readonly table: number
  #i: number
  #found = false
  constructor(chunk: LoadedChunk, env: Env, pc: number, sym: number, table: number, i: number) {
    super()
    this.chunk = chunk
    this.env = env
    this.pc = pc
    this.sym = sym
    this.table = table
    this.#i = i
  }
  /** Nix forces the set at the place of its `with`, and what it has found at that of the name. */
  override sitePos(): PosIdx {
    const { chunk } = this
    return this.#found ? posOf(chunk, this.pc) : chunk.posBase + chunk.code[this.table + 1 + 4 * this.#i + 3]
  }
  override step(vm: Vm, answer: Value | undefined): Step {
    if (this.#found) return answer as Value
    const { chunk, env } = this
    const n = chunk.code[this.table]
    for (; this.#i < n; this.#i++) {
      let scope = answer
      answer = undefined
      if (scope === undefined) {
        const r = vm.force(withSlot(chunk, env, this.table + 1 + 4 * this.#i))
        if (r === WAIT) return WAIT
        scope = r
      }
      const slot = lookup(withSet(vm, chunk, scope, this.table + 1 + 4 * this.#i), this.sym)
      if (slot !== undefined) {
        this.#found = true
        return vm.force(slot)
      }
    }
    throw undefinedVariable(vm, this.sym, posOf(chunk, this.pc))
  }
}
