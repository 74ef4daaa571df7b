let
  f = { a, b ? 2, ... }@args: [ a b (args ? b) ];
  g = args@{ a ? b, b ? a + 1 }: [ a b (builtins.attrNames args) ];
  functor = { __functor = self: x: self.n + x; n = 40; };
in
{
  identity = (x: x) 1;
  curried = (a: b: c: [ a b c ]) 1 2 3;
  shadow = (x: (x: x) 2) 1;
  defaults = [ (f { a = 1; }) (f { a = 1; b = 3; }) (f { a = 1; c = 9; }) ];
  mutual = [ (g { a = 1; }) (g { b = 5; }) (g { a = 1; b = 1; }) ];
  lazyDefault = ({ a ? throw "never", b }: b) { b = 1; };
  atWithoutDefaults = ({ a ? 1, ... }@all: all) { b = 2; };
  ellipsis = ({ ... }: 1) { x = 1; };
  empty = ({ }: 1) { };
  trailingComma = ({ a, b, }: a + b) { a = 1; b = 2; };
  functor = [ (functor 2) (map functor [ 1 2 ]) ];
  functorTwice = { __functor = self: { __functor = self: x: x; }; } 3;
  printing = [ (x: x) ({ a }: a) map (map (x: x)) (builtins.add 1) ];
  args = builtins.functionArgs ({ a, b ? 1, ... }: a);
  argsOfOthers = [ (builtins.functionArgs (x: x)) (builtins.functionArgs map) ];
  lazyArgument = (x: 1) (throw "never");
  ySetFix = let fix = f: let x = f x; in x; in (fix (self: { a = 1; b = self.a + 1; })).b;
  fibonacci = let fib = n: if n < 2 then n else fib (n - 1) + fib (n - 2); in fib 15;
  composed = (builtins.foldl' (f: g: x: g (f x)) (x: x) [ (x: x + 1) (x: x * 2) ]) 3;
  equality = let f = x: x; in [ (f == f) ({ inherit f; } == { inherit f; }) ([ f ] == [ f ]) ];
  recursion = let even = n: n == 0 || odd (n - 1); odd = n: n != 0 && even (n - 1); in [ (even 100) (odd 7) ];
}
