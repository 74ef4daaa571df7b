builtins.flakeRefToString { type = "path"; path = "/"; "a b" = (-1); }
