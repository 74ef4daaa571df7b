let
  a = { x = [ 1 { y = 2; } ]; };
  b = { x = [ 1 { y = 3; } ]; };
in
assert a == b; 1
