{ config, lib, pkgs, ... }:
let
  cfg = config.environment;

  file =
    { name, config, ... }:
    {
      options = {
        enable = lib.mkOption { type = lib.types.bool; default = true; description = "Whether the file is made."; };
        target = lib.mkOption { type = lib.types.str; description = "Its place under /etc."; };
        text = lib.mkOption { type = lib.types.nullOr lib.types.lines; default = null; description = "Its text."; };
        source = lib.mkOption { type = lib.types.path; description = "The file it is a copy of."; };
        mode = lib.mkOption { type = lib.types.strMatching "0[0-7]{3}"; default = "0644"; description = "Its permissions."; };
      };
      config = {
        target = lib.mkDefault name;
        source = lib.mkIf (config.text != null) (
          lib.mkDefault "${pkgs.writeText "etc-${lib.replaceStrings [ "/" ] [ "-" ] name}" config.text}"
        );
      };
    };
in
{
  options.environment = {
    packages = lib.mkOption {
      type = lib.types.listOf lib.types.package;
      default = [ ];
      description = "Packages that everyone can run.";
    };
    variables = lib.mkOption {
      type = lib.types.attrsOf (lib.types.either lib.types.str (lib.types.listOf lib.types.str));
      default = { };
      apply = builtins.mapAttrs (_: value: if builtins.isList value then lib.concatStringsSep ":" value else value);
      description = "Variables of every session; lists are joined.";
    };
    etc = lib.mkOption {
      type = lib.types.attrsOf (lib.types.submodule file);
      default = { };
      description = "Files under /etc.";
    };
  };

  config.environment = {
    packages = [ pkgs.bash pkgs.coreutils ];
    variables.PATH = lib.mkBefore [ "/run/system/bin" ];
    etc."profile".text = lib.concatLines (
      lib.mapAttrsToList (name: value: "export ${name}=${lib.quoteShell value}") cfg.variables
    );
    etc."issue" = {
      text = lib.mkDefault "Firn\n";
      mode = "0444";
    };
  };
}
