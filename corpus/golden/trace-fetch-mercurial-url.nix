builtins.fetchMercurial { url = 1; }
