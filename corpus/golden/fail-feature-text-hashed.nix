(derivation {
  name = "x";
  system = "y";
  builder = "z";
  outputHashMode = "text";
}).drvPath
