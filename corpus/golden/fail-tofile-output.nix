builtins.toFile "a" "${derivation { name = "i"; system = "y"; builder = "z"; }}"
