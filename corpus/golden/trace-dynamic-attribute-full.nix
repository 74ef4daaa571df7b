{ ${toString (1 + null)} = 1; }
