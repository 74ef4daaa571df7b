/** Profiles (src/vm/profile.ts): which stacks are seen, and how they are written. The frames are those that Nix 2.34.8 writes. */
import { Evaluator } from '../../../src/evaluator.ts'
import { MemoryIO } from '../../../src/io/memory.ts'
import { deepForce } from '../../../src/runtime/deep.ts'
import { Profiler } from '../../../src/vm/profile.ts'
import { evalSettings } from '../../support/settings.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('profile')

interface Watch {
  frequency?: number
  clock?: () => number
  log?: (line: string) => void
  files?: Record<string, string>
}

/** The lines of the profile of an expression whose value is forced deeply; `«string»` is written `s`. */
function profile(text: string, watch: Watch = {}): string[] {
  const profiler = new Profiler({ frequency: watch.frequency ?? 0, clock: watch.clock ?? (() => 0) })
  const evaluator = new Evaluator({
    io: new MemoryIO({ files: watch.files ?? {} }),
    log: watch.log ?? (() => {}),
    settings: evalSettings({}),
    profiler,
  })
  try {
    const value = evaluator.evalText(text, { origin: 'string', baseDir: '/' })
    evaluator.run((m) => deepForce(m, value))
  } catch (error) {
    assert.instance(error, Error)
  }
  return [...profiler.lines()].map((line) => line.replaceAll('\xc2\xabstring\xc2\xbb', 's'))
}

test('a call is counted under those that wait for it, at the place of each call', () => {
  assert.equal(profile('let f = x: x + 1; g = x: 1 + f x; in g 2 + g 3'), [
    's:1:38:g 1\n',
    's:1:38:g;s:1:30:f 1\n',
    's:1:44:g 1\n',
    's:1:44:g;s:1:30:f 1\n',
  ])
})

test('a call that is put off is counted under those that wait for its value', () => {
  assert.equal(profile('let f = x: x; g = x: [ (f x) ]; in g 2'), ['s:1:25:f 1\n', 's:1:36:g 1\n'])
  assert.equal(profile('let f = x: x; g = x: 1 + x; in g (f 2)'), ['s:1:32:g 1\n', 's:1:32:g;s:1:35:f 1\n'])
})

test('a stack that is seen again is no other line', () => {
  assert.equal(profile('let f = x: x; g = x: 1 + f x; in map (x: g 1) [ 1 2 3 ]'), [
    's:1:34:primop map 1\n',
    's:1:39 3\n',
    's:1:39;s:1:42:g 3\n',
    's:1:39;s:1:42:g;s:1:26:f 3\n',
  ])
})

test('a function called by a builtin stands under it', () => {
  assert.equal(profile("builtins.foldl' (a: b: a + b) 0 [ 1 2 ]"), [
    "s:1:1:primop foldl' 1\n",
    "s:1:1:primop foldl';s:1:18 2\n",
  ])
})

test('a builtin is seen while its arguments are evaluated', () => {
  const text = 'let f = x: x; in builtins.seq (f 1) (builtins.toString (f 2))'
  assert.equal(profile(text), [
    's:1:18:primop seq 1\n',
    's:1:18:primop seq;s:1:32:f 1\n',
    's:1:18:primop seq;s:1:38:primop toString 1\n',
    's:1:18:primop seq;s:1:38:primop toString;s:1:57:f 1\n',
  ])
})

test('operators that are calls for Nix stand over the calls in their operands', () => {
  assert.equal(profile('let f = x: x; in 2 * (f 3 - 1) / 1 < 7'), [
    's:1:36:primop lessThan;s:1:32:primop div;s:1:20:primop mul;s:1:27:primop sub;s:1:23:f 1\n',
  ])
  assert.equal(profile('let f = x: x; in [ (f 1) ] < [ 2 ]'), ['s:1:28:primop lessThan;s:1:21:f 1\n'])
})

test('callers of tail calls are still there', () => {
  assert.equal(profile('let f = n: if n == 0 then 0 else f 0; in f 1'), [
    's:1:42:f 1\n',
    's:1:42:f;s:1:34:f 1\n',
  ])
})

test('a call with more arguments than a function takes is one frame, under the first one’s name', () => {
  const files = { '/x.nix': '{ f }: f 1' }
  assert.equal(profile('import /x.nix { f = x: x; }', { files }), [
    's:1:1:primop import 1\n',
    's:1:1:primop import;/x.nix:1:8:f 1\n',
  ])
  assert.equal(profile('let f = x: let y = x; in z: y + z; in f 1 2'), ['s:1:39:f 1\n'])
})

test('a set that is called is a frame over its function', () => {
  assert.equal(profile('{ __functor = self: x: x; } 1'), ['s:1:1:functor;s:1:3:__functor 1\n'])
})

test('a function waits for the set it is given inside its call', () => {
  assert.equal(profile('let f = x: x; g = { a }: a; in g (f { a = 1; })'), [
    's:1:32:g 1\n',
    's:1:32:g;s:1:35:f 1\n',
  ])
})

test('names are written as the language writes them', () => {
  assert.equal(profile('let "a;b" = x: x; in { inherit "a;b"; }."a;b" 1'), ['s:1:22:"a;b" 1\n'])
})

test('where Nix knows no place of a call it is that of the function, or none', () => {
  assert.equal(profile('builtins.mapAttrs (n: v: v) { a = 1; }'), ['s:1:1:primop mapAttrs 1\n', 's:1:20 1\n'])
  assert.ok(
    profile('builtins.concatStringsSep "" (map toString [ 1 ])').includes(
      's:1:1:primop concatStringsSep;primop toString 1\n',
    ),
  )
})

test('derivationStrict bears the name of the derivation, which is evaluated before it', () => {
  const drv = (name: string): string[] =>
    profile(`let f = x: x; in builtins.derivationStrict { name = ${name}; system = "s"; builder = "b"; }`)
  assert.equal(drv('f "n"'), ['s:1:18:primop derivationStrict:n 1\n', 's:1:53:f 1\n'])
  assert.equal(drv('throw "n"'), ['s:1:18:primop derivationStrict 1\n', 's:1:53:primop throw 1\n'])
})

test('what has been called before an error is in the profile', () => {
  assert.equal(profile('let f = x: x; in f 1 + (throw "x")'), ['s:1:18:f 1\n', 's:1:25:primop throw 1\n'])
})

test('with a frequency the builtin is seen in which the time for a sample has come', () => {
  let time = 0
  // The builtin that writes the line takes 25 ms.
  const watch: Watch = { frequency: 100, clock: () => time, log: () => (time += 25) }
  const text = 'let f = x: builtins.trace x x; g = x: x; in g (f 1) + f (g 2)'
  assert.equal(profile(text, watch), [
    's:1:45:g;s:1:48:f;s:1:12:primop trace 1\n',
    's:1:55:f;s:1:12:primop trace 1\n',
  ])
  time = 0
  assert.equal(profile(text, { ...watch, frequency: 25 }), ['s:1:55:f;s:1:12:primop trace 1\n'])
})

test('with a frequency a function is seen in which the time for a sample has come', () => {
  let time = 0
  const clock = (): number => (time += 1)
  const lines = profile('let f = n: if n == 0 then 0 else 1 + f (n - 1); in f 1000', {
    frequency: 1000,
    clock,
  })
  assert.ok(lines.length > 10)
  for (const line of lines) assert.match(line, /^s:1:52:f(;s:1:38:f)*(;s:1:43:primop sub)? 1\n$/)
})

test.run()
