# Strings: interpolation, joining, splitting, replacing, matching, hashing.
let
  n = 20000;
  lines = builtins.genList (i: "line-${toString i}: value=${toString (i * 31)};") n;
  text = builtins.concatStringsSep "\n" lines;
  parts = builtins.filter builtins.isString (builtins.split "\n" text);
  values = map (line: builtins.head (builtins.match "line-[0-9]+: value=([0-9]+);" line)) parts;
  replaced = builtins.replaceStrings [ "line" "value" ";" ] [ "row" "v" "" ] text;
  chars = builtins.genList (i: builtins.substring i 1 text) (n * 10);
in
[
  (builtins.stringLength text)
  (builtins.length parts)
  (builtins.foldl' (a: v: a + builtins.stringLength v) 0 values)
  (builtins.stringLength replaced)
  (builtins.length (builtins.filter (c: c == "1") chars))
  (builtins.hashString "sha256" replaced)
]
