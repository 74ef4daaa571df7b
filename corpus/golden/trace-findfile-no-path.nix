builtins.findFile [ { prefix = ""; } ] "h2"
