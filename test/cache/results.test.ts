// Tracked results, through the command line.
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type Ended, type RunOptions, run } from '../support/program.ts'
import { withFolder } from '../support/project.ts'
import { assert, suite } from '../support/suite.ts'

const test = suite('cache/results')

/** A run with results kept in `folder`/cache; what `--explain-cache` said is taken out of stderr. */
function tracked(
  folder: string,
  words: string[],
  options: RunOptions = {},
): Ended & { kept: boolean; why: string } {
  const flags = ['--cache-dir', join(folder, 'cache'), '--cache-results', '--explain-cache']
  const ended = run('firnix-instantiate', ['--eval', ...words, ...flags], { cwd: folder, ...options })
  const notes = [...ended.stderr.matchAll(/^note: (.*)\n/gm)].map((match) => match[1])
  return {
    ...ended,
    stderr: ended.stderr.replace(/^note: .*\n/gm, ''),
    kept: notes.some((note) => note.startsWith('the result of an earlier run was used')),
    why: notes.join('; '),
  }
}

/** Runs twice; the second run has to give again what the first one said. */
function keeps(folder: string, words: string[], options: RunOptions = {}): Ended {
  const first = tracked(folder, words, options)
  const second = tracked(folder, words, options)
  assert.is(first.kept, false, first.why)
  assert.is(second.kept, true, `${words.join(' ')}: ${first.why}; ${second.why}`)
  assert.equal([second.stdout, second.stderr, second.code], [first.stdout, first.stderr, first.code])
  return second
}

function resultFiles(folder: string): string[] {
  const top = join(folder, 'cache/results')
  return readdirSync(top).flatMap((inner) =>
    readdirSync(join(top, inner)).map((name) => join(top, inner, name)),
  )
}

