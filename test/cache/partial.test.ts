/** Chunks that are stored when part of them has been compiled, and grow in later runs. */
import { statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DiskCache } from '../../src/cache/disk.ts'
import { verifyCache } from '../../src/cache/tending.ts'
import { NixError } from '../../src/errors.ts'
import { Evaluator, type EvaluatorOptions } from '../../src/evaluator.ts'
import { NodeIO } from '../../src/io/node/node-io.ts'
import { deepForce } from '../../src/runtime/deep.ts'
import { printAmbiguous } from '../../src/values/print.ts'
import { withFolder } from '../support/project.ts'
import { evalSettings } from '../support/settings.ts'
import { assert, suite } from '../support/suite.ts'

const test = suite('cache/partial')

const MANY = Array.from({ length: 300 }, (_, i) => `many${i} = { deep.value = ${i} + two; big = ${i}.5; };`)

const LIST = `
let
  add = a: b: a + b;
  fail = throw "on purpose";
in rec {
  one = 1;
  two = add one one;
  list = map (x: { inherit x; y = x * factor; }) [ one two three ];
  three = let a = two; b = one; in add a b;
  factor = if "\${name}-10" == "ten-10" then 10 else 4611686018427387904;
  name = "ten";
  wrong = add 1 fail;
  lambda = { a, b ? three, ... }@args: a + b + (args.c or 0);
  place = ./sub/place.nix;
  ${MANY.join('\n  ')}
}
`

const ASKED = [
  'l.one',
  'l.list',
  'l.wrong',
  'l.lambda { a = 1; c = 5; }',
  'l.many7.deep.value + l.many299.big',
  'baseNameOf l.place',
  'builtins.length (builtins.attrNames l)',
  'map (n: l.${n}.big) [ "many3" "many200" ]',
]

interface Run {
  answers: string[]
  cache: DiskCache
  /** Bytes of text that were compiled, the expressions aside. */
  compiled: number
}

interface RunOptions extends Partial<EvaluatorOptions> {
  /** Where in the folder the cache is. */
  dir?: string
  /** Done after each expression. */
  between?: () => void
}

/** One process' work: what each expression gives, `list.nix` of the folder being `l`. */
function run(
  folder: string,
  expressions: readonly string[],
  { dir = 'cache', between = () => {}, ...more }: RunOptions = {},
): Run {
  let cache: DiskCache | undefined
  const evaluator = new Evaluator({
    io: new NodeIO(),
    settings: evalSettings(),
    log: () => {},
    lazyStored: 0,
    cache: (compileOptions) => {
      const now = (): number => Date.now() + 10_000
      cache = new DiskCache({ dir: join(folder, dir), compileOptions, now })
      return cache
    },
    ...more,
  })
  let own = 0
  const answers = expressions.map((text) => {
    const whole = `let l = import ./list.nix; in ${text}`
    own += whole.length
    try {
      const thunk = evaluator.thunkOf(whole, { origin: 'string', baseDir: folder })
      const value = evaluator.run((m) => m.force(thunk))
      evaluator.run((m) => deepForce(m, value))
      const out: string[] = []
      printAmbiguous(value, { maxDepth: 100, write: (piece) => out.push(piece) })
      return out.join('')
    } catch (error) {
      if (!(error instanceof NixError)) throw error
      return `${error.kind}: ${error.message}`
    } finally {
      between()
    }
  })
  ;(cache as DiskCache).close()
  return { answers, cache: cache as DiskCache, compiled: evaluator.loader.stats.bytes - own }
}

/** The same of a file that is compiled whole. */
function expected(folder: string, expressions: readonly string[]): string[] {
  return run(folder, expressions, { dir: 'whole', lazyStored: Number.POSITIVE_INFINITY }).answers
}

function written(folder: string, text = LIST): void {
  writeFileSync(join(folder, 'list.nix'), text)
}

