# Recursion 5,000 deep that is no tail call, a hundred times.
let
  n = 100;
  down = n: if n == 0 then 0 else 1 + down (n - 1);
in
builtins.foldl' (a: i: a + down (4900 + i)) 0 (builtins.genList (i: i - i / 50 * 50) n)
