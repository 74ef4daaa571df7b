# Idioms of package sets: fixed points, overlays, overridable functions.
let
  fix = f: let x = f x; in x;
  extends = o: f: self: let super = f self; in super // o self super;
  compose = builtins.foldl' (a: b: self: super: let r = a self super; in r // b self (super // r)) (s: p: { });
  base = self: { a = 1; b = self.a + 1; list = [ self.a ]; };
  overlays = [
    (self: super: { a = super.a * 10; })
    (self: super: { c = self.b + super.a; list = super.list ++ [ self.c ]; })
    (self: super: { a = super.a + 1; })
  ];
  makeOverridable = f: args: f args // { override = new: makeOverridable f (args // new); };
  pkg = makeOverridable ({ name, flags ? [ ] }: { full = "${name}:${toString flags}"; }) { name = "p"; };
in
{
  one = fix (extends (builtins.head overlays) base);
  all = fix (extends (compose overlays) base);
  override = [ pkg.full (pkg.override { flags = [ "x" ]; }).full ((pkg.override { flags = [ "x" ]; }).override { name = "q"; }).full ];
  primes = let sieve = xs: if xs == [ ] then [ ] else let p = builtins.head xs; in [ p ] ++ sieve (builtins.filter (x: x - x / p * p != 0) (builtins.tail xs)); in sieve (builtins.genList (x: x + 2) 60);
  memo = let table = builtins.genList (n: if n < 2 then n else builtins.elemAt table (n - 1) + builtins.elemAt table (n - 2)) 60; in builtins.elemAt table 59;
  hanoi = let h = n: a: b: c: if n == 0 then [ ] else h (n - 1) a c b ++ [ "${a}${b}" ] ++ h (n - 1) c b a; in h 4 "a" "b" "c";
  church = let two = f: x: f (f x); plus = m: n: f: x: m f (n f x); toInt = n: n (x: x + 1) 0; in toInt (plus two (two two));
  knot = let o = { a = "${o.b}!"; b = o.c + o.c; c = "x"; }; in o;
  wordCount = builtins.mapAttrs (_: builtins.length) (builtins.groupBy (w: w) (builtins.filter builtins.isString (builtins.split " " "a b a c b a")));
}
