/**
 * The golden programs of corpus/golden, run through nix-instantiate's command line. For each NAME.nix:
 *
 *   NAME.exp     what must be on standard output, the exit code being 0
 *   NAME.err     what must be on standard error, the exit code being 1: of `trace-*` all of it, of others the final message
 *                with its place in the source
 *   NAME.flags   the arguments, one to a line; without it `--eval --strict`
 *
 * The folder's own path is written /pwd. (No program that fails holds a tab: how wide Nix prints one depends on the length of
 * that path.) `npm run test:update` rewrites what is expected; with FIRNIX_REFERENCE set to the
 * command of an installed Nix, programs run through that instead (so goldens are made by Nix, and checked against it).
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { golden, inProject, updating } from '../support/project.ts'
import { type Outcome, runInstantiate } from '../support/run-instantiate.ts'
import { assert, suite } from '../support/suite.ts'

const home = inProject('corpus/golden')
const reference = process.env.FIRNIX_REFERENCE
// The reference may see other folders than the project's; it gets a copy where temporary files go.
const folder = reference ? join(tmpdir(), `firnix-golden-${process.pid}`) : home
if (reference) cpSync(home, folder, { recursive: true })

const env = { HOME: '/fake-home', NIX_PATH: '', PATH: process.env.PATH, NIX_REMOTE: process.env.NIX_REMOTE }

// Where `~` leads is the machine's to say, not the evaluator's.
process.env.HOME = env.HOME

async function run(name: string): Promise<Outcome> {
  const flags = join(home, `${name}.flags`)
  const words = existsSync(flags)
    ? readFileSync(flags, 'latin1').split('\n').slice(0, -1)
    : ['--eval', '--strict']
  words.push(join(folder, `${name}.nix`))
  if (!reference) return runInstantiate(words, env)
  const [command = '', ...first] = reference.split(' ')
  const done = spawnSync(command, [...first, ...words], { env, encoding: 'latin1', maxBuffer: 1 << 28 })
  return { code: done.status ?? -1, out: done.stdout, err: done.stderr }
}

/** Without the machine's own: the folder's path, the note every evaluation that writes to a store begins with. */
function neutral(text: string): string {
  return text.replaceAll(folder, '/pwd')
}

/** The final message with its place, moved to the left margin. */
function finalMessage(err: string): string {
  const lines = err.split('\n')
  let start = lines.length - 1
  while (start > 0 && !/^\s*error:\s*\S/.test(lines[start])) start--
  // Under frames the whole message is indented; without them only the lines after the first are, as far as `error: ` reaches.
  const indent = Math.max(/^ */.exec(lines[start])?.[0].length ?? 0, 'error: '.length)
  return lines
    .slice(start)
    .map((line) => line.slice(Math.min(indent, /^ */.exec(line)?.[0].length ?? 0)))
    .join('\n')
}

const test = suite('golden')
const names = readdirSync(home)
  .filter((file) => file.endsWith('.nix'))
  .map((file) => file.slice(0, -4))
  .sort()

test.after(() => {
  if (reference) rmSync(folder, { recursive: true, force: true })
})

for (const name of names) {
  test(name, async () => {
    const { code, out, err } = await run(name)
    const [exp, fail] = [join(home, `${name}.exp`), join(home, `${name}.err`)]
    if (updating) {
      rmSync(exp, { force: true })
      rmSync(fail, { force: true })
    }
    const fails = updating ? code !== 0 : existsSync(fail)
    const actual = neutral(fails ? (name.startsWith('trace-') ? err : finalMessage(err)) : out)
    if (!fails && code !== 0) assert.unreachable(`exit code ${code}: ${neutral(finalMessage(err))}`)
    assert.fixture(actual, golden(fails ? fail : exp, actual))
    assert.is(code, fails ? 1 : 0)
  })
}

test.run()
