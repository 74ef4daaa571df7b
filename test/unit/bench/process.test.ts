import { type Contestant, commandLine, printed } from '../../../bench/harness/contestants.ts'
import { Stopwatch, uninterrupted } from '../../../bench/harness/process.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('bench/process')

/** A run that prints, complains and ends with 3. */
const COMMAND = [process.execPath, '-e', 'console.log("out"); console.error("err"); process.exitCode = 3']

function measured(meter: 'python' | 'wall') {
  const watch = new Stopwatch(meter)
  try {
    return watch.run(COMMAND)
  } finally {
    watch.close()
  }
}

test.needs('python3')('Python says what a run cost', () => {
  const { cost, code, stdout, stderr } = measured('python')
  assert.equal([code, stdout, stderr], [3, 'out\n', 'err\n'])
  assert.ok(cost.wall > 0 && cost.user !== null && cost.user > 0)
  assert.ok(cost.memory !== null && cost.memory > 1e6)
})

test('without it there is wall time alone', () => {
  const { cost, code, stdout, stderr } = measured('wall')
  assert.equal([code, stdout, stderr], [3, 'out\n', 'err\n'])
  assert.equal([cost.user, cost.memory], [null, null])
})

const ENDLESS = 'setInterval(() => {}, 1000)'
/** Starts another that does not end either. */
const TWO_ENDLESS = `require("child_process").spawnSync(process.execPath, ["-e", ${JSON.stringify(ENDLESS)}])`

function measuredEndless(meter: 'python' | 'wall', text: string): boolean {
  const watch = new Stopwatch(meter)
  try {
    return watch.run([process.execPath, '-e', text], { limit: 1 }).late
  } finally {
    watch.close()
  }
}

test('a run that takes too long is killed', () => assert.ok(measuredEndless('wall', ENDLESS)))

test.needs('python3')('with all that it has started', () => assert.ok(measuredEndless('python', TWO_ENDLESS)))

test('a child that Ctrl-C has ended interrupts the bench', () => {
  const ended = { status: 0, signal: null }
  assert.is(uninterrupted(ended), ended)
  assert.throws(() => uninterrupted({ status: null, signal: 'SIGINT' }), /interrupted/)
  assert.throws(() => uninterrupted({ status: 130, signal: null }), /interrupted/)
})

test('a program that is not there is an error', () => {
  const watch = new Stopwatch('wall')
  assert.throws(() => watch.run(['/nonexistent/program']), /nonexistent/)
  watch.close()
})

test('each kind of evaluator gets its own command line', () => {
  const who = (kind: Contestant['kind'], name: string, command: string[]): Contestant => ({
    name,
    kind,
    command,
    version: '',
  })
  const text = { kind: 'text', text: '1' } as const
  const all = { kind: 'all', tree: '/t', words: ['-x'] } as const
  const firnix = who('firnix', 'firnix/20', ['node', '/d/firnix-instantiate.js', '--flag'])
  assert.equal(commandLine(firnix, text), [
    ...firnix.command,
    '--readonly-mode',
    '--no-cache',
    '--eval',
    '--strict',
    '-E',
    '1',
  ])
  assert.equal(commandLine(firnix, all, '/c'), [
    'node',
    '/d/firnix.js',
    'jobs',
    '/t',
    '--nix-env',
    '--flag',
    '--cache-dir',
    '/c',
    '-x',
  ])
  const nix = who('nix', 'nix 2.34.8', ['other', 'nix-instantiate'])
  assert.equal(commandLine(nix, all), [
    'other',
    'nix-env',
    '-f',
    '/t',
    '-qaP',
    '--drv-path',
    '--option',
    'max-call-depth',
    '1000000',
    '-x',
  ])
  const tvix = who('tvix', 'tvix 0.1', ['tvix'])
  assert.equal(commandLine(tvix, text), ['tvix', '--strict', '--expr', '1'])
  assert.is(commandLine(tvix, all), undefined)
  assert.is(printed(tvix, '=> [ 1 2 ] :: list\n'), '[ 1 2 ]')
})

test.run()
