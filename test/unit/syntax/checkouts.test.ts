import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { nixCheckout, nixpkgsCheckout } from '../../support/needs.ts'
import { assert, suite } from '../../support/suite.ts'
import { failure, OPTIONS, shown } from './parsing.ts'

const test = suite('syntax of other projects')

// Nix's suite reads its programs from standard input, in a folder it writes as /pwd/lang.
const STDIN = { ...OPTIONS, sourceName: '\xc2\xabstdin\xc2\xbb' }
// Names that only the evaluator can know to be undefined.
const NOT_SYNTAX = new Set(['parse-fail-regression-20060610.nix', 'parse-fail-undef-var.nix'])

const squeeze = (text: string): string => text.replace(/\s+/g, ' ').trim()

test.needs('checkout')("Nix's parse suite gives the expected trees and errors", () => {
  const folder = join(nixCheckout as string, 'tests/functional/lang')
  for (const file of readdirSync(folder)) {
    if (!/^parse-(okay|fail)-.*\.nix$/.test(file) || NOT_SYNTAX.has(file)) continue
    const text = readFileSync(join(folder, file), 'latin1')
    const base = join(folder, file.replace(/\.nix$/, ''))
    if (file.startsWith('parse-fail')) {
      const found = failure(text, STDIN)
      const space = found.indexOf(' ')
      const place = found.slice(0, space)
      const message = found.slice(space + 1)
      const expected = squeeze(readFileSync(`${base}.err.exp`, 'latin1'))
      assert.ok(
        expected.includes(squeeze(message)) && expected.includes(`:${place}:`),
        `${file}: ${place} ${message}`,
      )
    } else {
      const actual = shown(text, STDIN).replaceAll('/d/', '/pwd/lang/').replaceAll('/h/', '/pwd/home/')
      if (existsSync(`${base}.exp`)) assert.is(actual, readFileSync(`${base}.exp`, 'latin1').trimEnd(), file)
    }
  }
})

test.needs('nixpkgs')('nearly every file of nixpkgs parses', () => {
  const root = nixpkgsCheckout as string
  let files = 0
  const wrong: string[] = []
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.nix')) continue
    files++
    const path = join(entry.parentPath, entry.name)
    const message = failure(readFileSync(path, 'latin1'))
    if (message !== 'no error') wrong.push(`${path}:${message}`)
  }
  // A patch that is called .nix, a name that is defined twice: nixpkgs has had such files.
  assert.ok(files > 1000 && wrong.length <= 2, wrong.join('\n'))
})

test.run()
