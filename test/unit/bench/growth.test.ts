import { GROWTH } from '../../../bench/parts/growth-programs.ts'
import { assert, suite } from '../../support/suite.ts'
import { run } from '../builtins/support.ts'

const test = suite('bench/growth')

test('every program gives what it should at two sizes', () => {
  for (const { name, text, expected } of GROWTH) {
    for (const n of [16, 40]) {
      const { value, error } = run(text(n))
      assert.is(error?.message ?? value, expected(n), `${name}, ${n}`)
    }
  }
})

test.run()
