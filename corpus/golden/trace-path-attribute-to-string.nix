# What makes text of the attribute is called at the place of the attribute.
builtins.path { path = { __toString = { wanted }: wanted; }; }
