let
  derived = derivation { name = "x"; system = "y"; builder = "z"; };
in
[ derivation derived ]
