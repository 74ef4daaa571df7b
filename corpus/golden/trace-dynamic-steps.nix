# The line of a selected attribute has the names that were computed: those read from variables and attributes, and joined ones.
let
  system = builtins.substring 0 3 "a-b-c";
  names = { inherit system; first = "a"; key = "x"; };
  sets = {
    a-b = {
      variable = sets.${names.system}.attribute;
      attribute = sets."${names.first}-b".joined;
      joined = sets.${system}.default or 1;
      default = sets.a-b.${names.key} or 1;
      x = sets.${system}."${names.key}y";
      xy = sets.${system}.sub.${names.key}.z;
      sub.x.y = 1;
    };
  };
in
sets.${system}.variable
