builtins.warn "a warning" (throw "after the warning")
