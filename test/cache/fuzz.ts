/**
 * The property of tracked results: whatever changes between two runs, a kept result is what a run without any cache
 * prints. Changes a small tree at random, runs one of a few programs both ways and compares. Used by the test beside it
 * (a few rounds, in one process) and by scripts/cache-fuzz.mjs (many; through the command line, if asked).
 */

import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DiskCache } from '../../src/cache/disk.ts'
import type { Handover } from '../../src/cache/replay.ts'
import { look, requestText } from '../../src/cache/result-file.ts'
import { Tracking } from '../../src/cli/tracking.ts'
import { NixError } from '../../src/errors.ts'
import { Evaluator } from '../../src/evaluator.ts'
import type { EvalIO } from '../../src/io/io.ts'
import { NodeIO } from '../../src/io/node/node-io.ts'
import { deepForce } from '../../src/runtime/deep.ts'
import { printAmbiguous } from '../../src/values/print.ts'
import { evalSettings } from '../support/settings.ts'

export interface FuzzOptions {
  folder: string
  rounds: number
  seed: number
  /** The launcher to be run in a process of its own each time; otherwise all happens in this one. */
  program?: string
  log?: (line: string) => void
}

export interface FuzzReport {
  rounds: number
  /** Runs whose output was a kept one. */
  kept: number
  /** Runs that ended without an error. */
  succeeded: number
  /** What went wrong, with the round and the program. */
  wrong: string[]
}

const NAMES = [
  'a',
  'b',
  'x.nix',
  'y.nix',
  'sub',
  'sub/c',
  'sub/d',
  'sub/deep',
  'sub/deep/e',
  'link',
  'ldir',
  'gone',
  'p/lib.nix',
]
const VARIABLES = ['FIRNIX_TEST_A', 'FIRNIX_TEST_B']

/** Programs that look at the tree in different ways; all but the last ones rarely fail. */
const PROGRAMS = [
  `let show = n: let p = ./tree + "/\${n}"; in
    if !(builtins.pathExists p) then "-" else
    let t = builtins.readFileType p; in
    if t == "regular" then builtins.readFile p else t;
  in map show [ "a" "b" "gone" ]`,
  `let show = n: let p = ./tree + "/\${n}"; in
    if !(builtins.pathExists p) || builtins.readFileType p != "directory" then "-" else
    builtins.toJSON (builtins.readDir p);
  in map show [ "sub" "sub/deep" "." "p" ]`,
  `[ (builtins.getEnv "FIRNIX_TEST_A") (builtins.getEnv "FIRNIX_TEST_B") (builtins.pathExists ./tree/sub/deep/e) ]`,
  `let p = ./tree/ldir/c; in if builtins.pathExists p then builtins.readFileType p else "none"`,
  `let p = ./tree/x.nix; in if builtins.pathExists p && builtins.readFileType p == "regular" then import p else 0`,
  `let p = ./tree/y.nix; in if builtins.pathExists p && builtins.readFileType p == "regular" then import p else 0`,
  `builtins.path { path = ./tree; name = "t"; filter = p: t: baseNameOf p != "b"; }`,
  `"\${./tree}"`,
  `builtins.tryEval (builtins.findFile [ { prefix = ""; path = toString ./tree/p; } { prefix = "q"; path = toString ./tree/sub; } ] "lib.nix")`,
  `(builtins.tryEval (builtins.findFile [ { prefix = "q"; path = toString ./tree/sub; } ] "q/c")).value`,
  `import ./tree/link`,
  `builtins.hashFile "sha256" ./tree/sub/c`,
]

function randomly(seed: number): (n: number) => number {
  return (n) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
    return (seed >>> 8) % n
  }
}

/** Texts of one length, so that only the hash or a ctime tells them apart; all are Nix. */
function textOf(random: (n: number) => number): string {
  const digit = random(10)
  return random(3) === 0 ? `{ v = ${digit}; }` : random(2) === 0 ? `[ ${digit} ./a  ]` : `1000000${digit} + 1`
}

function change(tree: string, random: (n: number) => number): void {
  const path = join(tree, NAMES[random(NAMES.length)])
  const other = join(tree, NAMES[random(NAMES.length)])
  try {
    switch (random(14)) {
      case 0:
      case 1:
      case 2: {
        // Another text of the same size, and the mtime put back.
        const before = lstatSync(path)
        if (!before.isFile()) return
        writeFileSync(path, textOf(random))
        utimesSync(path, before.atimeMs / 1000, before.mtimeMs / 1000)
        return
      }
      case 3:
        if (!existsSync(path)) writeFileSync(path, textOf(random))
        return
      case 4:
        utimesSync(path, random(1e9), random(1e9))
        return
      case 5:
        renameSync(path, other)
        return
      case 6:
        rmSync(path, { recursive: true })
        return
      case 7:
        symlinkSync(['a', 'x.nix', 'sub', '../a', 'gone', 'sub/c'][random(6)], path)
        return
      case 8:
        mkdirSync(path)
        return
      case 9:
        chmodSync(path, lstatSync(path).isDirectory() ? 0o755 : random(2) === 0 ? 0o755 : 0o644)
        return
      case 10:
      case 11:
        process.env[VARIABLES[random(2)]] = String(random(3))
        return
      case 12:
        delete process.env[VARIABLES[random(2)]]
        return
      default:
        rmSync(path, { recursive: true, force: true })
        writeFileSync(path, textOf(random))
    }
  } catch {
    // Not every change is possible everywhere.
  }
}

