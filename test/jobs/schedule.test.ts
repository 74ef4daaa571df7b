import type { Listener } from '../../src/jobs/evaluation.ts'
import { Lines, type Outcome } from '../../src/jobs/protocol.ts'
import { type Entry, Schedule } from '../../src/jobs/schedule.ts'
import { assert, suite } from '../support/suite.ts'

const test = suite('jobs/schedule')

const quiet: Listener = { found: () => {}, done: () => {}, failed: () => {} }

/** What there is to be found: sets, and leaves that are lines. */
type Tree = { readonly [name: string]: Tree } | string

const line = (text: string): Outcome => ({ line: `${text}\n`, failed: false })

function outcomeOf(tree: Tree, path: readonly string[]): Outcome {
  let found = tree
  for (const name of path) found = (found as Record<string, Tree>)[name]
  return typeof found === 'string' ? line(found) : { children: Object.keys(found).sort() }
}

/** The lines in the order of a walk by one. */
function linesOf(tree: Tree): string[] {
  if (typeof tree === 'string') return [`${tree}\n`]
  return Object.keys(tree)
    .sort()
    .flatMap((name) => linesOf(tree[name]))
}

/** A small generator of numbers below `n`, the same for the same seed. */
function dice(seed: number): (n: number) => number {
  return (n) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return Math.floor((seed / 2 ** 32) * n)
  }
}

function treeOf(roll: (n: number) => number, depth: number, name = 'r'): Tree {
  if (depth === 0 || roll(3) === 0) return name
  const set: Record<string, Tree> = {}
  for (let i = roll(7); i > 0; i--) {
    const inner = 'abcdefgh'[roll(8)].repeat(1 + roll(2))
    set[inner] = treeOf(roll, depth - 1, `${name}.${inner}`)
  }
  return set
}

test('what workers find, in whatever order, is written as one would have found it', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const roll = dice(seed)
    const parts = Array.from({ length: 1 + roll(3) }, (_, i) => treeOf(roll, 4, `p${i}`))
    const workers = 1 + roll(4)
    const written: string[] = []
    const schedule = new Schedule(parts.length, quiet, { write: (l) => written.push(l), log: () => {} })
    const open: [worker: number, entry: Entry][] = []
    while (!schedule.isDone) {
      const worker = roll(workers)
      const entry = roll(2) === 0 ? schedule.take(worker) : undefined
      if (entry !== undefined) open.push([worker, entry])
      else if (open.length > 0) {
        const [[by, done]] = open.splice(roll(open.length), 1)
        schedule.answered(done, outcomeOf(parts[done.part], done.path), by)
      }
    }
    assert.equal(written, parts.flatMap(linesOf), `seed ${seed}`)
    assert.equal([open.length, schedule.waiting, schedule.take(0)], [0, 0, undefined])
  }
})

/** A schedule whose outermost value is a set with these names, taken by worker 0. */
function begun(names: string[], log: string[] = []): { schedule: Schedule; log: string[] } {
  const schedule = new Schedule(1, quiet, { write: (l) => log.push(l), log: (l) => log.push(`! ${l}`) })
  schedule.answered(schedule.take(0) as Entry, { children: names }, 0)
  return { schedule, log }
}

const taken = (schedule: Schedule, worker: number): string | undefined =>
  schedule.take(worker)?.path.join('.')

test('a worker stays with a set that it has found, and takes from the largest of others when there is nothing else', () => {
  const { schedule } = begun(['a', 'b', 'c', 'd', 'e'])
  const [a, b] = [schedule.take(0) as Entry, schedule.take(1) as Entry]
  schedule.answered(b, { children: ['x', 'y'] }, 1)
  schedule.answered(a, { children: ['v', 'w'] }, 0)
  const turns = [0, 1, 0, 1, 0, 1, 1]
  assert.equal(
    turns.map((worker) => taken(schedule, worker)),
    ['a.v', 'b.x', 'a.w', 'b.y', 'c', 'd', 'e'],
  )
})

test('an error is told of where its line is written', () => {
  const { schedule, log } = begun(['a', 'b'])
  const [a, b] = [schedule.take(0) as Entry, schedule.take(1) as Entry]
  schedule.answered(b, { ...line('b'), error: 'no b' }, 1)
  assert.equal(log, [])
  schedule.answered(a, line('a'), 0)
  assert.equal(log, ['a\n', '! no b', 'b\n'])
})

test('what ends the walk ends it when all before it is written', () => {
  const { schedule, log } = begun(['a', 'b', 'c'])
  const [a, b, c] = [0, 1, 2].map((worker) => schedule.take(worker) as Entry)
  schedule.answered(c, line('c'), 2)
  schedule.answered(b, { fatal: 'full', code: 1 }, 1)
  assert.is(schedule.isDone, false)
  schedule.answered(a, line('a'), 0)
  assert.equal([schedule.isDone, schedule.fatal, log], [true, { text: 'full', code: 1, part: 0 }, ['a\n']])
})

test('lines come out whole, however they are cut', () => {
  const text = 'one\n\nthree\nfour'
  for (let cut = 0; cut <= text.length; cut++) {
    const lines = new Lines()
    const found = [...lines.next(text.slice(0, cut)), ...lines.next(text.slice(cut)), ...lines.next('\n')]
    assert.equal(found, ['one', '', 'three', 'four'])
  }
})

test.run()
