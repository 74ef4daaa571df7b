# Old names of packages.
final: prev:
let
  renamed = {
    http-client = "fetchit";
    json-tool = "jsq";
    python3 = "python";
  };
in
builtins.mapAttrs (
  old: new: if prev ? ${old} then throw "the alias '${old}' is also a package" else final.${new}
) renamed
