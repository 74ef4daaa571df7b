/**
 * Builtins that write and read JSON, XML and TOML (floor 4). The parsers are in text/; the writers walk values and so
 * are in runtime/. Nix: primops.cc, json-to-value.cc, primops/fromTOML.cc.
 */
import { NixError } from '../errors.ts'
import { builtin, type Machine, param } from '../runtime/machine.ts'
import { toJson } from '../runtime/to-json.ts'
import { toXml } from '../runtime/to-xml.ts'
import { attrsOf, attrsOfAny, sortedByName } from '../values/attrs.ts'
import { makeInt } from '../values/number.ts'
import { type Shape, shapeOf } from '../values/shape.ts'
import { emptySlots } from '../values/slots.ts'
import {
  Attrs,
  type Builtin,
  Float,
  LAZY,
  list,
  PLAIN_STRING,
  type Slot,
  UNSIGNED_NAN,
  type Value,
} from '../values/value.ts'
import { byteOrder } from './lists.ts'
import { FixedShape } from './support.ts'
import { isJsonTextError, type JsonBuilder, parseJson } from './text/json.ts'
import { parseToml, TOML_NAN, TomlTimestamp, type TomlValue } from './text/toml.ts'

/** Makes Nix values of what a parser finds. */
class ValueBuilder implements JsonBuilder<Value> {
  readonly #m: Machine
  /** What has been found out about keys that have come twice. */
  readonly #layouts = new Map<readonly string[], Layout>()
  constructor(m: Machine) {
    this.#m = m
  }
  null(): Value {
    return null
  }
  bool(value: boolean): Value {
    return value
  }
  int(value: number | bigint): Value {
    return value
  }
  float(value: number): Value {
    return new Float(value)
  }
  string(bytes: string): Value {
    return bytes
  }
  list(values: readonly Value[], from: number, to: number): Value {
    const n = to - from
    const items = emptySlots(n) as Slot[]
    for (let i = 0; i < n; i++) items[i] = values[from + i]
    return list(items)
  }
  object(keys: readonly string[], values: readonly Value[], from: number, again: boolean): Value {
    const n = keys.length
    if (n === 0) return this.#m.emptyAttrs
    if (!again) return attrsOfAny(this.#m.symbols, this.#symsOf(keys), values.slice(from, from + n), null)
    let layout = this.#layouts.get(keys)
    if (layout === undefined) this.#layouts.set(keys, (layout = this.#layoutOf(keys)))
    const { order } = layout
    const vals = emptySlots(n) as Slot[]
    for (let i = 0; i < n; i++) vals[i] = values[from + order[i]]
    return new Attrs(layout.shape, vals, null, null)
  }
  #symsOf(keys: readonly string[]): number[] {
    const { symbols } = this.#m
    const syms: number[] = new Array(keys.length)
    for (let i = 0; i < syms.length; i++) syms[i] = symbols.intern(keys[i])
    return syms
  }
  #layoutOf(keys: readonly string[]): Layout {
    const { symbols } = this.#m
    const syms = this.#symsOf(keys)
    const order = sortedByName(symbols, syms)
    const sorted = Array.from(order, (k) => syms[k])
    return { order, shape: shapeOf(symbols, sorted, null) }
  }
}

/** The shape of a set with certain keys, and where the values for its slots come from. */
interface Layout {
  readonly order: ArrayLike<number>
  readonly shape: Shape
}

function fromJSON(m: Machine, text: string): Value {
  try {
    return parseJson(text, new ValueBuilder(m))
  } catch (error) {
    if (error instanceof NixError && isJsonTextError(error)) error.addTrace('while decoding a JSON string')
    throw error
  }
}

/** A value of TOML still to be made, and where it goes. */
interface Unmade {
  readonly from: TomlValue
  readonly into: Slot[]
  readonly at: number
}

/** The Nix value of what a TOML document holds. Containers are made first and filled later: nesting has no bound. */
function tomlValue(m: Machine, root: TomlValue, timestamp: FixedShape): Value {
  const result: Slot[] = [null]
  const work: Unmade[] = [{ from: root, into: result, at: 0 }]
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    const { from, into, at } = next
    if (typeof from === 'bigint') into[at] = makeInt(from)
    else if (typeof from === 'number') into[at] = new Float(from)
    else if (from === TOML_NAN) into[at] = UNSIGNED_NAN
    else if (typeof from !== 'object') into[at] = from
    else if (from instanceof TomlTimestamp) into[at] = timestamp.make(m.symbols, 'timestamp', from.text)
    else if (Array.isArray(from)) {
      const items = emptySlots(from.length) as Slot[]
      into[at] = list(items)
      for (let i = 0; i < items.length; i++) work.push({ from: from[i], into: items, at: i })
    } else {
      const names = [...from.entries.keys()].sort(byteOrder)
      const vals = emptySlots(names.length) as Slot[]
      const syms = names.map((name) => m.symbols.intern(name))
      into[at] = names.length === 0 ? m.emptyAttrs : attrsOf(m.symbols, syms, vals)
      for (let i = 0; i < names.length; i++) {
        work.push({ from: from.entries.get(names[i]) as TomlValue, into: vals, at: i })
      }
    }
  }
  return result[0] as Value
}

/** The builtins of this file, as a table of their own for each evaluator. */
export function jsonBuiltins(): Builtin[] {
  const timestamp = new FixedShape('_type', 'value')
  return [
    builtin({
      name: 'fromTOML',
      params: [param(PLAIN_STRING, 'while evaluating the argument passed to builtins.fromTOML')],
      call: (m, text: string) => {
        const timestamps = m.settings.features.has('parse-toml-timestamps')
        return tomlValue(m, parseToml(text, { timestamps }), timestamp)
      },
    }),
    builtin({
      name: 'toJSON',
      params: [param(LAZY)],
      start: (m, v: Slot) => toJson(m, v, { strict: true, copyToStore: true }),
    }),
    builtin({
      name: 'toXML',
      params: [param(LAZY)],
      start: (m, v: Slot) => toXml(m, v, { strict: true, location: false }),
    }),
    builtin({
      name: 'fromJSON',
      params: [param(PLAIN_STRING)],
      call: (m, text: string) => fromJSON(m, text),
    }),
  ]
}
