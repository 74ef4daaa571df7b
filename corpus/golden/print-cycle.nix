let
  x = { a = 1; inherit x; l = [ x ]; };
in
x
