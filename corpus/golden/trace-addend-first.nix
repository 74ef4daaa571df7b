# The left operand is found to be no text before the right one is looked at.
{ a = 1; } + builtins.trace "not looked at" (throw "nor thrown")
