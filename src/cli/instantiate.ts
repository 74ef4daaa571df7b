/**
 * nix-instantiate's own command line (floor 7): its flags, texts and exit codes, so that scripts written for it run
 * unchanged. Nix: nix-instantiate.cc.
 */
import { lstatSync, mkdirSync, readlinkSync, renameSync, symlinkSync } from 'node:fs'
import { NixError } from '../errors.ts'
import { NIX_VERSION } from '../evaluator.ts'
import { parentPath } from '../io/io.ts'
import { nodePath } from '../io/node/bytes.ts'
import { autoCall, selectPath } from '../runtime/attr-path.ts'
import { type DrvInfo, findDerivations, queryDrvPaths } from '../runtime/get-drvs.ts'
import { printAst } from '../syntax/print.ts'
import { size } from '../values/attrs.ts'
import type { Attrs, Slot, Value } from '../values/value.ts'
import { parseArgs, takeArg } from './args.ts'
import { commonFlags, newOptions, settingFlag } from './common-flags.ts'
import { HELP } from './instantiate-help.ts'
import { type OutputKind, printInstantiated } from './output.ts'
import { Exit, type Program } from './program.ts'
import { loadSettings, Session } from './session.ts'
import { readStdin } from './stdio.ts'
import type { StoreAccess } from './store-access.ts'

/** What nix-instantiate's own flags ask for. */
interface Request {
  operands: string[]
  attrPaths: string[]
  stdin: boolean
  expressions: boolean
  mode: 'instantiate' | 'eval' | 'parse' | 'find-file'
  output: OutputKind
  strict: boolean
  location: boolean
  addRoot: string | undefined
}

/** Runs nix-instantiate's command line; answers the exit code. */
export async function instantiate(program: Program): Promise<number> {
  const settings = loadSettings(program)
  const options = newOptions()
  const request: Request = {
    operands: [],
    attrPaths: [],
    stdin: false,
    expressions: false,
    mode: 'instantiate',
    output: 'plain',
    strict: false,
    location: true,
    addRoot: undefined,
  }
  parseArgs(program.words, {
    flags: commonFlags(program, settings, options),
    setting: (word) => settingFlag(word, settings, options),
    word: (word, rest) => {
      if (word === '--dry-run') options.readOnly = true
      return readWord(program, request, word, rest)
    },
  })
  const writes = request.mode === 'instantiate'
  // nix-instantiate uses a store without being told, when it writes; firnix only one that is named.
  if ((writes || options.readWrite) && program.name !== 'firnix') options.store = 'default'
  else if (request.mode === 'parse') options.store = 'never'
  const session = new Session(program, settings, options)
  const autoArgs = session.autoArgs()
  if (request.attrPaths.length === 0) request.attrPaths.push('')

  if (request.mode === 'find-file') {
    for (const name of request.operands) program.print(`${await session.findFile(name)}\n`)
    return 0
  }
  const job = new Job(session, request, autoArgs)
  if (request.stdin) {
    const text = readStdin()
    if (request.mode === 'parse') job.parseText(text, 'stdin')
    else await job.process(await session.text(text, 'stdin'))
  } else if (request.operands.length === 0 && !request.expressions) request.operands.push('./default.nix')
  for (const operand of request.operands) {
    if (request.mode === 'parse') {
      if (request.expressions) job.parseText(operand, 'string')
      else await job.parseFile(operand)
    } else await job.process(await (request.expressions ? session.text(operand) : session.file(operand)))
  }
  return 0
}

/** One word of the command line that is no common flag. */
function readWord(program: Program, request: Request, word: string, rest: string[]): boolean {
  switch (word) {
    case '--help':
      program.print(HELP)
      throw new Exit(0)
    case '--version':
      program.print(`nix-instantiate (Nix) ${NIX_VERSION}\n`)
      throw new Exit(0)
    case '-':
      request.stdin = true
      return true
    case '--expr':
    case '-E':
      request.expressions = true
      return true
    case '--eval':
    case '--eval-only':
      if (request.mode === 'instantiate') request.mode = 'eval'
      return true
    case '--parse':
    case '--parse-only':
      if (request.mode !== 'find-file') request.mode = 'parse'
      return true
    case '--find-file':
      request.mode = 'find-file'
      return true
    case '--attr':
    case '-A':
      request.attrPaths.push(takeArg(word, rest))
      return true
    case '--add-root':
      request.addRoot = takeArg(word, rest)
      return true
    case '--indirect':
    case '--dry-run':
      return true
    case '--raw':
    case '--xml':
    case '--json':
      request.output = word.slice(2) as OutputKind
      return true
    case '--no-location':
      request.location = false
      return true
    case '--strict':
      request.strict = true
      return true
    default:
      if (word.startsWith('-')) return false
      request.operands.push(word)
      return true
  }
}

/** What is done with each expression. */
class Job {
  readonly #session: Session
  readonly #request: Request
  readonly #autoArgs: Attrs
  #warned = false
  #writes = false
  #roots = 0

