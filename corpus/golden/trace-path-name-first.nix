builtins.path { name = 1; path = throw "p"; foo = 2; }
