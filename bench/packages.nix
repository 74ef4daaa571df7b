# The .drv path of every package of one language: some thousand small files.
{ nixpkgs, set }:
let
  pkgs = import nixpkgs { system = "x86_64-linux"; config = { }; overlays = [ ]; };
  packages = pkgs.${set};
  pathOf = name:
    let
      package = packages.${name};
      path = builtins.tryEval (if builtins.isAttrs package && package ? drvPath then package.drvPath else "");
    in
    if (builtins.tryEval package).success && path.success then [ path.value ] else [ ];
in
builtins.hashString "sha256" (builtins.concatStringsSep "\n" (builtins.concatMap pathOf (builtins.attrNames packages)))
