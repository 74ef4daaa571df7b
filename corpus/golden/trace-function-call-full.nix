let
  f = x: g x;
  g = y: y.z;
in f { }
