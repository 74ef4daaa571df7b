/** Builtins on versions and package names (floor 4); the algorithms are in text/version.ts. */
import { builtin, param } from '../runtime/machine.ts'
import { type Builtin, list, PLAIN_STRING } from '../values/value.ts'
import { FixedShape } from './support.ts'
import { compareVersions, parseDrvName, splitVersion } from './text/version.ts'

/** The builtins of this file, as a table of their own for each evaluator. */
export function versionBuiltins(): Builtin[] {
  const parsed = new FixedShape('name', 'version')
  return [
    builtin({
      name: 'compareVersions',
      params: [param(PLAIN_STRING), param(PLAIN_STRING)],
      call: (_m, a: string, b: string) => compareVersions(a, b),
    }),
    builtin({
      name: 'splitVersion',
      params: [param(PLAIN_STRING)],
      call: (_m, version: string) => list(splitVersion(version)),
    }),
    builtin({
      name: 'parseDrvName',
      params: [param(PLAIN_STRING)],
      call: (m, fullName: string) => {
        const { name, version } = parseDrvName(fullName)
        return parsed.make(m.symbols, name, version)
      },
    }),
  ]
}
