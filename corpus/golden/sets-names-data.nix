# Sets whose names are data: each has names that no other has. What is done to them often enough is then done another way.
let
  b = builtins;
  numbers = b.genList (i: i) 9;
  place =
    name: set:
    let
      p = b.unsafeGetAttrPos name set;
    in
    if p == null then null else "${toString p.line}:${toString p.column}";
  places = set: b.mapAttrs (name: _: place name set) set;
  fixed = {
    m = 1;
    z = "z";
  };
  pair = i: [
    {
      name = "b${toString i}";
      value = i;
    }
    {
      value = -i;
      name = "a${toString i}";
    }
    {
      name = "b${toString i}";
      value = throw "the first one counts";
    }
  ];
  kinds = {
    dynamic = i: {
      "k${toString i}" = i;
      m = 1;
    };
    nested = i: { options."x${toString i}".default = i; };
    only = i: { ${"only" + toString i} = i; };
    several = i: {
      ${"s" + toString i} = i;
      ${"r" + toString i} = i;
      s = { };
    };
    listed = i: b.listToAttrs (pair i);
    extended = i: fixed // { ${"n" + toString i} = i; };
    under = i: { ${"n" + toString i} = i; } // fixed;
    overridden = i: { ${"n" + toString i} = i; } // fixed // { m = i; } // { m = i + 1; };
    same = i: { ${"same" + toString (b.bitAnd i 1)} = i; } // fixed // { ${"same" + toString (b.bitAnd i 1)} = -i; };
  };
  does = {
    names = b.attrNames;
    values = b.attrValues;
    mapped = b.mapAttrs (name: v: [ name v ]);
    removed = s: b.removeAttrs s [ (b.head (b.attrNames s)) "m" ];
    common = s: b.intersectAttrs (b.mapAttrs (_: v: v) s) s;
    few = s: b.intersectAttrs { m = 1; n2 = 2; } s;
    zipped = s: b.zipAttrsWith (name: vs: b.length vs) [ s fixed (s // { q = 1; }) ];
    two = s: b.zipAttrsWith (name: vs: b.length vs) [ s fixed ];
    equal = s: [ (s == s // { }) (s == s // { m = 5; }) (b.mapAttrs (_: v: v) s == s) ];
    has = s: [ (s ? m) (s ? ${b.head (b.attrNames s)}) (s ? never) ];
    got = s: s.${b.head (b.attrNames s)};
    or = s: s.m or "none";
    twice = s: s // { m = 1; } // { m = 2; };
    left = s: { m = 0; never = 1; } // s;
    formals = s: ({ m ? "no m", ... }@all: [ m (b.length (b.attrNames all)) ]) s;
  };
  shown = r: if b.isAttrs r then [ r (places r) ] else r;
  # What there is of results is much: the beginning of a hash of all nine.
  short = r: b.substring 0 6 (b.hashString "sha256" (b.toJSON r));
in
b.mapAttrs (
  _: make:
  let
    sets = map make numbers;
  in
  b.mapAttrs (_: does: short (map (set: shown (does set)) sets)) does
  // {
    first = shown (b.head sets);
  }
) kinds
