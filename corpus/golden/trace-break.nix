builtins.break (throw "inside")
