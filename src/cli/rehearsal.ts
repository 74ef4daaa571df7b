/**
 * A little of everything, once (floor 7). V8's last compiler takes a tenth of a second for the dispatch loop, and what it has
 * made is thrown away when the loop comes to something that has never been done: a difference of big numbers, an error
 * that passes, a stack that has to be given up. In a big program that happens every few hundred milliseconds. So a run that is
 * going to be long does all of it beforehand, in an evaluator of its own, which sees no files and says nothing.
 */
import { Evaluator } from '../evaluator.ts'
import { MemoryIO } from '../io/memory.ts'
import { deepForce } from '../runtime/deep.ts'
import type { EvalSettings } from '../runtime/machine.ts'

/** Every instruction but those that only fail, in the ways in which programs come to it, and the builtins that they call most. */
export const REHEARSAL = `
let
  inherit (builtins) add all any attrNames attrValues catAttrs compareVersions concatLists concatMap concatStringsSep deepSeq
    elem elemAt filter foldl' fromJSON functionArgs genList genericClosure groupBy hashString head intersectAttrs isAttrs
    isFunction isList isString length lessThan listToAttrs mapAttrs match parseDrvName partition replaceStrings seq sort
    split splitVersion stringLength substring tail toJSON tryEval typeOf zipAttrsWith;

  id = x: x;
  fix = f: let x = f x; in x;
  names = genList (i: "n\${toString i}") 40;
  big = listToAttrs (map (name: { inherit name; value = name; }) names);
  set = { a = 1; b = { c = 2; d = [ 1 2.5 "x" null true ]; }; "q r" = 4; };
  self = rec { x = 1; y = x + z; z = 2; inherit (set) a; };
  key = head [ "b" ];
  functor = { __functor = self: x: x + self.k; k = 2; };
  plus = a: x: a + x;

  deep = n: if n == 0 then 0 else 1 + deep (n - 1);
  deepList = n: if n == 0 then [ ] else [ n ] ++ deepList (n - 1);
  outer = a: let v = a + 1; u = a + 2; l = [ a ]; in
    (x: let p = x; in (y: let q = y; in (z: let r = z; in v + z + r + q + p + length (map id [ u l ])) 1) 2) 3;
  far = a: let v = a * 2; in {
    f = x: let p = x + 1; in { g = y: let q = y; in { h = z: let r = z; in [ v r q p ]; }; };
  };
  given = { a, b ? a, c ? 3, ... }@args: a + b + c + (args.d or 0);
  optional = { x ? 1, y ? x }: x + y;
  handedOn = args@{ x ? 1, ... }: args // { inherit x; };
  fails = x: (tryEval x).success;
  compared = a: b: [ (a < b) (a <= b) (a == b) (a != b) ];
  drv = name: more: derivation ({ inherit name; system = "s"; builder = "b"; } // more);
in
[
  (deep 60) (length (deepList 60)) (outer 1) (outer 2.5) ((((far 3).f 1).g 2).h 4) __curPos
  (foldl' plus 0 (genList id 30)) (foldl' plus 0 [ 1 2.5 3 ]) (foldl' add 0 [ 1 2 ])
  (given { a = 1; }) (given { a = 1; b = 2; d = 5; }) (optional { }) (optional { x = 2; }) (optional { y = 3; })
  (handedOn { }) (handedOn { x = 1; z = 2; }) (handedOn ({ x = 3; } // big)) (handedOn (big // { x = 4; }))
  (functor 3) self (with set; with { z = 9; }; a + z + b.c) (fix (self: { a = 1; b = self.a + 1; })).b
  (fails (throw "x")) (fails (assert false; 1)) (fails (assert 1 == 2; 1)) (fails (deep 50))
  (compared 1 2) (compared 1.5 2) (compared 5000000000 1) (compared "a" "b") (compared [ 1 2 ] [ 1 3 ])
  (set == set) (set // { a = 2; } == set) (set ? b.c) (set ? b.x.y) (set ? \${key}) (set ? \${key}.c) (set.b.x or 7) (set.\${key}.c)
  (set.\${key + "z"} or 1) ({ \${key} = 1; a = 2; }.b) (map (f: f 1) [ (x: x) id ]) (rec { __overrides = { b = 2; }; a = b; b = 1; })
  (5000000000 - 1) (5000000000 + 1) (5000000000 * 2) (2.5 - 1) (1 - 2.5) (3 / 2) (3.0 / 2) (3 * 4) (-3) (9223372036854775807 - 1)
  (!true) (true -> false) (true && false || true) ("a" + "b") ("\${"a"}b\${toString 1}") (/a + "/b") (/a/\${"b"})
  (toString [ 1 "x" true null 1.5 ]) (concatStringsSep "," names) (attrNames big) (attrValues big)
  (mapAttrs (n: v: n + v) big) (big // set) (set // big) (removeAttrs big names) (intersectAttrs set big)
  (catAttrs "a" [ set { } set ]) (functionArgs given) (zipAttrsWith (n: vs: vs) [ { a = 1; } { a = 2; b = 3; } ])
  (filter (x: x > 2) [ 1 2 3 ]) (map id [ 1 2 ]) (elem 3 [ 1 2 3 ]) (any id [ false true ]) (all id [ true ])
  (head [ 1 ]) (tail [ 1 2 ]) (elemAt [ 1 2 ] 1) (concatLists [ [ 1 ] [ 2 ] [ ] ]) (concatMap (x: [ x x ]) [ 1 2 ])
  (sort (x: y: x < y) [ 3 1 2 ]) (sort lessThan [ 3 1 2 ]) (partition (x: x > 1) [ 1 2 ]) (groupBy toString [ 1 2 1 ])
  (genericClosure { startSet = [ { key = 1; } ]; operator = x: if x.key > 5 then [ ] else [ { key = x.key + 1; } ]; })
  (replaceStrings [ "a" "b" ] [ "x" "y" ] "abc") (match "(a)(b*)" "abb") (split "," "a,b,c") (substring 1 2 "abcd")
  (stringLength "abc") (hashString "sha256" "x") (toJSON set) (fromJSON "{\\"a\\":[1,2.5,null]}")
  (isString "x") (isAttrs { }) (isList [ ]) (isFunction id) (typeOf 1) (seq 1 2) (deepSeq set 2)
  (compareVersions "1.2" "1.10") (splitVersion "1.2a") (parseDrvName "a-1.2")
  (drv "x" { args = [ "a" ]; outputs = [ "out" "dev" ]; dep = drv "y" { }; }).drvPath
]
`

/** Few enough that `deep` gives the JavaScript stack up, which there may be little left of. */
const NESTING = 12

/** Does it all. Errors: whatever goes wrong, which is of no consequence; the JavaScript stack may be full, for one. */
export function rehearse(settings: EvalSettings): void {
  const evaluator = new Evaluator({
    io: new MemoryIO(),
    settings,
    log: () => {},
    tier: { threshold: Number.POSITIVE_INFINITY, maxNesting: NESTING },
  })
  const value = evaluator.evalText(REHEARSAL, { origin: 'string', baseDir: '/' })
  evaluator.run((m) => deepForce(m, value))
}
