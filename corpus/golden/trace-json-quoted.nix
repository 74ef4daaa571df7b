builtins.toJSON { "no name" = throw "not this"; }
