builtins.path { path = throw "p"; filter = 1; }
