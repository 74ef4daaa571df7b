let
  s = { __functor = self: x: x.y; };
in
s { }
