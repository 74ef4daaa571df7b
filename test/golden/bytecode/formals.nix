{ a, b ? a, c ? 1, ... }@args: [ a b c args ]
