builtins.fetchClosure 1
