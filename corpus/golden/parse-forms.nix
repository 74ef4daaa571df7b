{ a, b ? 1 + 2, ... }@args:
let
  inherit (args) c d;
  inherit a;
  e.f.g = 1;
in
with args;
assert a -> b || !c && d;
if a ? b.c then rec { x = -1; "y z" = [ 1 (f 2) ./p <n> ]; ${d} = "i${x}j"; } else
  a.b.c or d // { inherit x; } ++ (x: y: x) 1 2 - 3 * 4 / 5
