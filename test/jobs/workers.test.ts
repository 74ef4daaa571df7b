// `firnix jobs --workers`: what several processes find together.
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { cleanEnv, type Ended, run, shell } from '../support/program.ts'
import { inProject } from '../support/project.ts'
import { assert, suite } from '../support/suite.ts'

const test = suite('jobs/workers')

const D = 'd = name: derivation { inherit name; system = "x86_64-linux"; builder = "/bin/sh"; };'
const MANY =
  'many = n: builtins.listToAttrs (builtins.genList (i: { name = "p${toString i}"; value = d "p${toString i}"; }) n);'
const ENTERED = 'recurseForDerivations = true;'
const TREE = `{ p ? "x" }: let ${D} ${MANY} in {
  a = d "a"; f = { q ? p }: d q; g = { q ? p }: { ${ENTERED} u = d q; v = { w ? 1 }: d "v\${toString w}"; };
  b = { ${ENTERED} e = throw "no"; m = { ${ENTERED} x = d "x"; y = d "y"; }; z = d "z"; };
  "b.c" = d "bc"; empty = { ${ENTERED} }; n = 1; r = throw "set"; s = { x = d "s"; };
  set1 = many 50 // { ${ENTERED} }; set2 = many 20 // { ${ENTERED} "\\xff" = d "odd"; }; z = d "z";
}`

const jobs = (words: string[], stdin = ''): Ended =>
  run('firnix', ['jobs', '--no-cache', ...words], { stdin })

/** Checks that several find what one finds; answers it. */
function alike(words: string[], stdin = ''): Ended {
  const one = jobs(words, stdin)
  for (const workers of ['2', '5']) assert.equal(jobs([...words, '--workers', workers], stdin), one)
  return one
}

test('several workers print what one prints, in the same order', () => {
  const { stdout, stderr, code } = alike(['-E', TREE])
  assert.is(code, 0)
  assert.is(stdout.split('\n').length, 83)
  assert.is(stderr.match(/error: no\n/g)?.length, 1)
  alike(['-E', TREE, '--force-recurse', '--meta', '--show-input-drvs', '--apply', 'd: { n = d.name; }'])
  alike(['-E', TREE, '-A', 'set2', '-A', 'b', '--argstr', 'p', 'y'])
})

test('several workers print the listing that one prints', () => {
  const listed = alike(['-E', TREE, '--nix-env', '--out-path'])
  assert.is(listed.stdout.split('\n').length, 77)
  alike(['-E', TREE, '--nix-env', '--json', '--meta', '--out-path'])
  alike(['-E', TREE, '--nix-env', '-A', 'set1', '-A', 'b.m', '--no-name'])
  alike(['-E', '{ }', '--nix-env'])
  // What ends it, after a part that was listed.
  const bad = `let ${D} in { a = { x = d "x"; }; b = { y = d "y"; z = d "z" // { drvPath = 1 + ""; }; }; }`
  const { code, stdout } = alike(['-E', bad, '--nix-env', '-A', 'a', '-A', 'b', '-A', 'a'])
  assert.is(code, 1)
  assert.match(stdout, /^a\.x +x +.*-x\.drv\n$/)
})

