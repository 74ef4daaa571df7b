/**
 * `npm run bench`: what Firnix costs, beside the evaluators that are installed, as tables.
 *
 * Usage: npm run bench -- [PART...] [OPTIONS]
 *        npm run bench -- revisions A B [programs] [tree] [OPTIONS]     two revisions of this repository, each built
 * Parts (without any: micro, programs, tree):
 *   micro         each part of Firnix inside one process (tinybench)
 *   alternatives  what was chosen for a routine against what else could have been (benny)
 *   evaluators    Firnix beside other evaluators (benny)
 *   programs      bench/programs as whole processes, which alternate; medians, ratios, peak memory
 *   long          the same programs ten times as large: less of the time is Node's start and V8's warming up
 *   tree          package trees, with the compile cache empty (cold), filled by another package (shared), and filled (warm)
 *   growth        cost over size: programs and trees of doubling sizes; exit 1 if one is clearly more than linear
 * Options:
 *   --only WORD       what has this word in its name; may be repeated
 *   --runs N          how many runs a median is made of (5)
 *   --limit SECONDS   a run that takes longer is given up (1800)
 *   --quick           fewer and smaller: to see that all works, or a first impression
 *   --node PATH       the Node that Firnix runs under; may be repeated
 *   --flag FLAG       a flag for Firnix, e.g. --flag=--warnings; may be repeated
 *   --reference CMD   an evaluator with nix-instantiate's command line, of one or more words; may be repeated
 *   --no-reference    leaves out the evaluators that are installed
 *   --packages N      packages of the grown tree (2000)
 *   --nixpkgs DIR     also, of a checkout of nixpkgs: hello, firefox, a NixOS system, all options of NixOS, all packages of
 *                     Python; --whole: and all of its derivations
 *   --sizes N,N,...   packages of the trees of `growth` (2500,5000,10000,20000,40000)
 *   --work DIR        where trees are made (for a reference that does not see the usual place)
 *   --save FILE       keeps the results; --against FILE compares with results that were kept
 *   --no-build        takes dist/ as it is
 * Exit: 0; 1 when a result is wrong or a slope steep; 2 for wrong usage; 130 when interrupted, 143 and 129 by
 * SIGTERM and SIGHUP.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { firnix, installed, reference } from './harness/contestants.ts'
import { Interrupted, Stopwatch, uninterrupted } from './harness/process.ts'
import { type Context, tryOut, Wrong } from './harness/race.ts'
import {
  compare,
  isSteep,
  load,
  type MicroRow,
  mayWrite,
  newResults,
  type Results,
  save,
  showMicro,
  showRows,
  showSlopes,
} from './harness/results.ts'
import { growth } from './parts/growth.ts'
import { programs } from './parts/programs.ts'
import { trees } from './parts/tree.ts'

const PARTS = ['micro', 'alternatives', 'evaluators', 'programs', 'long', 'tree', 'growth']
/** Parts that `--only` does not choose from. */
const WITHOUT_WORDS = ['alternatives', 'evaluators']
const USUAL = ['micro', 'programs', 'tree']

const OPTIONS = {
  only: { type: 'string', multiple: true, default: [] as string[] },
  runs: { type: 'string' },
  limit: { type: 'string' },
  quick: { type: 'boolean', default: false },
  node: { type: 'string', multiple: true, default: [] as string[] },
  flag: { type: 'string', multiple: true, default: [] as string[] },
  reference: { type: 'string', multiple: true, default: [] as string[] },
  'no-reference': { type: 'boolean', default: false },
  packages: { type: 'string' },
  nixpkgs: { type: 'string' },
  whole: { type: 'boolean', default: false },
  sizes: { type: 'string' },
  work: { type: 'string' },
  save: { type: 'string' },
  against: { type: 'string' },
  'no-build': { type: 'boolean', default: false },
} as const

/** Wrong usage. */
class Usage extends Error {}

