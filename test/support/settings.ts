/** The settings of evaluations in tests: Nix's defaults on one kind of machine, but for what a test says. */
import { type EvalSettings, VERBOSITY } from '../../src/runtime/machine.ts'

export function evalSettings(more: { [K in keyof EvalSettings]?: EvalSettings[K] } = {}): EvalSettings {
  return {
    features: new Set(),
    pureEval: false,
    restrictEval: false,
    maxCallDepth: 10000,
    traceVerbose: false,
    verbosity: VERBOSITY.info,
    abortOnWarn: false,
    allowImportFromDerivation: true,
    showTrace: false,
    inOrder: false,
    system: 'x86_64-linux',
    storeDir: '/nix/store',
    nixPath: [],
    ...more,
  }
}
