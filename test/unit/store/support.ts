import { NixError } from '../../../src/errors.ts'
import { MemoryIO } from '../../../src/io/memory.ts'
import { DEFERRED_OUTPUT, type Derivation } from '../../../src/store/derivation.ts'
import { DerivationTable } from '../../../src/store/derivation-table.ts'
import { type StoreConfig, storeConfig } from '../../../src/store/path.ts'
import { SortedMap } from '../../../src/store/sorted-map.ts'
import { assert } from '../../support/suite.ts'

export const store: StoreConfig = storeConfig(new MemoryIO())

/** A store path, without writing `/nix/store/` each time. */
export function inStore(base: string): string {
  return `/nix/store/${base}`
}

export function table(): DerivationTable {
  return new DerivationTable(store)
}

/** The derivation `{ name = "x"; builder = "b"; system = "s"; }` as derivationStrict makes it, with changes. */
export function derivation(
  changes: {
    name?: string
    builder?: string
    env?: Record<string, string>
    args?: string[]
    /** Variables that derivationStrict does not set. */
    without?: string[]
  } & Partial<Pick<Derivation, 'outputs' | 'inputDrvs' | 'inputSrcs'>> = {},
): Derivation {
  const name = changes.name ?? 'x'
  const builder = changes.builder ?? 'b'
  const outputs = changes.outputs ?? SortedMap.of([['out', DEFERRED_OUTPUT]])
  const env: Record<string, string> = { builder, name, system: 's' }
  outputs.names.forEach((output, i) => {
    env[output] = outputs.values[i].path
  })
  Object.assign(env, changes.env)
  for (const key of changes.without ?? []) delete env[key]
  return {
    name,
    outputs,
    inputDrvs: changes.inputDrvs ?? new SortedMap(),
    inputSrcs: changes.inputSrcs ?? [],
    system: 's',
    builder,
    args: changes.args ?? [],
    env: SortedMap.of(Object.entries(env)),
  }
}

/** Checks that a call throws a NixError with exactly this message. */
export function failsWith(call: () => unknown, message: string): void {
  try {
    call()
  } catch (error) {
    assert.instance(error, NixError)
    assert.is((error as NixError).message, message)
    return
  }
  assert.unreachable(`expected the error: ${message}`)
}
