/** Which files are compiled as they are run (src/loader.ts). */
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

test.run()
