{ config, lib, ... }:
let
  fileSystem =
    { name, ... }:
    {
      options = {
        mountPoint = lib.mkOption { type = lib.types.path; default = name; description = "Where it is mounted."; };
        device = lib.mkOption { type = lib.types.str; description = "What is mounted."; };
        type = lib.mkOption { type = lib.types.enum [ "ext4" "btrfs" "tmpfs" "vfat" ]; default = "ext4"; description = "Kind of file system."; };
        options = lib.mkOption { type = lib.types.listOf lib.types.str; default = [ "defaults" ]; description = "Mount options."; };
      };
    };
  depth = fs: builtins.length (lib.splitString "/" fs.mountPoint);
  ordered = lib.lists.sortOn depth (builtins.attrValues config.fileSystems);
in
{
  options.fileSystems = lib.mkOption {
    type = lib.types.attrsOf (lib.types.submodule fileSystem);
    default = { };
    description = "File systems to mount.";
  };
  config = {
    assertions = [
      {
        assertion = config.fileSystems ? "/";
        message = "there is no file system for /";
      }
    ];
    environment.etc."fstab".text = lib.concatMapStrings (
      fs: "${fs.device} ${fs.mountPoint} ${fs.type} ${lib.concatStringsSep "," fs.options} 0 ${if fs.mountPoint == "/" then "1" else "2"}\n"
    ) ordered;
  };
}
