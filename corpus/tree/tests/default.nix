# Tests of the library: `nix-instantiate --eval --strict tests` gives [ ] when all hold, else what failed.
let
  lib = import ../lib;
  inherit (lib) lists strings types;

  tests = {
    fix = { expr = lib.fix (self: { a = 1; b = self.a + 1; }); expected = { a = 1; b = 2; }; };
    extends = {
      expr = lib.fix (lib.extends (final: prev: { a = prev.a + 10; c = final.b; }) (self: { a = 1; b = self.a * 2; }));
      expected = { a = 11; b = 22; c = 22; };
    };
    composeMany = {
      expr = lib.fix (lib.extends (lib.composeManyExtensions [
        (final: prev: { n = prev.n + 1; })
        (final: prev: { n = prev.n * 10; })
        (final: prev: { m = final.n; })
      ]) (self: { n = 1; }));
      expected = { n = 20; m = 20; };
    };
    makeExtensible = {
      expr = let s = (lib.makeExtensible (self: { x = 1; y = self.x; })).extend (final: prev: { x = prev.x + 1; }); in [ s.x s.y ];
      expected = [ 2 2 ];
    };
    converge = { expr = lib.converge (x: x / 2) 1000; expected = 0; };
    hex = { expr = [ (lib.toHex 48879) (lib.fromHex "beef") ]; expected = [ "beef" 48879 ]; };
    toposort = { expr = (lists.toposort (a: b: a < b) [ 3 1 2 ]).result; expected = [ 1 2 3 ]; };
    toposortCycle = { expr = (lists.toposort (a: b: true) [ 1 2 ]) ? cycle; expected = true; };
    foldr = { expr = lib.foldr (a: b: [ a ] ++ b) [ ] [ 1 2 3 ]; expected = [ 1 2 3 ]; };
    foldrLazy = { expr = lib.foldr (a: b: a || b) (throw "end") [ false true ]; expected = true; };
    crossLists = { expr = lists.crossLists (a: b: a + b) [ [ "x" "y" ] [ "1" "2" ] ]; expected = [ "x1" "x2" "y1" "y2" ]; };
    compareLists = { expr = lists.compareLists (a: b: a - b) [ 1 2 ] [ 1 3 ]; expected = -1; };
    sublist = { expr = [ (lib.take 2 [ 1 2 3 ]) (lib.drop 2 [ 1 2 3 ]) (lib.lists.sublist 5 1 [ 1 ]) ]; expected = [ [ 1 2 ] [ 3 ] [ ] ]; };
    recursiveUpdate = { expr = lib.recursiveUpdate { a.b = 1; a.c = 2; } { a.b = 3; d = 4; }; expected = { a = { b = 3; c = 2; }; d = 4; }; };
    cartesian = { expr = map (s: s.a + s.b) (lib.cartesianProduct { a = [ 1 2 ]; b = [ 10 20 ]; }); expected = [ 11 21 12 22 ]; };
    collect = { expr = lib.collect builtins.isString { a = "x"; b.c = "y"; d = 1; }; expected = [ "x" "y" ]; };
    getAttrFromPath = { expr = (builtins.tryEval (lib.getAttrFromPath [ "a" "c" ] { a.b = 1; })).success; expected = false; };
    split = { expr = lib.splitString "." "a.b..c"; expected = [ "a" "b" "" "c" ]; };
    trim = { expr = [ (strings.trim "  a b \n") (strings.trim "   ") ]; expected = [ "a b" "" ]; };
    toInt = { expr = map strings.toInt [ "007" " -12 " "0" ]; expected = [ 7 (-12) 0 ]; };
    hasInfix = { expr = [ (strings.hasInfix "b.c" "ab.cd") (strings.hasInfix "b.c" "abxcd") ]; expected = [ true false ]; };
    kebab = { expr = strings.camelToKebab "aBCd"; expected = "a-b-cd"; };
    shell = { expr = lib.quoteShell "it's"; expected = "'it'\\''s'"; };
    versions = { expr = lib.versions.newest [ "1.2" "1.10" "1.9pre" ]; expected = "1.10"; };
    override = {
      expr = let f = lib.makeOverridable ({ a, b ? 2 }: { sum = a + b; }) { a = 1; }; in [ f.sum (f.override { b = 5; }).sum ((f.override { b = 5; }).override (old: { a = old.a + 1; })).sum ];
      expected = [ 3 6 7 ];
    };
    callPackage = {
      expr = (lib.callPackageWith { a = 1; c = 3; } ({ a, b ? 2, c }: { l = [ a b c ]; }) { c = 4; }).l;
      expected = [ 1 2 4 ];
    };
    callPackageMissing = {
      expr = builtins.tryEval (lib.callPackageWith { a = 1; } ({ a, z }: { }) { });
      expected = { success = false; value = false; };
    };
    scope = {
      expr = let s = lib.makeScope { base = 1; } (self: { a = self.callPackage ({ base }: { v = base; }) { }; b = self.a.v + 1; }); in [ s.b (s.overrideScope (final: prev: { a.v = 10; })).b ];
      expected = [ 2 11 ];
    };
    moduleMerge = {
      expr = (lib.evalModules {
        modules = [
          { options.l = lib.mkOption { type = types.listOf types.int; default = [ 0 ]; }; }
          { l = lib.mkAfter [ 3 ]; }
          { l = [ 2 ]; }
          { config = lib.mkMerge [ { l = lib.mkBefore [ 1 ]; } (lib.mkIf false { l = throw "not asked for"; }) ]; }
        ];
      }).config.l;
      expected = [ 1 2 3 ];
    };
    modulePriority = {
      expr = (lib.evalModules { modules = [ { options.x = lib.mkOption { type = types.str; default = "d"; }; } { x = lib.mkDefault "a"; } { x = lib.mkForce "c"; } { x = "b"; } ]; }).config.x;
      expected = "c";
    };
    moduleConflict = {
      expr = (builtins.tryEval (lib.evalModules { modules = [ { options.x = lib.mkOption { type = types.int; }; } { x = 1; } { x = 2; } ]; }).config.x).success;
      expected = false;
    };
    moduleUnknown = {
      expr = (builtins.tryEval (builtins.attrNames (lib.evalModules { modules = [ { nowhere = 1; } ]; }).config)).success;
      expected = false;
    };
    moduleType = {
      expr = (builtins.tryEval (lib.evalModules { modules = [ { options.x = lib.mkOption { type = types.port; }; } { x = 70000; } ]; }).config.x).success;
      expected = false;
    };
    submoduleName = {
      expr = (lib.evalModules {
        modules = [
          { options.s = lib.mkOption { type = types.attrsOf (types.submodule ({ name, config, ... }: { options.n = lib.mkOption { type = types.str; default = name; }; options.twice = lib.mkOption { type = types.str; }; config.twice = config.n + config.n; })); }; }
          { s.a = { }; s.b.n = "x"; }
        ];
      }).config.s;
      expected = { a = { n = "a"; twice = "aa"; }; b = { n = "x"; twice = "xx"; }; };
    };
    functionTo = {
      expr = (lib.evalModules { modules = [ { options.f = lib.mkOption { type = types.functionTo types.lines; }; } { f = n: "a${n}"; } { f = n: "b${n}"; } ]; }).config.f "1";
      expected = "a1\nb1";
    };
    importsOnce = {
      expr = let m = { key = "one"; l = [ 1 ]; }; in (lib.evalModules { modules = [ { options.l = lib.mkOption { type = types.listOf types.int; }; } { imports = [ m m ]; } m ]; }).config.l;
      expected = [ 1 ];
    };
    licenses = { expr = map (l: l.spdxId) [ lib.licenses.mit lib.licenses.publicDomain ]; expected = [ "MIT" "publicDomain" ]; };
  };
in
builtins.concatMap (
  name:
  let
    inherit (tests.${name}) expr expected;
  in
  if expr == expected then [ ] else [ { inherit name expected; result = expr; } ]
) (builtins.attrNames tests)
