# A set that is too deep to be called: nobody has called its functor yet.
map { __functor = self: n: n; } [ 1 ]
