# A small server, for `npm run bench -- tree --nixpkgs DIR`.
{ pkgs, ... }:
{
  boot.loader.grub.device = "/dev/sda";
  fileSystems."/".device = "/dev/sda1";
  services.nginx.enable = true;
  services.postgresql.enable = true;
  services.openssh.enable = true;
  environment.systemPackages = [ pkgs.git pkgs.vim ];
}
