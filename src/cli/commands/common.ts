/** What the commands that take one source have in common (floor 7): reading their words. */
import type { Value } from '../../values/value.ts'
import { type Flag, parseArgs, usage } from '../args.ts'
import { type CommonOptions, commonFlags, newOptions, settingFlag, takes } from '../common-flags.ts'
import type { Program } from '../program.ts'
import { loadSettings, Session } from '../session.ts'
import type { Settings } from '../settings.ts'
import { readStdin } from '../stdio.ts'

/** Where a text comes from: a file (path, `<name>` or URL), standard input, or the command line. */
export type Origin = { kind: 'file'; name: string } | { kind: 'stdin' } | { kind: 'text'; text: string }

/** The words of a command, read. */
export interface Reading {
  readonly settings: Settings
  readonly options: CommonOptions
  readonly origins: Origin[]
  /** Operands, when the command wants them for itself. */
  readonly operands: string[]
}

/** Reads a command's words. `own`: its flags; `first`: how many operands are no sources. Errors: usage errors. */
export function readWords(program: Program, own: ReadonlyMap<string, Flag>, first = 0): Reading {
  const settings = loadSettings(program)
  const options = newOptions()
  const origins: Origin[] = []
  const operands: string[] = []
  const flags = commonFlags(program, settings, options)
  const text = takes((t) => origins.push({ kind: 'text', text: t }))
  const file = takes((name) => origins.push({ kind: 'file', name }))
  for (const name of ['-E', '--expr']) flags.set(name, text)
  for (const name of ['-f', '--file']) flags.set(name, file)
  for (const [name, flag] of own) flags.set(name, flag)
  parseArgs(program.words, {
    flags,
    setting: (word) => settingFlag(word, settings, options),
    word: (word) => {
      if (operands.length < first && !word.startsWith('-')) operands.push(word)
      else if (word === '-') origins.push({ kind: 'stdin' })
      else if (word.startsWith('-')) return false
      else origins.push({ kind: 'file', name: word })
      return true
    },
  })
  return { settings, options, origins, operands }
}

/** The one source of a command, `./default.nix` if none was named. Errors: a usage error when there are several. */
export function onlyOrigin(reading: Reading): Origin {
  if (reading.origins.length > 1) throw usage('only one FILE or EXPR can be given')
  return reading.origins[0] ?? { kind: 'file', name: './default.nix' }
}

/** The evaluator for what was read. */
export function openSession(program: Program, reading: Reading): Session {
  return new Session(program, reading.settings, reading.options)
}

/** The value of a source. */
export function valueOfOrigin(session: Session, origin: Origin): Promise<Value> {
  switch (origin.kind) {
    case 'file':
      return session.importFile(origin.name)
    case 'stdin':
      return session.text(readStdin(), 'stdin')
    default:
      return session.text(origin.text)
  }
}
