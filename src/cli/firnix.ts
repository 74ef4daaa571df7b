/** The program `firnix` (floor 7): finds the command and runs it. */
import { usage } from './args.ts'
import { commands, help, VERSION } from './commands.ts'
import { EXIT_USAGE } from './faults.ts'
import { type Launch, type Program, runProgram } from './program.ts'

export const firnix = (launch?: Launch): Promise<void> =>
  runProgram('firnix', EXIT_USAGE, launch, async (program) => {
    const [word, ...rest] = program.words
    if (word === undefined || word === '--help' || word === '-h' || word === 'help') {
      const command = commands.find((c) => c.name === rest[0])
      program.print(command === undefined ? help() : command.help)
      return 0
    }
    if (word === '--version') {
      program.print(`firnix ${VERSION}\n`)
      return 0
    }
    const command = commands.find((c) => c.name === word)
    if (command === undefined) {
      throw usage(
        word.startsWith('-') ? `unrecognised flag '${word}'` : `'${word}' is not a recognised command`,
      )
    }
    if (
      rest.includes('--help') &&
      rest.indexOf('--help') < (rest.indexOf('--') + 1 || Number.POSITIVE_INFINITY)
    ) {
      program.print(command.help)
      return 0
    }
    program.words = rest
    return command.run(program)
  })

export type { Program }
