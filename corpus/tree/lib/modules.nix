# Modules: sets of options and definitions that are merged into one configuration.
#
# A module is `{ imports ? [ ]; options ? { }; config ? { }; }`, a plain set of definitions, a function from
# `{ config, options, lib, ... }` to one of these, or a file that holds any of them.
lib:
let
  inherit (builtins) all any attrNames concatMap filter head isAttrs isFunction isPath isString length map mapAttrs;
  inherit (lib.options) isOption showFiles showOption;

  defaultPriority = 100;
  optionDefaultPriority = 1500;
  defaultOrder = 1000;
  hasType = name: x: isAttrs x && x._type or null == name;
in
rec {
  mkIf = condition: content: { _type = "if"; inherit condition content; };
  mkMerge = contents: { _type = "merge"; inherit contents; };
  mkOverride = priority: content: { _type = "override"; inherit priority content; };
  mkDefault = mkOverride 1000;
  mkForce = mkOverride 50;
  mkOptionDefault = mkOverride optionDefaultPriority;
  mkOrder = priority: content: { _type = "order"; inherit priority content; };
  mkBefore = mkOrder 500;
  mkAfter = mkOrder 1500;
  mkAliasDefinitions = option: mkIf option.isDefined (mkMerge option.definitions);

  mkRenamed =
    from: to:
    { config, options, ... }:
    {
      options = lib.setAttrByPath from (lib.mkOption {
        visible = false;
        description = "Renamed to ${showOption to}.";
        apply = _: lib.getAttrFromPath to config;
      });
      config = lib.setAttrByPath to (mkAliasDefinitions (lib.getAttrFromPath from options));
    };

  # The configuration that `modules` make together.
  #   { config, options, type, extend }
  evalModules =
    {
      modules,
      specialArgs ? { },
      prefix ? [ ],
    }:
    let
      args = { inherit lib config options; } // config._module.args // specialArgs;
      internal = {
        _file = "the module system";
        options._module = {
          args = lib.mkOption {
            type = lib.types.attrsOf lib.types.raw;
            default = { };
            visible = false;
            description = "Arguments for modules.";
          };
          check = lib.mkOption {
            type = lib.types.bool;
            default = true;
            visible = false;
            description = "Whether definitions of options that do not exist are errors.";
          };
        };
      };
      all' = collectModules (specialArgs // { inherit lib config options; }) args ([ internal ] ++ modules);
      merged = mergeModules prefix all';
      inherit (merged) options;

      unknown =
        if merged.config._module.check && merged.unmatched != [ ] then
          throw "the option '${showOption (head merged.unmatched).path}' does not exist; it is defined in ${showFiles [ (head merged.unmatched) ]}"
        else
          null;
      config = builtins.seq unknown (removeAttrs merged.config [ "_module" ]) // { inherit (merged.config) _module; };
    in
    {
      inherit options config;
      type = lib.types.submodule modules;
      extend = more: evalModules { modules = modules ++ more; inherit specialArgs prefix; };
    };

  # All modules that are imported from `roots`, each once, with their settings told apart from their options.
  collectModules =
    known: args: roots:
    let
      load =
        fallback: index: module:
        if isPath module || isString module then
          normalise (toString module) (toString module) (apply (toString module) (import module))
        else
          let
            key = "${fallback}#${toString index}";
            value = apply key module;
          in
          normalise (value._file or fallback) (value.key or key) value;

      # Only the arguments that a module names are looked up, so that others may depend on its result.
      apply =
        key: module:
        if isFunction module then
          module (
            (mapAttrs (name: _: args.${name} or (throw "module '${key}' wants '${name}', which is not among the arguments")) (
              builtins.functionArgs module
            ))
            // known
          )
        else
          module;

      normalise =
        file: key: value:
        if !isAttrs value then
          throw "module '${file}' is no set"
        else if value ? options || value ? config then
          {
            inherit file key;
            imports = value.imports or [ ];
            options = value.options or { };
            config = value.config or { };
          }
        else
          {
            inherit file key;
            imports = value.imports or [ ];
            options = { };
            config = removeAttrs value [ "_file" "key" "imports" ];
          };

      nodes = file: modules: lib.imap1 (load file) modules;
    in
    map (item: item.module) (
      builtins.genericClosure {
        startSet = map (module: { inherit (module) key; inherit module; }) (nodes "<unnamed>" roots);
        operator = item: map (module: { inherit (module) key; inherit module; }) (nodes item.module.file item.module.imports);
      }
    );

  # { options, config, unmatched } of modules that are loaded.
  mergeModules =
    prefix: modules:
    mergeTrees prefix
      (concatMap (m: if m.options == { } then [ ] else [ { inherit (m) file; tree = m.options; } ]) modules)
      (concatMap (m: map (tree: { inherit (m) file; inherit tree; }) (pushDown m.config)) modules);

  mergeTrees =
    path: declarations: definitions:
    let
      declared = lib.zipAttrs (map (d: mapAttrs (_: tree: { inherit (d) file; inherit tree; }) d.tree) declarations);
      defined = lib.zipAttrs (map (d: mapAttrs (_: tree: { inherit (d) file; inherit tree; }) (asSet path d)) definitions);

      merged = mapAttrs (
        name: decls:
        let
          here = path ++ [ name ];
          defs = defined.${name} or [ ];
          options = filter (d: isOption d.tree) decls;
        in
        if options == [ ] then
          mergeTrees here decls (concatMap (d: map (tree: d // { inherit tree; }) (pushDown d.tree)) defs)
        else if length options == length decls then
          let
            option = evalOption here options defs;
          in
          {
            options = option;
            config = option.value;
            unmatched = [ ];
          }
        else
          throw "'${showOption here}' is an option in ${showFiles options} and a set of options elsewhere"
      ) declared;
    in
    {
      options = mapAttrs (_: m: m.options) merged;
      config = mapAttrs (_: m: m.config) merged;
      unmatched =
        concatMap (name: merged.${name}.unmatched) (attrNames merged)
        ++ concatMap (name: if declared ? ${name} then [ ] else map (d: { inherit (d) file; path = path ++ [ name ]; }) defined.${name}) (attrNames defined);
    };

  asSet = path: def:
    if isAttrs def.tree then
      def.tree
    else
      throw "'${showOption path}' is a set of options; its definition in ${showFiles [ def ]} is ${lib.options.describe def.tree}";

  # Moves conditions and merges from a whole set to the definitions in it.
  pushDown =
    tree:
    if hasType "merge" tree then
      concatMap pushDown tree.contents
    else if hasType "if" tree then
      map (mapAttrs (_: mkIf tree.condition)) (pushDown tree.content)
    else if hasType "override" tree then
      map (mapAttrs (_: mkOverride tree.priority)) (pushDown tree.content)
    else
      [ tree ];

  evalOption =
    path: declarations: definitions:
    let
      specs = map (d: d.tree) declarations;
      spec = lib.mergeAttrsList specs;
      type =
        if length (filter (s: s ? type) specs) > 1 && !(all (s: !(s ? type) || s.type.name == spec.type.name) specs) then
          throw "the option '${showOption path}' is declared with different types in ${showFiles declarations}"
        else
          spec.type or lib.types.anything;
      defs =
        map (d: { inherit (d) file; value = d.tree; }) definitions
        ++ lib.optional (spec ? default) {
          inherit (head declarations) file;
          value = mkOptionDefault spec.default;
        };
      found = resolve defs;
      value =
        if found == [ ] then
          throw "the option '${showOption path}' is used and has no value"
        else
          checkedMerge path type found;
    in
    spec
    // {
      inherit path type;
      _type = "option";
      isDefined = found != [ ];
      definitions = map (def: def.value) found;
      files = map (def: def.file) found;
      declarations = map (d: d.file) declarations;
      value = if spec ? apply then spec.apply value else value;
    };

  # One value of what several places say about it.
  mergeDefinitions =
    path: type: defs:
    let
      found = resolve defs;
    in
    if found == [ ] then
      throw "the option '${showOption path}' is used and has no value"
    else
      checkedMerge path type found;

  checkedMerge =
    path: type: defs:
    let
      wrong = filter (def: !type.check def.value) defs;
    in
    if wrong == [ ] then
      type.merge path defs
    else
      throw "a definition of the option '${showOption path}' is not of type ${type.description}:${lib.options.showDefs wrong}";

  # What is left of definitions: conditions decided, only the strongest priority, in order.
  resolve =
    defs:
    let
      flat = concatMap (
        def:
        let
          go =
            value:
            if hasType "merge" value then
              concatMap go value.contents
            else if hasType "if" value then
              (if value.condition then go value.content else [ ])
            else
              [ (def // { inherit value; }) ];
        in
        go def.value
      ) defs;
      priority = def: if hasType "override" def.value then def.value.priority else defaultPriority;
      strongest = builtins.foldl' (best: def: lib.min best (priority def)) 100000 flat;
      strip = def: if hasType "override" def.value then def // { value = def.value.content; } else def;
      kept = concatMap (def: if priority def == strongest then resolveAgain (strip def) else [ ]) flat;
      resolveAgain = def: if hasType "merge" def.value || hasType "if" def.value || hasType "override" def.value then resolve [ def ] else [ def ];
      order = def: if hasType "order" def.value then def.value.priority else defaultOrder;
      ordered = if any (def: hasType "order" def.value) kept then builtins.sort (a: b: order a < order b) kept else kept;
    in
    map (def: if hasType "order" def.value then def // { value = def.value.content; } else def) ordered;

}
