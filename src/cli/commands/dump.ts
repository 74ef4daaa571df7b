/** `firnix dump` (floor 7): what the lexer, the parser and the compiler make of a text. */
import { disassemble } from '../../bytecode/disassemble.ts'
import { NixError } from '../../errors.ts'
import { isPromise } from '../../io/io.ts'
import { Source } from '../../source.ts'
import { dumpTokens } from '../../syntax/lexer.ts'
import { dumpAst } from '../../syntax/print.ts'
import type { LoadedChunk } from '../../values/code.ts'
import { usage } from '../args.ts'
import type { Program } from '../program.ts'
import { Session } from '../session.ts'
import { readStdin } from '../stdio.ts'
import { onlyOrigin, readWords } from './common.ts'

const KINDS = ['tokens', 'ast', 'bytecode']

/** Runs the command; answers the exit code. */
export async function dumpCommand(program: Program): Promise<number> {
  const reading = readWords(program, new Map(), 1)
  const kind = reading.operands[0]
  if (kind === undefined || !KINDS.includes(kind)) {
    throw usage(`'dump' wants to know what: ${KINDS.join(', ')}`)
  }
  const chunks: LoadedChunk[] = []
  const session = new Session(program, reading.settings, reading.options, {
    observe: (chunk) => chunks.push(chunk),
    wholeFiles: true,
  })
  const { evaluator, cwd } = session
  const { io } = evaluator.machine
  const origin = onlyOrigin(reading)
  let path: string | undefined
  let text: string
  if (origin.kind === 'file') {
    path = await evaluator.loader.resolve(await session.resolve(origin.name))
    const contents = io.readFile(path)
    text = isPromise(contents) ? await contents : contents
  } else text = origin.kind === 'stdin' ? readStdin() : origin.text
  const from = { origin: origin.kind === 'stdin' ? ('stdin' as const) : ('string' as const), baseDir: cwd }

  if (kind === 'tokens') {
    const source = new Source(path === undefined ? from.origin : 'file', path ?? '', text)
    program.print(placed(evaluator.positions.add(source, text.length), () => dumpTokens(text)))
  } else if (kind === 'ast') {
    program.print(dumpAst(path === undefined ? evaluator.parseText(text, from) : evaluator.parseFile(path)))
  } else {
    chunks.length = 0
    if (path === undefined) evaluator.thunkOf(text, from)
    else await evaluator.loader.file(path)
    for (const chunk of chunks) program.print(disassemble(chunk.chunk))
  }
  return 0
}

/** Makes the byte offsets in the lexer's errors positions. */
function placed(base: number, run: () => string): string {
  try {
    return run()
  } catch (e) {
    if (e instanceof NixError) e.pos += base
    throw e
  }
}