  constructor(session: Session, request: Request, autoArgs: Attrs) {
    this.#session = session
    this.#request = request
    this.#autoArgs = autoArgs
  }

  parseText(text: string, origin: 'string' | 'stdin'): void {
    const { cwd, evaluator } = this.#session
    const node = evaluator.parseText(text, { origin, baseDir: cwd })
    this.#session.program.print(`${printAst(node, cwd, evaluator.machine.io.homeDir())}\n`)
  }

  async parseFile(operand: string): Promise<void> {
    const { evaluator } = this.#session
    const path = await evaluator.loader.resolve(await this.#session.resolve(operand))
    const node = evaluator.parseFile(path)
    const dir = path.slice(0, Math.max(path.lastIndexOf('/'), 1))
    this.#session.program.print(`${printAst(node, dir, evaluator.machine.io.homeDir())}\n`)
  }

  /** Selects every attribute path in a value and prints what is there. */
  async process(root: Value): Promise<void> {
    for (const path of this.#request.attrPaths) {
      const value = await this.#select(root, path)
      if (this.#request.mode === 'eval') await this.#print(value)
      else await this.#derivations(value)
    }
  }

  #select(root: Slot, path: string): Promise<Value> {
    return this.#session.run((m) => selectPath(m, root, path, this.#autoArgs))
  }

  async #print(value: Value): Promise<void> {
    const { output: kind, strict, location } = this.#request
    if (size(this.#autoArgs) > 0) value = await this.#session.run((m) => autoCall(m, this.#autoArgs, value))
    const rawContext = 'while generating the nix-instantiate output'
    await printInstantiated(this.#session, value, { kind, strict, location, rawContext })
  }

  async #derivations(value: Value): Promise<void> {
    const drvs: DrvInfo[] = []
    const session = this.#session
    await session.run((m) =>
      findDerivations(m, value, { autoArgs: this.#autoArgs, found: (drv) => drvs.push(drv) }),
    )
    const found: { drvPath: string; outputName: string }[] = []
    const store = (await session.store?.reachable(session.evaluator)) ? session.store : undefined
    this.#writes = store !== undefined
    try {
      await session.run((m) =>
        queryDrvPaths(m, drvs, (drvPath, outputName) => {
          if (store !== undefined) found.push({ drvPath, outputName })
          else this.#printPath(drvPath, outputName)
        }),
      )
    } finally {
      // Those before an error are written and printed, as in Nix.
      if (store !== undefined && found.length > 0) {
        await store.write(
          session.evaluator,
          found.map(({ drvPath }) => drvPath),
        )
        for (const { drvPath, outputName } of found) {
          this.#printPath(await this.#root(store, drvPath), outputName)
        }
      }
    }
  }

  #printPath(path: string, outputName: string): void {
    this.#warnOnce()
    this.#session.program.print(`${path}${outputName === 'out' ? '' : `!${outputName}`}\n`)
  }

  /** Makes the symlink that `--add-root` asks for; what is to be printed. Nix: LocalFSStore::addPermRoot. */
  async #root(store: StoreAccess, drvPath: string): Promise<string> {
    const { addRoot } = this.#request
    if (addRoot === undefined || !store.builds) return drvPath
    this.#roots++
    const link = this.#session.path(addRoot) + (this.#roots > 1 ? `-${this.#roots}` : '')
    makeRoot(link, drvPath, this.#session.evaluator.settings.storeDir)
    await store.addIndirectRoot(this.#session.evaluator, link)
    return link
  }

  /** What Nix says before the first path, and that Firnix is not Nix here. */
  #warnOnce(): void {
    if (this.#warned) return
    this.#warned = true
    const { program, options } = this.#session
    if (this.#request.addRoot === undefined && options.gcWarning) {
      program.warn("you did not specify '--add-root'; the result might be removed by the garbage collector")
    }
    if (!this.#writes && !options.readOnly) {
      program.log('note: nothing was written to a store; these are the paths that Nix would write')
    }
  }
}

/** A symlink into the store, in the place of one that is there. Throws NixError `io` when something else is there. */
function makeRoot(link: string, target: string, storeDir: string): void {
  const place = nodePath(link)
  try {
    const there = lstatSync(place, { throwIfNoEntry: false })
    if (there !== undefined) {
      if (!there.isSymbolicLink() || !readlinkSync(place, 'latin1').startsWith(`${storeDir}/`)) {
        throw new NixError('eval', `cannot create symlink '${link}'; already exists`)
      }
    }
    mkdirSync(nodePath(parentPath(link)), { recursive: true })
    const temporary = nodePath(`${link}.tmp-${process.pid}`)
    symlinkSync(target, temporary)
    renameSync(temporary, place)
  } catch (error) {
    if (error instanceof NixError) throw error
    throw new NixError('io', `creating symlink '${link}': ${(error as Error).message}`)
  }
}
