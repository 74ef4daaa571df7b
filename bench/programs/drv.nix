# Derivations that depend on each other: contexts, hashes modulo inputs, store paths.
let
  n = 1500;
  make = i: derivation {
    name = "p${toString i}";
    system = "x86_64-linux";
    builder = "/bin/sh";
    args = [ "-c" "echo ${toString i} > $out" ];
    inputs = if i == 0 then [ ] else [ (at ((i - 1) / 2)) (at (i - 1)) ];
    flags = builtins.concatStringsSep " " (builtins.genList (k: "--flag-${toString k}=${toString i}") 20);
    outputs = [ "out" "dev" ];
  };
  at = builtins.elemAt all;
  all = builtins.genList make n;
in
[
  (builtins.hashString "sha256" (builtins.concatStringsSep " " (map (d: builtins.unsafeDiscardStringContext d.drvPath) all)))
  (builtins.length (builtins.attrNames (builtins.getContext "${(at (n - 1)).dev} ${(at (n / 2)).out}")))
]
