(derivation { name = "x"; system = "y"; builder = "z"; outputHashAlgo = "blake3"; }).drvPath
