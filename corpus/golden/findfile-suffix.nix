let
  find = path: name: builtins.tryEval (baseNameOf (builtins.findFile [ { inherit path; prefix = "a"; } ] name));
in
map (find ./.) [
  "a/../findfile-suffix.nix"
  "a/../../x/../findfile-suffix.nix"
  "a//./findfile-suffix.nix"
  "a/../golden/findfile-suffix.nix"
  "a/no-such-file"
  "b/findfile-suffix.nix"
]
