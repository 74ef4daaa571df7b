/** Builtins about functions, and the one that follows relations (floor 4). Nix: primops.cc. */
import { NixError } from '../errors.ts'
import { builtin, type Machine, param } from '../runtime/machine.ts'
import { emptySlots } from '../values/slots.ts'
import { ANY, ATTRS, Attrs, Builtin, Closure, Partial, type Slot, type Value } from '../values/value.ts'
import { GenericClosureFrame } from './generic-closure.ts'

/** The formals of a lambda: name = "has a default". The position of each is that of the formal. */
function functionArgs(m: Machine, v: Value): Attrs {
  if (v instanceof Builtin) return m.emptyAttrs
  const fn = v instanceof Partial ? v.fn : v
  if (fn instanceof Builtin) return m.emptyAttrs
  if (!(fn instanceof Closure)) throw new NixError('type', "'functionArgs' requires a function")
  // `a: b: { c }: …` is one unit: the set pattern belongs to the last parameter.
  const given = v instanceof Partial ? v.given : 0
  const formals = fn.proto.arity === given + 1 ? fn.proto.formals : null
  if (formals === null) return m.emptyAttrs
  const { list } = formals
  const vals = emptySlots(list.length) as Slot[]
  for (let i = 0; i < vals.length; i++) vals[i] = list[i].fallback !== 0
  return new Attrs(formals.shape, vals, null, null)
}

/** The builtins of this file. */
export function functionBuiltins(): Builtin[] {
  return [
    builtin({ name: 'functionArgs', params: [param(ANY, '')], call: (m, v: Value) => functionArgs(m, v) }),
    builtin({
      name: 'genericClosure',
      params: [param(ATTRS)],
      start: (m, a: Attrs) => m.push(new GenericClosureFrame(a)),
    }),
  ]
}
