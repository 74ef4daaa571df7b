import { disassemble } from '../../../src/bytecode/disassemble.ts'
import { assert, suite } from '../../support/suite.ts'
import { chunkOf, PROGRAM } from '../cache/sample.ts'

const test = suite('bytecode/disassemble')

test('units, instructions and operands are spelt out', () => {
  const text = disassemble(chunkOf('x: { a = x; b = "caf\xc3\xa9\\n"; }'))
  assert.match(text, /^unit 0: file, env 0$/m)
  assert.match(text, /^ +\d+ CLOSURE +unit 1$/m)
  assert.match(text, /^unit 1: lambda of 1, env 2$/m)
  assert.match(text, /^ +params "x" @\d+$/m)
  assert.match(text, /^ +"a" @\d+ = GET0 slot 1$/m)
  assert.match(text, /^ +"b" @\d+ = STR "caf\\xc3\\xa9\\n"$/m)
})

test('jumps say where they go', () => {
  const text = disassemble(chunkOf('x: if x then 1 else 2'))
  const target = /BRANCH +to (\d+)$/m.exec(text)?.[1]
  assert.ok(target !== undefined)
  assert.match(text, new RegExp(`^ +${target} INT +2$`, 'm'))
})

test('formals come with their defaults', () => {
  const text = disassemble(chunkOf('{ a, b ? 1 + 1, ... }: a'))
  assert.match(text, /^ +formals of slot 1, \.\.\.$/m)
  assert.match(text, /^ +"a" @\d+ slot 2$/m)
  assert.match(text, /^ +"b" @\d+ slot 3 \? THUNK unit 2$/m)
})

test('constants are shown by kind', () => {
  const text = disassemble(chunkOf('[ 4611686018427387904 1.5 ./x.nix ]'))
  assert.match(text, /int 4611686018427387904/)
  assert.match(text, /float 1\.5/)
  assert.match(text, /path "\.\/x\.nix"|path "x\.nix"/)
})

test('damaged code is printed and not followed', () => {
  const chunk = chunkOf(PROGRAM)
  for (let i = 1; i < chunk.code.length; i++) {
    const code = chunk.code.slice()
    code[i] = -7
    assert.type(disassemble({ ...chunk, code }), 'string')
    code[i] = 0x7fffffff
    assert.type(disassemble({ ...chunk, code }), 'string')
  }
})

test.run()
