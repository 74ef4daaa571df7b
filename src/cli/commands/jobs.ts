/** `firnix jobs` (floor 7): every attribute of a tree, as nix-eval-jobs or as nix-env lists it. */
import { readdirSync, statSync } from 'node:fs'
import { isatty } from 'node:tty'
import { NixError } from '../../errors.ts'
import { bytesOfNodeString, nodePath } from '../../io/node/bytes.ts'
import type { Evaluation } from '../../jobs/evaluation.ts'
import { ensureHeap } from '../../jobs/heap.ts'
import { listDerivations } from '../../jobs/nix-env.ts'
import { Progress } from '../../jobs/progress.ts'
import { walkJobs } from '../../jobs/walk.ts'
import { parseAttrPath, selectPath } from '../../runtime/attr-path.ts'
import { expectAttrs } from '../../runtime/expect.ts'
import type { Attrs, Slot, Value } from '../../values/value.ts'
import { usage } from '../args.ts'
import { on, takes } from '../common-flags.ts'
import type { Program } from '../program.ts'
import { renderError } from '../render.ts'
import { quote, Session } from '../session.ts'
import { writeError } from '../stdio.ts'
import { type Origin, onlyOrigin, readWords, valueOfOrigin } from './common.ts'

/** Trees nest deeper than Nix's own limit for one expression: nixpkgs' texlive does. */
const MAX_CALL_DEPTH = '1000000'

/** What the command's own flags ask for. */
interface Request {
  attrPaths: string[]
  nixEnv: boolean
  json: boolean
  meta: boolean
  showInputDrvs: boolean
  forceRecurse: boolean
  constituents: boolean
  apply: string | undefined
  select: string | undefined
  name: boolean
  outPath: boolean
  description: boolean
  systemFilter: string
}

/** Runs the command; answers the exit code: 0 even if attributes fail, 1 when the value itself does not evaluate. */
export async function jobsCommand(program: Program): Promise<number> {
  const elsewhere = await ensureHeap()
  if (elsewhere !== undefined) return elsewhere
  const request: Request = {
    attrPaths: [],
    nixEnv: false,
    json: false,
    meta: false,
    showInputDrvs: false,
    forceRecurse: false,
    constituents: false,
    apply: undefined,
    select: undefined,
    name: true,
    outPath: false,
    description: false,
    systemFilter: '*',
  }
  const reading = readWords(program, flagsOf(request))
  const own = ['--json', '--out-path', '--description', '--no-name']
  if (!request.nixEnv && program.words.some((word) => own.includes(word))) {
    throw usage(`${own.slice(0, -1).join(', ')} and ${own[own.length - 1]} go with --nix-env`)
  }
  if (!program.words.some((word) => word === '--max-call-depth' || word === 'max-call-depth')) {
    reading.settings.set('max-call-depth', MAX_CALL_DEPTH)
  }
  const progress = new Progress(isatty(2) ? writeError : undefined, () => process.stderr.columns ?? 80)
  const log = (line: string): void => {
    progress.clear()
    program.log(line)
  }
  const session = new Session(program, reading.settings, reading.options, {
    // It lasts, and what has been printed cannot be taken back.
    lateTexts: false,
    ...(isatty(2) ? { log } : {}),
  })
  try {
    await new Run(session, request, progress, log).all(onlyOrigin(reading))
  } finally {
    progress.clear()
  }
  return 0
}

function flagsOf(request: Request): Map<string, ReturnType<typeof on>> {
  const attr = takes((path) => request.attrPaths.push(path))
  const workers = takes((n) => {
    if (!/^[1-9][0-9]*$/.test(n)) throw usage(`'--workers' must be a positive number, not '${n}'`)
  })
  return new Map([
    ['-A', attr],
    ['--attr', attr],
    ['--nix-env', on(() => (request.nixEnv = true))],
    ['--json', on(() => (request.json = true))],
    ['--meta', on(() => (request.meta = true))],
    ['--show-input-drvs', on(() => (request.showInputDrvs = true))],
    ['--force-recurse', on(() => (request.forceRecurse = true))],
    ['--constituents', on(() => (request.constituents = true))],
    ['--apply', takes((text) => (request.apply = text))],
    ['--select', takes((text) => (request.select = text))],
    ['--workers', workers],
    ['--no-name', on(() => (request.name = false))],
    ['--drv-path', on(() => {})],
    ['--out-path', on(() => (request.outPath = true))],
    ['--description', on(() => (request.description = true))],
    ['--system-filter', takes((system) => (request.systemFilter = system))],
  ])
}

