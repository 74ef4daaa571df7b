let
  set = {
    "" = { x }: throw "called with ${x}";
  };
in
builtins.trace (builtins.seq set."" set) (set."" { x = "a"; })
