import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { inProject, withFolder } from '../../support/project.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('bench/signals')

/** An evaluator that says its version and never evaluates anything; `started` is where it writes its process. */
const endless = (started: string): string => `#!/bin/sh
if [ "$1" = --version ]; then echo 'endless 1.0'; exit; fi
echo $$ > '${started}'
exec sleep 1000
`

for (const [signal, code] of [
  ['SIGTERM', 143],
  ['SIGHUP', 129],
  ['SIGINT', 130],
] as const) {
  test(`${signal} ends a bench with all that it has started and made`, () =>
    withFolder(async (folder) => {
      const made = join(folder, 'tmp')
      mkdirSync(made)
      const started = join(folder, 'started')
      const evaluator = join(folder, 'endless')
      writeFileSync(evaluator, endless(started))
      chmodSync(evaluator, 0o755)
      const words = ['programs', '--no-build', '--only', 'fib', '--reference', evaluator]
      const bench = spawn(process.execPath, [inProject('scripts/bench.mjs'), ...words], {
        env: { ...process.env, TMPDIR: made },
        stdio: 'ignore',
      })
      const ended = once(bench, 'exit')
      while (!existsSync(started) || readFileSync(started, 'utf8') === '') {
        assert.is(bench.exitCode, null, 'it has ended by itself')
        await wait(20)
      }
      assert.ok(readdirSync(made).length > 0)
      bench.kill(signal)
      assert.equal(await ended, [code, null])
      assert.equal(readdirSync(made), [])
      assert.throws(() => process.kill(Number(readFileSync(started, 'utf8')), 0), /ESRCH/)
    }))
}

test.run()
