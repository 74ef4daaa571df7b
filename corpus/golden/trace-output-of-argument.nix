builtins.outputOf (throw "inside") "out"
