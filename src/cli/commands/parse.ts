/** `firnix parse` (floor 7): syntax trees, printed as `nix-instantiate --parse` prints them. */
import { printAst } from '../../syntax/print.ts'
import type { Program } from '../program.ts'
import { readStdin } from '../stdio.ts'
import { openSession, readWords } from './common.ts'

/** Runs the command; answers the exit code. */
export async function parseCommand(program: Program): Promise<number> {
  const reading = readWords(program, new Map())
  const session = openSession(program, reading)
  const { evaluator, cwd } = session
  const home = evaluator.machine.io.homeDir()
  if (reading.origins.length === 0) reading.origins.push({ kind: 'file', name: './default.nix' })
  for (const origin of reading.origins) {
    if (origin.kind === 'file') {
      const path = await evaluator.loader.resolve(await session.resolve(origin.name))
      const dir = path.slice(0, Math.max(path.lastIndexOf('/'), 1))
      program.print(`${printAst(evaluator.parseFile(path), dir, home)}\n`)
    } else {
      const [text, from] =
        origin.kind === 'stdin' ? [readStdin(), 'stdin' as const] : [origin.text, 'string' as const]
      program.print(`${printAst(evaluator.parseText(text, { origin: from, baseDir: cwd }), cwd, home)}\n`)
    }
  }
  return 0
}
