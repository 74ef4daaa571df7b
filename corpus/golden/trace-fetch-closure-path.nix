builtins.fetchClosure { fromStore = "https://example.org"; fromPath = "/elsewhere"; }
