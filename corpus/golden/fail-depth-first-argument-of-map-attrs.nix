# The function that mapAttrs calls runs one call deeper while it has but the name.
builtins.mapAttrs (name: if (x: (y: y) x) true then value: value else null) { a = 1; }
