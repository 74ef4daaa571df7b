# What fails is the default; what the selection had found before is named.
let
  s.a.b = { };
  f = x: throw "no c";
in
s.a.b.c or (f 1)