test('the same output comes back: values, traces, errors, exit codes', () =>
  withFolder((folder) => {
    writeFileSync(join(folder, 'x.nix'), '{ a = 1; }')
    assert.is(keeps(folder, ['-E', '(import ./x.nix).a + 1']).stdout, '2\n')
    assert.is(keeps(folder, ['-E', 'builtins.trace "t" 1']).stderr, 'trace: t\n')
    assert.is(keeps(folder, ['-E', 'throw "q"']).code, 1)
    assert.match(keeps(folder, ['-E', 'builtins.readFile ./none']).stderr, /none' does not exist/)
    assert.is(keeps(folder, ['-E', '"caf\u00e9"']).stdout, '"caf\u00e9"\n')
    assert.is(keeps(folder, ['-'], { stdin: '1 + 2' }).stdout, '3\n')
  }))

test('any input that changes makes it run again', () =>
  withFolder((folder) => {
    const path = (name: string): string => join(folder, name)
    writeFileSync(path('x.nix'), '1')
    mkdirSync(path('d'))
    symlinkSync('x.nix', path('l.nix'))
    const runs = (
      words: string[],
      change: () => void,
      expected: string,
      options: [RunOptions?, RunOptions?] = [],
    ): void => {
      keeps(folder, words, options[0])
      change()
      const after = tracked(folder, words, options[1] ?? options[0])
      assert.is(after.kept, false, words.join(' '))
      assert.is(after.stdout, expected)
    }
    const nothing = (): void => {}
    runs(['-E', 'import ./x.nix'], () => writeFileSync(path('x.nix'), '2'), '2\n')
    runs(['-E', 'builtins.pathExists ./new'], () => writeFileSync(path('new'), ''), 'true\n')
    runs(
      ['-E', 'builtins.attrNames (builtins.readDir ./d)', '--strict'],
      () => writeFileSync(path('d/e'), ''),
      '[ "e" ]\n',
    )
    runs(
      ['-E', 'import ./l.nix'],
      () => {
        writeFileSync(path('y.nix'), '7')
        unlinkSync(path('l.nix'))
        symlinkSync('y.nix', path('l.nix'))
      },
      '7\n',
    )
    runs(['-E', 'builtins.getEnv "V"'], nothing, '"b"\n', [{ env: { V: 'a' } }, { env: { V: 'b' } }])
    runs(['-E', 'import <q>'], nothing, '2\n', [
      { env: { NIX_PATH: 'q=l.nix' } },
      { env: { NIX_PATH: 'q=x.nix' } },
    ])
    runs(['-'], nothing, '5\n', [{ stdin: '4' }, { stdin: '5' }])
    writeFileSync(path('nix.conf'), 'system = one\n')
    const conf = { env: { NIX_USER_CONF_FILES: path('nix.conf') } }
    runs(
      ['-E', 'builtins.currentSystem'],
      () => writeFileSync(path('nix.conf'), 'system = two\n'),
      '"two"\n',
      [conf],
    )
  }))

test('what cannot be tracked is not kept, and it is said why', () =>
  withFolder((folder) => {
    for (const [words, why] of [
      [['-E', 'builtins.currentTime'], /depends on the time/],
      [['-E', '__currentTime'], /depends on the time/],
      [['-E', '1', '--read-write-mode'], /does more than print/],
    ] as const) {
      tracked(folder, [...words])
      const second = tracked(folder, [...words])
      assert.is(second.kept, false)
      assert.match(second.why, why)
    }
    assert.is(tracked(folder, ['--zork']).code, 1)
    assert.is(tracked(folder, ['--zork']).kept, false)
    assert.is(keeps(folder, ['-E', 'builtins ? currentTime']).stdout, 'true\n')
  }))

test('--explain-cache and --stats may come and go; --no-cache runs always', () =>
  withFolder((folder) => {
    const words = ['--eval', '-E', '1 + 1', '--cache-dir', join(folder, 'cache')]
    const go = (...more: string[]): Ended => run('firnix-instantiate', [...words, ...more])
    assert.equal([go('--cache-results').stdout, go('--cache-results').stderr], ['2\n', ''])
    assert.match(go('--cache-results', '--explain-cache').stderr, /an earlier run was used: \d+ inputs/)
    const stats = JSON.parse(go('--cache-results', '--stats').stderr)
    assert.is(stats.results.hit, true)
    assert.not.match(go('--cache-results', '--explain-cache', '--no-cache').stderr, /earlier/)
    // A word that is an argument is no flag.
    const arg = (...more: string[]): string =>
      run('firnix', [
        'eval',
        '--cache-dir',
        join(folder, 'cache'),
        '-E',
        '{ a }: a',
        '--apply',
        'f: f { a = 1; }',
        ...more,
      ]).stdout
    assert.is(arg('--cache-results'), '1\n')
    assert.is(arg('--cache-results'), '1\n')
  }))

test('entries that are cut, flipped, swapped, foreign or made up are misses', () =>
  withFolder((folder) => {
    writeFileSync(join(folder, 'x.nix'), '{ a = 1; b = 2; }')
    const a = ['-E', '(import ./x.nix).a']
    const b = ['-E', '(import ./x.nix).b']
    tracked(folder, a)
    const [first] = resultFiles(folder)
    tracked(folder, b)
    const second = resultFiles(folder).find((file) => file !== first) as string
    const good = readFileSync(first)
    const bad: Buffer[] = [
      Buffer.alloc(0),
      good.subarray(0, 1),
      good.subarray(0, good.length - 1),
      good.subarray(0, 20),
    ]
    for (let i = 0; i < 6; i++) {
      const bytes = Buffer.from(good)
      bytes[Math.floor((i * good.length) / 6)] ^= 1 << i
      bad.push(bytes)
    }
    bad.push(readFileSync(second), Buffer.from('c1', 'hex'), Buffer.concat([good, Buffer.from([0])]))
    // Valid msgpack with lengths that lie: an array of 2^32 - 1, a binary of 2^32 - 1.
    bad.push(Buffer.from('ddffffffff', 'hex'), Buffer.from('99c6ffffffff00', 'hex'))
    for (const bytes of bad) {
      writeFileSync(first, bytes, { mode: 0o600 })
      const ended = tracked(folder, a)
      assert.equal([ended.kept, ended.stdout, ended.stderr, ended.code], [false, '1\n', '', 0])
      assert.is(tracked(folder, a).kept, true)
    }
    chmodSync(first, 0o666)
    const ended = tracked(folder, a)
    assert.is(ended.kept, false)
    assert.match(ended.why, /somebody else/)
  }))

test('chunks that are cut, flipped or swapped are misses with right values', () =>
  withFolder((folder) => {
    const dir = join(folder, 'cache')
    writeFileSync(join(folder, 'x.nix'), '{ a = map (x: x * 2) [ 1 2 3 ]; b = "x${toString 5}"; }')
    writeFileSync(join(folder, 'y.nix'), '{ a = 7; b = 8; }')
    const go = (): Ended => run('firnix', ['eval', 'x.nix', '--cache-dir', dir], { cwd: folder })
    const expected = '{ a = [ 2 4 6 ]; b = "x5"; }\n'
    const check = (): void => {
      const ended = go()
      assert.equal([ended.stdout, ended.stderr, ended.code], [expected, '', 0])
    }
    check()
    const entries = (): string[] =>
      readdirSync(join(dir, 'chunks')).flatMap((inner) =>
        readdirSync(join(dir, 'chunks', inner)).map((name) => join(dir, 'chunks', inner, name)),
      )
    const [file] = entries()
    run('firnix', ['eval', 'y.nix', '--cache-dir', dir], { cwd: folder })
    const other = entries().find((entry) => entry !== file) as string
    const good = readFileSync(file)
    const bad: Buffer[] = [Buffer.alloc(0), good.subarray(0, good.length >> 1), readFileSync(other)]
    for (let i = 0; i < 8; i++) {
      const bytes = Buffer.from(good)
      bytes[Math.floor((i * good.length) / 8)] ^= 1 << i
      bad.push(bytes)
    }
    for (const bytes of bad) {
      writeFileSync(file, bytes, { mode: 0o600 })
      check()
      assert.not(readFileSync(file).equals(bytes))
    }
    chmodSync(file, 0o666)
    check()
    assert.match(run('firnix', ['cache', 'verify', '--cache-dir', dir]).stdout, /\nfaulty +0\n/)
  }))

test('a cache directory that cannot be made is one warning and the same output', () =>
  withFolder((folder) => {
    writeFileSync(join(folder, 'x.nix'), '1')
    writeFileSync(join(folder, 'file'), '')
    const words = ['eval', 'x.nix', '--cache-dir', join(folder, 'file')]
    const plain = run('firnix', words, { cwd: folder })
    assert.equal([plain.stdout, plain.code], ['1\n', 0])
    assert.match(plain.stderr, /^warning: compiled code is not kept: [^\n]*\n$/)
    const both = run('firnix', [...words, '--cache-results'], { cwd: folder })
    assert.equal([both.stdout, both.code], ['1\n', 0])
    assert.is(both.stderr.split('\n').length, 2, both.stderr)
  }))

test('--stats tells what a run spent its time on', () =>
  withFolder((folder) => {
    writeFileSync(join(folder, 'x.nix'), '1')
    const go = () =>
      JSON.parse(run('firnix', ['eval', 'x.nix', '--stats', '--cache-dir', 'cache'], { cwd: folder }).stderr)
    const cold = go()
    const phases = ['starting', 'reading', 'parsing', 'compiling', 'loading', 'storing', 'running']
    assert.equal(Object.keys(cold.phases), phases)
    assert.ok(phases.every((phase) => cold.phases[phase] >= 0))
    assert.equal([cold.cache.hits, cold.cache.misses, cold.cache.stored], [0, 1, 1])
    const warm = go()
    assert.equal([warm.cache.hits + warm.cache.hashedHits, warm.cache.misses], [1, 0])
    assert.is(warm.cache.bytesRead, cold.cache.bytesWritten)
  }))

test('firnix cache', () =>
  withFolder((folder) => {
    const dir = join(folder, 'cache')
    writeFileSync(join(folder, 'x.nix'), '1')
    tracked(folder, ['x.nix'])
    const cache = (...words: string[]): Ended => run('firnix', ['cache', ...words, '--cache-dir', dir])
    const stats = JSON.parse(cache('stats', '--json').stdout)
    assert.equal([stats.entries, stats.results], [1, 1])
    assert.match(cache('stats').stdout, /compiled files +1 /)
    const report = JSON.parse(cache('verify', '--json').stdout)
    assert.equal([report.entries, report.good, report.faults], [2, 2, []])
    const [file] = resultFiles(folder)
    const bytes = readFileSync(file)
    bytes[50] ^= 1
    writeFileSync(file, bytes)
    const faulty = cache('verify')
    assert.is(faulty.code, 1)
    assert.ok(faulty.stdout.includes(`${file}: damaged`))
    assert.is(JSON.parse(cache('prune', '--max-age', '1d', '--json').stdout).kept, 2)
    assert.is(JSON.parse(cache('prune', '--max-size', '0', '--json').stdout).removed, 2)
    tracked(folder, ['x.nix'])
    assert.is(JSON.parse(cache('clear', '--json').stdout).removed, 2)
    assert.is(cache('prune', '--max-age', 'x').code, 2)
    assert.is(cache('zork').code, 2)
  }))

test.run()
