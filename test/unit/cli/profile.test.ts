/** The file of a profile (src/cli/profile.ts), with a clock of the test's own. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openProfile } from '../../../src/cli/profile.ts'
import { Program } from '../../../src/cli/program.ts'
import { Settings } from '../../../src/cli/settings.ts'
import { Evaluator } from '../../../src/evaluator.ts'
import { MemoryIO } from '../../../src/io/memory.ts'
import { withFolder } from '../../support/project.ts'
import { evalSettings } from '../../support/settings.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('cli/profile')

function settings(): Settings {
  return new Settings({
    env: {},
    home: '/',
    system: 'x86_64-linux',
    readFile: () => undefined,
    exists: () => false,
    warn: () => {},
  })
}

test('none is made unless it is asked for', () => {
  assert.is(openProfile(new Program('x', [], {}, 1), settings(), undefined), undefined)
})

test('the file is there at once, is filled in a long run, and holds everything in the end', () =>
  withFolder((folder) => {
    const file = join(folder, 'p')
    const read = (): string => readFileSync(file, 'latin1')
    const program = new Program('x', [], {}, 1)
    const given = settings()
    given.set('eval-profiler-frequency', '0')
    let time = 0
    const profile = openProfile(program, given, file, () => time)
    assert.ok(profile)
    assert.is(read(), '')
    const evaluator = new Evaluator({
      io: new MemoryIO({ files: {} }),
      log: () => {},
      settings: evalSettings({}),
      profiler: profile.profiler,
    })
    const run = (text: string): unknown => evaluator.evalText(text, { origin: 'string', baseDir: '/' })
    run('let f = x: x; in f 1')
    profile.tick()
    assert.is(read(), '')
    time = 3000
    profile.tick()
    assert.match(read(), /^[^;\n]*:1:18:f 1\n$/)
    run('let f = x: x; in f 1 + f 2')
    profile.tick()
    assert.match(read(), /:1:18:f 1\n$/)
    assert.is(program.finish(0), 0)
    assert.match(read(), /^[^;\n]*:1:18:f 2\n[^;\n]*:1:24:f 1\n$/)
  }))

test.run()
