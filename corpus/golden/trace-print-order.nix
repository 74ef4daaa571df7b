let
  derived = derivation { name = "x"; system = "y"; builder = "z"; };
  inner = { zz = 1; type = "t"; aa = 2; };
  set = { b = inner; a = 1; type = "x"; _type = "y"; };
in
# By name where all is printed, `type` first where there is a limit.
builtins.trace (builtins.seq set.b set) (builtins.trace derived (1 + set))
