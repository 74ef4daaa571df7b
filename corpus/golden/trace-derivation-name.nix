(derivation { name = throw "the name"; }).outPath
