let
  outer = a: (b: b + a) "x";
in
[ (outer 1) ]
