f: g: [ (f 1 2) (f (g 1)) (builtins.length (f 1)) (builtins.seq (f 1) g) (map f) ] ++ f g
