{ config, lib, ... }:
let
  cfg = config.networking;
in
{
  imports = [ (lib.modules.mkRenamed [ "networking" "name" ] [ "networking" "hostName" ]) ];
  options.networking = {
    hostName = lib.mkOption {
      type = lib.types.strMatching "[a-z]([a-z0-9-]*[a-z0-9])?";
      default = "firn";
      description = "Name of the machine.";
    };
    domain = lib.mkOption { type = lib.types.nullOr lib.types.str; default = null; description = "Domain of the machine."; };
    hosts = lib.mkOption {
      type = lib.types.attrsOf (lib.types.listOf lib.types.str);
      default = { };
      description = "Names of addresses.";
    };
    firewall = {
      enable = lib.mkEnableOption "the firewall" // { default = true; };
      ports = lib.mkOption {
        type = lib.types.listOf lib.types.port;
        default = [ ];
        apply = ports: lib.unique (builtins.sort builtins.lessThan ports);
        description = "Ports that are open.";
      };
    };
  };
  config = {
    networking.hosts = {
      "127.0.0.1" = [ "localhost" ];
      "127.0.0.2" = lib.mkIf (cfg.domain != null) [ "${cfg.hostName}.${toString cfg.domain}" cfg.hostName ];
    };
    environment.etc."hosts".text = lib.concatLines (
      lib.mapAttrsToList (address: names: "${lib.fixedWidth 15 " " address} ${lib.concatStringsSep " " names}") cfg.hosts
    );
    environment.etc."hostname".text = cfg.hostName + "\n";
    environment.etc."firewall.rules" = lib.mkIf cfg.firewall.enable {
      text = lib.concatMapStrings (port: "accept tcp ${toString port}\n") cfg.firewall.ports + "drop\n";
    };
  };
}
