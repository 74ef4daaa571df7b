# Fixed points and overlays: layers over a big set, each a `//`.
let
  fix = f: let x = f x; in x;
  extends = overlay: f: final: let prev = f final; in prev // overlay final prev;
  n = 100000;
  name = i: "p${toString i}";
  base = final: builtins.listToAttrs (
    builtins.genList (i: {
      name = name i;
      value = if i == 0 then 1 else final.${name (i / 2)} + 1;
    }) n
  );
  bigLayer = final: prev: builtins.mapAttrs (_: v: v + 1) prev;
  changed = i: name (i * 997 - i * 997 / n * n);
  smallLayers = builtins.genList (i: final: prev: { ${changed i} = prev.${changed i} * 2; }) 100;
  set = fix (builtins.foldl' (f: o: extends o f) base ([ bigLayer ] ++ smallLayers));
in
builtins.foldl' (a: i: a + set.${name i}) 0 (builtins.genList (i: i) n)
