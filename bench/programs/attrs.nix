# Big sets: made from lists, mapped, updated, looked up.
let
  n = 200000;
  name = i: "k${toString i}";
  set = builtins.listToAttrs (builtins.genList (i: { name = name i; value = i; }) n);
  doubled = builtins.mapAttrs (_: v: v * 2) set;
  merged = set // doubled // { extra = 1; };
  picked = builtins.genList (i: merged.${name (i * 10)}) (n / 10);
in
[
  (builtins.length (builtins.attrNames merged))
  (builtins.foldl' builtins.add 0 picked)
  (builtins.length (builtins.attrNames (builtins.intersectAttrs { k1 = 0; k77 = 0; none = 0; } merged)))
  (builtins.length (builtins.attrNames (removeAttrs merged [ "k1" "k2" ])))
]
