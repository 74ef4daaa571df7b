# The name of the argument that is not known was met before that of the one that fails.
let
  names = { zone = 1; rev = 2; };
in
builtins.fetchMercurial { rev = throw "looked at"; zone = 1; }
