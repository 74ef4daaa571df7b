/** Builtins on lists: results, laziness, order of checks. */
import { assert, suite } from '../../support/suite.ts'
import { fails, gives, run } from './support.ts'

const test = suite('builtins: lists')

test('map leaves the elements unevaluated', () => {
  gives('map (x: x + 1) [ 1 2 ]', '[ 2 3 ]')
  gives('builtins.length (map throw [ "a" "b" ])', '2')
})

test('map looks at the list first, and at the function only when there are elements', () => {
  gives('map 1 [ ]', '[ ]')
  fails(
    'map (throw "f") 1',
    'expected a list but found an integer: 1',
    'while evaluating the second argument passed to builtins.map',
  )
  fails(
    'map 1 [ 1 ]',
    'expected a function but found an integer: 1',
    "while calling the 'map' builtin",
    'while evaluating the first argument passed to builtins.map',
  )
})

test('an error of a late function argument gets the line of the argument', () => {
  fails(
    'builtins.filter (throw "f") [ 1 ]',
    'f',
    'while evaluating the first argument passed to builtins.filter',
  )
})

test('elements that go straight from one builtin to the next are evaluated once, and only if asked for', () => {
  const traced = 'i: builtins.trace "element ${toString i}" (i * i)'
  const sources = [
    `builtins.genList (${traced}) 3`,
    `map (${traced}) [ 0 1 2 ]`,
    `map (x: x) (builtins.genList (${traced}) 3)`,
  ]
  for (const list of sources) {
    const twice = run(`builtins.foldl' (a: x: a + x + x) 0 (${list})`)
    assert.is(twice.value, '10')
    assert.equal(twice.log, ['trace: element 0', 'trace: element 1', 'trace: element 2'])
    const never = run(`builtins.foldl' (a: x: a + 1) 0 (${list})`)
    assert.is(never.value, '3')
    assert.equal(never.log, [])
    const kept = run(
      `let all = builtins.foldl' (a: x: [ x ] ++ a) [ ] (${list}); in [ (builtins.head all) (builtins.length all) (builtins.elemAt all 2) all ]`,
    )
    assert.is(kept.value, '[ 4 3 0 [ 4 1 0 ] ]')
    assert.is(kept.log.length, 3)
  }
  gives("builtins.foldl' (a: x: a) 1 (map (x: throw x) [ ])", '1')
  gives("builtins.foldl' (a: x: a) 1 (builtins.genList (x: x) 0)", '1')
  gives('builtins.foldl\' (a: x: x) (throw "start") (map (x: x + 1) [ 1 2 ])', '3')
})

test('elements of a list that one builtin goes through are evaluated once, whatever the name of the list', () => {
  const list = 'l = builtins.genList (i: builtins.trace "element ${toString i}" i) 20'
  const logOf = (text: string, value: string): number => {
    const { log, ...outcome } = run(text)
    assert.is(outcome.value, value, text)
    return log.length
  }
  const fold = "builtins.foldl' (a: x: a + x) 0 l"
  assert.is(logOf(`let ${list}; in ${fold}`, '190'), 20)
  assert.is(logOf(`let ${list}; in (${fold}) + (${fold})`, '380'), 20, 'twice')
  assert.is(logOf(`let ${list}; f = n: n + ${fold}; in f 1 + f 2`, '383'), 20, 'in a function')
  assert.is(logOf(`let ${list}; in builtins.length l + ${fold}`, '210'), 20, 'and something else')
  assert.is(logOf(`let ${list}; t = ${fold}; in t + t`, '380'), 20, 'in a thunk')
  assert.is(logOf(`let f = n: let ${list}; in ${fold}; in f 1 + f 2`, '380'), 40, 'a list for each call')
  assert.is(logOf(`rec { ${list}; t = ${fold}; }.t`, '190'), 20, 'of a set')
})

test('errors where lists go straight from one builtin to the next are those of each', () => {
  fails(
    'builtins.foldl\' (a: x: a + x) 0 (builtins.genList (i: if i == 2 then throw "two" else i) 5)',
    'two',
    "while calling the 'foldl'' builtin",
  )
  fails(
    "builtins.foldl' (a: x: a) 0 (map 1 [ 1 ])",
    'expected a function but found an integer: 1',
    "while calling the 'map' builtin",
    'while evaluating the first argument passed to builtins.map',
  )
  fails(
    "builtins.foldl' (a: x: a) 0 (builtins.genList (x: x) (-1))",
    'cannot create list of size -1',
    "while calling the 'genList' builtin",
  )
  fails('builtins.foldl\' 1 0 (map (throw "f") [ 1 ])', 'expected a function but found an integer: 1')
})

test('filter keeps what the function says yes to', () => {
  gives('builtins.filter (x: x > 1) [ 3 1 2 ]', '[ 3 2 ]')
  fails(
    'builtins.filter (x: 1) [ 1 ]',
    'expected a Boolean but found an integer: 1',
    'while evaluating the return value of the filtering function passed to builtins.filter',
  )
})

test('any and all stop at the first answer that decides', () => {
  gives('builtins.any (x: x) [ false true (throw "") ]', 'true')
  gives('builtins.all (x: x) [ true false (throw "") ]', 'false')
  gives('builtins.any (x: x) [ ]', 'false')
  gives('builtins.all (x: x) [ ]', 'true')
})

test('any and all require a function even for an empty list', () => {
  fails('builtins.all 1 [ ]', 'expected a function but found an integer: 1')
})

