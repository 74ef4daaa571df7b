(derivation { name = "x"; system = "y"; builder = "z"; __json = "[1]"; }).drvPath
