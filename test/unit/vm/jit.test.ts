/** The second tier (src/vm/jit.ts): when it takes over, that it can be left anywhere, and that nobody can tell. */

import { Evaluator, type EvaluatorOptions } from '../../../src/evaluator.ts'
import { MemoryIO } from '../../../src/io/memory.ts'
import { deepForce } from '../../../src/runtime/deep.ts'
import { describeValue } from '../../../src/values/describe.ts'
import { evalSettings } from '../../support/settings.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('jit')

function evaluator(tier: EvaluatorOptions['tier'], maxCallDepth = 10000): Evaluator {
  return new Evaluator({
    io: new MemoryIO({ files: {} }),
    tier,
    log: () => {},
    settings: evalSettings({ maxCallDepth }),
  })
}

function value(
  text: string,
  tier: EvaluatorOptions['tier'] = { threshold: 0 },
  maxCallDepth = 10000,
): string {
  const e = evaluator(tier, maxCallDepth)
  const v = e.evalText(text, { origin: 'string', baseDir: '/' })
  e.run((m) => deepForce(m, v))
  return describeValue(v, e.positions)
}

/** How many of the units of `text` have been compiled when it has been evaluated. */
function compiled(text: string, tier: EvaluatorOptions['tier']): number {
  const e = evaluator(tier)
  let count = 0
  const { compile } = e.vm
  e.vm.compile = (p) => {
    const done = compile.call(e.vm, p)
    if (done) count++
    return done
  }
  e.evalText(text, { origin: 'string', baseDir: '/' })
  return count
}

const LOOP = `let f = n: if n == 0 then 0 else 1 + f (n - 1); in f 500`

test('a unit is compiled when it has run often, and only then', () => {
  assert.ok(compiled(LOOP, { threshold: 100 }) > 0)
  assert.is(compiled(LOOP, { threshold: 1000 }), 0)
  assert.is(compiled(LOOP, { threshold: Number.POSITIVE_INFINITY }), 0)
})

test('what is run as seldom as all else is compiled when it has run a hundred thousand times', () => {
  const names = Array.from({ length: 100 }, (_, i) => `f${i}`)
  const loop = (n: number): string =>
    `let ${names.map((f) => `${f} = x: x;`).join(' ')} in ` +
    `builtins.foldl' (a: i: ${names.map((f) => `${f} i`).join(' + ')}) 0 (builtins.genList (i: i) ${n})`
  assert.is(compiled(loop(10_000), { threshold: 1000 }), 0)
  // These, the one that calls them, and the one that makes the list.
  assert.is(compiled(loop(101_000), { threshold: 1000 }), 102)
})

test('a small program has few units compiled early, however many it has', () => {
  const each = (n: number): string => {
    const functions = Array.from({ length: n }, (_, i) => `(x: x + ${i})`).join(' ')
    return `map (f: builtins.foldl' (a: i: a + f i) 0 (builtins.genList (i: i) 200)) [ ${functions} ]`
  }
  const few = compiled(`builtins.deepSeq (${each(10)}) 1`, {})
  assert.ok(few >= 10, `${few} of 10`)
  const many = compiled(`builtins.deepSeq (${each(200)}) 1`, {})
  assert.ok(many >= 40 && many < 60, `${many} of 200`)
})

test('recursion far deeper than the JavaScript stack', () => {
  assert.is(
    value('let f = n: if n == 0 then 0 else 1 + f (n - 1); in f 100000', { threshold: 0 }, 1e9),
    '100000',
  )
})

test('recursion through builtins far deeper than the JavaScript stack', () => {
  const text = `let f = n: if n == 0 then 0 else 1 + builtins.foldl' (a: x: f x) 0 (map (x: x - 1) [ n ]); in f 20000`
  assert.is(value(text, { threshold: 0 }, 1e9), '20000')
})

test('thunks of thunks far deeper than the JavaScript stack', () => {
  const text =
    'let l = builtins.genList (i: if i == 0 then 0 else builtins.elemAt l (i - 1) + 1) 50000; in builtins.elemAt l 49999'
  assert.is(value(text, { threshold: 0 }, 1e9), '49999')
})

