{ config, lib, pkgs, ... }:
let
  failed = builtins.filter (a: !a.assertion) config.assertions;
  files = builtins.filter (f: f.enable) (builtins.attrValues config.environment.etc);
  checked = value:
    if failed == [ ] then
      builtins.foldl' (v: w: lib.warn w v) value config.warnings
    else
      throw "assertions of the configuration failed:${lib.concatMapStrings (a: "\n- ${a.message}") failed}";
in
{
  options.system = {
    toplevel = lib.mkOption { type = lib.types.package; visible = false; description = "The whole system."; };
    path = lib.mkOption { type = lib.types.package; visible = false; description = "All packages of the system."; };
    label = lib.mkOption { type = lib.types.str; default = "firn-24"; description = "Name of the system."; };
  };
  config.system = {
    path = pkgs.symlinkJoin {
      name = "system-path";
      paths = lib.unique config.environment.packages;
    };
    toplevel = checked (
      pkgs.runCommand "system-${config.networking.hostName}-${config.system.label}" { inherit (config.system) path; } ''
        mkdir -p $out/etc
        ln -s $path $out/sw
        ${lib.concatMapStrings (f: ''
          mkdir -p $out/etc/${dirOf f.target}
          install -m ${f.mode} ${f.source} $out/etc/${f.target}
        '') files}
      ''
    );
  };
}
