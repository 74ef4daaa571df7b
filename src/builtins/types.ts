/** Builtins that ask what a value is (floor 4). Nix: primops.cc, prim_typeOf and its neighbours. */
import { builtin, param } from '../runtime/machine.ts'
import {
  ANY,
  Attrs,
  type Builtin,
  Float,
  isFunction,
  isString,
  List,
  Path,
  type Value,
} from '../values/value.ts'

function typeOf(v: Value): string {
  switch (typeof v) {
    case 'number':
    case 'bigint':
      return 'int'
    case 'string':
      return 'string'
    case 'boolean':
      return 'bool'
  }
  if (v === null) return 'null'
  if (v instanceof Attrs) return 'set'
  if (v instanceof List) return 'list'
  if (v instanceof Float) return 'float'
  if (v instanceof Path) return 'path'
  return isFunction(v) ? 'lambda' : 'string'
}

function question(name: string, ask: (v: Value) => boolean): Builtin {
  return builtin({ name, params: [param(ANY, '')], call: (_m, v: Value) => ask(v) })
}

/** The builtins of this file. */
export function typeBuiltins(): Builtin[] {
  return [
    builtin({ name: 'typeOf', params: [param(ANY, '')], call: (_m, v: Value) => typeOf(v) }),
    question('isNull', (v) => v === null),
    question('isFunction', (v) => isFunction(v)),
    question('isInt', (v) => typeof v === 'number' || typeof v === 'bigint'),
    question('isFloat', (v) => v instanceof Float),
    question('isString', (v) => isString(v)),
    question('isBool', (v) => typeof v === 'boolean'),
    question('isPath', (v) => v instanceof Path),
    question('isAttrs', (v) => v instanceof Attrs),
    question('isList', (v) => v instanceof List),
  ]
}
