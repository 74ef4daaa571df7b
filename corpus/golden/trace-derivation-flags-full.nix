# The flags of a derivation are told of when they fail.
(derivation { name = "n"; builder = "b"; system = "s"; __structuredAttrs = throw "t"; }).drvPath
