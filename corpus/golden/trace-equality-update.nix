# An operand of `//` that is no set, and has no place.
{ a = 1; } // (1 != 2)
