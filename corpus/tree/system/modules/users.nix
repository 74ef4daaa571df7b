{ config, lib, ... }:
let
  cfg = config.users;
  user =
    { name, config, ... }:
    {
      options = {
        name = lib.mkOption { type = lib.types.str; default = name; description = "Name of the account."; };
        uid = lib.mkOption { type = lib.types.nullOr lib.types.unsigned; default = null; description = "Number of the account."; };
        group = lib.mkOption { type = lib.types.str; default = "users"; description = "Main group."; };
        home = lib.mkOption { type = lib.types.path; description = "Home folder."; };
        isSystem = lib.mkOption { type = lib.types.bool; default = false; description = "Whether it belongs to a service."; };
        keys = lib.mkOption { type = lib.types.listOf lib.types.str; default = [ ]; description = "Keys that may log in."; };
      };
      config.home = lib.mkDefault (if config.isSystem then "/var/lib/${config.name}" else "/home/${config.name}");
    };
  numbered = lib.filterAttrs (_: u: u.uid != null) cfg.users;
  byUid = builtins.groupBy (u: toString u.uid) (builtins.attrValues numbered);
in
{
  options.users = {
    users = lib.mkOption {
      type = lib.types.attrsOf (lib.types.submodule user);
      default = { };
      description = "Accounts.";
    };
    groups = lib.mkOption {
      type = lib.types.attrsOf (
        lib.types.submodule { options.members = lib.mkOption { type = lib.types.listOf lib.types.str; default = [ ]; }; }
      );
      default = { };
      description = "Groups.";
    };
  };
  config = {
    users.users.root = {
      uid = 0;
      group = "root";
      home = "/root";
    };
    users.groups = lib.mkMerge (
      [ { root = { }; users = { }; } ]
      ++ lib.mapAttrsToList (_: u: { ${u.group}.members = [ u.name ]; }) cfg.users
    );
    assertions = lib.mapAttrsToList (uid: us: {
      assertion = builtins.length us == 1;
      message = "accounts ${lib.concatMapStringsSep ", " (u: u.name) us} share the number ${uid}";
    }) byUid;
    environment.etc."passwd".text = lib.concatLines (
      lib.mapAttrsToList (_: u: "${u.name}:x:${if u.uid == null then "auto" else toString u.uid}:${u.group}:${u.home}") cfg.users
    );
    environment.etc."group".text = lib.concatLines (
      lib.mapAttrsToList (name: g: "${name}:${lib.concatStringsSep "," (lib.lists.uniqueStrings g.members)}") cfg.groups
    );
  };
}
