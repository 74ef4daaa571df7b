if (x: x) 1 == 1 && null then 1 else 2
