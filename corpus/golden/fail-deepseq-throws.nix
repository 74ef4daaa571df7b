builtins.deepSeq { a = [ (throw "deepseq") ]; } 1
