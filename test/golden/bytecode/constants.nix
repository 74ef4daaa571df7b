[ 1 4611686018427387904 2.5 "text" ./path /absolute ~/home true false null [ ] (x: x) ]
