import { NixError } from '../../../src/errors.ts'
import { assert } from '../../support/suite.ts'

/** Checks that a call throws a NixError with exactly this message. */
export function failsWith(call: () => unknown, message: string): void {
  try {
    call()
  } catch (error) {
    assert.instance(error, NixError)
    assert.is((error as NixError).message, message)
    return
  }
  assert.unreachable(`expected the error: ${message}`)
}
