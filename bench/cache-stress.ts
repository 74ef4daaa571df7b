/**
 * One process of scripts/cache-stress.mjs: loads, compiles, stores, edits, prunes and clears at random, beside others that
 * do the same and are killed. Every chunk it gets must be what the compiler makes of the text the cache says it is of;
 * at the end (`check`), of the text that is in the file.
 *
 * Arguments: CACHE-DIR SOURCE-DIR FILES VERSIONS SEED init|work|check
 */
import { hash } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { AnyChunk } from '../src/bytecode/verify.ts'
import { DiskCache } from '../src/cache/disk.ts'
import { folderStamp, look, requestText } from '../src/cache/result-file.ts'
import { ResultCache } from '../src/cache/results.ts'
import { clearCache, pruneCache, verifyCache } from '../src/cache/tending.ts'
import { compile } from '../src/compiler/compiler.ts'
import { NodeIO } from '../src/io/node/node-io.ts'
import { RecordingIO } from '../src/io/recording.ts'
import { parse } from '../src/syntax/parser.ts'

const [dir, sources, fileCount, versionCount, seedText, mode] = process.argv.slice(2)
const files = Number(fileCount)
const versions = Number(versionCount)
let seed = Number(seedText)
function random(n: number): number {
  seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
  return (seed >>> 8) % n
}

/** Texts of one size, so that only the hash or a ctime tells them apart. */
function textOf(file: number, version: number): string {
  const attrs = Array.from({ length: 20 + file * 5 }, (_, i) => `a${i} = x: x.v${version} + ${i};`)
  return `{ ${attrs.join('\n')} file = ${String(file).padStart(4, '1')}; }`
}

function compiled(text: string): AnyChunk {
  const options = {
    features: new Set<string>(),
    lintUrlLiterals: 'ignore',
    lintShortPathLiterals: 'ignore',
    lintAbsolutePathLiterals: 'ignore',
  } as const
  return compile(
    parse(text, options, () => {}),
    text,
    { globals: new Map(), warn: () => {} },
  )
}

function same(a: AnyChunk, b: AnyChunk): boolean {
  const arrays = (c: AnyChunk): Int32Array[] => [c.code, c.units, c.spans, c.lineStarts ?? new Int32Array(0)]
  const strings = (c: AnyChunk): string =>
    Array.from({ length: c.strings.length }, (_, k) => c.strings.at(k)).join('\n')
  return (
    arrays(a).every((x, i) => Buffer.compare(bytesOf(x), bytesOf(arrays(b)[i])) === 0) &&
    strings(a) === strings(b)
  )
}

function bytesOf(words: Int32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
}

const known = new Map<string, string>()
for (let f = 0; f < files; f++) {
  for (let v = 0; v < versions; v++) known.set(hash('sha256', textOf(f, v)), textOf(f, v))
}

function fail(why: string): never {
  console.error(why)
  process.exit(3)
}

function check(cache: DiskCache, file: number, text: string | undefined): void {
  const path = `${sources}/${file}.nix`
  const found = cache.load(path)
  const expected = text ?? (found.chunk === undefined ? found.text : known.get(found.sourceHash))
  if (expected === undefined) fail(`${path}: a text nobody wrote`)
  const chunk = compiled(expected)
  if (found.chunk === undefined) cache.store(found, chunk)
  else if (!same(found.chunk, chunk)) fail(`${path}: the chunk of another text`)
}

/** A result that is the text of a file: kept, or read and kept. With `text` it must be that one. */
function checkResult(file: number, text: string | undefined): void {
  const path = `${sources}/${file}.nix`
  const request = requestText({ arguments: [path], folder: '/', version: 'stress' })
  const found = look({ dir, request })
  let got: string
  if (found.kind === 'hit') {
    got = Buffer.concat(found.result.pieces.map((piece) => piece.bytes)).toString('latin1')
  } else {
    const start = Date.now()
    const io = new RecordingIO(new NodeIO(), { folderStamp })
    got = io.readFile(path) as string
    const pieces = [{ fd: 1, bytes: Buffer.from(got, 'latin1') }]
    new ResultCache({ dir }).store(request, io, { exitCode: 0, pieces, start, more: [] })
  }
  if (text === undefined ? !known.has(hash('sha256', got)) : got !== text)
    fail(`${path}: the result of another text`)
}

const options = { dir, compileOptions: 'stress', warn: (message: string) => console.error(message) }
if (mode === 'init') {
  for (let f = 0; f < files; f++) writeFileSync(`${sources}/${f}.nix`, textOf(f, 0))
} else if (mode === 'check') {
  const first = verifyCache(dir)
  const cache = new DiskCache(options)
  for (let f = 0; f < files; f++) {
    const text = readFileSync(`${sources}/${f}.nix`, 'latin1')
    check(cache, f, text)
    checkResult(f, text)
  }
  cache.close()
  const last = verifyCache(dir)
  if (first.faults.length + last.faults.length > 0) fail(JSON.stringify([first, last]))
  console.log(
    `${last.good} entries, ${last.leftovers} leftovers, ${cache.stats.hits + cache.stats.hashedHits} hits`,
  )
} else {
  for (;;) {
    // Some of what is stored goes into packs, and these become one again and again.
    const cache = new DiskCache({ ...options, packFrom: 1 + random(4) })
    for (let i = 0; i < 200; i++) {
      if (i % 4 === 0) checkResult(random(files), undefined)
      else check(cache, random(files), undefined)
    }
    for (let i = 0; i < 3; i++) {
      const file = random(files)
      const temporary = `${sources}/${process.pid}.tmp`
      writeFileSync(temporary, textOf(file, random(versions)))
      renameSync(temporary, `${sources}/${file}.nix`)
    }
    if (random(40) === 0) pruneCache(dir, { maxSize: random(1_000_000) })
    if (random(80) === 0) clearCache(dir)
    cache.close()
  }
}
