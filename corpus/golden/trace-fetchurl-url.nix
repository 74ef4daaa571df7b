# What `<nix/fetchurl.nix>` defines stands where Nix has it.
(import <nix/fetchurl.nix> { url = throw "no mirror"; }).outPath
