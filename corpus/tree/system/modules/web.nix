{ config, lib, pkgs, ... }:
let
  cfg = config.services.web;
  host =
    { name, ... }:
    {
      options = {
        serverName = lib.mkOption { type = lib.types.str; default = name; description = "Name the host answers to."; };
        root = lib.mkOption { type = lib.types.nullOr lib.types.path; default = null; description = "Folder that is served."; };
        tls = lib.mkEnableOption "TLS";
        locations = lib.mkOption {
          type = lib.types.attrsOf (
            lib.types.submodule (
              { config, ... }:
              {
                options = {
                  proxy = lib.mkOption { type = lib.types.nullOr lib.types.str; default = null; description = "Address requests go on to."; };
                  index = lib.mkOption { type = lib.types.str; default = "index.html"; description = "File of a folder."; };
                  order = lib.mkOption { type = lib.types.int; default = 1000; description = "Place among the locations."; };
                  extra = lib.mkOption { type = lib.types.lines; default = ""; description = "More lines."; };
                };
                config.extra = lib.mkIf (config.proxy != null) (lib.mkAfter "proxy_pass ${toString config.proxy};");
              }
            )
          );
          default = { };
          description = "Parts of the host.";
        };
      };
    };
  location = name: l: "  location ${name} {\n    index ${l.index};\n${lib.concatMapStrings (line: "    ${line}\n") (lib.strings.lines l.extra)}  }\n";
  server =
    _: h:
    "server {\n  server_name ${h.serverName};\n  listen ${if h.tls then "443 ssl" else "80"};\n"
    + lib.optionalString (h.root != null) "  root ${toString h.root};\n"
    + lib.concatMapStrings (l: location l.name l.value) (lib.lists.sortOn (l: l.value.order) (lib.attrsToList h.locations))
    + "}\n";
in
{
  options.services.web = {
    enable = lib.mkEnableOption "the web server";
    package = lib.mkPackageOption pkgs "nginxlet" { };
    workers = lib.mkOption { type = lib.types.either (lib.types.enum [ "auto" ]) lib.types.unsigned; default = "auto"; description = "Processes."; };
    hosts = lib.mkOption { type = lib.types.attrsOf (lib.types.submodule host); default = { }; description = "Hosts that are served."; };
  };
  config = lib.mkIf cfg.enable {
    users.users.web.isSystem = true;
    networking.firewall.ports = [ 80 ] ++ lib.optional (builtins.any (h: h.tls) (builtins.attrValues cfg.hosts)) 443;
    environment.etc."web.conf".text = "workers ${toString cfg.workers};\n" + lib.concatStrings (lib.mapAttrsToList server cfg.hosts);
    services.units.web = {
      description = "Web server";
      after = [ "network.target" ];
      wantedBy = [ "multi-user.target" ];
      path = [ cfg.package ];
      script = "exec ${lib.getExe cfg.package} -c /etc/web.conf";
      settings.User = "web";
    };
  };
}
