/** The program `firnix-instantiate` (floor 7): nix-instantiate's command line. */
import { EXIT_ERROR } from './faults.ts'
import { instantiate } from './instantiate.ts'
import { type Launch, runProgram } from './program.ts'

export const firnixInstantiate = (launch?: Launch): Promise<void> =>
  runProgram('nix-instantiate', EXIT_ERROR, launch, instantiate)
