/**
 * Builtins about flakes (floor 4): parseFlakeRef, flakeRefToString, getFlake. Nix: libflake/flake-primops.cc.
 */
import { NixError } from '../errors.ts'
import { flakeRefFromAttrs, flakeRefToAttrs, parseFlakeRef, printFlakeRef } from '../fetch/flake-ref.ts'
import type { InputOptions, InputValue } from '../fetch/input.ts'
import { expectPlainString } from '../runtime/expect.ts'
import { builtin, Frame, type Machine, param, type Step, WAIT } from '../runtime/machine.ts'
import { AttrsBuilder, flat, slotAt } from '../values/attrs.ts'
import { showType } from '../values/describe.ts'
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

function fail(message: string): NixError {
  return new NixError('eval', message)
}

/** How references are read for a machine. */
export function inputOptions(m: Machine): InputOptions {
  return { features: m.settings.features, warn: (text) => m.log(`warning: ${text}`) }
}

/** Throws Nix's error unless flakes are on. */
export function requireFlakes(m: Machine): void {
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
    flat(attrs)
    let v = answer
    for (;;) {
      if (v !== undefined) this.#take(attrs.shape.nameAt(this.#i), v)
      this.#i++
      if (this.#i >= attrs.shape.syms.length) {
        return printFlakeRef(flakeRefFromAttrs(this.#input, inputOptions(m)))
      }
      const r = m.force(slotAt(attrs, this.#i))
      if (r === WAIT) return WAIT
      v = r
    }
  }
  #take(name: string, v: Value): void {
    if (typeof v === 'number' || typeof v === 'bigint') {
      if (v < 0) throw fail(`negative value given for flake ref attr ${name}: ${v}`)
      this.#input.set(name, Number(v))
    } else if (typeof v === 'boolean') this.#input.set(name, v)
    else if (isString(v)) this.#input.set(name, textOf(v))
    else {
      throw new NixError(
        'eval',
        `flake reference attribute sets may only contain integers, Booleans, and strings, but attribute '${name}' is ${showType(v)}`,
      )
    }
  }
}

export function flakeBuiltins(): Builtin[] {
  return [
    builtin({
      name: 'parseFlakeRef',
      params: [param(PLAIN_STRING, 'while evaluating the argument passed to builtins.parseFlakeRef', false)],
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
        parseFlakeRef(text, inputOptions(m))
        throw fail('getFlake is not there yet')
      },
    }),
  ]
}
