{ a = { recurseForDerivations = throw "inside"; }; }
