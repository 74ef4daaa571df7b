/** `firnix eval` (floor 6): a value, printed as `nix eval` prints it. Nix: eval.cc, CmdEval. */

import { NixError } from '../../errors.ts'
import { selectPath } from '../../runtime/attr-path.ts'
import { lookup } from '../../values/attrs.ts'
import { Attrs, type Value } from '../../values/value.ts'
import { usage } from '../args.ts'
import { on, takes } from '../common-flags.ts'
import { type OutputKind, printEvaluated } from '../output.ts'
import type { Program } from '../program.ts'
import { quote, type Session } from '../session.ts'
import { onlyOrigin, openSession, readWords, valueOfOrigin } from './common.ts'

/** Runs the command; answers the exit code. */
export async function evalCommand(program: Program): Promise<number> {
  const attrPaths: string[] = []
  const kinds = new Set<OutputKind>()
  let apply: string | undefined
  let flake: string | undefined
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
    ]),
  )
  if (kinds.size > 1) {
    const [a, b] = [...kinds].map((k) => `--${k}`)
    throw usage(`${a} and ${b} are mutually exclusive`)
  }
  const kind: OutputKind = [...kinds][0] ?? 'plain'
  const session = openSession(program, reading)
  const autoArgs = session.autoArgs()

  let values: Value[]
  if (flake !== undefined) {
    if (reading.origins.length > 0) throw usage('--flake takes the place of FILE and EXPR')
    values = [await flakeOutput(session, flake, autoArgs)]
  } else {
    const root = await valueOfOrigin(session, onlyOrigin(reading))
    values = attrPaths.length === 0 ? [root] : []
    for (const path of attrPaths) {
      await print(await session.run((m) => selectPath(m, root, path, autoArgs)))
    }
  }
  for (const value of values) await print(value)
  return 0

  async function print(value: Value): Promise<void> {
    if (apply !== undefined) {
      const fn = await session.text(apply)
      value = await session.run((m) => m.call(fn, value))
    }
    const rawContext = 'while generating the eval command output'
    await printEvaluated(session, value, { kind, strict: true, location: true, rawContext })
  }
}

/**
 * The output that `REF#ATTR` names: `packages.SYSTEM.ATTR`, `legacyPackages.SYSTEM.ATTR`, or ATTR itself; without ATTR
 * the default package. Nix: installables.cc, CmdEval's default attribute paths.
 */
async function flakeOutput(session: Session, flake: string, autoArgs: Attrs): Promise<Value> {
  const hash = flake.indexOf('#')
  const ref = hash < 0 ? flake : flake.slice(0, hash)
  const attr = hash < 0 ? '' : flake.slice(hash + 1)
  const system = session.evaluator.settings.system
  const where = ref === '' || ref.startsWith('.') || ref.startsWith('/') ? session.path(ref || '.') : ref
  const root = await session.text(`builtins.getFlake ${quote(where)}`)
  const paths =
    attr === ''
      ? [`packages.${system}.default`, `defaultPackage.${system}`]
      : attr.startsWith('.')
        ? [attr.slice(1)]
        : [`packages.${system}.${attr}`, `legacyPackages.${system}.${attr}`, attr]
  for (const path of paths) {
    if (await exists(session, root, path)) return session.run((m) => selectPath(m, root, path, autoArgs))
  }
  const names = paths.map((p) => `'${p}'`)
  const last = names.pop() as string
  throw new NixError(
    'eval',
    `flake '${ref}' does not provide attribute ${names.length === 0 ? last : `${names.join(', ')} or ${last}`}`,
  )
}

/** Whether a path of plain names leads somewhere. */
async function exists(session: Session, root: Value, path: string): Promise<boolean> {
  let at: Value = root
  for (const name of path.split('.')) {
    if (!(at instanceof Attrs)) return false
    const slot = lookup(at, session.evaluator.symbols.intern(name.replaceAll('"', '')))
    if (slot === undefined) return false
    at = await session.run((m) => m.force(slot))
  }
  return true
}
