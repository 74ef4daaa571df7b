builtins.fetchMercurial { url = "x"; rev = throw "inside"; }
