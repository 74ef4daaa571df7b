let
  f = { a, b }: b;
  g = x: f x;
in
g { a = 1; }
