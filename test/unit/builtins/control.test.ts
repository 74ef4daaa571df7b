/** Builtins that force, fail, catch and print. */
import { VERBOSITY } from '../../../src/runtime/machine.ts'
import { assert, suite } from '../../support/suite.ts'
import { fails, gives, run } from './support.ts'

const test = suite('builtins: control')

test('seq forces the outermost constructor, deepSeq everything', () => {
  gives('builtins.seq { a = throw "a"; } 1', '1')
  fails('builtins.seq (throw "a") 1', 'a')
  fails('builtins.deepSeq [ 1 [ (throw "q") ] ] 1', 'q', "while calling the 'deepSeq' builtin")
  gives('let x = { a = x; b = 1; }; in builtins.deepSeq x 1', '1')
})

test('tryEval catches throw and assert, and nothing else', () => {
  gives('builtins.tryEval (throw "a")', '{ success = false; value = false; }')
  gives('builtins.tryEval (assert false; 1)', '{ success = false; value = false; }')
  gives('builtins.tryEval 1', '{ success = true; value = 1; }')
  fails('builtins.tryEval (abort "a")', "evaluation aborted with the following error message: 'a'")
  fails('builtins.tryEval (1 + "a")', 'cannot add a string to an integer')
})

test('what tryEval caught can be forced again, with the same outcome', () => {
  gives(
    'let t = throw "a"; in map (x: x.success) [ (builtins.tryEval t) (builtins.tryEval t) ]',
    '[ false false ]',
  )
})

test('tryEval catches an error thrown inside a frame of a builtin', () => {
  gives('(builtins.tryEval (builtins.sort (a: b: throw "z") [ 1 2 ])).success', 'false')
})

test('throw and abort take what can be coerced', () => {
  fails('throw { __toString = s: "hi"; }', 'hi')
  fails(
    'throw 1',
    'cannot coerce an integer to a string: 1',
    'while evaluating the error message passed to builtin.throw',
  )
})

test('addErrorContext adds a line that is always printed', () => {
  const { error } = run('builtins.addErrorContext "ctx" (throw "b")')
  assert.is(error?.message, 'b')
  assert.is(error?.trace.find((line) => line.text === 'ctx')?.always, true)
  gives('builtins.addErrorContext (throw "a") 1', '1')
})

test('an error of the context takes the place of the first one', () => {
  fails('builtins.addErrorContext (throw "a") (throw "b")', 'a')
})

test('trace prints strings raw and other values unforced', () => {
  assert.equal(run('builtins.trace "a\\nb" 1').log, ['trace: a\nb'])
  assert.equal(run('builtins.trace { a = 1; b = 1 + 1; } 1').log, [
    'trace: { a = 1; b = \xc2\xabthunk\xc2\xbb; }',
  ])
})

test('traceVerbose looks at its first argument only when the setting is on', () => {
  gives('builtins.traceVerbose (throw "q") 1', '1')
  assert.equal(run('builtins.traceVerbose "q" 1', { traceVerbose: true }).log, ['trace: q'])
})

test('warn indents later lines and trims all of them', () => {
  assert.equal(run('builtins.warn "a\\nb  \\n\\nc" 1').log, [
    `evaluation warning: a\n${' '.repeat(20)}b\n\n${' '.repeat(20)}c`,
  ])
})

test('warn is silent where warnings are not wanted', () => {
  assert.equal(run('builtins.trace "t" (builtins.warn "a" 1)', { verbosity: VERBOSITY.error }).log, [
    'trace: t',
  ])
})

test('warn of blanks prints an empty line', () => {
  assert.equal(run('builtins.warn " \\n" 1').log, [''])
})

test('warn takes strings only, and aborts when told so', () => {
  fails(
    'builtins.warn 1 1',
    'expected a string but found an integer: 1',
    'while evaluating the first argument; the message passed to builtins.warn',
  )
  assert.is(
    run('builtins.warn "a" 1', { abortOnWarn: true }).error?.message,
    'aborting to reveal stack trace of warning, as abort-on-warn is set',
  )
})

test.run()
