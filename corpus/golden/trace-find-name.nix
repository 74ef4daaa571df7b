derivation { name = throw "inside"; system = "y"; builder = "z"; }
