# A small server.
{ config, lib, pkgs, ... }:
{
  imports = [ ./example-hardware.nix ];

  networking.name = "glacier";
  networking.domain = "example.org";
  networking.hosts."10.0.0.2" = [ "db" "db.example.org" ];

  users.users.ada = {
    uid = 1000;
    keys = [ "key-1" ];
  };
  users.users.bob = {
    uid = 1001;
    group = "guests";
  };

  environment.packages = with pkgs; [ hello curl git-lite pythonWithWeb ];
  environment.variables = {
    EDITOR = "vim";
    PATH = [ "/usr/local/bin" ];
  };

  services.web = {
    enable = true;
    workers = 4;
    hosts."www.example.org" = {
      root = "/srv/www";
      tls = true;
      locations = {
        "/" = { };
        "/api" = {
          proxy = "http://127.0.0.1:8080";
          order = 500;
          extra = "limit 10;";
        };
      };
    };
    hosts."old.example.org" = lib.mkIf config.services.database.enable { serverName = "archive.example.org"; };
  };

  services.database = {
    enable = true;
    ensure = [ "shop" "wiki" ];
    settings = {
      shared_buffers = "1GB";
      log_connections = lib.mkForce null;
      work_mem_factor = 1.5;
    };
  };
}
