# Name and type of every option of NixOS, as its manual has them: the module system, without a single derivation.
{ nixpkgs }:
let
  lib = import (nixpkgs + "/lib");
  system = import (nixpkgs + "/nixos/lib/eval-config.nix") { system = "x86_64-linux"; modules = [ ]; };
  shown = builtins.filter (option: !option.internal) (lib.optionAttrSetToDocList system.options);
in
builtins.hashString "sha256" (builtins.toJSON (map (option: { inherit (option) name; type = option.type or null; }) shown))
