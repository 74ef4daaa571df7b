import type { NixError } from '../../../src/errors.ts'
import { compiled } from '../../support/compiled.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('compiler: errors')

function errorOf(text: string): NixError {
  try {
    compiled(text)
  } catch (error) {
    return error as NixError
  }
  throw new Error('it compiles')
}

test('the first undefined variable of the text is the error, the further ones are its others', () => {
  const text = '{ a = x: y; b = let c = z; in c; d = u; }'
  const error = errorOf(text)
  assert.is(error.kind, 'undefined-variable')
  const places = [error, ...error.others].map((e) => `${e.message} at ${e.pos}`)
  assert.equal(places, [
    `undefined variable 'y' at ${text.indexOf('y')}`,
    `undefined variable 'z' at ${text.indexOf('z')}`,
    `undefined variable 'u' at ${text.indexOf('u')}`,
  ])
})

test('a unit that is compiled twice reports its errors once', () => {
  const error = errorOf('let a = 1; in let b = nothing; in [ a b ]')
  assert.is(error.message, "undefined variable 'nothing'")
  assert.is(error.others.length, 0)
})

test.run()
