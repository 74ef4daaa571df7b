let
  fix = f: let x = f x; in x;
  extends = o: f: self: let super = f self; in super // o self super;
in
(fix (extends (self: super: { a = super.b + 1; }) (self: { b = self.missing; }))).a
