/**
 * Values as commands print them (floor 7): what is to be printed comes in, its bytes go to standard output.
 * Nix: nix-instantiate.cc (processExpr), eval.cc (CmdEval).
 */
import { coerceToString } from '../runtime/coerce.ts'
import { deepForce } from '../runtime/deep.ts'
import { printValue } from '../runtime/print-value.ts'
import { writeJson } from '../runtime/to-json.ts'
import { writeXml } from '../runtime/to-xml.ts'
import type { PosIdx } from '../source.ts'
import { printAmbiguous } from '../values/print.ts'
import { isString, textOf, type Value } from '../values/value.ts'
import type { Session } from './session.ts'

export type OutputKind = 'plain' | 'raw' | 'xml' | 'json'

export interface OutputOptions {
  kind: OutputKind
  /** Everything is evaluated before it is printed. */
  strict: boolean
  /** XML: where things are defined. */
  location: boolean
  /** The trace line when a value that is no string is to be printed raw. */
  rawContext: string
  /** JSON: where the value was defined, if it is known. */
  pos?: PosIdx
  /** JSON: whether paths are put into the store, as nix-instantiate does and nix eval does not. */
  copyPaths?: boolean
  /** JSON: whether nothing is printed before all of it is made, as nix eval does it. */
  whole?: boolean
}

/** Prints a value as nix-instantiate does. */
export async function printInstantiated(
  session: Session,
  value: Value,
  options: OutputOptions,
): Promise<void> {
  switch (options.kind) {
    case 'plain': {
      if (options.strict) await session.run((m) => deepForce(m, value))
      const write = (piece: string): void => session.program.print(piece)
      printAmbiguous(value, { maxDepth: session.evaluator.settings.maxCallDepth, write })
      write('\n')
      return
    }
    default:
      await printAs(session, value, options)
  }
}

/** Prints a value as `nix eval` does: everything evaluated, errors inside it shown in place. */
export async function printEvaluated(session: Session, value: Value, options: OutputOptions): Promise<void> {
  if (options.kind !== 'plain')
    return printAs(session, value, { ...options, strict: true, copyPaths: false, whole: true })
  const write = (piece: string): void => session.program.print(piece)
  await session.run((m) => printValue(m, value, { force: true, derivationPaths: true, write }))
  write('\n')
}

async function printAs(session: Session, value: Value, options: OutputOptions): Promise<void> {
  const { strict, location, rawContext: context } = options
  const write = (piece: string): void => session.program.print(piece)
  switch (options.kind) {
    case 'raw': {
      const text = await session.run((m) =>
        coerceToString(m, value, { more: false, copyToStore: true, context }),
      )
      session.program.print(isString(text) ? textOf(text) : '')
      return
    }
    case 'xml':
      await session.run((m) => writeXml(m, value, { strict, location }, write))
      return
    default: {
      const copyToStore = options.copyPaths ?? true
      const { pos = 0 } = options
      // nix eval makes the whole text first: it prints nothing of what turns out not to be JSON.
      const pieces: string[] = []
      const take = options.whole ? (piece: string) => pieces.push(piece) : write
      await session.run((m) => writeJson(m, value, { strict, copyToStore, pos }, take))
      for (const piece of pieces) write(piece)
      write('\n')
    }
  }
}
