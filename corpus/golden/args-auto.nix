{ name ? "nobody", count, ... }@args: { inherit name count; more = builtins.attrNames args; }
