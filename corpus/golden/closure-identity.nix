# What genericClosure answers are the elements that it was given: the same ones, so that comparing them looks at nothing.
let
  mk = k: { key = k; t = throw "looked"; };
  l = map mk [ 2 3 ];
  r3 = builtins.genericClosure { startSet = [ { key = 1; } ]; operator = x: if x.key == 1 then l else [ ]; };
  e = mk 2;
  r = builtins.genericClosure { startSet = [ { key = 1; } ]; operator = x: if x.key == 1 then [ e ] else [ ]; };
in [ (builtins.tail r3 == l) (builtins.elem e r) (builtins.tail r == [ e ]) ]
