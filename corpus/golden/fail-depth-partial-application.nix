# A function that is given too few arguments has been called nevertheless.
let add = a: b: a + b; in (x: builtins.isFunction (add x)) 1
