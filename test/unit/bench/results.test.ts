import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  baseOf,
  compare,
  isSteep,
  load,
  mayWrite,
  mediansOf,
  newResults,
  type Results,
  type Row,
  type State,
  save,
  showRows,
} from '../../../bench/harness/results.ts'
import { page } from '../../../bench/page/page.ts'
import { slopeOf } from '../../../bench/parts/growth.ts'
import { merge } from '../../../bench/report.ts'
import { root, withFolder } from '../../support/project.ts'
import { assert, suite } from '../../support/suite.ts'

const STATES: State[] = ['cold', 'shared', 'warm']
const test = suite('bench/results')

const row = (contestant: string, wall: number, more: Partial<Row> = {}): Row => ({
  part: 'programs',
  name: 'fib',
  contestant,
  runs: [0.9, 1, 1.3].map((x) => ({ wall: wall * x, user: wall * x, system: 0, memory: 1e8 })),
  ...more,
})

function results(rows: Row[]): Results {
  const made = newResults(root, [])
  made.contestants = [
    { name: 'firnix/20', version: 'Node 20' },
    { name: 'nix 2.34.8', version: 'nix-instantiate (Nix) 2.34.8' },
  ]
  return { ...made, rows }
}

test('a row is told by its medians', () => {
  assert.equal(mediansOf(row('firnix/20', 2)), { wall: 2, user: 2, memory: 1e8, runs: 3 })
})

test('a reference is what others are compared with, without one the first of the same state', () => {
  const cold = row('firnix/20', 2, { state: 'cold' })
  const warm = row('firnix/20', 1, { state: 'warm' })
  const other = row('firnix/24', 1, { state: 'warm' })
  const nix = row('nix 2.34.8', 1)
  assert.is(baseOf([cold, warm, other, nix], other), nix)
  assert.is(baseOf([cold, warm, other], other), warm)
})

test('a table has ratios to the reference', () => {
  const shown = showRows([row('firnix/20', 2), row('nix 2.34.8', 1)])
  assert.match(shown, /^fib {2}firnix\/20 +2\.00 s +2\.00x/m)
})

test('saved results are compared row by row', () => {
  const shown = compare(results([row('firnix/20', 2)]), results([row('firnix/20', 1)]))
  assert.match(shown, /programs fib, firnix\/20 +2\.00 s +1\.00 s +0\.50x/)
  assert.is(compare(results([]), results([row('firnix/20', 1)])), 'nothing to compare')
})

test('of results saved apart, each part is that of the last which has it', () => {
  const merged = merge([
    results([row('firnix/20', 1), row('firnix/20', 2, { part: 'tree' })]),
    results([row('firnix/20', 3)]),
  ])
  assert.equal(
    merged.rows.map((r) => [r.part, mediansOf(r).wall]),
    [
      ['tree', 2],
      ['programs', 3],
    ],
  )
})

test('a slope that is quadratic is steep, one that is linear is not', () => {
  const points = (k: number) =>
    [1, 2, 4, 8, 16].map((size) => ({ size, time: size ** k / 10, memory: 1e8 * size }))
  assert.not(isSteep(slopeOf('x', '', points(1))))
  assert.ok(isSteep(slopeOf('x', '', points(2))))
})

test('the page needs no other file and says all names as text', () => {
  const tree = (size: number, state: 'cold' | 'warm'): Row =>
    row('firnix/20', size / 1000, { part: 'growth', name: 'grown tree', size, state })
  const all = results([
    row('firnix/20', 2),
    row('nix 2.34.8', 1),
    row('firnix/20', 1, { part: 'tree', name: 'a<b', state: 'cold' }),
    ...[500, 1000, 2000].flatMap((size) => [tree(size, 'cold'), tree(size, 'warm')]),
  ])
  all.slopes = [slopeOf('list: fold', 'n: list', [])]
  all.micro = [{ part: 'hash', name: 'sha256', time: 1e-6, unit: 'hash', runs: 3 }]
  const html = page(all)
  assert.not(/\b(src|href)=|https?:|@import|url\(/.test(html))
  assert.not(html.includes('a<b'))
  assert.not(/NaN|undefined|Infinity/.test(html))
  for (const title of ['Package trees', 'Programs', 'Growth', 'Micro-benchmarks'])
    assert.ok(html.includes(`<h2>${title}</h2>`), title)
  assert.is(html.match(/<svg/g)?.length, html.match(/role="img"/g)?.length)
})

test('a page without figures says so', () => {
  assert.ok(page(results([])).includes('Nothing has been measured yet.'))
})

test('a page of parts that were measured one by one says so', () => {
  const [one, other] = ['a1', 'b2'].map((revision, i) => ({
    ...results([row('firnix/20', 1)]),
    revision,
    date: `2026-01-0${i + 1}T10:00:00Z`,
  }))
  const html = page(other, [one, other])
  assert.ok(html.includes('revision a1, b2'))
  assert.ok(html.includes('2026-01-01 10:00 to 2026-01-02 10:00 UTC'))
})

test('each state of the cache has marks of its own, in the colour of its contestant', () => {
  const tree = (contestant: string, state: State): Row =>
    row(contestant, 1, { part: 'tree', name: 'x', state })
  const all = results(['firnix/20', 'firnix/24'].flatMap((who) => STATES.map((state) => tree(who, state))))
  all.contestants.splice(1, 0, { name: 'firnix/24', version: 'Node 24' })
  const html = page(all)
  for (const mark of ['c0 hollow', 'c0 half', 'c0', 'c1 hollow', 'c1 half', 'c1'])
    assert.ok(html.includes(`class="${mark}"`), mark)
})

test('a file that holds no results is named', () =>
  withFolder((folder) => {
    const file = join(folder, 'old.json')
    save(file, results([row('firnix/20', 1)]))
    assert.is(load(file).rows.length, 1)
    for (const text of ['', 'no JSON', 'null', '{ "form": 0 }', '{ "form": 1 }']) {
      writeFileSync(file, text)
      assert.throws(() => load(file), /old\.json holds no results/)
    }
    assert.throws(() => load(join(folder, 'none')), /none/)
  }))

test('where results go is looked at before anything is measured', () =>
  withFolder((folder) => {
    mayWrite(join(folder, 'new/results.json'))
    assert.throws(() => mayWrite(folder), /is a folder/)
  }))

test.run()
