import { runtimeTracer } from '../../../src/cli/trace-runtime.ts'
import { PosTable } from '../../../src/source.ts'
import { Builtin, Thunk } from '../../../src/values/value.ts'
import { TRACE } from '../../../src/vm/observer.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('cli/trace-runtime')

test('a line says depth, event and what it is about', () => {
  const lines: string[] = []
  const observer = runtimeTracer(
    () => new PosTable(),
    (line) => lines.push(line),
  )
  observer.builtin(new Builtin('map', [], () => null, false, []), 3)
  observer.force(new Thunk(null, 1), 4)
  assert.equal(lines, ['3 builtin map', '4 force value'])
})

test('only a trace build watches', () => {
  assert.not(TRACE)
})

test.run()
