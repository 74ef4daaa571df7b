builtins.sort (a: b: throw "while sorting") [ 1 2 ]
