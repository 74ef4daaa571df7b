let
  toml = builtins.fromTOML "a = nan\nb = +nan\nc = -nan\nd = [ nan, -nan ]";
in
[ toml (map toString [ toml.a toml.b toml.c ]) (builtins.toJSON toml) (builtins.toXML toml.a) ]
