# Sorting with a comparator, and with the builtin one.
let
  n = 300000;
  random = builtins.genList (i: let x = i * 7919 + 12345; in x * x - (x * x / 1000003) * 1000003) n;
  up = builtins.sort (a: b: a < b) random;
  down = builtins.sort builtins.lessThan (builtins.genList (i: -(builtins.elemAt random i)) (n / 10));
in
[ (builtins.head up) (builtins.elemAt up (n / 2)) (builtins.elemAt down 0) (builtins.length up) ]
