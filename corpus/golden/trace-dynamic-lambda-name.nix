# A lambda that is the value of a dynamic attribute is called by its name; one that comes from elsewhere is not.
let
  name = "given";
  elsewhere = [ (x: throw "at last") ];
  set = {
    ${name} = x: y: x + y;
    ${name + "Too"} = builtins.head elsewhere;
  };
in
set.given (set.givenToo 1) 2
