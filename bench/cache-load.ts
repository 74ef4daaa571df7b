/**
 * One process of scripts/cache-bench.mjs: loads every file of a list through the compile cache, compiling what is missed,
 * and prints how long it took from the first request to chunks that can be run.
 *
 * Arguments: CACHE-DIR LIST stamp|hash|compile
 */
import { readFileSync } from 'node:fs'
import { UNIT } from '../src/bytecode/chunk.ts'
import { type AnyChunk, verifyUnit } from '../src/bytecode/verify.ts'
import { DiskCache } from '../src/cache/disk.ts'
import { compile } from '../src/compiler/compiler.ts'
import { parse } from '../src/syntax/parser.ts'

const [dir, list, mode] = process.argv.slice(2)
const files = readFileSync(list, 'latin1').trim().split('\n')
const parseOptions = {
  features: new Set<string>(),
  lintUrlLiterals: 'ignore',
  lintShortPathLiterals: 'ignore',
  lintAbsolutePathLiterals: 'ignore',
} as const
const globals: ReadonlyMap<string, number> = { get: () => 0, has: () => true } as unknown as Map<
  string,
  number
>

function compiled(text: string): AnyChunk {
  return compile(
    parse(text, parseOptions, () => {}),
    text,
    { globals, warn: () => {} },
  )
}

/** The arrays that binding a chunk makes (LoadedChunk). */
function bound(chunk: AnyChunk): unknown[] {
  return [
    new Array(chunk.units.length / UNIT.STRIDE).fill(undefined),
    new Array(chunk.strings.length).fill(-1),
    new Array(chunk.siteCount).fill(undefined),
    new Array(chunk.cacheCount).fill(null),
    new Array(chunk.cacheCount).fill(0),
    verifyUnit(chunk, 0),
  ]
}

const loaded: unknown[] = []
const start = performance.now()
const cache = new DiskCache({ dir, compileOptions: 'bench', check: mode === 'hash' ? 'hash' : 'stamp' })
if (mode === 'compile') {
  for (const file of files) loaded.push(bound(compiled(readFileSync(file, 'latin1'))))
} else {
  for (const file of files) {
    const found = cache.load(file)
    if (found.chunk !== undefined) loaded.push(bound(found.chunk))
    else if (found.text !== undefined) {
      const chunk = compiled(found.text)
      cache.store(found, chunk)
      loaded.push(bound(chunk))
    }
  }
}
cache.close()
const time = performance.now() - start
console.log(JSON.stringify({ time, files: files.length, stats: cache.stats }))
