/** Evaluators for measuring inside one process. */
import { Evaluator } from '../../src/evaluator.ts'
import { MemoryIO } from '../../src/io/memory.ts'
import { VERBOSITY } from '../../src/runtime/machine.ts'
import type { Value } from '../../src/values/value.ts'

/** An evaluator that sees no files; `plain`: nothing is compiled to JavaScript. */
export function bareEvaluator(plain = false): Evaluator {
  return new Evaluator({
    ...(plain ? { tier: { threshold: Number.POSITIVE_INFINITY } } : {}),
    io: new MemoryIO(),
    log: () => {},
    settings: {
      features: new Set(),
      pureEval: false,
      restrictEval: false,
      maxCallDepth: 1_000_000,
      traceVerbose: false,
      verbosity: VERBOSITY.info,
      abortOnWarn: false,
      allowImportFromDerivation: false,
      showTrace: false,
      inOrder: false,
      system: 'x86_64-linux',
      storeDir: '/nix/store',
      nixPath: [],
    },
  })
}

/** A Nix function of one number as a JavaScript one; its text is compiled here and not when it is called. */
export function nixFunction(text: string): (n: number) => Value {
  const evaluator = bareEvaluator()
  const fn = evaluator.evalText(text, { origin: 'string', baseDir: '/' })
  return (n) => evaluator.run((m) => m.call(fn, n))
}

/** Throws unless the two are the same. */
export function check(what: string, found: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)]
  if (a !== b) throw new Error(`${what}: gives ${a}, not ${b}`)
}
