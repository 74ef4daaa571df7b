builtins.zipAttrsWith (name: values: name) [ { a = 1; } { a = 2; } ]
