/** Runs Nix expressions for the tests of builtins: text in, the printed value, or the error with its trace, out. */

import { tierOf } from '../../../src/cli/session.ts'
import { NixError } from '../../../src/errors.ts'
import { Evaluator } from '../../../src/evaluator.ts'
import { MemoryIO } from '../../../src/io/memory.ts'
import { deepForce } from '../../../src/runtime/deep.ts'
import type { EvalSettings } from '../../../src/runtime/machine.ts'
import { describeValue } from '../../../src/values/describe.ts'
import { evalSettings } from '../../support/settings.ts'
import { assert } from '../../support/suite.ts'

export interface Outcome {
  /** The value, deeply forced and printed; undefined after an error. */
  value?: string
  error?: NixError
  /** Lines written to standard error. */
  log: string[]
}

export function run(
  text: string,
  settings: { [K in keyof EvalSettings]?: EvalSettings[K] } = {},
  files: Record<string, string> = {},
): Outcome {
  const log: string[] = []
  const evaluator = new Evaluator({
    io: new MemoryIO({ files }),
    tier: tierOf(process.env.FIRNIX_JIT),
    log: (line) => log.push(line),
    settings: evalSettings({ showTrace: true, ...settings }),
  })
  try {
    const v = evaluator.evalText(text, { origin: 'string', baseDir: '/' })
    evaluator.run((m) => deepForce(m, v))
    const all = Number.POSITIVE_INFINITY
    const limits = { depth: all, attrs: all, items: all, string: all }
    return { value: describeValue(v, evaluator.positions, limits), log }
  } catch (error) {
    if (!(error instanceof NixError)) throw error
    return { error, log }
  }
}

/** Requires a value. */
export function gives(text: string, value: string): void {
  const r = run(text)
  if (r.error !== undefined) throw new Error(`${text}: ${r.error.message}`)
  assert.is(r.value, value, text)
}

/** Requires an error, and trace lines that are among its own, outermost first. */
export function fails(text: string, message: string, ...lines: string[]): void {
  const { error, value } = run(text)
  if (error === undefined) throw new Error(`${text} gives ${value}`)
  assert.is(error.message, message, text)
  const own = error.trace.map((line) => line.text).reverse()
  let at = 0
  for (const line of lines) {
    at = own.indexOf(line, at) + 1
    assert.ok(at > 0, `${text}: no line "${line}" in ${JSON.stringify(own)}`)
  }
}
