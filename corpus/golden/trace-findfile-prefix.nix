builtins.findFile [ { prefix = throw "x"; path = throw "p"; } ] "h2"
