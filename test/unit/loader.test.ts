/** Which files are compiled as they are run (src/loader.ts). */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Evaluator } from '../../src/evaluator.ts'
import { MemoryIO } from '../../src/io/memory.ts'
import { evalSettings } from '../support/settings.ts'
import { assert, suite } from '../support/suite.ts'

const test = suite('loader')

const SET = '{ a = x: x + 1; b = y: [ y (y + 1) (y + 2) ]; c = z: { inherit z; }; }'
const padded = (text: string, bytes: number): string => `# ${' '.repeat(bytes)}\n${text}`

/** Whether a file, of which one attribute is asked for, is compiled as it is run, once so many bytes have been compiled. */
function isLate(bytes: number, before: number): boolean {
  let late: boolean | undefined
  const evaluator = new Evaluator({
    io: new MemoryIO({ files: { '/file.nix': padded(SET, bytes), '/before.nix': padded('1', before) } }),
    settings: evalSettings(),
    log: () => {},
    observe: (chunk) => {
      if (chunk.file === '/file.nix') late = chunk.chunk.growth !== undefined
    },
  })
  const text = '(import /before.nix) + (import /file.nix).a 1'
  const value = evaluator.evalText(text, { origin: 'string', baseDir: '/' })
  assert.is(value, 3)
  return late as boolean
}

test('a file is compiled as it is run while little text has been compiled', () => {
  assert.ok(isLate(100, 100))
})

test('after much text a file is compiled whole', () => {
  assert.not.ok(isLate(100, 5 << 20))
})

test('a list of very many packages is compiled as it is run, however much text there was', () => {
  assert.ok(isLate(3 << 20, 5 << 20))
})

test('the chunks of scopedImport go when their values do', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const chunks: WeakRef<object>[] = []
  const evaluator = new Evaluator({
    io: new MemoryIO({ files: { '/file.nix': 'x + 1' } }),
    settings: evalSettings(),
    log: () => {},
    observe: (chunk) => {
      if (chunk.file === '/file.nix') chunks.push(new WeakRef(chunk.chunk))
    },
  })
  const text =
    "builtins.foldl' (a: i: a + builtins.scopedImport { x = i; } /file.nix) 0 (builtins.genList (i: i) 100)"
  assert.is(evaluator.evalText(text, { origin: 'string', baseDir: '/' }), 5050)
  assert.is(chunks.length, 100)
  // A reference that has been made is held until its task has ended.
  await new Promise((resolve) => setTimeout(resolve, 0))
  collect()
  assert.ok(chunks.filter((chunk) => chunk.deref() !== undefined).length < 10)
  assert.is(evaluator.evalText('1', { origin: 'string', baseDir: '/' }), 1)
})

test.run()
