let
  derived = derivation { name = "x"; system = "y"; builder = "z"; };
  pos = name: builtins.unsafeGetAttrPos name derived;
in
map pos [ "all" "drvAttrs" "drvPath" "name" "out" "outPath" "outputName" "type" ]
