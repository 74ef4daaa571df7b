# Types of options: what a value must be, and how several definitions become one.
lib:
let
  inherit (builtins) all concatMap elem head isAttrs isList length map mapAttrs;
  inherit (lib.options) mergeEqual mergeOne showOption;

  mkType =
    {
      name,
      description ? name,
      check ? (_: true),
      merge ? mergeOne,
      getSubOptions ? (path: { }),
      nested ? { },
    }:
    {
      _type = "option-type";
      inherit name description check merge getSubOptions nested;
    };

  plain = name: description: check: mkType { inherit name description check; merge = mergeEqual; };
in
rec {
  inherit mkType;
  isType = name: value: isAttrs value && value._type or null == name;

  anything = mkType {
    name = "anything";
    merge =
      path: defs:
      if length defs == 1 then
        (head defs).value
      else if all (def: isAttrs def.value) defs then
        (attrsOf anything).merge path defs
      else if all (def: isList def.value) defs then
        concatMap (def: def.value) defs
      else
        mergeEqual path defs;
  };
  raw = mkType { name = "raw"; description = "raw value"; };
  bool = plain "bool" "boolean" builtins.isBool;
  int = plain "int" "signed integer" builtins.isInt;
  float = plain "float" "floating point number" builtins.isFloat;
  str = plain "str" "string" builtins.isString;
  path = plain "path" "path" (x: builtins.isPath x || (builtins.isString x && lib.hasPrefix "/" x));
  package = plain "package" "package" (x: lib.isDerivation x || lib.isStorePath x);
  lines = separated "\n";
  commas = separated ",";
  separated = sep: mkType {
    name = "separatedString";
    description = "strings joined with ${builtins.toJSON sep}";
    check = builtins.isString;
    merge = path: defs: lib.concatMapStringsSep sep (def: def.value) defs;
  };
  between = low: high: plain "intBetween" "integer between ${toString low} and ${toString high}" (
    x: builtins.isInt x && x >= low && x <= high
  );
  unsigned = plain "unsignedInt" "unsigned integer" (x: builtins.isInt x && x >= 0);
  port = between 0 65535;
  strMatching = pattern: plain "strMatching" "string matching ${pattern}" (
    x: builtins.isString x && builtins.match pattern x != null
  );
  enum = values: plain "enum" "one of ${lib.concatMapStringsSep ", " lib.options.describe values}" (x: elem x values);

  nullOr = inner: mkType {
    name = "nullOr";
    description = "null or ${inner.description}";
    check = x: x == null || inner.check x;
    merge =
      path: defs:
      if all (def: def.value == null) defs then
        null
      else if builtins.any (def: def.value == null) defs then
        throw "the option '${showOption path}' is both null and not null"
      else
        inner.merge path defs;
    nested = { inherit inner; };
  };

  either = left: right: mkType {
    name = "either";
    description = "${left.description} or ${right.description}";
    check = x: left.check x || right.check x;
    merge =
      path: defs:
      if all (def: left.check def.value) defs then
        left.merge path defs
      else if all (def: right.check def.value) defs then
        right.merge path defs
      else
        mergeOne path defs;
    nested = { inherit left right; };
  };
  oneOf = types: builtins.foldl' either (head types) (builtins.tail types);

  listOf = inner: mkType {
    name = "listOf";
    description = "list of ${inner.description}";
    check = isList;
    merge =
      path: defs:
      concatMap (
        def:
        lib.imap1 (
          i: value:
          lib.modules.mergeDefinitions (path ++ [ "[definition ${toString i}]" ]) inner [
            { inherit (def) file; inherit value; }
          ]
        ) def.value
      ) defs;
    nested = { inherit inner; };
  };

  attrsOf = inner: mkType {
    name = "attrsOf";
    description = "attribute set of ${inner.description}";
    check = isAttrs;
    merge =
      path: defs:
      lib.zipAttrsWith (name: lib.modules.mergeDefinitions (path ++ [ name ]) inner) (
        map (def: mapAttrs (name: value: { inherit (def) file; inherit value; }) def.value) defs
      );
    getSubOptions = path: inner.getSubOptions (path ++ [ "<name>" ]);
    nested = { inherit inner; };
  };

  functionTo = inner: mkType {
    name = "functionTo";
    description = "function that gives ${inner.description}";
    check = lib.isCallable;
    merge = path: defs: arg: inner.merge (path ++ [ "<result>" ]) (map (def: def // { value = def.value arg; }) defs);
    nested = { inherit inner; };
  };

  # A set of options of its own; `name` is bound to the last name of its path. A set that is given as a value only
  # defines, whatever its names are; a function or a file is a whole module.
  submodule =
    module:
    let
      modules = lib.toList module;
      evaluate =
        path: more:
        lib.modules.evalModules {
          modules = modules ++ more;
          prefix = path;
          specialArgs = { name = if path == [ ] then "<name>" else lib.last path; };
        };
    in
    mkType {
      name = "submodule";
      check = x: isAttrs x || builtins.isFunction x || builtins.isPath x;
      merge =
        path: defs:
        removeAttrs (evaluate path (
          map (
            def:
            { _file = def.file; }
            // (if isAttrs def.value then { config = def.value; } else { imports = [ def.value ]; })
          ) defs
        )).config [ "_module" ];
      getSubOptions = path: (evaluate path [ ]).options;
    };

  coercedTo = from: convert: to: mkType {
    name = "coercedTo";
    description = "${to.description} or ${from.description} converted to it";
    check = x: to.check x || (from.check x && to.check (convert x));
    merge = path: defs: to.merge path (map (def: def // { value = if from.check def.value then convert def.value else def.value; }) defs);
    nested = { inherit from to; };
  };

}
