import { readFileSync } from 'node:fs'
import { type Baseline, compareCounts, limitOf } from '../../../bench/counts.ts'
import { readPrograms } from '../../../bench/harness/programs.ts'
import { COUNT } from '../../../src/values/counts.ts'
import { inProject } from '../../support/project.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('bench/counts')

const row = (opcodes: number, result = '1') => ({
  n: 10,
  result,
  opcodes,
  frames: 100,
  thunks: 0,
  environments: 0,
  copied: 0,
})

test('a figure may rise by 2 %, a small one by 10', () => {
  assert.is(limitOf(1000), 1020)
  assert.is(limitOf(100), 110)
  assert.is(limitOf(0), 10)
})

test('a rise of more is a failure that names program and figure', () => {
  const { failures, gains } = compareCounts({ fib: row(10_000) }, { fib: row(10_201) })
  assert.equal(failures, ['fib: opcodes 10000 -> 10201 (+2.0 %), at most 10200'])
  assert.equal(gains, [])
})

test('a figure that was not counted before is a failure', () => {
  const { thunks: _, ...without } = row(1)
  const { failures } = compareCounts({ fib: without } as unknown as Baseline, { fib: row(1) })
  assert.equal(failures, ['fib: bench/counts.json has no thunks'])
})

test('a fall is told and no failure', () => {
  const { failures, gains } = compareCounts({ fib: row(10_000) }, { fib: row(5_000) })
  assert.equal(failures, [])
  assert.equal(gains, ['fib: opcodes 10000 -> 5000 (-50.0 %)'])
})

test('another result, a program without figures and figures without a program are failures', () => {
  const { failures } = compareCounts({ fib: row(1), gone: row(1) }, { fib: row(1, '2'), fresh: row(1) })
  assert.equal(failures, [
    'gone: is in bench/counts.json and nowhere else',
    'fib: gives 2, not 1',
    'fresh: not in bench/counts.json',
  ])
})

test('every bench program has figures', () => {
  const baseline = JSON.parse(readFileSync(inProject('bench/counts.json'), 'utf8')) as Baseline
  const names = readPrograms(inProject('bench/programs')).map((program) => program.name)
  assert.equal(Object.keys(baseline), names)
})

test('only a counting build counts', () => {
  assert.not(COUNT)
  assert.not(
    /\bcounts\.(opcodes|thunks|copied)|byOpcode|codeFrames/.test(
      readFileSync(inProject('dist/program.js'), 'latin1'),
    ),
  )
})

test.run()
