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

test('a program that names its last size works at that size, and Nix allows no more', () => {
  const limited = GROWTH.filter(({ most }) => most !== undefined)
  assert.ok(limited.length > 0)
  for (const { name, text, expected, most } of limited) {
    const last = run(text(most as number))
    assert.is(last.error?.message ?? last.value, expected(most as number), name)
    assert.ok(run(text((most as number) + 1)).error !== undefined, name)
  }
})

test.run()
