x:
let
  a = x;
  b = c;
  c = a;
  f = y: z: y a z;
in
f b
