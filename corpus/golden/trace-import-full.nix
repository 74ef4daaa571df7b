let
  f = import ./data/failing.nix;
in
f.value
