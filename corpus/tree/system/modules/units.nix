{ config, lib, pkgs, ... }:
let
  service =
    { name, config, ... }:
    {
      options = {
        enable = lib.mkOption { type = lib.types.bool; default = true; description = "Whether the service exists."; };
        description = lib.mkOption { type = lib.types.str; default = ""; description = "What it is."; };
        after = lib.mkOption { type = lib.types.listOf lib.types.str; default = [ ]; description = "Units it starts after."; };
        wantedBy = lib.mkOption { type = lib.types.listOf lib.types.str; default = [ ]; description = "Units that start it."; };
        path = lib.mkOption { type = lib.types.listOf lib.types.package; default = [ ]; description = "Packages it finds."; };
        environment = lib.mkOption { type = lib.types.attrsOf lib.types.str; default = { }; description = "Its variables."; };
        script = lib.mkOption { type = lib.types.lines; default = ""; description = "What it runs."; };
        settings = lib.mkOption {
          type = lib.types.attrsOf (lib.types.oneOf [ lib.types.bool lib.types.int lib.types.str (lib.types.listOf lib.types.str) ]);
          default = { };
          description = "Lines of the [Service] section.";
        };
      };
      config = {
        path = [ pkgs.coreutils ];
        settings.ExecStart = lib.mkIf (config.script != "") (
          lib.mkDefault "${pkgs.writeScriptBin "${name}-start" config.script}/bin/${name}-start"
        );
      };
    };
  unitText =
    name: cfg:
    lib.strings.toINI {
      Unit = {
        Description = if cfg.description == "" then name else cfg.description;
      }
      // lib.optionalAttrs (cfg.after != [ ]) { After = lib.concatStringsSep " " cfg.after; };
      Service = builtins.mapAttrs (_: v: if builtins.isList v then lib.concatStringsSep " " v else v) cfg.settings // {
        Environment = lib.concatStringsSep " " (
          lib.mapAttrsToList (n: v: "${n}=${lib.quoteShell v}") (cfg.environment // { PATH = lib.makeBinPath cfg.path; })
        );
      };
      Install.WantedBy = lib.concatStringsSep " " cfg.wantedBy;
    };
in
{
  options.services.units = lib.mkOption {
    type = lib.types.attrsOf (lib.types.submodule service);
    default = { };
    description = "Services.";
  };
  config.environment.etc = lib.mapAttrs' (
    name: cfg: lib.nameValuePair "units/${name}.service" { text = unitText name cfg; }
  ) (lib.filterAttrs (_: cfg: cfg.enable) config.services.units);
}
