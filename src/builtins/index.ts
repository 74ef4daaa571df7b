/** All builtins that need neither files nor a store (floor 4): a table of their own for each evaluator goes out. */
import type { Builtin } from '../values/value.ts'
import { attrsBuiltins } from './attrs.ts'
import { contextBuiltins } from './context.ts'
import { controlBuiltins } from './control.ts'
import { functionBuiltins } from './functions.ts'
import { hashBuiltins } from './hash.ts'
import { jsonBuiltins } from './json.ts'
import { listBuiltins } from './lists.ts'
import { mathBuiltins } from './math.ts'
import { regexBuiltins } from './regex.ts'
import { stringBuiltins } from './strings.ts'
import { typeBuiltins } from './types.ts'
import { versionBuiltins } from './versions.ts'

/**
 * The builtins by family; names are those under `builtins.`. They hold caches, so each evaluator makes its own.
 */
export function makeBuiltins(): Builtin[] {
  return [
    ...listBuiltins(),
    ...attrsBuiltins(),
    ...mathBuiltins(),
    ...typeBuiltins(),
    ...controlBuiltins(),
    ...functionBuiltins(),
    ...stringBuiltins(),
    ...contextBuiltins(),
    ...versionBuiltins(),
    ...regexBuiltins(),
    ...hashBuiltins(),
    ...jsonBuiltins(),
  ]
}
