{ ab = 1; ac = 2; ad = 3; }.aa
