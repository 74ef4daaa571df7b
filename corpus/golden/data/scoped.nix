[ x (builtins.typeOf map) ]
