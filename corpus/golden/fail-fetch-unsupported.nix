# Of two arguments that are not known the one is named that was met first.
builtins.fetchTarball { zone = 1; area = 2; }
