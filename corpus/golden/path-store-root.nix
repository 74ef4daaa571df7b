[
  (builtins.path { path = /.; filter = p: t: false; })
  (builtins.path { path = /.; name = ""; filter = p: t: false; })
  (builtins.filterSource (p: t: false) /.)
]
