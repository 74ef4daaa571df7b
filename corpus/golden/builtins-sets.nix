with builtins;
{
  attrNames = attrNames { b = 1; a = 2; "10" = 3; A = 4; };
  attrValues = attrValues { b = 1; a = 2; };
  getAttr = getAttr "a" { a = 1; };
  hasAttr = [ (hasAttr "a" { a = 1; }) (hasAttr "b" { }) ];
  removeAttrs = removeAttrs { a = 1; b = 2; c = 3; } [ "a" "c" "z" ];
  listToAttrs = listToAttrs [ { name = "a"; value = 1; } { name = "b"; value = 2; } { name = "a"; value = 3; } ];
  intersectAttrs = intersectAttrs { a = 1; b = 2; z = 0; } { b = 20; c = 30; z = 9; };
  mapAttrs = mapAttrs (n: v: n + toString v) { a = 1; b = 2; };
  mapAttrsLazy = (mapAttrs (n: v: throw n) { a = 1; b = 2; }) ? a;
  catAttrs = catAttrs "a" [ { a = 1; } { b = 2; } { a = 3; } ];
  zipAttrsWith = zipAttrsWith (n: vs: { inherit n vs; }) [ { a = 1; } { a = 2; b = 3; } { } ];
  functionArgs = functionArgs ({ x, y ? 1 }: x);
  isAttrs = map isAttrs [ { } [ ] 1 null (x: x) ];
  groupOrder = attrNames (groupBy (x: x) [ "b" "a" "b" ]);
  genericClosure = map (x: x.key) (genericClosure {
    startSet = [ { key = 1; } { key = 10; } ];
    operator = { key }: if key < 8 then [ { key = key * 2; } { key = key + 1; } ] else [ ];
  });
  closureKeepsFirst = genericClosure {
    startSet = [ { key = "a"; from = "start"; } ];
    operator = x: [ { key = "a"; from = "again"; } { key = "b"; from = x.key; } ];
  };
  closureListKeys = map (x: x.key) (genericClosure {
    startSet = [ { key = [ 1 ]; } ];
    operator = x: if length x.key < 3 then [ { key = x.key ++ [ 1 ]; } { key = [ 1 ]; } ] else [ ];
  });
  emptyClosure = genericClosure { startSet = [ ]; operator = throw "unused"; };
}
