builtins.trace "a trace" (throw "after the trace")