test('when more of it is asked for, all of it is compiled, and stored', () =>
  withFolder((folder) => {
    written(folder)
    run(folder, ['l.one'])
    assert.is(run(folder, ['l.list']).compiled, LIST.length)
    const last = run(folder, ASKED)
    assert.equal(last.answers, expected(folder, ASKED))
    assert.is(last.compiled, 0)
  }))

test('a chunk may grow after so much was compiled that nothing waits any longer', () =>
  withFolder((folder) => {
    written(folder)
    writeFileSync(join(folder, 'much.nix'), `/* ${'x'.repeat(5 << 20)} */ 7`)
    run(folder, ['l.one'])
    const later = run(folder, ['import ./much.nix + l.one', 'l.list'])
    assert.equal(later.answers, expected(folder, ['8', 'l.list']))
    assert.is(later.cache.stats.rejected, 0)
    assert.is(run(folder, ASKED).compiled, 0, 'all of it is stored')
  }))

test('what has been compiled is stored, and is all that a run like it needs', () =>
  withFolder((folder) => {
    written(folder)
    const first = run(folder, ['l.one', 'l.list'])
    assert.is(first.compiled, LIST.length)
    const second = run(folder, ['l.list', 'l.one'])
    assert.equal(second.answers, first.answers.slice().reverse())
    assert.is(second.compiled, 0)
    assert.is(second.cache.stats.stored, 0)
    const whole = run(folder, ['l.one'], { lazyStored: Number.POSITIVE_INFINITY })
    assert.is(whole.compiled, 0)
  }))

test('more of a chunk is compiled when a later run asks for it, and stored as well', () =>
  withFolder((folder) => {
    written(folder)
    const answers = expected(folder, ASKED)
    let bytes = 0
    for (const [i, text] of ASKED.entries()) {
      const grown = run(folder, [text])
      assert.is(grown.answers[0], answers[i], text)
      bytes += grown.cache.stats.bytesWritten
      assert.is(run(folder, ASKED.slice(0, i + 1)).compiled, 0, `after ${text}`)
    }
    assert.ok(bytes > 0)
    const report = verifyCache(join(folder, 'cache'))
    assert.equal(report.faults, [])
    assert.is(report.good, 1)
  }))

test('one that grows while it runs gives what a whole one gives, whatever is asked for first', () =>
  withFolder((folder) => {
    written(folder)
    for (const [i, first] of ASKED.entries()) {
      const dir = `cache${i}`
      run(folder, [first], { dir })
      const order = [...ASKED.slice(i), ...ASKED.slice(0, i)]
      assert.equal(run(folder, order, { dir }).answers, expected(folder, order), first)
    }
  }))

test('a text that has changed is not taken for what the stored code was made of', () =>
  withFolder((folder) => {
    written(folder)
    run(folder, ['l.one'])
    const file = join(folder, 'list.nix')
    const { atime, mtime } = statSync(file)
    const change = (): void => {
      written(folder, LIST.replace('one = 1;', 'one = 9;'))
      utimesSync(file, atime, mtime)
    }
    const late = run(folder, ['l.one', 'l.two'], { lateTexts: true, between: change })
    assert.is(late.answers[0], '1')
    assert.match(late.answers[1], /^unsound: '.*list.nix' is not what its stored code was made of/)
    written(folder)
    run(folder, ['l.one'])
    // The text that was there when the chunk was loaded is the one that counts.
    assert.equal(run(folder, ['l.one', 'l.two'], { between: change }).answers, ['1', '2'])
    assert.equal(run(folder, ['l.one', 'l.two']).answers, ['9', '18'])
  }))

test('a chunk that is gone when it has to be compiled again ends the run, not the process', () =>
  withFolder((folder) => {
    written(folder)
    run(folder, ['l.one'])
    const late = run(folder, ['l.one', 'l.two'], { lateTexts: true, between: () => written(folder, '') })
    assert.match(late.answers[1], /^unsound: /)
  }))

test.run()
