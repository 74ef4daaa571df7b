import { NixError } from '../../src/errors.ts'
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

function world(features: string[] = [], told: (line: string) => void = () => {}): World {
  const said: string[] = []
  const log = (line: string): void => {
    told(line)
    said.push(line)
  }
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
  return (await walkOn(text, more)).lines
}

/** The same, and where the walk has stopped. */
async function walkOn(
  text: string,
  more: Partial<WalkOptions>,
  told?: (line: string) => void,
): Promise<{ lines: Record<string, unknown>[]; stop: readonly string[] | undefined }> {
  const { evaluation, evaluator, listener } = world([], told)
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
  const stop = await walkJobs(evaluation, root, options, listener, (line) => lines.push(line))
  return { lines: lines.map((line) => JSON.parse(line) as Record<string, unknown>), stop }
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

const NESTED = `{
  a = d "a";
  b = { recurseForDerivations = true; e = throw "no"; m = { recurseForDerivations = true; x = d "x"; y = d "y"; }; z = d "z"; };
  "b.c" = d "bc"; empty = { recurseForDerivations = true; }; n = 1; r = throw "set"; s = { x = d "s"; }; z = d "z";
}`

test('a walk that stops after every so many attributes and goes on with another evaluator finds the same', async () => {
  for (const forceRecurse of [false, true]) {
    const whole = await walk(NESTED, { forceRecurse })
    for (const many of [1, 2, 3, 5]) {
      const lines: Record<string, unknown>[] = []
      let from: readonly string[] | undefined
      let walks = 0
      do {
        const part = await walkOn(NESTED, { forceRecurse, from, stopsAt: (done) => done >= many })
        lines.push(...part.lines)
        from = part.stop
        assert.ok(++walks < 40)
      } while (from !== undefined)
      assert.equal(lines, whole)
      assert.ok(walks > 12 / many, `${walks} walks`)
    }
  }
})

test('what is not the attribute’s own fault stops the walk there, if it has done anything, or ends it', async () => {
  const fault = new NixError('memory', 'the heap is full')
  const burn = (line: string): void => {
    if (line === 'trace: burn') throw fault
  }
  const fire = 'builtins.trace "burn" null'
  const stopsAt = (_done: number, error?: unknown): boolean => error === fault
  const { lines, stop } = await walkOn(`{ a = d "a"; b = ${fire}; }`, { stopsAt }, burn)
  assert.equal([attrs(lines), stop], [['a'], ['b']])
  for (const from of [undefined, ['b']]) {
    const ended = await walkOn(`{ b = ${fire}; }`, { stopsAt, from }, burn).catch((error) => error)
    assert.is(ended, fault)
  }
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
