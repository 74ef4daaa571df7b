# The name of an attribute of a derivation is quoted where it is no identifier.
(derivation { name = "n"; builder = "b"; system = "s"; "a b" = throw "t"; }).drvPath
