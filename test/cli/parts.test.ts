// Which files of the program a run loads: those that it has nothing to do with cost it milliseconds.
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../support/program.ts'
import { withFolder } from '../support/project.ts'
import { assert, suite } from '../support/suite.ts'

const test = suite('cli/parts')

/** Runs a small file, with flags, and answers which files of the program were loaded: of each its code is kept in a new folder. */
function loaded(folder: string, home: string, ...flags: string[]): string[] {
  const file = join(folder, 'a.nix')
  const cache = join(folder, 'cache')
  const words = ['--eval', ...flags, '--cache-dir', cache, file]
  const ended = run('firnix-instantiate', words, { env: { XDG_CACHE_HOME: join(folder, home) } })
  assert.is(ended.code, 0, ended.stderr)
  const parts = readdirSync(join(folder, home, 'firnix')).map((name) => /^code-([a-z]+)-/.exec(name)?.[1])
  return parts.filter((part) => part !== undefined).sort()
}

test('a run that compiles and stores a file loads the compiler, and one that finds it stored does not', () =>
  withFolder((folder) => {
    writeFileSync(join(folder, 'a.nix'), 'let f = x: x + 1; in [ (f 2) ]')
    assert.equal(loaded(folder, 'first'), ['compile', 'program'])
    assert.equal(loaded(folder, 'second'), ['program'])
  }))

test('what few runs need is loaded by those that need it', () =>
  withFolder((folder) => {
    writeFileSync(join(folder, 'a.nix'), 'let f = x: x + 1; in [ (f 2) ]')
    assert.equal(loaded(folder, 'plain', '--xml'), ['compile', 'program', 'rest'])
  }))

test.run()