test('workers are given what standard input holds', () => {
  assert.match(alike(['-'], TREE).stdout, /"attr":"set2/)
  assert.match(alike(['-E', TREE, '--arg-from-stdin', 'p'], 'given').stdout, /-given\.drv/)
})

test('what ends the walk of one worker ends that of several', () => {
  assert.is(alike(['-E', 'throw "root"']).code, 1)
  assert.is(alike(['-E', '{']).code, 1)
  assert.is(alike(['-E', TREE, '-A', 'b', '-A', 'nope', '-A', 'set1']).code, 1)
  assert.is(alike(['-E', TREE, '--select', 'x: 1']).code, 1)
  assert.is(alike(['-E', TREE, '--apply', 'd: (']).code, 1)
})

test('what is said of the settings is said once', () => {
  assert.is(alike(['-E', '{ }', '--option', 'nosuch', '1']).stderr, "warning: unknown setting 'nosuch'\n")
})

test('each worker lets go of what it has evaluated when it has come to --max-memory-size', () => {
  const keep =
    'keep = i: builtins.deepSeq (builtins.genList (x: x + i) 300000) (d "k${toString i}" // { l = builtins.genList (x: x + i) 300000; });'
  const text = `let ${D} ${keep} in builtins.listToAttrs (builtins.genList (i: { name = "k\${toString (i + 10)}"; value = keep i; }) 40)`
  const words = ['-E', text, '--apply', 'd: { n = builtins.length (builtins.filter (x: x > 0) d.l); }']
  const whole = jobs(words)
  assert.is(whole.stdout.split('\n').length, 41)
  const traced = words.with(1, `builtins.trace "begun" (${text})`)
  const { stdout, stderr } = jobs([...traced, '--workers', '2', '--max-memory-size', '40'])
  assert.is(stdout, whole.stdout)
  assert.ok(stderr.split('\n').length > 3, stderr)
})

test('a reader that goes away ends the workers quietly', async () => {
  const ended = await shell(
    `$FIRNIX jobs --no-cache --workers 2 -E '${TREE.replaceAll("'", '')}' 2>/dev/null | head -1`,
  )
  assert.match(ended.stdout, /^\{"attr":"a",.*\n$/)
})

/** Two attributes that never end. */
const ENDLESS = `let f = n: if n == 0 then 0 else f (n - 1); g = n: builtins.seq (f 1000) (g (n + 1)); ${D} in
  { a = d "a"; b = { ${ENTERED} x = builtins.trace "begun" (g 0); }; c = builtins.trace "begun" (g 0); }`

interface Endless {
  pid: number
  /** Processes that it has started. */
  workers(): number[]
  ended: Promise<Ended>
}

/** A run that does not end by itself; goes on when both workers are at work. */
function endless(): Promise<Endless> {
  const words = ['jobs', '--no-cache', '--workers', '2', '-E', ENDLESS]
  const child = spawn(process.execPath, [inProject('dist/firnix.js'), ...words], { env: cleanEnv() })
  const pid = child.pid as number
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (data) => (stdout += data))
  const ended = new Promise<Ended>((done) =>
    child.on('close', (code, signal) => done({ code, signal, stdout, stderr })),
  )
  const workers = () =>
    readdirSync('/proc')
      .map(Number)
      .filter((id) => id > 0 && parentOf(id) === pid)
  return new Promise((ready) =>
    child.stderr.on('data', (data) => {
      stderr += data
      if (stderr.split('begun').length === 3) ready({ pid, workers, ended })
    }),
  )
}

/** The parent of a process; undefined if there is no such process, or none that runs. */
function parentOf(pid: number): number | undefined {
  try {
    const [state, parent] = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ')
    return state === 'Z' ? undefined : Number(parent)
  } catch {
    return undefined
  }
}

/** Waits until none of these runs any more. */
async function gone(pids: number[]): Promise<void> {
  while (pids.some((pid) => parentOf(pid) !== undefined)) await new Promise((done) => setTimeout(done, 20))
}

test.needs('proc')(
  'a worker that is killed ends the run with an error that says what it looked at',
  async () => {
    const { workers, ended } = await endless()
    const pids = workers()
    assert.is(pids.length, 2)
    process.kill(pids[0], 'SIGKILL')
    const { code, stdout, stderr } = await ended
    assert.is(code, 1)
    assert.match(stdout, /^\{"attr":"a",.*\n$/)
    assert.match(stderr, /error: a worker was killed by SIGKILL while it looked at '(b\.x|c)'\n$/)
    await gone(pids)
  },
)

test.needs('proc')('a signal ends the workers too, whatever they are doing', async () => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGKILL'] as const) {
    const { pid, workers, ended } = await endless()
    const pids = workers()
    process.kill(pid, signal)
    assert.is((await ended).signal, signal)
    await gone(pids)
  }
})

test('more workers than can be started are an error', async () => {
  const ended = await shell(`ulimit -n 50; $FIRNIX jobs --no-cache --workers 60 -E '{ }'`)
  assert.is(ended.code, 1)
  assert.match(ended.stderr, /^error: cannot start a worker: .*EMFILE\n$/)
})

test('the number of workers is a number', () => {
  const { code, stderr } = jobs(['-E', '{ }', '--workers', '0'])
  assert.is(code, 2)
  assert.match(stderr, /'--workers' must be a positive number, not '0'/)
})

test('more workers than any machine has use for are not begun', () => {
  const { code, stderr } = jobs(['-E', '{ }', '--workers', '99999'])
  assert.is(code, 2)
  assert.match(stderr, /'--workers' must be at most 256, not '99999'/)
})

test.run()
