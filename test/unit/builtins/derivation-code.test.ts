/** `derivation` is stored compiled; this is what keeps it true, and what writes it (`npm run test:update`). */
import { writeFileSync } from 'node:fs'
import { DERIVATION_GLOBALS, derivationChunk } from '../../../src/builtins/derivation-code.ts'
import { DERIVATION_SOURCE } from '../../../src/builtins/internal-sources.ts'
import type { Chunk } from '../../../src/bytecode/chunk.ts'
import { compile } from '../../../src/compiler/compiler.ts'
import { parse } from '../../../src/syntax/parser.ts'
import { inProject, updating } from '../../support/project.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('builtins/derivation-code')

function compiled(): Chunk {
  const lints = {
    lintUrlLiterals: 'ignore',
    lintShortPathLiterals: 'ignore',
    lintAbsolutePathLiterals: 'ignore',
  } as const
  const globals = new Map<string, number>()
  for (const [i, name] of DERIVATION_GLOBALS.entries()) {
    globals.set(name, i)
    globals.set(`builtins.${name}`, i)
  }
  // Selected from, never asked for as a whole.
  globals.set('builtins', DERIVATION_GLOBALS.length)
  const root = parse(DERIVATION_SOURCE, { features: new Set<string>(), ...lints }, () => {})
  return compile(root, DERIVATION_SOURCE, { globals, warn: () => {} })
}

/** The text of a chunk, a property a line. */
function textOf(chunk: Chunk): string {
  const lines: string[] = []
  for (const [name, value] of Object.entries(chunk)) {
    const text =
      value instanceof Int32Array
        ? `Int32Array.of(${[...value].join(', ')})`
        : String(JSON.stringify(value)).replace(/"/g, "'").replace(/,/g, ', ')
    lines.push(`    ${name}: ${text},\n`)
  }
  return lines.join('')
}

test('what is stored is what the compiler makes of the source', () => {
  const chunk = compiled()
  if (updating) {
    const names = DERIVATION_GLOBALS.map((name) => `  '${name}',\n`).join('')
    writeFileSync(
      inProject('src', 'builtins', 'derivation-code.ts'),
      `/**
 * \`derivation\`, compiled (floor 4): every run needs it, and to compile it takes a tenth of a small one. Written by the test of
 * the same name (\`npm run test:update\`), from internal-sources.ts.
 */
import type { Chunk } from '../bytecode/chunk.ts'

/** The builtins it uses, in the order of their indices in the code. */
export const DERIVATION_GLOBALS: readonly string[] = [
${names}]

// biome-ignore format: generated
export function derivationChunk(): Chunk {
  return {
${textOf(chunk)}  }
}
`,
    )
    return
  }
  assert.equal(textOf(derivationChunk()), textOf(chunk))
})

test.run()
