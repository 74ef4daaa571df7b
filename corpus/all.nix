# The .drv path of every package of the tree, or what kept it from being evaluated, and that of the example system.
{ tree ? ./tree }:
let
  pkgs = import tree { };
  inherit (pkgs.lib) isDerivation;
  show =
    path: value:
    let
      result = builtins.tryEval (if isDerivation value then value.drvPath else "no package");
    in
    if result.success then result.value else "fails";
in
{
  packages = builtins.mapAttrs show pkgs;
  modules = builtins.mapAttrs show pkgs.pythonPackages;
  system = (import (tree + "/system") { }).toplevel.drvPath;
  tests = import (tree + "/tests");
}
