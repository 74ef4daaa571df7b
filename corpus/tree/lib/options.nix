lib:
let
  inherit (builtins) all head isAttrs isBool isFunction isInt isList isPath isString length map typeOf;
in
rec {
  mkOption = spec: spec // { _type = "option"; };
  isOption = x: isAttrs x && x._type or null == "option";

  mkEnableOption =
    what:
    mkOption {
      default = false;
      example = true;
      description = "Whether to enable ${what}.";
      type = lib.types.bool;
    };

  mkPackageOption =
    pkgs: name:
    {
      default ? name,
      nullable ? false,
    }:
    mkOption {
      type = if nullable then lib.types.nullOr lib.types.package else lib.types.package;
      description = "The ${name} package to use.";
      default = if default == null then null else pkgs.${default};
    };

  showOption = path: lib.concatMapStringsSep "." (name: if builtins.match "[a-zA-Z_][a-zA-Z0-9_'-]*" name != null then name else lib.quoteNix name) path;
  showFiles = defs: lib.concatMapStringsSep " and " (def: "'${toString def.file}'") defs;
  showDefs = defs: lib.concatMapStrings (def: "\n- in ${toString def.file}: ${describe def.value}") defs;

  describe =
    value:
    if isString value then
      lib.quoteNix value
    else if isInt value || isPath value then
      toString value
    else if isBool value then
      lib.boolText value
    else if value == null then
      "null"
    else if isList value then
      "a list of ${toString (length value)}"
    else if isFunction value then
      "a function"
    else
      "a ${typeOf value}";

  mergeOne =
    path: defs:
    if length defs == 1 then
      (head defs).value
    else
      throw "the option '${showOption path}' is defined more than once:${showDefs defs}";

  mergeEqual =
    path: defs:
    let
      first = (head defs).value;
    in
    if all (def: def.value == first) defs then
      first
    else
      throw "the option '${showOption path}' has definitions that differ:${showDefs defs}";

  # Every option below a tree of options, as a list with names and descriptions.
  listOptions = options:
    lib.lists.concatMapAttrs (
      name: value:
      if isOption value then
        lib.optional (value.visible or true) (
          {
            name = showOption (value.path or [ name ]);
            description = value.description or null;
            type = value.type.description or null;
          }
          // lib.optionalAttrs (value ? example) { inherit (value) example; }
        )
      else
        listOptions value
    ) options;
}
