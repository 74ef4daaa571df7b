// The commands of firnix.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type RunOptions, run } from '../support/program.ts'
import { withFolder } from '../support/project.ts'
import { assert, suite } from '../support/suite.ts'

const test = suite('firnix')

const prints = (words: string[], stdout: string, options?: RunOptions): void => {
  const ended = run('firnix', words, options)
  assert.equal([ended.stderr, ended.stdout, ended.code], ['', stdout, 0])
}

test('eval prints as nix eval does', () => {
  prints(
    ['eval', '-E', '{ a = [ (1 + 1) ]; f = x: x; e = throw "q"; p = map; }'],
    '{ a = [ 2 ]; e = «error: q»; f = «lambda f @ «string»:1:24»; p = «primop map»; }\n',
  )
  prints(['eval', '--json', '-E', '{ a = 1 + 1; }'], '{"a":2}\n')
  prints(['eval', '--raw', '-E', '"a"'], 'a')
  prints(['eval', '-E', '{ x ? 1 }: x'], '«lambda @ «string»:1:1»\n')
})

test('eval takes a file, standard input, or ./default.nix', () =>
  withFolder((folder) => {
    writeFileSync(join(folder, 'default.nix'), '{ a = 1; }')
    writeFileSync(join(folder, 'x.nix'), '2')
    prints(['eval', 'x.nix'], '2\n', { cwd: folder })
    prints(['eval', '-A', 'a', '-A', 'a'], '1\n1\n', { cwd: folder })
    prints(['eval', '-'], '3\n', { stdin: '1 + 2' })
  }))

test('an error in a file that eval was given tells of the file', () =>
  withFolder((folder) => {
    const file = join(folder, 'x.nix')
    writeFileSync(file, 'throw "no"')
    const traced = run('firnix', ['eval', '--show-trace', file]).stderr
    assert.match(traced, `… while evaluating the file '${file}':`)
    // A text that cannot be read has not been evaluated.
    writeFileSync(file, '[')
    assert.not.match(run('firnix', ['eval', '--show-trace', file]).stderr, 'while evaluating the file')
  }))

test('eval knows where the attribute was defined that it prints as JSON', () => {
  const program = '{ a = [ (throw "no") ]; b = builtins.mapAttrs (n: v: throw n) { c = 1; }; }'
  const traced = (...words: string[]): string =>
    run('firnix', ['eval', '--show-trace', '-E', program, ...words]).stderr
  assert.match(
    traced('--json', '-A', 'a'),
    /^error:\n +… while evaluating list element at index 0\n +at «string»:1:3:/,
  )
  // It is from there that the value is forced, not from the function that it applies.
  assert.match(traced('-A', 'b.c'), /^error:\n +… while calling anonymous lambda\n/)
})

test('eval --apply hands the value to a function', () => {
  prints(['eval', '-E', '[ 1 2 ]', '--apply', 'builtins.length'], '2\n')
})

test('parse and dump', () => {
  prints(['parse', '-E', 'x: [ 1 ]'], '(x: [ (1) ])\n')
  assert.match(
    run('firnix', ['dump', 'tokens', '-E', '1 + a']).stdout,
    /^0-1 integer "1"\n2-3 '\+' "\+"\n4-5 identifier/,
  )
  assert.match(run('firnix', ['dump', 'ast', '-E', '1 + 2']).stdout, /^binary/)
  assert.match(run('firnix', ['dump', 'bytecode', '-E', 'x: x']).stdout, /RETURN/)
})

test('errors end with 1, wrong usage with 2', () => {
  assert.is(run('firnix', ['eval', '-E', 'throw "x"']).code, 1)
  for (const words of [
    ['zork'],
    ['--zork'],
    ['eval', '--zork'],
    ['eval', '--raw', '--json', '-E', '1'],
    ['dump', 'x'],
  ]) {
    const ended = run('firnix', words)
    assert.is(ended.code, 2, words.join(' '))
    assert.match(ended.stderr, /\nTry 'firnix --help' for more information\.\n$/)
  }
})

test('help lists the commands, each has its own', () => {
  const help = run('firnix', ['--help'])
  assert.is(help.code, 0)
  for (const command of ['eval', 'instantiate', 'parse', 'dump']) {
    assert.match(help.stdout, new RegExp(`\n  ${command} `))
    assert.match(run('firnix', [command, '--help']).stdout, new RegExp(`^Usage: firnix ${command}`))
  }
})

test.run()
