/** Who is measured: Firnix under one or more versions of Node, and the evaluators that are installed or were named. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Interrupted, onPath, uninterrupted } from './process.ts'

export type Kind = 'firnix' | 'nix' | 'tvix'

export interface Contestant {
  /** What tables call it: `firnix/24`, `nix 2.34.8`. */
  name: string
  kind: Kind
  /** What runs nix-instantiate's command line (of kind tvix: its own). */
  command: string[]
  version: string
}

/** What an expression or a tree is evaluated for. */
export type Request =
  /** `--eval --strict` of a text: what every evaluator can do. */
  | { kind: 'text'; text: string }
  /** nix-instantiate's command line. */
  | { kind: 'instantiate'; words: readonly string[] }
  /** Every derivation of a tree: `nix-env -qaP --drv-path`, `firnix jobs --nix-env`. */
  | { kind: 'all'; tree: string; words: readonly string[] }

/** How long saying a version or adding two numbers may take, in seconds. */
export const PATIENCE = 30

/** Firnix as built in `root`, under a Node. Throws when that is none. */
export function firnix(node: string, root: string, name?: string, flags: readonly string[] = []): Contestant {
  const version = uninterrupted(spawnSync(node, ['--version'], { encoding: 'utf8' })).stdout?.trim()
  if (version === undefined || !/^v\d+\.\d+\.\d+\S*$/.test(version)) throw new Error(`${node} is no Node`)
  const launcher = join(root, 'dist/firnix-instantiate.js')
  if (!existsSync(launcher)) throw new Error(`${launcher} is missing; run \`npm run build\` first`)
  const major = /^v(\d+)/.exec(version)?.[1] ?? version
  return {
    name: name ?? `firnix/${major}`,
    kind: 'firnix',
    command: [node, launcher, ...flags],
    version: `Node ${version.slice(1)}`,
  }
}

/** An evaluator by its command line, which may be several words. Throws when it does not say its version. */
export function reference(command: string): Contestant {
  const words = command.split(' ').filter((word) => word !== '')
  if (words.length === 0) throw new Error('a reference is named by a command')
  const said = uninterrupted(
    spawnSync(words[0], [...words.slice(1), '--version'], {
      encoding: 'latin1',
      timeout: PATIENCE * 1000,
      killSignal: 'SIGKILL',
    }),
  )
  if ((said.error as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT')
    throw new Error(`\`${command} --version\` does not end`)
  const line = said.stdout?.trim().split('\n')[0] ?? ''
  if (said.status !== 0 || line === '') {
    const why = said.error?.message ?? said.stderr.trim().split('\n').at(-1)
    throw new Error(`\`${command} --version\` says ${why ? `no version: ${why}` : 'nothing'}`)
  }
  const version = /\d+(\.\d+)+\S*/.exec(line)?.[0] ?? line
  const tvix = /\b(tvix|snix)\b/i.exec(`${line} ${words.at(-1)}`)?.[1].toLowerCase()
  return { name: `${tvix ?? 'nix'} ${version}`, kind: tvix ? 'tvix' : 'nix', command: words, version: line }
}

/** The evaluators that are installed. */
export function installed(): Contestant[] {
  const found: Contestant[] = []
  for (const program of ['nix-instantiate', 'tvix', 'snix']) {
    if (onPath(program) === undefined) continue
    try {
      found.push(reference(program))
    } catch (error) {
      if (error instanceof Interrupted) throw error
      console.error(`${program} is left out: ${(error as Error).message}`)
    }
  }
  return found
}

/** Environment of all runs: nothing that leads to other expressions, caches or stores. */
export const ENV: Record<string, string | undefined> = {
  NIX_PATH: undefined,
  FIRNIX_CACHE_DIR: undefined,
  NIX_SHOW_STATS: undefined,
  // Node 20 reads this file of certificates before anything else, which may take longer than the evaluation (60 ms for a
  // system's own), and nothing here goes through the network.
  NODE_EXTRA_CA_CERTS: undefined,
  // Where the store cannot be written, Nix needs one of its own to evaluate at all.
  NIX_REMOTE: 'dummy://',
}

/** The whole command line for a request; undefined when the contestant cannot do it. `cache`: Firnix' compile cache. */
export function commandLine(who: Contestant, request: Request, cache?: string): string[] | undefined {
  const { command, kind } = who
  if (kind === 'tvix') {
    return request.kind === 'text' ? [...command, '--strict', '--expr', request.text] : undefined
  }
  const own = kind === 'nix' ? [] : cache === undefined ? ['--no-cache'] : ['--cache-dir', cache]
  switch (request.kind) {
    case 'text':
      return [...command, '--readonly-mode', ...own, '--eval', '--strict', '-E', request.text]
    case 'instantiate':
      return [...command, '--readonly-mode', ...own, ...request.words]
    case 'all': {
      if (kind === 'firnix') {
        const program = command.map((word) => word.replace(/firnix-instantiate\.js$/, 'firnix.js'))
        const at = program.findIndex((word) => word.endsWith('firnix.js')) + 1
        return [
          ...program.slice(0, at),
          'jobs',
          request.tree,
          '--nix-env',
          ...program.slice(at),
          ...own,
          ...request.words,
        ]
      }
      const program = command.map((word) => word.replace(/nix-instantiate$/, 'nix-env'))
      // Versions since 2.20 count calls, and a big tree has more than they allow.
      const [major, minor] = (/\d+\.\d+/.exec(who.name)?.[0] ?? '0.0').split('.').map(Number)
      const deep = major > 2 || minor >= 20 ? ['--option', 'max-call-depth', '1000000'] : []
      return [...program, '-f', request.tree, '-qaP', '--drv-path', ...deep, ...request.words]
    }
  }
}

/** What a contestant printed, as Nix prints it. */
export function printed(who: Contestant, stdout: string): string {
  // tvix: `=> VALUE :: TYPE`
  return who.kind === 'tvix' ? stdout.trim().replace(/^=> ([\s\S]*) :: \S+$/, '$1') : stdout.trim()
}
