# What is in parentheses is a selection of its own: it has not failed.
let s.a = { }; in (s.a).b
