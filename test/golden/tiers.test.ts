/**
 * The golden programs once more, in every way that the machine can run them: what they print, to the last line of a trace,
 * must not depend on the tier that ran them, nor on how deep the JavaScript stack may get.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inProject, withFolder } from '../support/project.ts'
import { runInstantiate } from '../support/run-instantiate.ts'
import { assert, suite } from '../support/suite.ts'

const home = inProject('corpus/golden')
const env = { HOME: '/fake-home', NIX_PATH: '', PATH: process.env.PATH, NIX_REMOTE: process.env.NIX_REMOTE }
process.env.HOME = env.HOME

const test = suite('tiers')
const given = process.env.FIRNIX_JIT

test.after(() => {
  if (given === undefined) delete process.env.FIRNIX_JIT
  else process.env.FIRNIX_JIT = given
})

function words(name: string): string[] {
  const flags = join(home, `${name}.flags`)
  const first = existsSync(flags)
    ? readFileSync(flags, 'latin1').split('\n').slice(0, -1)
    : ['--eval', '--strict']
  return [...first, join(home, `${name}.nix`)]
}

for (const [what, tier] of [
  ['everything is compiled at once', '0'],
  ['everything is compiled, and the stack is given up at five levels', '0,5'],
  ['everything is compiled, and the stack is given up at once', '0,1'],
  ['nothing is compiled, and the stack is given up at once', 'off,1'],
] as const) {
  test(what, async () => {
    for (const file of readdirSync(home)) {
      if (!file.endsWith('.nix')) continue
      const name = file.slice(0, -4)
      process.env.FIRNIX_JIT = 'off'
      const expected = await runInstantiate(words(name), env)
      process.env.FIRNIX_JIT = tier
      assert.equal(await runInstantiate(words(name), env), expected, name)
    }
  })
}

test('code is stored in part, and grows', async () => {
  process.env.FIRNIX_LAZY = '0'
  process.env.FIRNIX_JIT = 'off'
  try {
    for (const file of readdirSync(home)) {
      if (!file.endsWith('.nix')) continue
      const name = file.slice(0, -4)
      const expected = await runInstantiate(words(name), env)
      await withFolder(async (folder) => {
        const cached = ['--cache-dir', folder]
        await runInstantiate([...words(name).filter((word) => word !== '--strict'), ...cached], env)
        for (const run of ['first', 'second'])
          assert.equal(
            await runInstantiate([...words(name), ...cached], env),
            expected,
            `${name}, ${run} run`,
          )
      })
    }
  } finally {
    delete process.env.FIRNIX_LAZY
  }
})

test('everybody is watched by a profiler', async () => {
  const watched = ['--profile', '/dev/null', '--eval-profiler-frequency', '0']
  process.env.FIRNIX_JIT = 'off'
  for (const file of readdirSync(home)) {
    if (!file.endsWith('.nix')) continue
    const name = file.slice(0, -4)
    const expected = await runInstantiate(words(name), env)
    assert.equal(await runInstantiate([...words(name), ...watched], env), expected, name)
  }
})

test.run()
