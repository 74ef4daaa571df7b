# The name of a lambda is quoted where it is no identifier.
"${{ "a b" = x: x; }."a b"}"
