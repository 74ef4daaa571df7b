# The binaries everything starts from.
{ lib, platform }:
let
  hashes = {
    x86_64-linux = "0mkdxddnyb0s5zmyjs8p9ifxkx5fhpyyfzqzb4s5ibl6mnvvv7ia";
    aarch64-linux = "1y35mpxdp0qfw0hgjz2v9adi9g0nlb8wy9lrvz0x1fg9r7iwaa9d";
    x86_64-darwin = "1vprs3ysvxmnijd8bz9jw7iq2ziv27mdvzyj8dbfyvjnxmr1r1rg";
  };
in
{
  shell = "/bin/sh";
  tools = derivation {
    name = "seed-tools";
    inherit (platform) system;
    builder = "builtin:fetchurl";
    url = "https://seed.example.org/${platform.system}.tar.xz";
    outputHashAlgo = "sha256";
    outputHashMode = "recursive";
    outputHash = hashes.${platform.system} or (throw "there is no seed for ${platform.system}");
  };
}
