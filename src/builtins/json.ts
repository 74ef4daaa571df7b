/**
 * Builtins that write and read JSON, XML and TOML (floor 4). The parsers are in text/; the writers walk values and so
 * are in runtime/. Nix: primops.cc, json-to-value.cc, primops/fromTOML.cc.
 */
import { NixError } from '../errors.ts'
import { builtin, type Machine, param } from '../runtime/machine.ts'
import { toJson } from '../runtime/to-json.ts'
import { toXml } from '../runtime/to-xml.ts'
import { AttrsBuilder } from '../values/attrs.ts'
import { type Builtin, Float, LAZY, list, PLAIN_STRING, type Slot, type Value } from '../values/value.ts'
import { isJsonTextError, type JsonBuilder, parseJson } from './text/json.ts'

/** Makes Nix values of what a parser finds. */
class ValueBuilder implements JsonBuilder<Value> {
  readonly #m: Machine
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
  list(items: Value[]): Value {
    return list(items)
  }
  object(keys: string[], values: Value[]): Value {
    if (keys.length === 0) return this.#m.emptyAttrs
    const attrs = new AttrsBuilder(this.#m.symbols)
    for (let i = 0; i < keys.length; i++) attrs.setName(keys[i], values[i])
    return attrs.build()
  }
}

function fromJSON(m: Machine, text: string): Value {
  try {
    return parseJson(text, new ValueBuilder(m))
  } catch (error) {
    if (error instanceof NixError && isJsonTextError(error)) error.addTrace('while decoding a JSON string')
    throw error
  }
}

/** The builtins of this file. */
export function jsonBuiltins(): Builtin[] {
  return [
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
