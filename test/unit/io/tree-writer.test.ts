import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { NodeIO } from '../../../src/io/node/node-io.ts'
import { NodeTreeWriter } from '../../../src/io/node/tree-writer.ts'
import { hashPath, writeNar } from '../../../src/store/nar.ts'
import { NarReader } from '../../../src/store/nar-reader.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('io/tree-writer')
let dir = ''

test.before(() => {
  dir = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'firnix-tree-')))
})

test.after(() => fs.rmSync(dir, { recursive: true }))

test('a tree unpacked from its archive is the same tree', () => {
  fs.mkdirSync(`${dir}/a/sub`, { recursive: true })
  fs.writeFileSync(`${dir}/a/run`, 'x', { mode: 0o755 })
  fs.writeFileSync(Buffer.from(`${dir}/a/sub/\xe9`, 'latin1'), Buffer.alloc(1_500_000, 1))
  fs.symlinkSync('../gone', `${dir}/a/link`)
  const io = new NodeIO()
  const reader = new NarReader(new NodeTreeWriter(`${dir}/b`))
  writeNar(io, `${dir}/a`, (piece) =>
    reader.feed(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece),
  )
  reader.end()
  assert.equal(hashPath(io, `${dir}/b`), hashPath(io, `${dir}/a`))
})

test('what is there is not written over', () => {
  fs.writeFileSync(`${dir}/f`, 'old')
  fs.symlinkSync('f', `${dir}/to-f`)
  for (const name of ['f', 'to-f']) {
    const writer = new NodeTreeWriter(`${dir}/${name}`)
    assert.throws(() => writer.file('', false), /EEXIST/)
    writer.abort()
  }
  assert.is(fs.readFileSync(`${dir}/f`, 'utf8'), 'old')
})

test.run()
