/** Builtins that make derivations, as far as a golden program cannot show them. */
import { assert, suite } from '../../support/suite.ts'
import { run } from './support.ts'

const test = suite('builtins: derivations')

test('__json warns in words of its own', () => {
  const { log } = run('(derivation { name = "x"; system = "y"; builder = "z"; __json = "{}"; }).drvPath')
  assert.equal(log, [
    "warning: In derivation 'x': setting structured attributes via '__json' is deprecated, and may be disallowed in future versions of Nix. Set '__structuredAttrs = true' instead.",
  ])
})

test.run()
