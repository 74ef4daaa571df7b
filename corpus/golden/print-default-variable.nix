# A default that is a variable is what the variable is, but another formal need not have its value yet.
let
  known = 1;
  unknown = 1 + 1;
in
(
  outer:
  args@{
    a ? known,
    b ? unknown,
    c ? outer,
    e ? args,
    f ? { inherit known; },
  }:
  [ a b c e f ]
) "x" { }
