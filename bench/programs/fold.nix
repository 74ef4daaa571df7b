# A strict fold over a long list of application thunks.
let
  n = 3000000;
in
builtins.foldl' (a: b: a + b) 0 (builtins.genList (x: x) n)
