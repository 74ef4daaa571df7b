builtins.parseFlakeRef (throw "inside")
