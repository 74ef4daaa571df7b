(derivation {
  name = "x";
  system = "y";
  builder = "z";
  bad = throw "in an attribute";
}).drvPath
