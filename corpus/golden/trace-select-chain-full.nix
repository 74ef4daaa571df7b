let
  a =
    { b = 1 + null; };
in a.b
