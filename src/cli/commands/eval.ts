/** `firnix eval` (floor 7): a value, printed as `nix eval` prints it. Nix: eval.cc, CmdEval. */

import { selectPath } from '../../runtime/attr-path.ts'
import type { PosIdx } from '../../source.ts'
import type { Value } from '../../values/value.ts'
import { usage } from '../args.ts'
import { on, takes } from '../common-flags.ts'
import { flakeFlags, flakeOutput } from '../flakes.ts'
import { type OutputKind, printEvaluated } from '../output.ts'
import type { Program } from '../program.ts'
import { onlyOrigin, openSession, readWords, valueOfOrigin } from './common.ts'

/** Runs the command; answers the exit code. */
export async function evalCommand(program: Program): Promise<number> {
  const attrPaths: string[] = []
  const kinds = new Set<OutputKind>()
  let apply: string | undefined
  let flake: string | undefined
  const locking = flakeFlags()
  const attr = takes((path) => attrPaths.push(path))
  const reading = readWords(
    program,
    new Map([
      ['-A', attr],
      ['--attr', attr],
      ['--apply', takes((text) => (apply = text))],
      ['--flake', takes((ref) => (flake = ref))],
      ['--json', on(() => kinds.add('json'))],
      ['--xml', on(() => kinds.add('xml'))],
      ['--raw', on(() => kinds.add('raw'))],
      ['--strict', on(() => {})],
      ['--no-location', on(() => {})],
      ['--pretty', on(() => {})],
      ['--no-pretty', on(() => {})],
      ...locking.table,
    ]),
  )
  if (kinds.size > 1) {
    const [a, b] = [...kinds].map((k) => `--${k}`)
    throw usage(`${a} and ${b} are mutually exclusive`)
  }
  const kind: OutputKind = [...kinds][0] ?? 'plain'
  // What a flake gives depends on nothing but the flake, unless it is asked for.
  if (flake !== undefined) reading.settings.setDefault('pure-eval', true)
  const session = openSession(program, reading)
  const autoArgs = session.autoArgs()

  let values: Value[]
  if (flake !== undefined) {
    if (reading.origins.length > 0) throw usage('--flake takes the place of FILE and EXPR')
    values = [await flakeOutput(session, flake, locking.flags, autoArgs)]
  } else {
    const root = await valueOfOrigin(session, onlyOrigin(reading))
    values = attrPaths.length === 0 ? [root] : []
    for (const path of attrPaths) {
      let pos = 0
      const value = await session.run((m) => selectPath(m, root, path, autoArgs, (p) => (pos = p)))
      await print(value, pos)
    }
  }
  for (const value of values) await print(value)
  return 0

  async function print(value: Value, pos: PosIdx = 0): Promise<void> {
    if (apply !== undefined) {
      const fn = await session.text(apply)
      value = await session.run((m) => m.call(fn, value))
    }
    const rawContext = 'while generating the eval command output'
    await printEvaluated(session, value, { kind, strict: true, location: true, rawContext, pos })
  }
}
