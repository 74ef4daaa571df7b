builtins.fetchClosure { inputAddressed = true; fromStore = throw "inside"; }
