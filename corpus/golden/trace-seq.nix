builtins.deepSeq { a = { b = throw "forced"; }; } 1
