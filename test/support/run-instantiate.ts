/** Runs firnix-instantiate's command line inside the test's own process: hundreds of programs in a few seconds. */
import { EXIT_ERROR } from '../../src/cli/faults.ts'
import { instantiate } from '../../src/cli/instantiate.ts'
import { Exit, Program } from '../../src/cli/program.ts'
import { renderError, renderLog, renderWarning } from '../../src/cli/render.ts'
import { NixError } from '../../src/errors.ts'

/** What a run left behind; texts are byte strings. */
export interface Outcome {
  code: number
  out: string
  err: string
}

/** A program whose words go into strings. */
class Captured extends Program {
  out = ''
  err = ''
  override print(bytes: string): void {
    this.out += bytes
  }
  override log(line: string): void {
    this.err += `${renderLog(line, this.render)}\n`
  }
  override warn(message: string): void {
    this.err += `${renderWarning(message, this.render)}\n`
  }
  override fail(e: unknown): number {
    if (e instanceof Exit) return e.code
    if (!(e instanceof NixError) || e.kind === 'internal') throw e
    this.err += `${renderError(e, this.positions, this.render, "Try 'nix-instantiate --help' for more information.")}\n`
    return EXIT_ERROR
  }
}

/** Runs with these words and this environment only; a fault of Firnix is thrown on. */
export async function runInstantiate(
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<Outcome> {
  const program = new Captured('nix-instantiate', words, env, EXIT_ERROR)
  program.render.colour = false
  let code: number
  try {
    code = await instantiate(program)
  } catch (e) {
    code = program.fail(e)
  }
  code = program.finish(code)
  return { code, out: program.out, err: program.err }
}
