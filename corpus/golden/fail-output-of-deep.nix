builtins.outputOf (derivation { name = "x"; system = "y"; builder = "z"; }).drvPath "out"
