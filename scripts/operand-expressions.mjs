// Expressions of one operator or builtin each with operands of any kind, right and wrong ones, and such as fail: what an error says,
// and which of several is met. For scripts/differential.mjs.

/** Values of every kind, and expressions that fail in every way. */
const OPERANDS = [
  '1',
  '(-2)',
  '1.5',
  '"s"',
  '"a b"',
  "''x''",
  'true',
  'null',
  '/p',
  '[ ]',
  '[ 1 ]',
  '{ }',
  '{ a = 1; }',
  '(x: x)',
  '({ a }: a)',
  'builtins.add',
  '(builtins.add 1)',
  '__curPos',
  '(1 == 2)',
  '[ "a" ]',
  '{ b = "s"; }',
  '{ outPath = 1; }',
  '{ outPath = "/o"; }',
  '{ __toString = 1; }',
  '{ __toString = self: "t"; }',
  '{ __functor = self: x: x; }',
  '{ __functor = 1; }',
  '{ type = "derivation"; }',
  '{ key = 1; }',
  '{ name = "a"; value = 1; }',
  '{ name = 1; value = 1; }',
  '{ startSet = [ ]; operator = 1; }',
  '(throw "t")',
  '(abort "a")',
  '(1 + { })',
  '(!1)',
  '(-{ })',
  '(1 < { })',
  '(1 -> 2)',
  '"${1}"',
  '({ }.b)',
  '(1 2)',
  '(if 1 then 2 else 3)',
  '(with 1; x)',
  '(assert false; 1)',
  '(let x = x; in x)',
  '(builtins.head [ ])',
  '{ a = throw "u"; }',
  '[ (throw "v") ]',
  '{ a.b = throw "w"; }',
  '(builtins.elemAt [ 1 ] 5)',
  '({ a }: a) { }',
]

const OPERATORS = ['+', '-', '*', '/', '==', '!=', '<', '<=', '>', '>=', '&&', '||', '->', '//', '++']

/** Where one operand stands. */
const PLACES = [
  '!%',
  '-%',
  '%.a',
  '% ? a',
  '%.a or 2',
  '% 1',
  '% "x" 2',
  '({ a, b ? a.c }: b) %',
  'with %; b',
  '{ inherit (%) q; }.q',
  'if % then 1 else 2',
  'assert %; 1',
  '"${%}"',
  '"a${%}b"',
  "''\n x${%}''",
  '/a/${%}',
  '[ % ]',
  '{ x = %; }',
  '{ ${%} = 1; }',
  '{ }.${%}',
  '{ a = 1; }.${%} or 3',
  '{ } ? ${%}',
  'rec { x = %; y = x.z; }.y',
  '(x: x.a.b) %',
  'let f = x: x + 1; in f %',
  'let x = %; in [ x x ]',
  '({ a ? % }: a) { }',
  '(args@{ ... }: args.zz) %',
  '(x: { y }: y) 1 %',
  '{ a.b = %; }.a.b.c',
  'let inherit (%) q; in q',
  '[ % ] == [ 1 ]',
  '{ a = %; } == { a = 1; }',
  '[ % ] < [ 1 ]',
  'map % [ 1 ]',
  'map (x: x) %',
  'import %',
  'toString %',
  'toString [ % ]',
  'throw %',
  'abort %',
  'dirOf %',
  'baseNameOf %',
  'removeAttrs % [ ]',
  'removeAttrs { } %',
  'removeAttrs { } [ % ]',
  'derivation %',
  '(derivation { name = %; system = "x"; builder = "b"; }).drvPath',
  '(derivation { name = "n"; system = "x"; builder = %; }).drvPath',
  '(derivation { name = "n"; system = "x"; builder = "b"; args = %; }).drvPath',
  '(derivation { name = "n"; system = "x"; builder = "b"; env = %; }).drvPath',
  'builtins.genericClosure %',
  'builtins.genericClosure { startSet = %; operator = x: [ ]; }',
  'builtins.genericClosure { startSet = [ % ]; operator = x: [ ]; }',
  'builtins.genericClosure { startSet = [ { key = 1; } ]; operator = x: %; }',
  'builtins.genericClosure { startSet = [ { key = 1; } { key = %; } ]; operator = x: [ ]; }',
]

