import {
  type FindOptions,
  findDerivations,
  queryDrvPaths,
  queryMeta,
  queryOutputs,
  querySystem,
} from '../../../src/runtime/get-drvs.ts'
import { printAmbiguous } from '../../../src/values/print.ts'
import type { Attrs, Slot } from '../../../src/values/value.ts'
import { FakeMachine, failure } from '../../support/fake-machine.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('get derivations')

function drv(m: FakeMachine, name: string, more: Record<string, Slot> = {}): Attrs {
  return m.set({
    type: m.later(() => 'derivation'),
    name: m.later(() => name),
    drvPath: m.later(() => `/nix/store/00000000000000000000000000000000-${name}.drv`),
    outPath: `/nix/store/11111111111111111111111111111111-${name}`,
    outputName: 'out',
    ...more,
  })
}

function find(m: FakeMachine, root: Slot, options: Partial<FindOptions> = {}): string[] {
  const names: string[] = []
  const found: FindOptions['found'] = (d) => names.push(`${d.attrPath}=${d.name}`)
  m.run(() => findDerivations(m, root, { autoArgs: m.emptyAttrs, found, ...options }))
  return names
}

test('a derivation is found at the root, in sets and in lists', () => {
  const m = new FakeMachine()
  assert.equal(find(m, drv(m, 'x')), ['=x'])
  const root = m.set({ b: drv(m, 'b'), a: m.later(() => drv(m, 'a')), '1': drv(m, 'one'), c: 1 })
  assert.equal(find(m, root), ['a=a', 'b=b'])
  assert.equal(find(m, m.list(drv(m, 'x'), m.set({ y: drv(m, 'y') })), { prefix: 'p' }), ['p.0=x', 'p.1.y=y'])
})

test('deeper sets are searched only where they say so', () => {
  const m = new FakeMachine()
  const inner = m.set({ recurseForDerivations: m.later(() => true), x: drv(m, 'x') })
  assert.equal(find(m, m.set({ a: inner, b: m.set({ y: drv(m, 'y') }) })), ['a.x=x'])
})

test('a derivation is found once', () => {
  const m = new FakeMachine()
  const x = drv(m, 'x')
  assert.equal(find(m, m.set({ a: x, b: x })), ['a=x'])
})

test('functions are called', () => {
  const m = new FakeMachine()
  assert.equal(find(m, m.lambda(['x']), { autoArgs: m.set({ x: drv(m, 'x') }) }), ['x=x'])
})

test('errors name the attribute, or are left out', () => {
  const m = new FakeMachine()
  const root = m.set({ a: m.fails('boom'), b: drv(m, 'b', { name: m.fails() }), c: drv(m, 'c') })
  assert.equal(find(m, root, { ignoreAssertionFailures: true }), ['c=c'])
  const options = { autoArgs: m.emptyAttrs, found: () => {} }
  assert.equal(
    failure(m, () => findDerivations(m, root, options)),
    {
      message: 'boom',
      trace: ["while evaluating the attribute 'a'"],
    },
  )
  assert.is(
    failure(m, () => findDerivations(m, 1, options)).message,
    'expression does not evaluate to a derivation (or a set or list of those)',
  )
})

test('paths are asked for in order', () => {
  const m = new FakeMachine()
  const lines: string[] = []
  const ask = (...sets: Attrs[]): void => {
    const drvs = sets.map((attrs) => ({ attrPath: '', name: '', attrs }))
    m.run(() => queryDrvPaths(m, drvs, (path, output) => lines.push(`${path}!${output}`)))
  }
  ask(drv(m, 'x'), drv(m, 'y', { outputName: m.later(() => 'dev') }))
  const dir = '/nix/store/00000000000000000000000000000000'
  assert.equal(lines, [`${dir}-x.drv!out`, `${dir}-y.drv!dev`])
  assert.throws(() => ask(m.set({})), /derivation does not contain a 'drvPath' attribute/)
  assert.throws(() => ask(drv(m, 'x', { drvPath: '/x' })), /path '\/x' is not in the Nix store/)
})

test('outputs, system and meta can be asked for', () => {
  const m = new FakeMachine()
  const out = m.set({ outPath: '/nix/store/11111111111111111111111111111111-dev' })
  const x = drv(m, 'x', {
    outputs: m.later(() =>
      m.list(
        'dev',
        m.later(() => 'gone'),
      ),
    ),
    dev: m.later(() => out),
    meta: m.set({
      a: m.list(
        1,
        m.later(() => 'x'),
      ),
      f: m.fn('f', () => 1),
      o: m.set({ outPath: 1 }),
      n: null,
    }),
  })
  const show = (v: unknown): string => printAmbiguous(v as Attrs)
  assert.is(
    show(m.run(() => queryOutputs(m, x, true))),
    '{ dev = "/nix/store/11111111111111111111111111111111-dev"; }',
  )
  assert.is(show(m.run(() => queryOutputs(m, x, false))), '{ dev = null; gone = null; }')
  assert.is(
    show(m.run(() => queryOutputs(m, drv(m, 'y'), true))),
    '{ out = "/nix/store/11111111111111111111111111111111-y"; }',
  )
  assert.is(show(m.run(() => queryMeta(m, x))), '{ a = [ 1 "x" ]; }')
  assert.is(
    m.run(() => querySystem(m, x)),
    'unknown',
  )
})

test.run()
