import { type Chunk, UNIT } from '../../../src/bytecode/chunk.ts'
import { OPS } from '../../../src/bytecode/opcode-info.ts'
import * as Op from '../../../src/bytecode/opcodes.ts'
import { verifyTables, verifyUnit } from '../../../src/bytecode/verify.ts'
import { assert, suite } from '../../support/suite.ts'
import { chunkOf, PROGRAM } from '../cache/sample.ts'

const test = suite('bytecode/verify')

function faults(chunk: Chunk, globals?: number): string[] {
  const found: string[] = []
  const outer = verifyTables(chunk)
  if (outer !== undefined) return [outer]
  for (let unit = 0; unit < chunk.units.length / UNIT.STRIDE; unit++) {
    const wrong = verifyUnit(chunk, unit, globals)
    if (wrong !== undefined) found.push(wrong)
  }
  return found
}

/** A chunk of one unit with these words. */
function code(...words: number[]): Chunk {
  return {
    ...chunkOf('0'),
    code: Int32Array.from([0, ...words]),
    units: Int32Array.of(1, 0, 0, -1, -1, -1),
    strings: ['a'],
    siteCount: 1,
    cacheCount: 1,
    sourceLength: 10,
  }
}

function faultOf(...words: number[]): string {
  return faults(code(...words)).join('; ')
}

test('everything the compiler makes passes', () => {
  const nested = `${'if true then '.repeat(2000)}1${' else 2'.repeat(2000)}`
  for (const text of ['0', PROGRAM, '{ a, b ? a, ... }@x: x', 'x: y: z: x.a.b or y ? z', nested]) {
    assert.equal(faults(chunkOf(text), 7), [])
  }
})

test('a table of compiled units that names none is found', () => {
  const chunk = chunkOf(PROGRAM)
  const units = chunk.units.length / UNIT.STRIDE
  const faultWith = (...compiled: number[]): string =>
    verifyTables({ ...chunk, compiled: Int32Array.from(compiled) }) ?? ''
  assert.is(faultWith(0, 0, 5, 2), '')
  assert.is(faultWith(0, 1), 'the file takes arguments')
  for (const cut of [[], [0], [0, 1, 2]]) assert.match(faultWith(...cut), /is cut/)
  for (const number of [-1, units]) {
    assert.match(faultWith(0, number), /without a row/)
    assert.match(faultWith(0, 0, number, 0), /without a row/)
  }
  assert.match(faultWith(3, 1), /the file has not been compiled/)
})

test('an unknown opcode is found', () => {
  assert.match(faultOf(OPS.length), /no opcode/)
  assert.match(faultOf(-1), /no opcode/)
})

test('code that does not end is found', () => {
  assert.match(faultOf(Op.TRUE), /end of the code/)
  assert.match(faultOf(Op.INT), /cut instruction/)
})

test('operands out of range are found', () => {
  assert.match(faultOf(Op.STR, 1, Op.RETURN), /string 1 out of range/)
  assert.match(faultOf(Op.STR, -1, Op.RETURN), /string -1 out of range/)
  assert.match(faultOf(Op.THUNK, 1, Op.RETURN), /unit 1 out of range/)
  assert.match(faultOf(Op.CONST, 0, Op.RETURN), /const 0 out of range/)
  assert.match(faultOf(Op.CONST, 1 << 28, Op.RETURN), /const .* out of range/)
  assert.match(faultOf(Op.CUR_POS, 11, Op.RETURN), /offset 11 out of range/)
  assert.match(faultOf(Op.SELECT, 0, 1, -1, Op.RETURN), /cache 1 out of range/)
  assert.equal(faults(code(Op.GLOBAL, 7, Op.RETURN), 7), ['global 7 out of range at 1'])
})

test('popping what is not there is found', () => {
  assert.match(faultOf(Op.ADD, Op.RETURN), /underflows/)
  assert.match(faultOf(Op.TRUE, Op.PUSH, Op.LIST, 2, Op.RETURN), /underflows/)
  assert.match(faultOf(Op.LIST, -1, Op.RETURN), /underflows/)
  assert.equal(faultOf(Op.TRUE, Op.PUSH, Op.LIST, 1, Op.RETURN), '')
})

test('the left operand of + must be pushed', () => {
  assert.match(faultOf(Op.TRUE, Op.ADDEND, Op.RETURN), /not pushed/)
  assert.match(faultOf(Op.TRUE, Op.ADDEND), /not pushed/)
  assert.equal(faultOf(Op.TRUE, Op.ADDEND, Op.PUSH, Op.TRUE, Op.ADD, Op.RETURN), '')
})

