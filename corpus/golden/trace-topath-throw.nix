builtins.toPath (throw "T")
