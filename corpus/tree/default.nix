# The door of the tree: `import ./. { }` gives the package set.
#
#   system    the platform packages are built for
#   overlays  functions `final: prev: { ... }`, applied in order over the packages of the tree
#   config    settings of the set: allowUnfree, allowBroken, packageOverrides
{
  system ? "x86_64-linux",
  overlays ? [ ],
  config ? { },
}:

let
  lib = import ./lib;

  defaults = {
    allowUnfree = false;
    allowBroken = false;
    packageOverrides = pkgs: { };
  };

  settings =
    let
      unknown = builtins.attrNames (removeAttrs config (builtins.attrNames defaults));
    in
    if unknown == [ ] then
      defaults // config
    else
      throw "config: unknown settings: ${lib.concatStringsSep ", " unknown}";

  platform = lib.platforms.parse system;

  # The layers of the set, innermost first. Each sees the finished set as `final` and the layers below as `prev`.
  layers = [
    (final: prev: {
      inherit lib platform;
      config = settings;
      pkgs = final;
    })
    (import ./stdenv)
    (import ./top-level/helpers.nix)
    (import ./top-level/by-name.nix ./pkgs/by-name)
    (import ./top-level/all-packages.nix)
    (import ./top-level/variants.nix)
    (import ./top-level/aliases.nix)
    (final: prev: settings.packageOverrides prev)
  ]
  ++ overlays;

  base = final: {
    callPackage = lib.callPackageWith final;
    callPackages = lib.callPackagesWith final;
    # The same tree again with more overlays, or on another platform.
    appendOverlays = more: import ./. { inherit system config; overlays = overlays ++ more; };
    forSystem = other: import ./. { system = other; inherit config overlays; };
  };
in
lib.fix (lib.extends (lib.composeManyExtensions layers) base)
