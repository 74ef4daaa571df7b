# What is to the left of + becomes text first: its failure is the one that is met.
let
  left = { __toString = self: "l${self.n}"; n = "1"; };
  fails = { __toString = self: throw "left"; };
  place = { outPath = { outPath = "/out"; }; };
in
[
  (left + "r")
  (left + left + "-" + left)
  (place + "/bin")
  (place + /some/path)
  (builtins.tryEval (fails + abort "right"))
  (map (x: x + "!") [ left "s" (place + "?") ])
  (builtins.foldl' (a: b: a + b) left [ "a" left ])
]
