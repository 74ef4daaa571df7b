builtins.map (x: x + 1) (builtins.filter (x: x > "a") [ 1 2 ])