test('jumps must go forward, to an instruction of the unit, with one stack depth', () => {
  assert.match(faultOf(Op.JUMP, -2, Op.RETURN), /target -2 out of range/)
  assert.match(faultOf(Op.JUMP, 50, Op.RETURN), /out of the code/)
  assert.match(faultOf(Op.TRUE, Op.BRANCH, 1, Op.INT, 5, Op.RETURN), /into an instruction/)
  assert.match(faultOf(Op.TRUE, Op.BRANCH, 1, Op.PUSH, Op.RETURN), /two stack depths/)
  assert.equal(faultOf(Op.TRUE, Op.BRANCH, 3, Op.INT, 5, Op.RETURN, Op.INT, 6, Op.RETURN), '')
})

test('tables and descs must lie in the code and hold what they should', () => {
  assert.match(faultOf(Op.ATTRS, 0, 99, Op.RETURN), /table outside/)
  // A count that lies.
  assert.match(faultOf(Op.ATTRS, 0, 5, Op.RETURN, 1_000_000), /table outside/)
  assert.match(faultOf(Op.ATTRS, 0, 5, Op.RETURN, 1, 7, -1, 10, -1, Op.TRUE), /string 7/)
  assert.match(faultOf(Op.ATTRS, 0, 5, Op.RETURN, 1, 0, -1, 10, -1, Op.RETURN), /no load/)
  assert.match(faultOf(Op.ATTRS, 0, 5, Op.RETURN, 1, 0, -1, 10, -1, Op.INT), /cut desc/)
  assert.match(faultOf(Op.ATTRS, 0, 5, Op.RETURN, 1, 0, -1, 10, 99, Op.TRUE), /offset 99/)
  assert.equal(faultOf(Op.ATTRS, 0, 5, Op.RETURN, 1, 0, -1, 10, -1, Op.TRUE), '')
  assert.match(faultOf(Op.GET0, 0, 5, Op.RETURN, Op.GET0, 0, 5), /circle/)
})

test('rows of the table of units are checked', () => {
  const lambda = (change: (units: Int32Array, code: Int32Array) => void): string => {
    const chunk = chunkOf('{ a, b ? a }: a')
    change(chunk.units, chunk.code)
    return faults(chunk).join('; ')
  }
  assert.equal(
    lambda(() => {}),
    '',
  )
  assert.match(
    lambda((u) => (u[UNIT.STRIDE + UNIT.PC] = 1 << 20)),
    /outside the code/,
  )
  assert.match(
    lambda((u) => (u[UNIT.STRIDE + UNIT.PARAMS] = -5)),
    /parameters outside/,
  )
  assert.match(
    lambda((u, c) => (c[u[UNIT.STRIDE + UNIT.FORMALS]] = 1 << 30)),
    /formals outside/,
  )
  assert.match(
    lambda((u) => (u[UNIT.STRIDE + UNIT.ARITY] = 1 << 30)),
    /arguments/,
  )
  assert.match(
    lambda((u) => (u[UNIT.STRIDE + UNIT.NAME] = 99)),
    /name/,
  )
})

test('sizes that the machine would allocate are bounded by the code', () => {
  const chunk = chunkOf('0')
  assert.match(verifyTables({ ...chunk, siteCount: 1 << 30 }) ?? '', /literals/)
  assert.match(verifyTables({ ...chunk, cacheCount: 1 << 30 }) ?? '', /caches/)
  assert.match(verifyTables({ ...chunk, units: new Int32Array(5) }) ?? '', /cut/)
  assert.match(verifyTables({ ...chunk, units: new Int32Array(0) }) ?? '', /cut/)
  assert.match(verifyTables({ ...chunk, lineStarts: new Int32Array(0) }) ?? '', /lines/)
})

test('changed words never make it throw or loop', () => {
  let seed = 1
  const random = (n: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
    return (seed >>> 8) % n
  }
  const fresh = chunkOf(PROGRAM)
  const odd = [-1, -2, 0, 1, 2, 7, 1 << 28, 1 << 29, 0x7fffffff, -0x80000000]
  for (let round = 0; round < 3000; round++) {
    const chunk = { ...fresh, code: fresh.code.slice(), units: fresh.units.slice() }
    for (let k = 0; k < 3; k++) {
      const part = random(4) === 0 ? chunk.units : chunk.code
      part[random(part.length)] = random(2) === 0 ? odd[random(odd.length)] : random(chunk.code.length)
    }
    faults(chunk)
  }
})

test.run()
