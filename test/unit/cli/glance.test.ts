import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { asksLittle, taskOf } from '../../../src/cli/glance.ts'
import { withFolder } from '../../support/project.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('cli/glance')

test('only a short expression is thought to ask for little', () => {
  assert.is(asksLittle(['eval', '-E', '1 + 1']), true)
  assert.is(asksLittle(['--eval', '--expr', 'builtins.currentSystem', '--json']), true)
  assert.is(asksLittle(['--version']), true)
  assert.is(asksLittle(['eval', '-E', `${'x: '.repeat(50)}1`]), false)
  assert.is(asksLittle(['eval', '-E']), false)
  assert.is(asksLittle(['eval', 'a.nix']), false)
})

test('a program that loads no other file is a task of its own', () =>
  withFolder((folder) => {
    const alone = join(folder, 'alone.nix')
    writeFileSync(alone, '1 + 1')
    const loads = join(folder, 'loads.nix')
    writeFileSync(loads, 'import ./alone.nix')
    const of = (...words: string[]): string => taskOf('firnix', ['eval', ...words])
    assert.equal(
      [of('-E', '1 + 1'), of('-E', 'import ./a.nix'), of(alone)],
      ['eval-alone', 'eval', 'eval-alone'],
    )
    assert.equal([of(loads), of(alone, alone), of(join(folder, 'none.nix'))], ['eval', 'eval', 'eval'])
    assert.is(taskOf('firnixInstantiate', ['--eval', alone]), 'nix-eval-alone')
    assert.is(taskOf('firnix', ['--version']), 'other')
  }))

test.run()