/** Brings back what many programs need, so that most runs succeed. */
function repair(tree: string): void {
  const plain: [string, string][] = [
    ['a', '{ v = 1; }'],
    ['sub/c', '{ v = 2; }'],
    ['sub/deep/e', '{ v = 3; }'],
    ['p/lib.nix', '{ v = 4; }'],
    ['x.nix', '{ v = 5; }'],
  ]
  for (const [name, text] of plain) {
    const path = join(tree, name)
    try {
      mkdirSync(join(path, '..'), { recursive: true })
      if (!existsSync(path)) writeFileSync(path, text)
    } catch {
      rmSync(join(tree, name.split('/')[0]), { recursive: true, force: true })
    }
  }
  if (!existsSync(join(tree, 'link'))) {
    rmSync(join(tree, 'link'), { force: true })
    symlinkSync('x.nix', join(tree, 'link'))
  }
  if (!existsSync(join(tree, 'ldir'))) {
    rmSync(join(tree, 'ldir'), { force: true })
    symlinkSync('sub', join(tree, 'ldir'))
  }
}

interface Ran {
  text: string
  succeeded: boolean
  kept: boolean
}

/** One evaluation in this process. */
function evaluate(
  io: EvalIO,
  folder: string,
  text: string,
  tracking?: Tracking,
  dir?: string,
  ahead = 0,
): { code: number; text: string } {
  try {
    const evaluator = new Evaluator({
      io,
      settings: evalSettings(),
      log: () => {},
      ...(tracking === undefined || dir === undefined
        ? {}
        : {
            cache: (compileOptions: string) =>
              tracking.chunks(
                new DiskCache({ dir, compileOptions, now: () => Date.now() + ahead, packFrom: 2 }),
              ),
          }),
    })
    const thunk = evaluator.thunkOf(text, { origin: 'string', baseDir: folder })
    const value = evaluator.run((m) => m.force(thunk))
    evaluator.run((m) => deepForce(m, value))
    const out: string[] = []
    printAmbiguous(value, { maxDepth: 10000, write: (piece) => out.push(piece) })
    return { code: 0, text: out.join('') }
  } catch (error) {
    if (!(error instanceof NixError)) throw error
    return { code: 1, text: `error: ${error.message}` }
  }
}

/** A run with everything that is kept, in this process. `ahead`: the clock is that far ahead, so that stamps prove something. */
function trackedHere(folder: string, dir: string, text: string, ahead: number): Ran {
  const request = requestText({ arguments: [text], folder, version: '1' })
  const now = (): number => Date.now() + ahead
  const found = look({ dir, request, now })
  const handover: Handover = {
    bundle: join(folder, 'bundle'),
    place: { dir, isDefault: false },
    request,
    why: found.kind === 'miss' ? found.why : undefined,
    alwaysHash: false,
  }
  const tracking = new Tracking(handover, () => {}, now)
  const result = found.kind === 'hit' ? found.result : tracking.find()
  if (typeof result !== 'string') {
    const bytes = Buffer.concat(result.pieces.map((piece) => piece.bytes)).toString('latin1')
    return { text: bytes, succeeded: result.exitCode === 0, kept: true }
  }
  tracking.wanted = true
  const ran = evaluate(tracking.recording, folder, text, tracking, dir, ahead)
  tracking.wrote(1, ran.text)
  const why = tracking.store(ran.code)
  if (why !== undefined) throw new Error(`not kept: ${why}`)
  return { text: ran.text, succeeded: ran.code === 0, kept: false }
}

function spawned(
  program: string,
  folder: string,
  words: string[],
): { text: string; code: number | null; stderr: string } {
  const child = spawnSync(process.execPath, [program, '--eval', '--strict', ...words], {
    cwd: folder,
    encoding: 'latin1',
  })
  return {
    text: `${child.stdout}${child.stderr.replace(/^note: .*\n/gm, '')}`,
    code: child.status,
    stderr: child.stderr,
  }
}

/** Runs it; says what came of it. */
export function fuzz(options: FuzzOptions): FuzzReport {
  const { folder, rounds, program } = options
  const random = randomly(options.seed)
  const tree = join(folder, 'tree')
  const dir = join(folder, 'cache')
  const report: FuzzReport = { rounds, kept: 0, succeeded: 0, wrong: [] }
  mkdirSync(join(tree, 'sub'), { recursive: true })
  writeFileSync(join(folder, 'bundle'), '')
  const environment = Object.fromEntries(VARIABLES.map((name) => [name, process.env[name]]))
  try {
    for (let round = 0; round < rounds; round++) {
      for (let n = random(3); n > 0; n--) change(tree, random)
      if (random(2) > 0) repair(tree)
      const which = random(PROGRAMS.length)
      const text = PROGRAMS[which]
      // A clock that runs ahead lets every stamp prove something: one tick of the real one must pass, as it would have.
      const ahead = random(2) === 0 ? 10_000 : 0
      if (ahead > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 12)
      let got: Ran
      let expected: string
      if (program === undefined) {
        got = trackedHere(folder, dir, text, ahead)
        expected = evaluate(new NodeIO(), folder, text).text
        if (ahead > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 12)
      } else {
        const flags = ['--cache-results', '--explain-cache', '--cache-dir', dir]
        const run = spawned(program, folder, ['-E', text, ...flags])
        got = {
          text: run.text,
          succeeded: run.code === 0,
          kept: run.stderr.includes('note: the result of an earlier run'),
        }
        expected = spawned(program, folder, ['-E', text, '--no-cache']).text
      }
      if (got.kept) report.kept++
      if (got.succeeded) report.succeeded++
      if (got.text !== expected) {
        report.wrong.push(
          `round ${round}, program ${which}${got.kept ? ', kept' : ''}: ${got.text}\n  instead of ${expected}`,
        )
        options.log?.(report.wrong[report.wrong.length - 1])
      }
    }
  } finally {
    for (const name of VARIABLES) {
      if (environment[name] === undefined) delete process.env[name]
      else process.env[name] = environment[name]
    }
  }
  return report
}
