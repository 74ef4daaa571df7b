builtins.storePath "/nix/store/0c55s0n7d0bb1m4dbwxkgkmnbfi3rwe1-name"
