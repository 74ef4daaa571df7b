let
  port = {
    base = 8000;
    __functor = self: n: if n > 1 then throw "no more ports" else self.base + n;
  };
in
map port [
  1
  2
]
