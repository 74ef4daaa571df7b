/**
 * Part `tree`: whole package trees, cold (the compile cache is empty), warm (it is filled) and shared (it holds what another
 * package has left there): the project's own, grown to a size, and a checkout of nixpkgs. What Firnix prints must be what the
 * reference prints.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { commandLine, type Request } from '../harness/contestants.ts'
import { uninterrupted } from '../harness/process.ts'
import { type Context, cut, Differs, type Lane, race, runOnce } from '../harness/race.ts'
import type { Row, State } from '../harness/results.ts'

export interface TreeOptions {
  /** How many packages the project's own tree is grown to; 0: it is left out. */
  packages: number
  /** A checkout of nixpkgs. */
  nixpkgs?: string
  /** Also every derivation of nixpkgs: minutes for each run. */
  whole: boolean
  words: readonly string[]
}

/** Makes the project's tree with this many packages, beside the expression that evaluates all of them; the folder. */
export function growTree(context: Context, packages: number): string {
  const folder = join(context.work, `tree-${packages}`)
  if (existsSync(folder)) return folder
  // Under its name once it is whole: where --work is kept, the next run takes it.
  const growing = `${folder}.growing`
  rmSync(growing, { recursive: true, force: true })
  mkdirSync(growing, { recursive: true })
  const script = join(context.root, 'scripts/grow-corpus.mjs')
  const words = [script, String(packages), join(growing, 'tree')]
  const grown = uninterrupted(spawnSync(process.execPath, words, { encoding: 'utf8' }))
  if (grown.status !== 0) {
    // Of a stack, what it is about.
    const why = /^\w*Error: .*$/m.exec(grown.stderr ?? '')?.[0] ?? grown.stderr
    throw new Error(`grow-corpus: ${why}`)
  }
  cpSync(join(context.root, 'corpus/all.nix'), join(growing, 'all.nix'))
  renameSync(growing, folder)
  return folder
}

/** The request for every .drv path of a tree that `growTree` has made. */
export function allOf(folder: string): Request {
  const words = [
    '--eval',
    '--strict',
    '--json',
    join(folder, 'all.nix'),
    '--arg',
    'tree',
    join(folder, 'tree'),
  ]
  return { kind: 'instantiate', words }
}

/** The request for what an expression beside the benches makes of nixpkgs; it is put where every reference sees it. */
function evaluation(context: Context, name: string, nixpkgs: string, ...words: string[]): Request {
  const file = join(context.work, name)
  cpSync(join(context.root, 'bench', name), file)
  return { kind: 'instantiate', words: ['--eval', '--strict', file, '--arg', 'nixpkgs', nixpkgs, ...words] }
}

/**
 * Lanes of Firnix, and those of the references. The warm cache is filled here; there is a lane with a shared one if there is
 * `another` request, which fills it.
 */
export function treeLanes(context: Context, request: Request, another?: Request): Lane[] {
  const lanes: Lane[] = []
  for (const contestant of context.contestants) {
    if (contestant.kind !== 'firnix') {
      const command = commandLine(contestant, request)
      if (command !== undefined) lanes.push({ contestant, command })
      continue
    }
    const slug = contestant.name.replace(/[^A-Za-z0-9.]+/g, '-')
    const lane = (state: State) => {
      const cache = join(context.root, 'cache', `${slug}-${state}`)
      const empty = () => rmSync(cache, { recursive: true, force: true })
      const command = commandLine(contestant, request, cache) as string[]
      empty()
      return { lane: { contestant, state, command } satisfies Lane, cache, empty }
    }
    const cold = lane('cold')
    lanes.push({ ...cold.lane, before: cold.empty })
    if (another !== undefined) {
      const shared = lane('shared')
      runOnce(context, { contestant, command: commandLine(contestant, another, shared.cache) as string[] })
      const left = `${shared.cache}-left`
      rmSync(left, { recursive: true, force: true })
      renameSync(shared.cache, left)
      const before = () => {
        shared.empty()
        cpSync(left, shared.cache, { recursive: true, preserveTimestamps: true })
      }
      lanes.push({ ...shared.lane, before })
    }
    const warm = lane('warm')
    runOnce(context, warm.lane)
    lanes.push(warm.lane)
  }
  return lanes
}

/** Where two texts begin to differ: the number of the line, and what both have there. */
export function difference(one: string, other: string): { line: number; lines: [string, string] } {
  const [a, b] = [one.split('\n'), other.split('\n')]
  let at = 0
  while (at < a.length && at < b.length && a[at] === b[at]) at++
  const [x, y] = [a[at], b[at]]
  let column = 0
  while (column < (x?.length ?? 0) && x[column] === y?.[column]) column++
  const show = (text: string | undefined): string => (text === undefined ? '(nothing)' : cut(text, column))
  return { line: at + 1, lines: [show(x), show(y)] }
}

/** Races a request; throws when two print different things. */
export function raceTree(
  context: Context,
  what: Omit<Row, 'contestant' | 'runs' | 'state'>,
  request: Request,
  another?: Request,
): Row[] {
  context.log(`${what.part}: ${what.name}${what.size === undefined ? '' : `, ${what.size} packages`}`)
  let first: { who: string; text: string } | undefined
  return race(context, what, treeLanes(context, request, another), (lane, { stdout }) => {
    const text = stdout.trim()
    first ??= { who: lane.contestant.name, text }
    if (text !== first.text) {
      const { line, lines } = difference(first.text, text)
      const who = `${first.who} and ${lane.contestant.name}`
      throw new Differs(`${what.name}: ${who} differ from line ${line}:\n${lines.join('\n')}`)
    }
  })
}

/** Runs the workloads whose name has one of the words, or all. */
export function trees(context: Context, options: TreeOptions): Row[] {
  const workloads: [name: string, request: () => Request, another?: Request][] = []
  if (options.packages > 0) {
    const grown = () => growTree(context, options.packages)
    workloads.push(
      ['grown: one', () => ({ kind: 'instantiate', words: [join(grown(), 'tree'), '-A', 'hello'] })],
      [`grown: all ${options.packages}`, () => allOf(grown())],
    )
  }
  const { nixpkgs } = options
  if (nixpkgs !== undefined) {
    // Nothing of the user's own configuration.
    const plain = ['--arg', 'config', '{ }', '--arg', 'overlays', '[ ]']
    const hello: Request = { kind: 'instantiate', words: [nixpkgs, '-A', 'hello', ...plain] }
    const configuration = readFileSync(join(context.root, 'bench/nixos.nix'), 'latin1')
    workloads.push(
      ['hello', () => hello],
      ['firefox', () => ({ kind: 'instantiate', words: [nixpkgs, '-A', 'firefox', ...plain] }), hello],
      [
        'nixos',
        () => {
          const words = [join(nixpkgs, 'nixos'), '-A', 'system', '--arg', 'configuration', configuration]
          return { kind: 'instantiate', words }
        },
        hello,
      ],
      ['options', () => evaluation(context, 'options.nix', nixpkgs)],
      ['python', () => evaluation(context, 'packages.nix', nixpkgs, '--argstr', 'set', 'python3Packages')],
    )
    if (options.whole) workloads.push(['nixpkgs', () => ({ kind: 'all', tree: nixpkgs, words: plain })])
  }
  const { words } = options
  return workloads
    .filter(([name]) => words.length === 0 || words.some((word) => name.includes(word)))
    .flatMap(([name, request, another]) => raceTree(context, { part: 'tree', name }, request(), another))
}
