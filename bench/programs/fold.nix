# A strict fold over a long list of application thunks.
builtins.foldl' (a: b: a + b) 0 (builtins.genList (x: x) 3000000)
