import "data/set.nix"
