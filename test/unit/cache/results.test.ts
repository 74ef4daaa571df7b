import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { ResultCache, type ResultRequest } from '../../../src/cache/results.ts'
import { NixError } from '../../../src/errors.ts'
import type { EvalIO } from '../../../src/io/io.ts'
import { NodeIO } from '../../../src/io/node/node-io.ts'
import { RecordingIO } from '../../../src/io/recording.ts'
import { withFolder } from '../../support/project.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('cache/results')
const later = (): number => Date.now() + 10_000
const request: ResultRequest = {
  arguments: ['eval', 'x.nix'],
  folder: '/',
  stdin: undefined,
  settings: [],
  version: '1',
}

/** A program of the kind an evaluator is: what it prints depends on files, folders, links, variables, and what is absent. */
function program(io: EvalIO, top: string): string {
  const out: string[] = []
  for (const name of ['a', 'b', 'link', 'dir/c', 'gone']) {
    const path = `${top}/${name}`
    out.push(`${name}: ${io.fileType(path)}`)
    if (io.fileType(path) === undefined) continue
    const real = io.realPath(path) as string
    const type = io.fileType(real)
    out.push(real, String(type))
    if (type === 'regular') out.push(io.readFile(path) as string)
    if (type === 'directory') out.push([...(io.readDir(path) as Map<string, string>)].join())
  }
  out.push([...(io.readDir(`${top}/dir`) as Map<string, string>)].join())
  out.push(`${io.getEnv('FIRNIX_TEST_A')} ${io.getEnv('FIRNIX_TEST_B')}`)
  return out.join('\n')
}

/** What it prints in the end. */
function outputOf(io: EvalIO, top: string): string {
  try {
    return program(io, top)
  } catch (error) {
    if (error instanceof NixError) return `error: ${error.message}`
    throw error
  }
}

/** One run as the command line does it: the kept output, or a fresh one that is kept. */
function run(cache: ResultCache, top: string): { stdout: string; kept: boolean; why: string } {
  const found = cache.find(request, new NodeIO())
  if (found.outcome !== undefined) return { stdout: found.outcome.stdout, kept: true, why: '' }
  const io = new RecordingIO(new NodeIO())
  const stdout = outputOf(io, top)
  cache.store(request, io, { stdout, stderr: '', exitCode: 0 })
  return { stdout, kept: false, why: found.why }
}

function build(folder: string): { top: string; cache: ResultCache; dir: string } {
  const top = join(folder, 'top')
  mkdirSync(join(top, 'dir'), { recursive: true })
  writeFileSync(join(top, 'a'), '1')
  writeFileSync(join(top, 'dir/c'), '2')
  symlinkSync('dir/c', join(top, 'link'))
  const dir = join(folder, 'cache')
  return { top, dir, cache: new ResultCache({ dir, now: later }) }
}

test('the output, the errors and the exit code come back', () =>
  withFolder((folder) => {
    const { cache } = build(folder)
    const outcome = { stdout: 'caf\xc3\xa9\0\n', stderr: 'warning\n', exitCode: 1 }
    assert.is(cache.store(request, new RecordingIO(new NodeIO()), outcome), undefined)
    const found = cache.find(request, new NodeIO())
    assert.equal(found.outcome, outcome)
  }))

test('another command, folder, stdin, setting or version has a result of its own', () =>
  withFolder((folder) => {
    const { cache } = build(folder)
    cache.store(request, new RecordingIO(new NodeIO()), { stdout: '', stderr: '', exitCode: 0 })
    const changes: Partial<ResultRequest>[] = [
      { arguments: ['eval', 'y.nix'] },
      { arguments: ['eval x.nix'] },
      { folder: '/tmp' },
      { stdin: '' },
      { settings: ['a'] },
      { version: '2' },
    ]
    for (const change of changes) {
      assert.is(cache.find({ ...request, ...change }, new NodeIO()).outcome, undefined)
    }
    assert.ok(cache.find(request, new NodeIO()).outcome)
  }))

test('what cannot be tracked is not kept', () =>
  withFolder((folder) => {
    const { cache } = build(folder)
    const outcome = { stdout: '', stderr: '', exitCode: 0 }
    const clock = new RecordingIO(new NodeIO())
    clock.now()
    assert.match(cache.store(request, clock, outcome) ?? '', /time/)
    const fetched = new RecordingIO(new NodeIO())
    fetched.fetched.add('https://x')
    assert.match(cache.store(request, fetched, outcome) ?? '', /https:\/\/x/)
    assert.is(cache.find(request, new NodeIO()).outcome, undefined)
  }))

