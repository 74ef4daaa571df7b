builtins.isFunction (builtins.scopedImport { } <nix/fetchurl.nix>)