/** One walk or several, over the parts of a tree that were asked for. */
class Run {
  readonly #session: Session
  readonly #request: Request
  readonly #progress: Progress
  readonly #evaluation: Evaluation

  constructor(session: Session, request: Request, progress: Progress, log: (line: string) => void) {
    this.#session = session
    this.#request = request
    this.#progress = progress
    const { evaluator, program } = session
    const plain = { ...program.render, colour: false, format: 'text' as const }
    this.#evaluation = {
      machine: evaluator.machine,
      run: (start) => evaluator.runAsync(start),
      describe: (error) => renderError(error, evaluator.positions, plain),
      log,
    }
  }

  async all(origin: Origin): Promise<void> {
    const autoArgs = this.#session.autoArgs()
    let root = await this.#root(origin)
    if (this.#request.select !== undefined) {
      const select = await this.#session.text(this.#request.select)
      const selected = await this.#session.run((m) => m.call(select, root))
      const machine = this.#session.evaluator.machine
      root = expectAttrs(machine, selected, "'--select' must evaluate to an attrset")
    }
    const { attrPaths } = this.#request
    if (attrPaths.length === 0) return this.#one(root, '', autoArgs)
    for (const path of attrPaths) {
      await this.#one(await this.#session.run((m) => selectPath(m, root, path, autoArgs)), path, autoArgs)
    }
  }

  async #root(origin: Origin): Promise<Value> {
    if (!this.#request.nixEnv || origin.kind !== 'file') return valueOfOrigin(this.#session, origin)
    const path = await this.#session.resolve(origin.name)
    if (!isFolderWithout(path, 'default.nix')) return valueOfOrigin(this.#session, origin)
    return this.#session.text(combined(path, (line) => this.#evaluation.log(line)))
  }

  async #one(root: Slot, path: string, autoArgs: Attrs): Promise<void> {
    const request = this.#request
    const write = (piece: string): void => {
      this.#progress.clear()
      this.#session.program.print(piece)
    }
    if (request.nixEnv) {
      const options = { ...request, prefix: path, autoArgs, drvPath: true }
      return listDerivations(this.#evaluation, root, options, this.#progress, write)
    }
    const apply = request.apply === undefined ? undefined : await this.#session.text(request.apply)
    const options = { ...request, prefix: parseAttrPath(path), autoArgs, apply }
    return walkJobs(this.#evaluation, root, options, this.#progress, write)
  }
}

function isFolder(path: string): boolean {
  return statSync(nodePath(path), { throwIfNoEntry: false })?.isDirectory() === true
}

function isFolderWithout(path: string, file: string): boolean {
  return isFolder(path) && statSync(nodePath(`${path}/${file}`), { throwIfNoEntry: false }) === undefined
}

/**
 * The program that stands for a folder of expressions: a set with each file and each folder that has a `default.nix`,
 * those in other folders included. Nix: nix-env.cc, loadSourceExpr.
 */
function combined(folder: string, log: (line: string) => void): string {
  const parts = new Map<string, string>()
  const folders = [folder]
  for (let dir = folders.shift(); dir !== undefined; dir = folders.shift()) {
    const inner: string[] = []
    for (const name of readdirSync(nodePath(dir)).map(bytesOfNodeString).sort()) {
      if (name === 'manifest.nix') continue
      const path = `${dir}/${name}`
      const what = statSync(nodePath(path), { throwIfNoEntry: false })
      if (what === undefined) continue
      if (what.isDirectory() && isFolderWithout(path, 'default.nix')) inner.push(path)
      else if (what.isDirectory() || (what.isFile() && name.endsWith('.nix'))) {
        const attr = name.endsWith('.nix') ? name.slice(0, -4) : name
        if (parts.has(attr)) log(`warning: name collision in input Nix expressions, skipping '${path}'`)
        else parts.set(attr, path)
        if (parts.size === 1024) throw new NixError('eval', `too many Nix expressions in directory '${dir}'`)
      }
    }
    folders.unshift(...inner)
  }
  const lines = [...parts].map(([name, path]) => `${quote(name)} = import (/. + ${quote(path)});`)
  return `{ _combineChannels = []; ${lines.join(' ')} }`
}
