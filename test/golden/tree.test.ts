/**
 * The package tree of corpus/tree: every .drv path and the example system, against what Nix 2.34 makes of them, and
 * against the Nix that is installed here. corpus/all.expected.json is rewritten by `npm run test:update`.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { golden, inProject, withFolder } from '../support/project.ts'
import { runInstantiate } from '../support/run-instantiate.ts'
import { assert, suite } from '../support/suite.ts'

const test = suite('tree')
const all = inProject('corpus/all.nix')

/** The words after the program that evaluate every package, as JSON. */
const everything = (tree: string) => ['--eval', '--strict', '--json', all, '--arg', 'tree', tree]

async function evaluate(words: readonly string[]): Promise<string> {
  const { code, out, err } = await runInstantiate(words, {})
  assert.is(code, 0, err)
  return out
}

const pretty = (json: string) => `${JSON.stringify(JSON.parse(json), null, 2)}\n`

test("every package's .drv path is Nix's", async () => {
  const actual = pretty(await evaluate(everything(inProject('corpus/tree'))))
  assert.fixture(actual, golden(inProject('corpus/all.expected.json'), actual))
})

test("the tests of the tree's library hold", async () => {
  assert.is(await evaluate(['--eval', '--strict', inProject('corpus/tree/tests')]), '[ ]\n')
})

test('two trees grown to one size are the same', async () => {
  await withFolder((folder) => {
    const grow = (name: string) => {
      const done = spawnSync(process.execPath, [
        inProject('scripts/grow-corpus.mjs'),
        '150',
        join(folder, name),
      ])
      assert.is(done.status, 0, String(done.stderr))
      return readFileSync(join(folder, name, 'top-level/variants.nix'), 'latin1')
    }
    assert.is(grow('a'), grow('b'))
  })
})

test.needs('nix')('a grown tree evaluates to the same .drv paths in the installed Nix', async () => {
  // Where the store cannot be written, Nix needs one of its own to evaluate at all.
  const folder = mkdtempSync(join(tmpdir(), 'firnix-tree-'))
  try {
    const grown = join(folder, 'grown')
    spawnSync(process.execPath, [inProject('scripts/grow-corpus.mjs'), '400', grown])
    const words = everything(grown)
    const nix = spawnSync('nix-instantiate', ['--readonly-mode', ...words], {
      encoding: 'latin1',
      env: { ...process.env, NIX_REMOTE: 'dummy://', NIX_PATH: '' },
    })
    assert.is(nix.status, 0, nix.stderr)
    assert.is(pretty(await evaluate(words)), pretty(nix.stdout))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test.run()
