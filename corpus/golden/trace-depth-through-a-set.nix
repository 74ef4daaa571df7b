# Every call counts, though nothing of it is left to be done: a selection, the thunk that it forces, a call in that.
let f = x: { a = f x; }.a; in f 1
