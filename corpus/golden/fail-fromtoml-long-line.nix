# Of a long line, what stands near the fault is shown.
builtins.fromTOML "[owner]\ndescription = \"a text that goes on for quite a while before it comes to the \\w that is wrong, and for a while behind it\"\n"
