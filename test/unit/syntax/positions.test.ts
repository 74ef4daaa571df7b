import { dumpAst } from '../../../src/syntax/print.ts'
import { assert, suite } from '../../support/suite.ts'
import { tree } from './parsing.ts'

const test = suite('positions')

function outline(text: string): string {
  return dumpAst(tree(text)).trimEnd()
}

test('an operator is reported at its sign, its operands where their parentheses begin', () => {
  assert.is(
    outline('(1) + (f 2)'),
    `binary + 0-11 @4
  int 1 0-3 @1
  call 6-11 @7
    fn: var f 7-8 @7
    int 2 9-10 @9`,
  )
})

test('a negation is reported where its operand is, a minus where it stands', () => {
  assert.is(
    outline('! -a'),
    `not 0-4 @2
  negate 2-4 @2
    var a 3-4 @3`,
  )
})

test('calls and selections are reported where they begin', () => {
  assert.is(
    outline(' (f) x.y'),
    `call 1-8 @1
  fn: var f 1-4 @2
  select 5-8 @5
    var x 5-6 @5
    .y @7`,
  )
})

test('interpolations keep the position of each part', () => {
  assert.is(
    outline('"a${ b }"'),
    `interpolation 0-9 @1
  @1: string "a" 1-2 @1
  @2: var b 5-6 @5`,
  )
  assert.is(
    outline('./a${b}'),
    `interpolation path 0-7 @0
  @0: path relative ./a 0-3 @0
  @3: var b 5-6 @5`,
  )
})

test('the outline names roles, formals and bindings', () => {
  assert.is(
    outline('{ a, b ? 1, ... }@c: rec { inherit a; inherit (b) d; f = x: x; ${a} = 2; }'),
    `lambda c{...} 0-74 @0
  formal a @2
  formal b @5: int 1 9-10 @9
  attrs rec 21-74 @21
    from 0: var b 47-48 @47
    a inherit @35
    d from 0 @50
    f @53: lambda 'f' x 57-61 @57
      var x 60-61 @60
    dynamic @63: var a 65-66 @65
    value: int 2 70-71 @70`,
  )
})

test.run()