test('tail calls between functions count as calls', () => {
  const text = 'let f = n: g: if n == 0 then 0 else g (n - 1) f; in f 20000 f'
  assert.throws(
    () => value(text),
    (e: Error) => e.message === 'stack overflow; max-call-depth exceeded',
  )
  assert.is(value(text, { threshold: 0 }, 1e9), '0')
})

test('a tail call of the function itself is a loop, and counts', () => {
  const text = 'let f = n: if n == 0 then 0 else f (n - 1); in f 20000'
  assert.throws(
    () => value(text),
    (e: Error) => e.message === 'stack overflow; max-call-depth exceeded',
  )
  assert.is(value(text, { threshold: 0 }, 1e9), '0')
})

test('an error in compiled code leaves thunks that fail again, and tryEval goes on', () => {
  const text = `
    let
      bad = throw "x";
      f = n: if n == 0 then bad else [ (f (n - 1)) ] ++ [ ];
      g = n: builtins.deepSeq (f n) n;
    in [ (builtins.tryEval (g 50)).success (builtins.tryEval bad).success (builtins.tryEval (g 3)).success ]`
  for (const maxNesting of [1, 2, 3, 7, 300]) {
    assert.is(value(text, { threshold: 0, maxNesting }), '[ false false false ]')
  }
})

test('a black hole is one in either tier', () => {
  for (const threshold of [0, Number.POSITIVE_INFINITY]) {
    assert.throws(
      () => value('let x = y + 1; y = x + 1; in x', { threshold }),
      (e: Error) => e.message === 'infinite recursion encountered',
    )
  }
})

test('operands survive the stack being given up in the middle of an expression', () => {
  const text = `
    let
      f = n: if n == 0 then 1 else f (n - 1);
      g = a: b: "\${toString (a + f 10)}-\${toString (f 20 + b)}-\${toString ([ (f 1) a ] == [ 1 (f 3 + a - 1) ])}";
    in g 1 2 + g 3 4 + (if f 5 == 1 then { x.y = toString (f 6); }.x.y or "0" else "7") + ""`
  for (const maxNesting of [1, 2, 3, 4, 5, 300]) {
    assert.is(value(text, { threshold: 0, maxNesting }), '"2-3-14-5-11"')
  }
})

test('names of with, defaults and inherited names are found whatever sets come by', () => {
  const text = `
    let
      get = s: with s; a;
      two = s: t: with s; with t; a;
      f = { a ? b, b ? 2, ... }: a;
      sets = [ { a = 1; } { a = 2; c = 0; } ({ a = 3; } // { d = 1; }) { a = 4; } ];
    in builtins.toJSON (map get sets ++ map (s: two s { }) sets ++ map (two { a = 9; }) sets ++ map f (sets ++ [ { } { b = 7; } ]))`
  const all = value(text, { threshold: 0 })
  assert.is(all, '"[1,2,3,4,1,2,3,4,1,2,3,4,1,2,3,4,2,7]"')
  assert.is(all, '"[1,2,3,4,1,2,3,4,1,2,3,4,1,2,3,4,2,7]"')
})

test('a call has as many arguments as it likes', () => {
  const many = '1 '.repeat(50_000)
  for (const threshold of [0, Number.POSITIVE_INFINITY]) {
    assert.is(value(`let f = x: f; in builtins.isFunction (f ${many})`, { threshold }), 'true')
    assert.is(value(`let f = { __functor = s: x: f; }; in (f ${many}) ? __functor`, { threshold }), 'true')
  }
})

test('integers grow past what a double holds exactly', () => {
  const text = `
    let f = a: b: [ (a + b) (a - b) (a * 1000) (a < b) (- a) ];
    in builtins.toJSON (map (n: f n 9007199254740991) [ 1 9007199254740991 2.5 ])`
  assert.is(value(text, { threshold: 0 }), value(text, { threshold: Number.POSITIVE_INFINITY }))
})

test.run()
