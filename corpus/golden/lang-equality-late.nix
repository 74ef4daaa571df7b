# Equality of what is still to be evaluated: which parts are asked, and in which order they fail.
let
  t = builtins.tryEval;
  th = throw "x";
  s = a: b: t (a == b);
  f = x: x;
  deep = n: if n == 0 then { a = 1 + 0; b = 2 + 0; } else { x = deep (n - 1); y = n + 0; };
  deepL = n: if n == 0 then [ ] else [ (deepL (n - 1)) (n + 0) ];
in [
  (s { a = 1 + 1; b = th; } { a = 3; b = 1; }) (s { b = th; a = 1 + 1; } { a = 1 + 2; b = 1; })
  (s { type = "derivation"; outPath = "a" + "b"; z = th; } { type = "derivation"; outPath = "ab"; y = th; })
  (s { type = "deriv" + "ation"; outPath = "a" + "b"; z = th; } { type = "derivation"; outPath = "ab"; y = th; })
  (s { type = "derivation"; b = 1 + 1; c = 1 + 2; } { type = "deriv" + "ation"; b = 1 + 1; c = 2 + 1; })
  (s { type = th; a = 1; } { type = 1; a = 2; }) (s { type = 2 + 1; a = th; } { type = th; a = 2; })
  (s { a = 1 + 1; b = 2 + 1; } { a = 1 + 1; c = 2 + 1; }) (s { a = th; b = th; } { a = th; c = th; }) (s { a = th; b = th; } { a = th; })
  (s [ { a = f; b = 1 + 1; } ] [ { a = f; b = 2 + 0; } ]) (let x = { a = f; b = 1 + 1; c = 1 + 0; }; in s x x) (let x = [ f (1 + 1) { q = 1 + 1; r = f; } ]; in s x x)
  (s (deep 400) (deep 400)) (s (deepL 3000) (deepL 3000)) (s { x = deep 10; y = 1 + 1; z = { a = 1 + 1; b = th; }; } { x = deep 10; y = 1 + 1; z = { a = 1 + 2; b = 1; }; })
  (builtins.elem { a = 1 + 1; b = 1 + 2; } [ { a = 1 + 0; b = th; } { a = 1 + 1; b = 3; } ]) (s { a = 1 + 1; b = [ { c = 1 + 1; d = th; } ]; e = 1 + 2; } { a = 1 + 1; b = [ { c = 1 + 1; d = 1; } ]; e = 1; })
  ([ { a = 1 + 1; b = 2 + 1; } 1 ] < [ { a = 1 + 1; b = 2 + 1; } 2 ])
]
