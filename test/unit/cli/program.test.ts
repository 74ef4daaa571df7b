/** The shell round a command (src/cli/program.ts). */
import { Program } from '../../../src/cli/program.ts'
import { NixError } from '../../../src/errors.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('cli/program')

class Quiet extends Program {
  said = ''
  override complain(bytes: string): void {
    this.said += bytes
  }
}

test('all that is left to the end is done, and what fails of it fails a run that went well', () => {
  for (const [before, after] of [
    [0, 1],
    [130, 130],
  ]) {
    const program = new Quiet('x', [], {}, 2)
    program.render.colour = false
    const done: string[] = []
    program.atEnd(() => done.push('a'))
    program.atEnd(() => {
      throw new NixError('io', 'no room')
    })
    program.atEnd(() => done.push('b'))
    assert.is(program.finish(before), after)
    assert.equal([done, program.said], [['a', 'b'], 'error: no room\n'])
    assert.is(program.finish(before), before)
  }
})

test.run()
