# Of several arguments that nobody expects, the one whose name was met first.
let
  walrus = 1;
in
({ yak }: yak) { yak = 1; aardvark = 2; inherit walrus; }
