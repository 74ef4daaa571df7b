import { MemoryIO } from '../../../src/io/memory.ts'
import { isAllowedUri, RestrictedIO } from '../../../src/io/restricted.ts'
import { assert, suite } from '../../support/suite.ts'
import { failsWith } from './support.ts'

const test = suite('io/restricted')

function restricted(mode: 'pure' | 'restricted', ...allowedPaths: string[]): RestrictedIO {
  const inner = new MemoryIO({
    files: { '/t/f': 'f', '/t/d/x': 'x' },
    links: { '/t/d/up': '../f' },
    env: { HOME: '/h' },
  })
  return new RestrictedIO(inner, { mode, allowedPaths })
}

test('what is allowed is read, what is not is an error', () => {
  const io = restricted('restricted', '/t/d')
  assert.is(io.readFile('/t/d/x'), 'x')
  failsWith(() => io.readFile('/t/f'), "access to absolute path '/t/f' is forbidden in restricted mode")
  failsWith(() => io.stat('/t/f'), "access to absolute path '/t/f' is forbidden in restricted mode")
  failsWith(() => io.readFile('/t/dx'), "access to absolute path '/t/dx' is forbidden in restricted mode")
  failsWith(
    () => restricted('pure').readDir('/'),
    "access to absolute path '/' is forbidden in pure evaluation mode (use '--impure' to override)",
  )
})

test('look-ups take what is forbidden for absent', () => {
  const io = restricted('restricted', '/t/d')
  assert.is(io.fileType('/t/f'), undefined)
  assert.is(io.stamp('/t/f'), undefined)
  assert.is(io.getEnv('HOME'), undefined)
})

test('directories above are visible, with only the allowed entries', () => {
  const io = restricted('restricted', '/t/d')
  assert.equal(io.readDir('/t'), new Map([['d', 'directory']]))
  assert.is(io.fileType('/'), 'directory')
})

test('a link out of the allowed paths resolves to what is forbidden', () => {
  const io = restricted('restricted', '/t/d')
  assert.is(io.realPath('/t/d/up'), '/t/f')
  for (const path of [io.realPath('/t/d/up'), '/t/d/up'])
    failsWith(() => io.readFile(path), "access to absolute path '/t/f' is forbidden in restricted mode")
  assert.is(io.stamp('/t/d/up'), undefined)
  // The link itself may be looked at.
  assert.is(io.fileType('/t/d/up'), 'symlink')
  assert.is(io.readLink('/t/d/up'), '../f')
})

test('paths can be allowed later', () => {
  const io = restricted('pure')
  io.allowPath('/t/f')
  assert.is(io.readFile('/t/f'), 'f')
})

test('allowed-uris match whole components and schemes', () => {
  assert.is(isAllowedUri('https://github.com/x', ['https://github.co']), false)
  assert.is(isAllowedUri('https://github.com/x', ['https://github.com']), true)
  assert.is(isAllowedUri('https://github.com/x', ['https://github.com/']), true)
  assert.is(isAllowedUri('github:a/b', ['github:']), true)
  assert.is(isAllowedUri('https://a', ['https://a']), true)
  failsWith(
    () => restricted('restricted').checkUri('https://a'),
    "access to URI 'https://a' is forbidden in restricted mode",
  )
  restricted('restricted', '/t').checkUri('file:///t/f')
})

test.run()
