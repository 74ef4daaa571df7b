(derivation { name = "x"; system = "y"; builder = "z"; __json = "{\"a\":1e400}"; }).drvPath
