builtins.fetchTree { type = "path"; path = "/"; "a b" = x: x; }
