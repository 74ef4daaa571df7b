# Found out while the links of the path are followed.
builtins.readFile /nix/store/development/tool
