builtins.foldl' (a: b: a + b.missing) 0 [ { missing = 1; } { } ]
