import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Contestant, reference } from '../../../bench/harness/contestants.ts'
import type { Outcome, Stopwatch } from '../../../bench/harness/process.ts'
import { type Context, cut, race, tryOut, Wrong } from '../../../bench/harness/race.ts'
import { difference, growTree } from '../../../bench/parts/tree.ts'
import { root, withFolder } from '../../support/project.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('bench/race')

const firnix: Contestant = { name: 'firnix/20', kind: 'firnix', command: ['firnix'], version: '' }
const nix: Contestant = { name: 'nix 2.34.8', kind: 'nix', command: ['nix'], version: '' }

/** A context whose contestants answer what they are told to. */
function contextOf(outcomes: Record<string, Partial<Outcome>>): Context & { lines: string[] } {
  const cost = { wall: 1, user: 1, system: 0, memory: 1 }
  const run = ([program]: readonly string[]): Outcome => ({
    cost,
    code: 0,
    late: false,
    stdout: '2\n',
    stderr: '',
    ...outcomes[program],
  })
  const lines: string[] = []
  return {
    root: '/',
    work: '/',
    watch: { run } as unknown as Stopwatch,
    contestants: [firnix, nix],
    runs: 2,
    limit: 7,
    log: (line) => lines.push(line),
    wrong: [],
    lines,
  }
}

function raced(context: Context): string[] {
  const lanes = context.contestants.map((contestant) => ({ contestant, command: contestant.command }))
  const rows = race(context, { part: 'programs', name: 'sum' }, lanes, (lane, { stdout }) => {
    if (stdout !== '2\n') throw new Wrong(`${lane.contestant.name} gives ${stdout.trim()}`)
  })
  return rows.map(({ contestant, runs }) => `${contestant}: ${runs.length}`)
}

test('a reference that fails or never ends is left out', () => {
  for (const [outcome, why] of [
    [{ code: 1, stderr: 'error: no daemon\n' }, 'nix 2.34.8 ended with 1: error: no daemon'],
    [{ code: null }, 'nix 2.34.8 ended with a signal'],
    [{ code: null, late: true }, 'nix 2.34.8 was not done after 7 s'],
  ] as const) {
    const context = contextOf({ nix: outcome })
    assert.equal(raced(context), ['firnix/20: 2'])
    assert.equal([context.lines, context.wrong], [[`sum: left out: ${why}`], []])
  }
})

test('one that is wrong is left out as well, and remembered', () => {
  const context = contextOf({ nix: { stdout: '3\n' } })
  assert.equal(raced(context), ['firnix/20: 2'])
  assert.equal(context.wrong, ['nix 2.34.8 gives 3'])
})

test('Firnix that fails or is wrong ends the bench', () => {
  assert.throws(() => raced(contextOf({ firnix: { code: 70 } })), /ended with 70/)
  assert.throws(() => raced(contextOf({ firnix: { stdout: '3\n' } })), /gives 3/)
})

test('who cannot add two numbers is found before anything is measured', () => {
  tryOut(contextOf({}), nix)
  assert.throws(() => tryOut(contextOf({ nix: { stdout: 'x' } }), nix), /gives x for 1 \+ 1/)
  assert.throws(() => tryOut(contextOf({ nix: { late: true } }), nix), /not done after/)
})

test('a command without words is no reference', () => {
  assert.throws(() => reference(' '), /named by a command/)
})

test('an evaluator that does not say its version is asked why', () => {
  assert.throws(() => reference(`${process.execPath} --no-such-flag`), /says no version: .*--no-such-flag/)
})

test('a tree that was not grown to its end is grown anew', () =>
  withFolder((folder) => {
    const context = { ...contextOf({}), root, work: folder }
    const half = join(folder, 'tree-30.growing')
    mkdirSync(half)
    writeFileSync(join(half, 'half'), '')
    assert.is(growTree(context, 30), join(folder, 'tree-30'))
    assert.equal(readdirSync(folder), ['tree-30'])
    assert.equal(readdirSync(join(folder, 'tree-30')).sort(), ['all.nix', 'tree'])
  }))

test('a difference is shown where it is, however long the lines are', () => {
  assert.equal(difference('a\nb', 'a\nc'), { line: 2, lines: ['b', 'c'] })
  assert.equal(difference('a', 'a\nc'), { line: 2, lines: ['(nothing)', 'c'] })
  const [one, other] = ['x', 'y'].map((c) => `${'-'.repeat(1e6)}${c}${'-'.repeat(1e6)}`)
  const { lines } = difference(one, other)
  assert.match(lines[0], /^…-+x-+…$/)
  assert.match(lines[1], /^…-+y-+…$/)
  assert.ok(lines[0].length < 300)
  assert.is(cut('short'), 'short')
})

test.run()
