// What a long run does beforehand.
import { setFlagsFromString } from 'node:v8'
import { disassemble } from '../../../src/bytecode/disassemble.ts'
import { OP_INFO } from '../../../src/bytecode/opcode-info.ts'
import { REHEARSAL, rehearse } from '../../../src/cli/rehearsal.ts'
import { Evaluator } from '../../../src/evaluator.ts'
import { MemoryIO } from '../../../src/io/memory.ts'
import { evalSettings } from '../../support/settings.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('cli/rehearsal')

// The first test: once V8 has seen both kinds, they are one.
test('V8 sees machines of one kind before and after it', () => {
  const make = () => new Evaluator({ io: new MemoryIO(), settings: evalSettings({}), log: () => {} })
  const before = make()
  before.evalText('1 + 1', { origin: 'string', baseDir: '/' })
  rehearse(evalSettings({}))
  setFlagsFromString('--allow-natives-syntax')
  const areAlike = new Function('a', 'b', 'return %HaveSameMap(a, b)')
  setFlagsFromString('--no-allow-natives-syntax')
  assert.ok(areAlike(before.vm, make().vm))
})

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
