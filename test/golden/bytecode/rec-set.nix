y: rec { a = b; b = 1; __overrides = { }; inherit (y) c; }
