lib:
let
  inherit (builtins)
    attrNames
    attrValues
    concatMap
    filter
    foldl'
    head
    isAttrs
    length
    listToAttrs
    map
    mapAttrs
    tail
    ;
in
rec {
  nameValuePair = name: value: { inherit name value; };

  mapAttrsToList = f: set: map (name: f name set.${name}) (attrNames set);
  mapAttrs' = f: set: listToAttrs (mapAttrsToList f set);
  genAttrs = names: f: listToAttrs (map (name: nameValuePair name (f name)) names);
  filterAttrs = keep: set: removeAttrs set (filter (name: !keep name set.${name}) (attrNames set));
  foldlAttrs = f: start: set: foldl' (acc: name: f acc name set.${name}) start (attrNames set);
  attrsToList = mapAttrsToList nameValuePair;
  optionalAttrs = condition: set: if condition then set else { };
  mergeAttrsList = foldl' (a: b: a // b) { };

  # The value at a path of names, or `fallback`.
  attrByPath =
    path: fallback: set:
    if path == [ ] then
      set
    else if isAttrs set && set ? ${head path} then
      attrByPath (tail path) fallback set.${head path}
    else
      fallback;

  hasAttrByPath =
    path: set:
    path == [ ] || (isAttrs set && set ? ${head path} && hasAttrByPath (tail path) set.${head path});

  getAttrFromPath =
    path: set:
    attrByPath path (throw "there is no attribute '${lib.concatStringsSep "." path}'") set;

  setAttrByPath = path: value: if path == [ ] then value else { ${head path} = setAttrByPath (tail path) value; };

  # Names present in both are merged by `f`, which gets all values of a name.
  zipWithNames = names: f: sets: listToAttrs (
    map (name: nameValuePair name (f name (concatMap (set: lib.optional (set ? ${name}) set.${name}) sets))) names
  );
  zipAttrsWith = builtins.zipAttrsWith or (f: sets: zipWithNames (attrNames (mergeAttrsList sets)) f sets);
  zipAttrs = zipAttrsWith (_: values: values);

  # Merges sets all the way down; where `stop` says so, or a side is no set, the right one wins.
  recursiveUpdateUntil =
    stop: left: right:
    let
      go =
        path:
        zipAttrsWith (
          name: values:
          let
            here = path ++ [ name ];
            new = head values;
            old = builtins.elemAt values 1;
          in
          if length values == 1 || stop here old new then new else go here [ new old ]
        );
    in
    go [ ] [ right left ];
  recursiveUpdate = recursiveUpdateUntil (path: a: b: !(isAttrs a && isAttrs b));

  # Visits each leaf (anything that is no set, or that `descend` refuses) with its path.
  mapAttrsRecursiveCond =
    descend: f: set:
    let
      go = path: mapAttrs (
        name: value:
        if isAttrs value && descend value then go (path ++ [ name ]) value else f (path ++ [ name ]) value
      );
    in
    go [ ] set;
  mapAttrsRecursive = mapAttrsRecursiveCond (_: true);

  collect =
    wanted: value:
    if wanted value then
      [ value ]
    else if isAttrs value then
      concatMap (collect wanted) (attrValues value)
    else
      [ ];

  # A set of every choice of one value per name.
  cartesianProduct =
    choices:
    foldl' (
      sets: name: concatMap (set: map (value: set // { ${name} = value; }) choices.${name}) sets
    ) [ { } ] (attrNames choices);

  isDerivation = value: value.type or null == "derivation";
  recurseIntoAttrs = set: set // { recurseForDerivations = true; };
  dontRecurseIntoAttrs = set: set // { recurseForDerivations = false; };

  # An output of a package, or the package itself where it has no such output.
  getOutput = output: pkg: if pkg ? outputName && pkg.outputSpecified or false then pkg else pkg.${output} or pkg.out or pkg;
  getBin = getOutput "bin";
  getLib = getOutput "lib";
  getDev = getOutput "dev";
}
