builtins.findFile [ { path = ./.; } (throw "second element") ] (throw "name")
