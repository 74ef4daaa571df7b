import { Evaluator } from '../../src/evaluator.ts'
import { MemoryIO } from '../../src/io/memory.ts'
import type { Evaluation } from '../../src/jobs/evaluation.ts'
import { type ListingOptions, listDerivations } from '../../src/jobs/nix-env.ts'
import { Progress } from '../../src/jobs/progress.ts'
import { type WalkOptions, walkJobs } from '../../src/jobs/walk.ts'
import { evalSettings } from '../support/settings.ts'
import { assert, suite } from '../support/suite.ts'

const test = suite('jobs')

/** A value's text, under `d`, which makes a derivation of a name. */
const program = (text: string): string => `
  let d = name: derivation { inherit name; system = "x86_64-linux"; builder = "/bin/sh"; }; in ${text}`

interface World {
  evaluation: Evaluation
  evaluator: Evaluator
  said: string[]
  listener: Progress
}

function world(features: string[] = []): World {
  const said: string[] = []
  const log = (line: string): unknown => said.push(line)
  const evaluator = new Evaluator({
    io: new MemoryIO({}),
    settings: evalSettings({ features: new Set(features), allowImportFromDerivation: false }),
    log,
  })
  const evaluation = {
    machine: evaluator.machine,
    run: evaluator.runAsync.bind(evaluator),
    describe: (error: Error) => `error: ${error.message}`,
    log,
  }
  return { evaluation, evaluator, said, listener: new Progress(undefined, () => 80) }
}