/** Arguments of builtins: those that are right beside the one that may be wrong. */
const BUILTINS = `
head % | tail % | length % | elemAt % 0 | elemAt [ 1 ] % | elem % [ 1 ] | elem 1 % | attrNames % | attrValues % | getAttr % { }
getAttr "a" % | hasAttr % { } | hasAttr "a" % | listToAttrs % | listToAttrs [ % ] | intersectAttrs % { } | intersectAttrs { } %
catAttrs "a" [ % ] | catAttrs % [ ] | mapAttrs % { a = 1; } | mapAttrs (n: v: v.q) % | functionArgs % | isFunction %
foldl' % 0 [ 1 ] | foldl' (a: b: a + b) % [ 1 ] | foldl' (a: b: a) 0 % | filter % [ 1 ] | filter (x: x) [ % ] | filter (x: x) %
sort % [ 1 2 ] | sort builtins.lessThan [ 1 % ] | sort (a: b: %) [ 1 2 ] | genList % 2 | genList (x: x) % | concatLists % | concatLists [ % ]
concatMap (x: x) [ % ] | concatMap % [ 1 ] | any % [ 1 ] | any (x: x) [ % ] | all % [ 1 ] | all (x: x) [ % ] | partition % [ 1 ]
groupBy % [ 1 ] | groupBy (x: x) [ % ] | zipAttrsWith % [ { a = 1; } ] | zipAttrsWith (n: v: v) % | zipAttrsWith (n: v: v) [ { } % ]
concatStringsSep % [ "a" ] | concatStringsSep "," % | concatStringsSep "," [ % ] | replaceStrings % [ ] "a" | substring % 1 "abc"
replaceStrings [ % ] [ "" ] "a" | replaceStrings [ "a" ] [ % ] "a" | replaceStrings [ ] [ ] % | substring 0 % "abc" | substring 0 1 %
stringLength % | toJSON % | toXML % | fromJSON % | fromTOML % | match % "a" | match "a" % | split % "a" | split "a" % | typeOf %
hashString % "a" | hashString "md5" % | hashFile "md5" % | convertHash % | compareVersions % "1" | parseDrvName % | splitVersion %
bitAnd % 1 | bitOr 1 % | ceil % | floor % | lessThan % 1 | lessThan 1 % | add % 1 | sub 1 % | mul % 2 | div 1 % | div % 0
seq % 1 | deepSeq % 1 | trace % 1 | addErrorContext "c" % | addErrorContext % (throw "z") | tryEval % | isNull % | isAttrs %
readFile % | readDir % | pathExists % | readFileType % | toPath % | path { path = %; } | path % | toFile "x" % | toFile % "x"
storePath % | placeholder % | getEnv % | findFile % "a" | findFile [ ] % | scopedImport % /x | unsafeGetAttrPos "a" %
getContext % | hasContext % | appendContext "a" % | unsafeDiscardStringContext % | unsafeDiscardOutputDependency % | filterSource % /p
fetchurl % | fetchTarball % | fetchGit % | warn % 1 | outputOf % "out" | addDrvOutputDependencies % | flakeRefToString %
`
  .trim()
  .split(/[|\n]/)
  .map((call) => `builtins.${call.trim()}`)

/** An expression. `below(n)` gives a number under n. */
export function operandExpression(below) {
  const pick = (xs) => xs[below(xs.length)]
  const made = (depth) => {
    const operand = () => (depth > 0 && below(6) === 0 ? `(${made(depth - 1)})` : pick(OPERANDS))
    if (below(3) === 0) return `${operand()} ${pick(OPERATORS)} ${operand()}`
    return pick(below(2) === 0 ? PLACES : BUILTINS).replace('%', operand)
  }
  return made(1)
}
