# `==` and `!=` have no place of their own, so neither has the operand that they are.
let
  set = { a = 1; } // (!(1 == "${1 + { }}"));
in
set.a
