builtins.scopedImport (throw "a") (throw "b")
