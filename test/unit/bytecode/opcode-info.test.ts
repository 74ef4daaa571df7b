import { OPS } from '../../../src/bytecode/opcode-info.ts'
import * as Op from '../../../src/bytecode/opcodes.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('opcode-info')

test('every opcode has its row, at its number', () => {
  const numbers = Object.entries(Op)
  assert.is(OPS.length, numbers.length)
  for (const [name, number] of numbers) assert.is(OPS[number].name, name)
})

test.run()
