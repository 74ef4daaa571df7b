# Whatever the machine does with its own stack, an element is forced one call below the one that joins.
let join = v: builtins.concatStringsSep "," [ (join v) ]; in join 1