/** The command; answers its exit code. */
export async function main(root: string, args: readonly string[]): Promise<number> {
  // A child that ends by Ctrl-C tells of it (`uninterrupted`); without this, nobody would be left to tidy up.
  const stay = (): void => {}
  process.on('SIGINT', stay)
  try {
    return run(root, parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS }))
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    console.error(`bench: ${message}`)
    if (error instanceof Interrupted) return 130
    return error instanceof Usage || code?.startsWith('ERR_PARSE_ARGS') ? 2 : 1
  } finally {
    process.off('SIGINT', stay)
  }
}

function run(
  root: string,
  parsed: ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>>,
): number {
  const { values: options, positionals } = parsed
  const revisions = positionals[0] === 'revisions' ? positionals.slice(1, 3) : undefined
  if (revisions !== undefined && revisions.length < 2) throw new Usage('revisions wants two of them')
  const named = positionals.slice(revisions === undefined ? 0 : 3)
  const parts = named.length > 0 ? named : revisions === undefined ? USUAL : ['programs', 'tree']
  for (const part of parts)
    if (!PARTS.includes(part)) throw new Usage(`no part '${part}': ${PARTS.join(', ')}`)
  const count = (text: string | undefined, usual: number, least = 1): number => {
    const n = text === undefined ? usual : Number(text.trim() || Number.NaN)
    if (!Number.isSafeInteger(n)) throw new Usage(`'${text}' is no number`)
    if (n < least) throw new Usage(`${text} is too few`)
    return n
  }
  const { quick, only } = options
  const runs = count(options.runs, quick ? 2 : 5)
  const packages = count(options.packages, quick ? 300 : 2000, 0)
  const limit = count(options.limit, 1800)
  const sizes = (options.sizes ?? (quick ? '250,500,1000,2000' : '2500,5000,10000,20000,40000'))
    .split(',')
    .map((size) => count(size, 0))
  const nixpkgs = options.nixpkgs === undefined ? undefined : resolve(options.nixpkgs)
  if (nixpkgs !== undefined && !existsSync(join(nixpkgs, 'pkgs/top-level/default.nix')))
    throw new Usage(`${nixpkgs} is no checkout of nixpkgs`)
  const before = options.against === undefined ? undefined : load(options.against)
  if (options.save !== undefined) mayWrite(options.save)

  const made: string[] = []
  const work = resolve(options.work ?? temporary(made))
  mkdirSync(work, { recursive: true })
  const watch = new Stopwatch()
  try {
    const nodes = options.node.length > 0 ? options.node : [process.execPath]
    const own =
      revisions === undefined
        ? nodes.map((node) => firnix(node, root, undefined, options.flag))
        : revisions.map((revision) => {
            const built = buildRevision(root, revision, temporary(made))
            return firnix(nodes[0], built, `firnix ${revision}`, options.flag)
          })
    const named = options.reference.map(reference)
    const others =
      options['no-reference'] || named.length > 0 || revisions !== undefined ? named : installed()
    const contestants = [...own]
    const context: Context = {
      root,
      work,
      watch,
      contestants,
      runs,
      limit,
      log: (line) => console.error(`- ${line}`),
      wrong: [],
    }
    for (const other of others) {
      try {
        tryOut(context, other)
        contestants.push(other)
      } catch (error) {
        // Whoever names an evaluator wants to see it.
        if (named.length > 0 || error instanceof Interrupted) throw error
        if (error instanceof Wrong) context.wrong.push(error.message)
        context.log(`left out: ${(error as Error).message}`)
      }
    }
    for (const { name, version, command } of contestants)
      console.log(`${name}: ${version} (${command.join(' ')})`)
    if (watch.meter !== 'python')
      console.log('cpu time and memory are rough or missing: there is no python3 here to ask for them')

    const results = newResults(root, contestants)
    const show = (text: string): void => console.log(`\n${text}`)
    for (const part of parts) {
      const keep: Results = { ...results, micro: [], rows: [], slopes: [] }
      switch (part) {
        case 'micro':
          keep.micro = micro(root, nodes[0], quick, only)
          if (keep.micro.length > 0) show(showMicro(keep.micro))
          break
        case 'alternatives':
          script(root, nodes[0], 'alternatives', [])
          break
        case 'evaluators':
          script(root, nodes[0], 'evaluators', [JSON.stringify(contestants), String(limit)])
          break
        case 'programs':
        case 'long':
          keep.rows = programs(context, part, only)
          if (keep.rows.length > 0) show(showRows(keep.rows))
          break
        case 'tree':
          keep.rows = trees(context, {
            packages,
            words: only,
            whole: options.whole,
            ...(nixpkgs === undefined ? {} : { nixpkgs }),
          })
          if (keep.rows.length > 0) show(showRows(keep.rows))
          break
        case 'growth': {
          const grown = growth(context, { sizes, words: only, enough: quick ? 0.2 : 1 })
          keep.rows = grown.rows
          keep.slopes = grown.slopes
          if (grown.rows.length > 0) show(showRows(grown.rows))
          if (grown.slopes.length > 0) show(showSlopes(grown.slopes))
        }
      }
      results.micro.push(...keep.micro)
      results.rows.push(...keep.rows)
      results.slopes.push(...keep.slopes)
      // What `npm run bench:report` shows when no file is named.
      if (keep.micro.length + keep.rows.length + keep.slopes.length > 0 && revisions === undefined)
        save(join(root, `dist/bench/results/${part}.json`), keep)
    }
    const measured = results.micro.length + results.rows.length + results.slopes.length
    if (measured === 0 && only.length > 0 && !parts.some((part) => WITHOUT_WORDS.includes(part)))
      throw new Usage(`nothing in ${parts.join(', ')} has '${only.join("' or '")}' in its name`)
    if (options.save !== undefined) save(options.save, results)
    if (before !== undefined) show(compare(before, results))
    for (const line of context.wrong) console.error(`bench: wrong: ${line}`)
    return context.wrong.length > 0 || results.slopes.some(isSteep) ? 1 : 0
  } finally {
    watch.close()
    for (const folder of made) remove(root, folder)
  }
}

