{
  fileSystems = {
    "/" = {
      device = "/dev/disk/1";
      type = "btrfs";
    };
    "/boot" = {
      device = "/dev/disk/2";
      type = "vfat";
      options = [ "umask=0077" ];
    };
    "/srv/www".device = "/dev/disk/3";
    "/tmp" = {
      device = "tmpfs";
      type = "tmpfs";
    };
  };
}
