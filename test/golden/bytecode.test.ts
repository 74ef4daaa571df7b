/**
 * What the compiler makes of the programs in test/golden/bytecode: NAME.nix compiled, disassembled and compared with NAME.exp.
 * A change there is a change of code; `npm run test:update` rewrites them, and BYTECODE_VERSION (src/cache) goes up.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { UNIT } from '../../src/bytecode/chunk.ts'
import { disassemble } from '../../src/bytecode/disassemble.ts'
import { verifyTables, verifyUnit } from '../../src/bytecode/verify.ts'
import { compiled } from '../support/compiled.ts'
import { golden, inProject } from '../support/project.ts'
import { assert, suite } from '../support/suite.ts'

const home = inProject('test/golden/bytecode')
const test = suite('bytecode')

for (const file of readdirSync(home).sort()) {
  if (!file.endsWith('.nix')) continue
  const name = file.slice(0, -4)
  test(name, () => {
    const { chunk } = compiled(readFileSync(join(home, file), 'latin1'))
    assert.is(verifyTables(chunk), undefined)
    for (let unit = 0; unit * UNIT.STRIDE < chunk.units.length; unit++)
      assert.is(verifyUnit(chunk, unit), undefined)
    const text = disassemble(chunk)
    assert.fixture(text, golden(join(home, `${name}.exp`), text))
  })
}

test.run()
