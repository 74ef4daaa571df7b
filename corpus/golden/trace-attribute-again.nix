# The selection in `get` runs a second time, on another set, while the first one waits.
let
  get = set: set.value;
  left = v: { side = 1; value = v; };
  right = v: { side = 2; value = v; };
in
get (left (builtins.seq (get (right 1)) (throw "of the left one")))
