# Names looked up in `with`, through two of them.
let
  n = 300000;
  inner = { a = 1; b = 2; };
  outer = { c = 3; d = 4; e = 5; };
  step = x: with outer; with inner; x + a + c - b + e - d;
in
builtins.foldl' (acc: i: step acc) 0 (builtins.genList (i: i) n)
