import { ContextSet } from '../../../src/runtime/context.ts'
import { contextOf } from '../../../src/store/context.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('runtime/context')

/** Elements of all kinds, some of them often. */
function element(i: number): string {
  const path = `/nix/store/${(i * 7919) % 211}`
  return [path, `=${path}.drv`, `!out!${path}.drv`, `!dev!${path}.drv`, `!out!!a!${path}.drv`][i % 5]
}

test('what is gathered is sorted and without doubles, be it little or much', () => {
  for (const n of [0, 1, 2, 3, 10, 127, 128, 129, 130, 1000]) {
    const gathered = new ContextSet()
    const all: string[] = []
    for (let i = 0; all.length < n; i++) {
      const context = contextOf(
        Array.from({ length: Math.min((i % 4) + 1, n - all.length) }, (_, k) => element(i * 3 + k)),
      )
      gathered.add(context)
      all.push(...context)
    }
    assert.equal(gathered.context, contextOf(all), `${n} elements`)
  }
})

test('one context is given back as it is', () => {
  const context = ['/nix/store/a', '!out!/nix/store/b.drv']
  const gathered = new ContextSet()
  gathered.add([])
  gathered.add(context)
  gathered.add(context)
  assert.is(gathered.context, context)
})

test('contexts that were added are left as they are', () => {
  const first = ['/nix/store/b']
  const second = ['/nix/store/a', '/nix/store/c']
  const gathered = new ContextSet()
  gathered.add(first)
  gathered.add(second)
  assert.equal(gathered.context, ['/nix/store/a', '/nix/store/b', '/nix/store/c'])
  assert.equal(first, ['/nix/store/b'])
  assert.equal(second, ['/nix/store/a', '/nix/store/c'])
})

test.run()