test('elem stops at the first equal element and compares ints with floats', () => {
  gives('builtins.elem 1 [ 2 1.0 (throw "") ]', 'true')
  gives('builtins.elem "a" [ "b" "a" (throw "") ]', 'true')
  gives('builtins.elem "a" [ 1 "b" ]', 'false')
  gives('builtins.elem (throw "x") [ ]', 'false')
  gives('builtins.elem 7 [ "7" 6 7.0 ]', 'true')
  gives('builtins.elem "7" [ 7 (1 + 6) null ]', 'false')
  gives('builtins.elem 9007199254740993 [ 1 9007199254740992 9007199254740993 ]', 'true')
  fails('builtins.elem 1 [ 2 (throw "second") 1 ]', 'second')
})

test('elem finds a function by its cell', () => {
  gives('let f = x: x; in builtins.elem f [ f ]', 'true')
})

test("foldl' forces each result, but not the start", () => {
  gives('builtins.foldl\' (a: b: b) (throw "i") [ 1 ]', '1')
  fails('builtins.foldl\' (a: b: b) 0 [ (throw "m") 1 ]', 'm')
  gives("builtins.foldl' (a: b: a + b) 0 (builtins.genList (x: x) 100000)", '4999950000')
})

test("foldl' says foldlStrict of its arguments", () => {
  fails(
    "builtins.foldl' 1 0 [ ]",
    'expected a function but found an integer: 1',
    "while calling the 'foldl'' builtin",
    'while evaluating the first argument passed to builtins.foldlStrict',
  )
})

test('concatMap and concatLists join', () => {
  gives('builtins.concatMap (x: [ x x ]) [ 1 2 ]', '[ 1 1 2 2 ]')
  gives('builtins.concatLists [ [ 1 ] [ ] [ 2 3 ] ]', '[ 1 2 3 ]')
  fails(
    'builtins.concatLists [ 1 ]',
    'expected a list but found an integer: 1',
    'while evaluating a value of the list passed to builtins.concatLists',
  )
})

test('concatLists of thousands of lists evaluates no element', () => {
  const many =
    'builtins.concatLists (builtins.genList (i: if i / 2 * 2 == i then [ ] else [ i (throw "e") ]) 5000)'
  gives(`builtins.length (${many})`, '5000')
  gives(`builtins.elemAt (${many}) 4998`, '4999')
  gives('builtins.concatLists (builtins.genList (i: if i == 1500 then [ 1 2 ] else [ ]) 3000)', '[ 1 2 ]')
})

test('genList refuses a negative size before it looks at the function', () => {
  gives('builtins.genList (x: x * x) 5', '[ 0 1 4 9 16 ]')
  fails('builtins.genList (throw "f") (-1)', 'cannot create list of size -1')
})

test('partition forces its elements', () => {
  gives('builtins.partition (x: x > 10) [ 1 23 9 3 42 ]', '{ right = [ 23 42 ]; wrong = [ 1 9 3 ]; }')
  fails('builtins.partition (x: true) [ (throw "p") ]', 'p')
})

test('groupBy keeps the order inside a group', () => {
  gives(
    'builtins.groupBy (builtins.substring 0 1) [ "foo" "bar" "baz" ]',
    '{ b = [ "bar" "baz" ]; f = [ "foo" ]; }',
  )
})

test('head, tail and elemAt refuse what is not there', () => {
  fails('builtins.head [ ]', "'builtins.head' called on an empty list")
  fails('builtins.tail [ ]', "'builtins.tail' called on an empty list")
  fails('builtins.elemAt [ 1 ] 5', "'builtins.elemAt' called with index 5 on a list of size 1")
  gives('builtins.tail [ 1 2 3 ]', '[ 2 3 ]')
})

test('elemAt checks the index before the list', () => {
  fails('builtins.elemAt 1 "a"', 'expected an integer but found a string: "a"')
})

test('an error of the element that head gives names head', () => {
  fails('builtins.head [ (throw "e") ]', 'e', "while calling the 'head' builtin")
})

test('sort is stable', () => {
  gives(
    'map (x: x.v) (builtins.sort (a: b: a.k < b.k) (map (v: { k = builtins.bitAnd v 3; inherit v; }) (builtins.genList (x: x) 40)))',
    `[ ${Array.from({ length: 40 }, (_, i) => i)
      .sort((a, b) => (a & 3) - (b & 3) || a - b)
      .join(' ')} ]`,
  )
})

test('sort with lessThan orders numbers, strings, paths and lists', () => {
  gives('builtins.sort builtins.lessThan [ 3 1.5 2 ]', '[ 1.5 2 3 ]')
  gives('builtins.sort builtins.lessThan [ "b" "B" "" "a" ]', '[ "" "B" "a" "b" ]')
  gives('builtins.sort builtins.lessThan [ [ 2 ] [ 1 2 ] [ ] ]', '[ [ ] [ 1 2 ] [ 2 ] ]')
})

test('sort survives a comparator that is no order, and gives what Nix gives', () => {
  gives('builtins.sort (a: b: true) [ 1 2 3 4 5 ]', '[ 5 4 3 2 1 ]')
})

test('sort makes the comparisons of peeksort', () => {
  const r = run('builtins.sort (a: b: builtins.trace "${toString a} ${toString b}" (a < b)) [ 2 3 1 ]')
  assert.equal(r.log, ['trace: 3 2', 'trace: 1 3', 'trace: 1 2'])
  const sorted = run(
    'builtins.length (builtins.sort (a: b: builtins.trace "" (a < b)) (builtins.genList (x: x) 1000))',
  )
  assert.is(sorted.log.length, 1000, 'a sorted list is one run')
})

test('sort with lessThan says so when elements cannot be compared', () => {
  fails(
    'builtins.sort builtins.lessThan [ 1 "a" ]',
    'cannot compare a string with an integer; values are "a" and 1',
    "while calling the 'sort' builtin",
    'while evaluating the ordering function passed to builtins.sort',
  )
})

test.run()
