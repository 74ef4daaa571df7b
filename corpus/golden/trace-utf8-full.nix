{
  a = "é" + (b: b) null;
}.a
