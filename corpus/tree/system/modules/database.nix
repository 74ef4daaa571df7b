{ config, lib, pkgs, ... }:
let
  cfg = config.services.database;
in
{
  options.services.database = {
    enable = lib.mkEnableOption "the database";
    package = lib.mkPackageOption pkgs "postgrelet" { };
    port = lib.mkOption { type = lib.types.port; default = 5432; description = "Port it listens on."; };
    dataDir = lib.mkOption { type = lib.types.path; description = "Where it keeps its data."; };
    settings = lib.mkOption {
      type = lib.types.attrsOf (lib.types.nullOr (lib.types.oneOf [ lib.types.bool lib.types.int lib.types.float lib.types.str ]));
      default = { };
      description = "Lines of its configuration; null leaves a line out.";
    };
    ensure = lib.mkOption {
      type = lib.types.coercedTo (lib.types.listOf lib.types.str) (names: lib.genAttrs names (name: { owner = name; })) (
        lib.types.attrsOf (lib.types.submodule { options.owner = lib.mkOption { type = lib.types.str; default = "admin"; }; })
      );
      default = { };
      description = "Databases that are made; a list makes each belong to the user of its name.";
    };
  };
  config = lib.mkMerge [
    { services.database.dataDir = lib.mkDefault "/var/lib/database/${lib.versions.major cfg.package.version}"; }
    (lib.mkIf cfg.enable {
      services.database.settings = {
        port = cfg.port;
        shared_buffers = lib.mkDefault "128MB";
        log_connections = false;
      };
      users.users.database = { isSystem = true; uid = 71; };
      environment.packages = [ cfg.package ];
      environment.etc."database.conf".text = lib.strings.toKeyValue { quote = v: "'${v}'"; } (
        lib.filterAttrs (_: v: v != null) cfg.settings
      );
      services.units.database = {
        wantedBy = [ "multi-user.target" ];
        environment.DATA = toString cfg.dataDir;
        script = lib.mkMerge [
          (lib.mkBefore "[ -d $DATA ] || ${lib.getBin cfg.package}/bin/init $DATA")
          "${lib.getBin cfg.package}/bin/serve --config /etc/database.conf &"
          (lib.mkAfter (lib.concatLines (lib.mapAttrsToList (name: db: "create ${name} ${db.owner}") cfg.ensure)))
        ];
      };
    })
  ];
}
