builtins.compareVersions null "1"
