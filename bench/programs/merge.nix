# Sets merged deep down, as modules and package settings are: recursive update, zipAttrsWith, overriding.
let
  n = 3000;
  recursiveUpdate = a: b: a // builtins.mapAttrs (
    name: v: if builtins.isAttrs v && builtins.isAttrs (a.${name} or null) then recursiveUpdate a.${name} v else v
  ) b;
  config = i: {
    services.${"s${toString (i - i / 50 * 50)}"} = { enable = true; port = i; settings.level = i; };
    users.${"u${toString (i - i / 40 * 40)}"}.groups = [ "g${toString i}" ];
    total = i;
  };
  merged = builtins.foldl' recursiveUpdate { } (builtins.genList config n);
  zipped = builtins.zipAttrsWith (name: values: if name == "total" then builtins.foldl' builtins.add 0 values else values) (
    builtins.genList config n
  );
  package = args: { inherit args; name = "p${toString args.v}"; override = f: package (args // f args); };
  overridden = builtins.foldl' (p: i: p.override (old: { v = old.v + i; })) (package { v = 0; debug = false; }) (
    builtins.genList (i: i) n
  );
in
[
  (builtins.length (builtins.attrNames merged.services))
  (builtins.foldl' (a: s: a + s.port + s.settings.level) 0 (builtins.attrValues merged.services))
  (builtins.length zipped.users)
  zipped.total
  overridden.name
]
