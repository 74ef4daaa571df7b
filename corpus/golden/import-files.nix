{
  set = import ./data/set.nix;
  folder = import ./data/folder;
  function = import ./data/function.nix 5;
  scoped = scopedImport { x = 7; } ./data/scoped.nix;
  text = builtins.readFile ./data/text.txt;
  list = builtins.readDir ./data;
  exists = map builtins.pathExists [ ./data ./data/set.nix ./data/nothing ];
  kinds = map builtins.readFileType [ ./data ./data/text.txt ];
  hash = builtins.hashFile "sha256" ./data/text.txt;
  json = builtins.fromJSON (builtins.readFile ./data/value.json);
  same = import ./data/set.nix == import ./data/../data/set.nix;
  fromString = import (toString ./data/set.nix);
  find = builtins.findFile [ { prefix = "d"; path = toString ./data; } { prefix = ""; path = toString ./.; } ] "d/set.nix" == ./data/set.nix;
}
