builtins.path { name = throw "n"; filter = throw "f"; recursive = throw "r"; sha256 = throw "s"; }
