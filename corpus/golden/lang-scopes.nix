let
  x = "let";
  s = { x = "with"; y = "with y"; };
in
{
  lexicalFirst = with s; [ x y ];
  innermostWith = with { y = 1; z = 2; }; with { y = 3; }; [ y z ];
  withLazy = with throw "never"; 1;
  withInFunction = (y: with s; y) "arg";
  withOverBuiltins = with { map = 1; }; builtins.typeOf map;
  nestedLet = let a = 1; in let b = a + 1; in let a = b + 1; in [ a b ];
  mutual = let a = b; b = c; c = 3; in a;
  letInherit = let inherit (s) y; inherit x; in [ x y ];
  letPath = let a.b = 1; a.c = 2; in a;
  legacyLet = let { a = 1; body = a + 1; };
  recWith = rec { inherit (s) x; z = with s; y; };
  builtinsShadow = let true = 1; null = 2; builtins = 3; in [ true null builtins ];
  ifThenElse = [ (if 1 < 2 then "a" else "b") (if false then throw "x" else 1) ];
  asserting = assert 1 == 1; "held";
  assertChain = assert true; assert !false; 1;
  subOverridden = let __sub = a: b: "sub"; __lessThan = a: b: "less"; in [ (1 - 2) (1 < 2) (2 > 1) ];
  mulDiv = let __mul = a: b: "mul"; __div = a: b: "div"; in [ (1 * 2) (1 / 2) ];
  findFile = let __findFile = path: name: [ path name ]; __nixPath = "p"; in <a/b>;
  curPos = let p = __curPos; in [ p.line p.column ];
  laziness = let boom = throw "boom"; in (x: y: x) 1 boom;
}
