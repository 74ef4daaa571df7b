/** The machine's own native frames (floor 4): calls that have to force something before they can begin. */
import { NixError } from '../errors.ts'
import { kindError, matchesKind } from '../runtime/expect.ts'
import { Frame, type Step, WAIT } from '../runtime/machine.ts'
import type { PosIdx } from '../source.ts'
import { lookup, positionOf } from '../values/attrs.ts'
import { describeValue, showType } from '../values/describe.ts'
import { SYM } from '../values/symbols.ts'
import { type Attrs, type Builtin, type Closure, LAZY, type Slot, type Value } from '../values/value.ts'
import { lambdaPos, type Vm, workOf } from './vm.ts'

/** Forces a slot: for a request that has to wait until the JavaScript stack is empty. */
export class ForceFrame extends Frame {
  readonly slot: Slot
  constructor(slot: Slot) {
    super()
    this.slot = slot
  }
  override step(vm: Vm, answer: Value | undefined): Step {
    return answer !== undefined ? answer : vm.force(this.slot)
  }
  override passes(): boolean {
    return true
  }
}

/** Gets a function, and applies it to arguments: what is left of a call whose function is being computed. */
export class ApplyFrame extends Frame {
  readonly args: readonly Slot[]
  constructor(args: readonly Slot[]) {
    super()
    this.args = args
  }
  override step(vm: Vm, answer: Value): Step {
    this.replaced = true
    return vm.apply(answer, this.args)
  }
  override passes(): boolean {
    return true
  }
}

/** Gets the argument of a `{ … }:` function, and enters it. */
export class FormalsFrame extends Frame {
  readonly fn: Closure
  readonly args: readonly Slot[]
  constructor(fn: Closure, args: readonly Slot[]) {
    super()
    this.fn = fn
    this.args = args
  }
  override step(vm: Vm, answer: Value): Step {
    this.replaced = true
    return vm.enterFormals(this.fn, this.args.slice(0, -1).concat(answer))
  }
  override sitePos(): PosIdx {
    const { params } = this.fn.proto
    return params[params.length - 1].pos
  }
  override explain(vm: Vm, error: NixError): void {
    const site = vm.siteOf(this.parent, 0)
    if (site !== 0) error.addTrace('from call site', site)
  }
}

/** Calls a set through its `__functor`. */
export class FunctorFrame extends Frame {
  readonly set: Attrs
  readonly arg: Slot
  #functor: Value | undefined
  /** `functor`: what has been called already. */
  constructor(set: Attrs, arg: Slot, functor?: Value) {
    super()
    this.#functor = functor
    this.set = set
    this.arg = arg
  }
  override step(vm: Vm, answer: Value | undefined): Step {
    if (this.#functor !== undefined) return answer as Value
    // The set is called, and then its function.
    vm.enterDepth()
    const { set } = this
    if (answer === undefined) {
      const functor = lookup(set, SYM.FUNCTOR)
      if (functor === undefined) {
        this.replaced = true
        throw notAFunction(vm, set)
      }
      const r = vm.force(functor)
      if (r === WAIT) return WAIT
      answer = r
    }
    this.#functor = answer
    return vm.apply(answer, [set, this.arg])
  }
  override sitePos(): PosIdx {
    return positionOf(this.set, SYM.FUNCTOR)
  }
  override explain(vm: Vm, error: NixError): void {
    const thunk = this.parent === null ? null : this.parent.thunk
    error.addTrace(
      "while calling a functor (an attribute set with a '__functor' attribute)",
      vm.siteOf(this.parent, lambdaPos(workOf(thunk), null, thunk?.payload)),
    )
  }
}

/** Gets an argument of a builtin, checks it, does the same for those after it in its order, then runs it. */
export class ArgsFrame extends Frame {
  readonly fn: Builtin
  readonly args: Slot[]
  /** Which of the builtin's order is awaited; its length: none. */
  #i: number
  constructor(fn: Builtin, args: Slot[], i: number) {
    super()
    this.fn = fn
    this.args = args
    this.#i = i
    this.builtin = fn
  }
  override step(vm: Vm, answer: Value | undefined): Step {
    const { fn, args } = this
    if (this.#i > fn.order.length) return answer as Value
    while (this.#i < fn.order.length) {
      const which = fn.order[this.#i]
      const param = fn.params[which]
      if (param.kind !== LAZY) {
        if (answer === undefined) {
          const r = vm.force(args[which])
          if (r === WAIT) return WAIT
          answer = r
        }
        if (!matchesKind(param.kind, answer)) {
          this.#i = fn.order.length // the line is in the error already
          throw kindError(vm, param, answer)
        }
        args[which] = answer
        answer = undefined
      }
      this.#i++
    }
    this.#i++
    this.builtin = null
    vm.starting = fn
    const r = fn.run(vm, args[0], args[1], args[2]) as Step
    vm.starting = null
    return r
  }
  override passes(): boolean {
    return this.builtin === null
  }
  override explain(_vm: Vm, error: NixError): void {
    if (this.#i >= this.fn.order.length) return
    const param = this.fn.params[this.fn.order[this.#i]]
    if (param.always && param.context !== '') error.addTrace(param.context)
  }
}

/** The error has the position of the call, which the machine puts in. */
export function notAFunction(vm: Vm, v: Value): NixError {
  const error = new NixError(
    'type',
    `attempt to call something which is not a function but ${showType(v)}: ${describeValue(v, vm.positions)}`,
  )
  error.site = 'pos'
  return error
}
