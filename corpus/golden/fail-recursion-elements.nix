let l = map (x: builtins.elemAt l (1 - x)) [ 0 1 ]; in l
