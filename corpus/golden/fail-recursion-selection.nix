# What a selection goes through is forced where the selection stands.
let s = { a = s.a.override; }; in with s; a
