# What mapAttrs puts into a set is a call of a call: the first of the two is made inside the other.
builtins.mapAttrs (name: value: value) { a = 1; }
