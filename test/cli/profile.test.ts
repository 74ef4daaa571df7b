// Profiles from the command line: --profile and Nix's own settings.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run, shell } from '../support/program.ts'
import { withFolder } from '../support/project.ts'
import { assert, suite } from '../support/suite.ts'

const test = suite('cli/profile')

const TEXT = 'let f = x: x; in f 1'
const LINE = '«string»:1:18:f 1\n'
/** Every call is a sample. */
const ALL = ['--eval-profiler-frequency', '0']

const folded = (folder: string, name: string): string => readFileSync(join(folder, name), 'utf8')

test('eval --profile writes folded stacks into the file, and prints what it prints', () =>
  withFolder((cwd) => {
    const ended = run('firnix', ['eval', '-E', TEXT, '--profile', 'p', ...ALL], { cwd })
    assert.equal([ended.stderr, ended.stdout, ended.code, folded(cwd, 'p')], ['', '1\n', 0, LINE])
  }))

test('without a frequency samples are taken by the clock', () =>
  withFolder((cwd) => {
    const text = 'let f = n: if n < 2 then n else f (n - 1) + f (n - 2); in f 23'
    assert.is(run('firnix', ['eval', '-E', text, '--profile', 'p'], { cwd }).stdout, '28657\n')
    assert.match(
      folded(cwd, 'p'),
      /^(«string»:1:59:f(;«string»:1:\d+:(f|primop lessThan|primop sub))* \d+\n)+$/,
    )
  }))

test('Nix’s settings make a profile, by default in nix.profile', () =>
  withFolder((cwd) => {
    const flags = ['--eval-profiler', 'flamegraph', ...ALL]
    assert.is(run('firnix-instantiate', ['--eval', '-E', TEXT, ...flags], { cwd }).stdout, '1\n')
    assert.is(folded(cwd, 'nix.profile'), LINE)
    const env = {
      NIX_CONFIG: 'eval-profiler = flamegraph\neval-profiler-frequency = 0\neval-profile-file = q',
    }
    assert.is(run('firnix', ['eval', '-E', TEXT], { cwd, env }).stdout, '1\n')
    assert.is(folded(cwd, 'q'), LINE)
  }))

test('without any of them there is no file', () =>
  withFolder((cwd) => {
    run('firnix', ['eval', '-E', TEXT, ...ALL], { cwd })
    assert.equal(readdirSync(cwd), [])
  }))

test('jobs --profile has the stacks of all jobs', () =>
  withFolder((cwd) => {
    const drv = (name: string) => `derivation { name = f "${name}"; system = "s"; builder = "b"; }`
    writeFileSync(join(cwd, 'j.nix'), `let f = x: x; in {\n a = ${drv('x')};\n b = ${drv('y')}; }`)
    const ended = run('firnix', ['jobs', 'j.nix', '--profile', 'p', ...ALL], { cwd })
    assert.equal([ended.stderr, ended.code, ended.stdout.split('\n').length], ['', 0, 3])
    const lines = folded(cwd, 'p')
    for (const line of [2, 3]) assert.match(lines, new RegExp(`^${cwd}/j\\.nix:${line}:26:f 1$`, 'm'))
    for (const name of ['x', 'y']) assert.match(lines, new RegExp(`primop derivationStrict:${name} 1$`, 'm'))
  }))

test('a run that fails has a profile, too', () =>
  withFolder((cwd) => {
    const ended = run(
      'firnix',
      ['eval', '-E', 'let f = x: x; in f 1 + (throw "x")', '--profile', 'p', ...ALL],
      {
        cwd,
      },
    )
    assert.equal([ended.code, ended.stdout], [1, ''])
    assert.match(ended.stderr, /error: x\n$/)
    assert.is(folded(cwd, 'p'), `${LINE}«string»:1:25:primop throw 1\n`)
  }))

test('a file that cannot be opened is an error before anything is evaluated', () =>
  withFolder((cwd) => {
    for (const [file, why] of [
      ['nope/p', 'No such file or directory'],
      ['.', 'Is a directory'],
    ]) {
      const ended = run('firnix', ['eval', '-E', 'builtins.trace "t" 1', '--profile', file], { cwd })
      assert.equal(
        [ended.code, ended.stdout, ended.stderr],
        [1, '', `error: opening file "${file}": ${why}\n`],
      )
    }
  }))

test('a file that cannot be written is an error after the result', () => {
  if (!existsSync('/dev/full')) return
  const ended = run('firnix', ['eval', '-E', TEXT, '--profile', '/dev/full', ...ALL])
  const message = 'error: cannot write the profile to "/dev/full": No space left on device\n'
  assert.equal([ended.code, ended.stdout, ended.stderr], [1, '1\n', message])
})

test('a profile can go where it can be written only once', async () => {
  if (!existsSync('/dev/stderr')) return
  const ended = await shell(`$FIRNIX eval -E '${TEXT}' --profile /dev/stderr ${ALL.join(' ')} 2>&1 | cat`)
  assert.is(ended.stdout, `1\n${LINE}`)
})

test.run()
