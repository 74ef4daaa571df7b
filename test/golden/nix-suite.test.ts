/**
 * Nix's own language suite, read from a checkout of NixOS/nix (`npm test -- --nix DIR`): programs that must evaluate, that
 * must fail, and that must parse. Their expectations follow Nix's development; where they differ from the release that
 * Firnix follows, the release wins, so of the messages only most are asked for.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { nixCheckout } from '../support/needs.ts'
import { type Outcome, runInstantiate } from '../support/run-instantiate.ts'
import { assert, suite } from '../support/suite.ts'

const test = suite('nix-suite')
const functional = join(nixCheckout ?? '/', 'tests/functional')
const lang = join(functional, 'lang')

/** The names of programs of one kind that have an expectation with one of these endings. */
function programs(prefix: string, ...endings: string[]): string[] {
  return readdirSync(lang)
    .filter((file) => file.startsWith(prefix) && file.endsWith('.nix'))
    .map((file) => file.slice(0, -4))
    .filter((name) => endings.length === 0 || endings.some((ending) => existsSync(join(lang, name + ending))))
    .sort()
}

function read(file: string): string {
  return readFileSync(join(lang, file), 'latin1')
}

/** The arguments of NAME.flags, comments left out. */
function flagsOf(name: string): string[] | undefined {
  if (!existsSync(join(lang, `${name}.flags`))) return undefined
  const text = read(`${name}.flags`).replace(/#.*/g, '')
  return [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map((m) => m[1] ?? m[2] ?? m[3] ?? '')
}

/** Runs in the suite's folder, where its programs expect to be. */
async function run(words: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  process.chdir(functional)
  const whole: Record<string, string> = {
    TEST_VAR: 'foo',
    NIX_REMOTE: 'dummy://',
    NIX_STORE_DIR: '/nix/store',
    ...env,
  }
  Object.assign(process.env, whole)
  try {
    const { code, out, err } = await runInstantiate(words, whole)
    return { code, out: out.replaceAll(functional, '/pwd'), err: err.replaceAll(functional, '/pwd') }
  } catch (e) {
    return { code: 70, out: '', err: `fault: ${e instanceof Error ? e.message : e}` }
  }
}

/** The text of the last `error: ...` line. */
function message(err: string): string {
  return (
    err
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line.startsWith('error: '))
      .at(-1) ?? ''
  )
}

test.needs('checkout')(
  'every program of the suite that should evaluate prints what is expected',
  async () => {
    const wrong: string[] = []
    for (const name of programs('eval-okay-', '.exp', '.exp.xml')) {
      if (existsSync(join(lang, `${name}.exp-disabled`))) continue
      const xml = existsSync(join(lang, `${name}.exp.xml`))
      const flags = xml ? ['--xml', '--no-location'] : (flagsOf(name) ?? [])
      const { code, out } = await run([...flags, '--eval', '--strict', `lang/${name}.nix`], {
        NIX_PATH: 'lang/dir3:lang/dir4',
        HOME: '/fake-home',
      })
      if (code !== 0 || out.trim() !== read(`${name}.exp${xml ? '.xml' : ''}`).trim()) wrong.push(name)
    }
    assert.equal(wrong, [])
  },
)

test.needs('checkout')(
  'every program of the suite that should fail fails, most with the expected message',
  async () => {
    const wrong: string[] = []
    let asked = 0
    let same = 0
    for (const name of programs('eval-fail-')) {
      const flags = flagsOf(name) ?? ['--eval', '--strict', '--show-trace']
      const { code, err } = await run([...flags, `lang/${name}.nix`])
      if (code !== 1) wrong.push(name)
      if (!existsSync(join(lang, `${name}.err.exp`))) continue
      asked++
      if (message(err) === message(read(`${name}.err.exp`))) same++
    }
    assert.equal(wrong, [])
    assert.ok(same >= asked * 0.95, `${same} of ${asked} messages are as expected`)
  },
)

test.needs('checkout')('every program of the suite parses, or is refused, as expected', async () => {
  const wrong: string[] = []
  for (const name of [...programs('parse-okay-'), ...programs('parse-fail-')]) {
    const { code, out } = await run(['--parse', `lang/${name}.nix`])
    const expected = existsSync(join(lang, `${name}.exp`)) ? read(`${name}.exp`) : undefined
    const right = name.startsWith('parse-fail-')
      ? code === 1
      : code === 0 && (expected === undefined || out === expected)
    if (!right) wrong.push(name)
  }
  assert.equal(wrong, [])
})

test.run()
