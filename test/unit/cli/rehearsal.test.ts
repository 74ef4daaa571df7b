// What a long run does beforehand.
import { disassemble } from '../../../src/bytecode/disassemble.ts'
import { OP_INFO } from '../../../src/bytecode/opcode-info.ts'
import { REHEARSAL, rehearse } from '../../../src/cli/rehearsal.ts'
import { Evaluator } from '../../../src/evaluator.ts'
import { MemoryIO } from '../../../src/io/memory.ts'
import { evalSettings } from '../../support/settings.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('cli/rehearsal')

test('the rehearsal gets to its end', () => {
  rehearse(evalSettings({}))
})

test('where there is no room for it, it says so', () => {
  assert.throws(() => rehearse(evalSettings({ maxCallDepth: 5 })), /stack overflow/)
})

/** What fails, what only the machine's own code has, and what only very long expressions need. */
const LEFT_OUT = ['FAIL', 'STEP', 'SUBUNIT']

test('there is every instruction that programs are made of', () => {
  const texts: string[] = []
  const evaluator = new Evaluator({
    io: new MemoryIO(),
    settings: evalSettings({}),
    log: () => {},
    wholeFiles: true,
    observe: ({ chunk }) => texts.push(disassemble(chunk)),
  })
  evaluator.evalText(REHEARSAL, { origin: 'string', baseDir: '/' })
  const words = new Set(texts.join('\n').split(/\s+/))
  const missing = Object.keys(OP_INFO).filter((name) => !words.has(name) && !LEFT_OUT.includes(name))
  assert.equal(missing, [])
})

test.run()
