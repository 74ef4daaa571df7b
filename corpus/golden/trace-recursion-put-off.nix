# A call that is put off is no thunk to Nix: forced within itself it is made once more.
let m = builtins.mapAttrs (n: v: v.value) { a.value = m.a + "x"; }; in m
