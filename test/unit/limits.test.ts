import { limitOf } from '../../src/limits.ts'
import { assert, suite } from '../support/suite.ts'

const test = suite('limits')

/** What is said of the exception that something throws. */
function said(act: () => unknown): string | undefined {
  try {
    act()
  } catch (e) {
    return limitOf(e)?.message
  }
  throw new Error('nothing was thrown')
}

const STRING = 'a string is too long for this machine (more than 512 MiB)'
const LIST = 'out of memory: a list or set is too large for this machine'

test('a string longer than V8 can hold', () => {
  assert.is(
    said(() => 'ab'.repeat(2 ** 29)),
    STRING,
  )
})

test('bytes that do not fit into a string', () => {
  const bytes = Buffer.allocUnsafeSlow(2 ** 29)
  assert.is(
    said(() => bytes.toString('latin1')),
    STRING,
  )
})

test('an array longer than V8 can hold', () => {
  const length = 2 ** 32
  assert.is(
    said(() => new Array(length)),
    LIST,
  )
  assert.is(
    said(() => new Int32Array(2 ** 52)),
    LIST,
  )
  assert.is(
    said(() => new ArrayBuffer(2 ** 52)),
    LIST,
  )
})

test('a table with more entries than V8 can hold', () => {
  const text = 'out of memory: there are too many sets and lists for this machine'
  assert.is(limitOf(new RangeError('Map maximum size exceeded'))?.message, text)
  assert.is(limitOf(new RangeError('Set maximum size exceeded'))?.message, text)
})

test('a fault of Firnix is no limit', () => {
  assert.is(
    said(() => (undefined as unknown as { x: number }).x),
    undefined,
  )
  assert.is(limitOf('thrown'), undefined)
  assert.is(limitOf(new RangeError('Invalid count value: -1')), undefined)
})

test.run()
