# Every folder pkgs/by-name/xx/NAME holds a package.nix that is called under NAME; xx are the first letters of the name.
folder: final: prev:
let
  inherit (builtins) attrNames concatMap filter listToAttrs map readDir;
  foldersIn = path: let entries = readDir path; in filter (name: entries.${name} == "directory") (attrNames entries);
in
listToAttrs (
  concatMap (
    shard:
    map (name: {
      inherit name;
      value = final.callPackage (folder + "/${shard}/${name}/package.nix") { };
    }) (foldersIn (folder + "/${shard}"))
  ) (foldersIn folder)
)