async function walk(text: string, more: Partial<WalkOptions> = {}): Promise<Record<string, unknown>[]> {
  const { evaluation, evaluator, listener } = world()
  const root = evaluator.thunkOf(program(text), { origin: 'string', baseDir: '/' })
  const options: WalkOptions = {
    autoArgs: evaluator.machine.emptyAttrs,
    prefix: [],
    forceRecurse: false,
    meta: false,
    showInputDrvs: false,
    constituents: false,
    apply: undefined,
    ...more,
  }
  const lines: string[] = []
  await walkJobs(evaluation, root, options, listener, (line) => lines.push(line))
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

async function list(text: string, more: Partial<ListingOptions> = {}): Promise<string> {
  const { evaluation, evaluator, listener } = world()
  const root = evaluator.thunkOf(program(text), { origin: 'string', baseDir: '/' })
  const options: ListingOptions = {
    autoArgs: evaluator.machine.emptyAttrs,
    prefix: '',
    json: false,
    name: true,
    drvPath: false,
    outPath: false,
    description: false,
    meta: false,
    systemFilter: '*',
    ...more,
  }
  const pieces: string[] = []
  await listDerivations(evaluation, root, options, listener, (piece) => pieces.push(piece))
  return pieces.join('')
}

const attrs = (lines: Record<string, unknown>[]): unknown[] => lines.map((line) => line.attr)

test('a derivation is a line with its path, outputs and system', async () => {
  const [line] = await walk(
    '{ m = derivation { name = "m"; system = "s"; builder = "b"; outputs = [ "out" "dev" ]; }; }',
  )
  assert.is(line.attr, 'm')
  assert.equal(line.attrPath, ['m'])
  assert.is(line.name, 'm')
  assert.is(line.system, 's')
  assert.match(String(line.drvPath), /^\/nix\/store\/[a-z0-9]{32}-m\.drv$/)
  assert.equal(Object.keys(line.outputs as object), ['dev', 'out'])
  assert.equal(Object.keys(line), [
    'attr',
    'attrPath',
    'drvPath',
    'name',
    'outputs',
    'requiredSystemFeatures',
    'system',
  ])
})

test('an error is a line of its own and the rest goes on', async () => {
  const lines = await walk('{ a = throw "no"; b = d "b"; c = 1 + ""; e = assert false; 1; }')
  assert.equal(
    lines.map(({ attr, error, name }) => [attr, error ?? name]),
    [
      ['a', 'error: no'],
      ['b', 'b'],
      ['c', 'error: cannot add a string to an integer'],
      ['e', "error: assertion 'false' failed"],
    ],
  )
})

test('an error in the derivation leaves no half of it', async () => {
  const [line] = await walk('{ a = d "a" // { drvPath = throw "late"; }; }')
  assert.equal(line, { attr: 'a', attrPath: ['a'], error: 'error: late' })
})

test('sets are entered where they say so', async () => {
  const text =
    '{ r = { recurseForDerivations = true; x = d "x"; "y.z" = d "y"; }; s = { x = d "x"; }; n = 1; }'
  assert.equal(attrs(await walk(text)), ['r.x', 'r."y.z"'])
  assert.equal(attrs(await walk(text, { forceRecurse: true })), ['r.x', 'r."y.z"', 's.x'])
})

test('the outermost set is entered unless it says no', async () => {
  assert.equal(attrs(await walk('{ recurseForDerivations = false; x = d "x"; }')), [])
})

test('recurseForDerivations that is no Boolean is an error of its set', async () => {
  const [line] = await walk('{ r = { recurseForDerivations = 1; }; }')
  assert.is(line.error, 'error: expected a Boolean but found an integer: 1')
})

test('functions are called on the way', async () => {
  assert.equal(attrs(await walk('{ p ? "x" }: { x = { q ? p }: d q; f = x: x; }')), ['x'])
})

test('the value itself has to evaluate', async () => {
  try {
    await walk('throw "root"')
    assert.unreachable()
  } catch (error) {
    assert.is((error as Error).message, 'root')
  }
})

test('--meta shows what is data', async () => {
  const text =
    '{ a = d "a" // { meta = { s = "t"; f = x: x; d = { outPath = ""; }; n = [ 1 1.5 { b = true; } ]; }; }; }'
  const [line] = await walk(text, { meta: true })
  assert.equal(line.meta, { n: [1, 1.5, { b: true }], s: 't' })
})

test('--show-input-drvs shows which outputs are used', async () => {
  const [line] = await walk('{ a = derivation { name = "a"; system = "s"; builder = d "b"; }; }', {
    showInputDrvs: true,
  })
  assert.equal(Object.values(line.inputDrvs as object), [['out']])
})

test('required system features are those of the derivation', async () => {
  const text =
    '{ a = derivation { name = "a"; system = "s"; builder = "b"; requiredSystemFeatures = [ "kvm" "big" ]; }; }'
  assert.equal((await walk(text))[0].requiredSystemFeatures, ['big', 'kvm'])
  const none = await walk('{ a = derivation { name = "a"; system = "s"; builder = "b"; }; }')
  assert.equal(none[0].requiredSystemFeatures, [])
})

test('the constituents of an aggregate are named', async () => {
  const text = '{ a = d "a" // { _hydraAggregate = true; constituents = [ "x.y" (d "c") ]; }; b = d "b"; }'
  const [a, b] = await walk(text, { constituents: true })
  assert.equal(a.namedConstituents, ['x.y'])
  assert.match(String((a.constituents as string[])[0]), /^[a-z0-9]{32}-c\.drv$/)
  assert.equal([b.constituents, b.namedConstituents, b.globConstituents], [[], [], false])
})

test('a listing is sorted by name and padded', async () => {
  const listing = await list('{ a = d "zed-1"; bb = d "Alpha-10"; c = throw "x"; }')
  assert.is(listing, 'bb  Alpha-10\na   zed-1\n')
})

test('a listing leaves out what throws when it is asked', async () => {
  const text =
    '{ a = d "a" // { drvPath = throw "x"; }; b = d "b" // { drvPath = assert false; 1; }; c = d "c"; }'
  assert.match(await list(text, { drvPath: true }), /^c {2}c {2}\/nix\/store\/[a-z0-9]{32}-c\.drv\n$/)
})

test('any other error ends a listing', async () => {
  try {
    await list('{ a = d "a" // { drvPath = 1 + ""; }; }', { drvPath: true })
    assert.unreachable()
  } catch (error) {
    assert.is((error as Error).message, 'cannot add a string to an integer')
  }
})

test('a derivation in two places is listed once', async () => {
  assert.is(await list('rec { a = d "x"; b = a; }'), 'a  x\n')
})

test('a listing can be of one system', async () => {
  const text = '{ a = d "a"; b = derivation { name = "b"; system = "s"; builder = "b"; }; }'
  assert.is(await list(text, { systemFilter: 's' }), 'b  b\n')
})

test('a listing as JSON is sorted by path', async () => {
  const listing = await list('{ b = d "n-1.0"; a = d "a-b"; }', { json: true })
  const entry = (name: string, pname: string, version: string): string => `{
    "name": "${name}",
    "outputName": "out",
    "outputs": {
      "out": null
    },
    "pname": "${pname}",
    "system": "x86_64-linux",
    "version": "${version}"
  }`
  assert.is(listing, `{\n  "a": ${entry('a-b', 'a-b', '')},\n  "b": ${entry('n-1.0', 'n', '1.0')}\n}\n`)
})

test('a listing of nothing is empty', async () => {
  assert.is(await list('{ }'), '')
  assert.is(await list('{ }', { json: true }), '{}\n')
})

test('in JSON what throws in between keeps what was known', async () => {
  const listing = JSON.parse(
    await list('{ a = d "a" // { drvPath = throw "x"; }; b = d "b" // { system = throw "x"; }; }', {
      json: true,
      drvPath: true,
    }),
  )
  assert.is(listing.a.name, 'a')
  assert.is(listing.a.drvPath, undefined)
  assert.is(listing.b, null)
})

test('what has failed before is left out of a listing again', async () => {
  assert.is(
    await list('let bad = throw "no"; in { a = bad; b = bad; c = bad; e = d "x"; f = bad; }'),
    'e  x\n',
  )
})

test.run()
