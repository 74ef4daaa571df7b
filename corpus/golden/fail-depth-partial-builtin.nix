(x: builtins.isFunction (builtins.add x)) 1