function temporary(made: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'firnix-bench-'))
  made.push(folder)
  return folder
}

/** Removes a folder, and forgets the worktree in it if there is one. */
function remove(root: string, folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  spawnSync('git', ['worktree', 'prune'], { cwd: root })
}

/** Builds a revision in a worktree of its own below `folder`; the worktree. Throws when that fails. */
function buildRevision(root: string, revision: string, folder: string): string {
  const tree = join(folder, 'firnix')
  const step = (cwd: string, program: string, ...args: string[]): void => {
    const { status, stderr } = uninterrupted(spawnSync(program, args, { cwd, encoding: 'utf8' }))
    if (status !== 0) throw new Error(`${revision}: ${program} ${args.join(' ')}: ${stderr}`)
  }
  console.error(`- building ${revision}`)
  step(root, 'git', 'worktree', 'add', '--detach', tree, revision)
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'))
  step(tree, process.execPath, 'scripts/build.mjs')
  return tree
}

/** Runs a bundled bench under a Node, with its output on ours. Throws when it fails. */
function script(root: string, node: string, name: string, args: readonly string[]): void {
  const words = [join(root, `dist/bench/${name}.js`), ...args]
  const { status } = uninterrupted(spawnSync(node, words, { stdio: 'inherit' }))
  if (status !== 0) throw new Error(`${name} failed`)
}

function micro(root: string, node: string, quick: boolean, only: readonly string[]): MicroRow[] {
  const words = [join(root, 'dist/bench/micro.js'), join(root, 'corpus/tree'), quick ? '50' : '400', ...only]
  const { status, stdout } = uninterrupted(
    spawnSync(node, words, { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8', maxBuffer: 1 << 26 }),
  )
  if (status !== 0) throw new Error('micro failed')
  return JSON.parse(stdout) as MicroRow[]
}
