s: t: with s; with t; [ a (let b = a; in b) map ]
