# A set that is its own functor's result is called again and again.
let a = { __functor = self: self; }; in a 1
