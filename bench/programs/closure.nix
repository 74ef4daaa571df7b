# genericClosure over a graph of 50,000 nodes, with integer and with string keys.
let
  n = 50000;
  ints = builtins.genericClosure {
    startSet = [ { key = 1; } ];
    operator = { key }: builtins.filter (x: x.key < n) [ { key = key * 2; } { key = key * 2 + 1; } { key = key + 7; } ];
  };
  strings = builtins.genericClosure {
    startSet = [ { key = "n1"; i = 1; } ];
    operator = { i, ... }: if i * 2 >= n then [ ] else [ { key = "n${toString (i * 2)}"; i = i * 2; } { key = "n${toString (i * 2 + 1)}"; i = i * 2 + 1; } ];
  };
in
[ (builtins.length ints) (builtins.length strings) (builtins.foldl' (a: x: a + x.key) 0 ints) ]
