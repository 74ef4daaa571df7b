let
  f = { a, b ? throw "default" }: b;
in
f { a = 1; }
