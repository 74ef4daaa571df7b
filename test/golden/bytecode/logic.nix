a: b: if a && !b || a -> b then a == b else a != b
