# Functions of every shape: curried, with formals and defaults, functors, partial application.
let
  n = 100000;
  curried = a: b: c: a + b + c;
  formals = { x, y ? 2, ... }: x + y;
  named = { x, y ? x }@args: if args ? y then x + y else x;
  functor = { __functor = self: x: self.n + x; n = 3; };
  partial = curried 1 2;
  step = acc: i: acc + curried i 1 2 + formals { x = i; z = 0; } + named { x = i; } + functor i + partial i;
in
builtins.foldl' step 0 (builtins.genList (i: i) n)
