import { MemoryIO } from '../../../src/io/memory.ts'
import { isUnchanged, RecordingIO } from '../../../src/io/recording.ts'
import { assert, suite } from '../../support/suite.ts'
import { failsWith } from './support.ts'

const test = suite('io/recording')

function world(): MemoryIO {
  return new MemoryIO({ files: { '/a/f': 'f', '/a/d/x': 'x' }, links: { '/a/l': 'f' }, env: { V: 'w' } })
}

/** The kinds and keys whose answer another world would change. */
function changed(recording: RecordingIO, now: MemoryIO): string[] {
  const out: string[] = []
  for (const input of recording.inputs())
    if (isUnchanged(now, input) !== true) out.push(`${input.kind} ${input.key}`)
  return out
}

test('every answer is noted once, and a world that gives the same answers is unchanged', () => {
  const inner = world()
  const io = new RecordingIO(inner)
  assert.is(io.readFile('/a/f'), 'f')
  io.readFile('/a/f')
  io.readDir('/a')
  io.fileType('/a/none')
  io.stat('/a/f')
  io.readLink('/a/l')
  io.realPath('/a/l')
  io.getEnv('V')
  io.getEnv('UNSET')
  io.currentSystem()
  failsWith(() => io.readFile('/a/none'), "path '/a/none' does not exist")
  assert.is(io.inputs().length, 10)
  assert.equal(changed(io, inner), [])
  assert.equal(changed(io, world()), [])
})

test('changed contents, new files, links and variables are seen', () => {
  const io = new RecordingIO(world())
  io.readFile('/a/f')
  io.readDir('/a')
  io.fileType('/a/none')
  failsWith(() => io.readFile('/a/none'), "path '/a/none' does not exist")
  io.realPath('/a/l')
  io.getEnv('V')
  io.readDir('/a/d')
  const now = world()
  now.writeFile('/a/f', 'g')
  now.writeFile('/a/none', '')
  now.link('/a/l', 'd')
  now.setEnv('V', undefined)
  assert.equal(changed(io, now), [
    'file /a/f',
    'dir /a',
    'type /a/none',
    'file /a/none',
    'real /a/l',
    'env V',
  ])
})

test('a file touched but not changed is unchanged', () => {
  const inner = world()
  const io = new RecordingIO(inner)
  io.readFile('/a/f')
  inner.writeFile('/a/f', 'f')
  assert.equal(changed(io, inner), [])
})

test('files read in pieces are noted with the hash of the whole', () => {
  const inner = world()
  const io = new RecordingIO(inner)
  io.readChunks('/a/f', () => {})
  assert.is(io.inputs()[0].value, inner.hash('sha256', 'f'))
})

test('reading the clock is noted', () => {
  const io = new RecordingIO(world())
  assert.is(io.usedClock, false)
  io.now()
  assert.is(io.usedClock, true)
})

test.run()
