lib:
let
  inherit (builtins)
    attrNames
    concatStringsSep
    filter
    intersectAttrs
    isAttrs
    isFunction
    isPath
    isString
    mapAttrs
    ;
in
rec {
  # The result of `f args`, with `.override` to call `f` again with other arguments, and, for packages,
  # `.overrideAttrs` and `.overrideResult`, which keep `.override` working on what they give.
  makeOverridable =
    f: args:
    let
      result = f args;
      again = change: makeOverridable f (args // (if isFunction change then change args else change));
      onResult = g: makeOverridable (args: g (f args)) args;
    in
    if isAttrs result then
      result
      // {
        override = lib.withArgs again (lib.argsOf f);
        overrideResult = onResult;
      }
      // lib.optionalAttrs (result ? overrideAttrs) {
        overrideAttrs = change: onResult (r: r.overrideAttrs change);
      }
    else if isFunction result then
      {
        override = again;
        __functor = self: result;
        __functionArgs = lib.argsOf result;
      }
    else
      result;

  # Calls the function in a file with the arguments it names, taken from `scope` and then from `args`.
  callPackageWith =
    scope: fileOrFunction: args:
    let
      f = if isPath fileOrFunction || isString fileOrFunction then import fileOrFunction else fileOrFunction;
      wanted = lib.argsOf f;
      found = intersectAttrs wanted scope // args;
      missing = filter (name: !(wanted.${name} || found ? ${name})) (attrNames wanted);
      place = if isPath fileOrFunction then toString fileOrFunction else "a function";
    in
    if missing == [ ] then
      makeOverridable f found
    else
      throw "${place} wants ${concatStringsSep ", " missing}, which the package set has not${hint scope missing}";

  hint =
    scope: missing:
    let
      name = builtins.head missing;
      similar = filter (other: lib.toLower other == lib.toLower name || lib.hasPrefix name other) (attrNames scope);
    in
    lib.optionalString (similar != [ ]) "; did you mean ${concatStringsSep " or " (lib.take 3 similar)}?";

  # The same for a function that gives a set of packages: each can be overridden on its own.
  callPackagesWith =
    scope: fileOrFunction: args:
    let
      f = if isFunction fileOrFunction then fileOrFunction else import fileOrFunction;
      found = intersectAttrs (lib.argsOf f) scope // args;
      one = name: makeOverridable (args: (f args).${name}) found;
    in
    mapAttrs (name: _: one name) (f found);

  # A scope of packages that see each other first and `parent` after, with its own callPackage and overrides.
  makeScope =
    parent: f:
    let
      self = f self // {
        callPackage = callPackageWith (parent // self);
        overrideScope = overlay: makeScope parent (lib.extends overlay f);
        packages = f;
      };
    in
    self;

  # Changes what a derivation has without changing what it is built from.
  addPassthru = extra: drv: drv // extra // { passthru = drv.passthru or { } // extra; };
}
