with builtins;
let
  file = toFile "note" "text";
  drv = derivation { name = "d"; system = "x"; builder = "b"; outputs = [ "out" "dev" ]; };
  names = s: attrValues (mapAttrs (n: v: v) (getContext s));
in
{
  hasContext = map hasContext [ file "${drv}" drv.drvPath "plain" (substring 0 0 "${drv}") (unsafeDiscardStringContext file) ];
  kinds = [ (names file) (names "${drv.dev}") (names drv.drvPath) (names "${drv}${file}") ];
  operations = map hasContext [
    (toString [ file ]) (file + "x") (concatStringsSep "," [ file "a" ]) (replaceStrings [ "a" ] [ file ] "bab") (replaceStrings [ "z" ] [ file ] "bab")
    (baseNameOf file) (dirOf file) (toJSON { a = file; }) (toXML file) (head (split "x" file)) (hashString "md5" file)
  ];
  appended = getContext (appendContext "a" { ${unsafeDiscardStringContext drv.drvPath} = { outputs = [ "out" ]; }; }) == getContext (unsafeDiscardStringContext "a" + substring 0 0 "${drv.out}");
  discardDependency = names (unsafeDiscardOutputDependency drv.drvPath);
  equality = unsafeDiscardStringContext file == file;
  interpolation = hasContext "a${file}b";
  lengthIgnores = stringLength file == stringLength (unsafeDiscardStringContext file);
}
