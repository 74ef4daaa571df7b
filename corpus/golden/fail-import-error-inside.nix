(import ./data/failing.nix).value
