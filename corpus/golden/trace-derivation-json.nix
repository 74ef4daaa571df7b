(derivation { name = "x"; system = "y"; builder = "z"; __json = false; }).drvPath
