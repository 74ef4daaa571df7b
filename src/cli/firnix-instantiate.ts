/** The program `firnix-instantiate` (floor 6): nix-instantiate's command line. */
import type { Handover } from '../cache/replay.ts'
import { EXIT_ERROR } from './faults.ts'
import { instantiate } from './instantiate.ts'
import { runProgram } from './program.ts'

export const firnixInstantiate = (handover?: Handover, note?: (trait: string) => void): Promise<void> =>
  runProgram('nix-instantiate', EXIT_ERROR, handover, instantiate, note)