test('the reason is told', () =>
  withFolder((folder) => {
    const { cache, top } = build(folder)
    assert.match(run(cache, top).why, /no result/)
    assert.ok(run(cache, top).kept)
    writeFileSync(join(top, 'a'), '9')
    assert.is(run(cache, top).why, `${top}/a has changed`)
    writeFileSync(join(top, 'dir/new'), '')
    assert.is(run(cache, top).why, `the folder ${top}/dir has changed`)
    writeFileSync(join(top, 'gone'), '')
    assert.is(run(cache, top).why, `${top}/gone has changed`)
  }))

test('a run that could not read something is not kept', () =>
  withFolder((folder) => {
    const { cache, top } = build(folder)
    const io = new RecordingIO(new NodeIO())
    assert.throws(() => io.readFile(`${top}/none`))
    assert.match(cache.store(request, io, { stdout: '', stderr: '', exitCode: 1 }) ?? '', /could not be read/)
  }))

test('damaged results are misses', () =>
  withFolder((folder) => {
    const { cache, dir, top } = build(folder)
    run(cache, top)
    const name = readdirSync(join(dir, 'results'))[0]
    const file = join(dir, 'results', name, readdirSync(join(dir, 'results', name))[0])
    const good = readFileSync(file)
    for (let n = 0; n < good.length; n++) {
      writeFileSync(file, good.subarray(0, n))
      assert.is(cache.find(request, new NodeIO()).outcome, undefined)
    }
    for (let i = 0; i < good.length; i++) {
      const bytes = Buffer.from(good)
      bytes[i] ^= 1 << (i % 8)
      writeFileSync(file, bytes)
      assert.is(cache.find(request, new NodeIO()).outcome, undefined)
    }
    writeFileSync(file, good)
    assert.ok(cache.find(request, new NodeIO()).outcome)
    chmodSync(file, 0o666)
    assert.match((cache.find(request, new NodeIO()) as { why: string }).why, /somebody else/)
  }))

test('a directory that cannot be written is told once and fails nothing', () =>
  withFolder((folder) => {
    writeFileSync(join(folder, 'file'), '')
    const warnings: string[] = []
    const cache = new ResultCache({ dir: join(folder, 'file'), warn: (m) => warnings.push(m) })
    cache.store(request, new RecordingIO(new NodeIO()), { stdout: '', stderr: '', exitCode: 0 })
    assert.is(warnings.length, 1)
  }))

test('a result is never stale, whatever changes between two runs', () =>
  withFolder((folder) => {
    const { cache, top, dir } = build(folder)
    const careful = new ResultCache({ dir })
    let seed = 7
    const random = (n: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
      return (seed >>> 8) % n
    }
    const names = ['a', 'b', 'link', 'dir/c', 'gone', 'dir/new', 'other']
    // FIRNIX_ROUNDS=2000 for the long run.
    const rounds = Number(process.env.FIRNIX_ROUNDS ?? 500)
    let kept = 0
    let succeeded = 0
    for (let round = 0; round < rounds; round++) {
      const path = join(top, names[random(names.length)])
      const change = random(10)
      try {
        if (change === 0) {
          // Same size, mtime put back.
          const before = statSync(path)
          writeFileSync(path, String(random(10)))
          utimesSync(path, before.atime, before.mtime)
        } else if (change === 1) writeFileSync(path, String(random(100)))
        else if (change === 2) unlinkSync(path)
        else if (change === 3) symlinkSync(names[random(names.length)], path)
        else if (change === 4) renameSync(path, join(top, names[random(names.length)]))
        else if (change === 5) rmSync(path, { recursive: true, force: true })
        else if (change === 6) mkdirSync(path, { recursive: true })
        else if (change === 7) process.env[`FIRNIX_TEST_${'AB'[random(2)]}`] = String(random(3))
        else if (change === 8) delete process.env[`FIRNIX_TEST_${'AB'[random(2)]}`]
        else utimesSync(path, random(1e9), random(1e9))
      } catch {}
      const ahead = round % 16 < 2
      if (!existsSync(join(top, 'dir'))) mkdirSync(join(top, 'dir'))
      const { stdout, kept: wasKept } = run(ahead ? cache : careful, top)
      if (wasKept) kept++
      const expected = outputOf(new NodeIO(), top)
      assert.is(stdout, expected)
      if (!expected.startsWith('error: ')) succeeded++
      // A clock that runs ahead lets every stamp prove something: one tick of the real one must pass, as it would have.
      if (ahead) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 12)
    }
    delete process.env.FIRNIX_TEST_A
    delete process.env.FIRNIX_TEST_B
    assert.ok(kept > 0.2 * rounds)
    assert.ok(succeeded >= 0.8 * rounds)
  }))

test.run()
