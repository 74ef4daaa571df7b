# What fails when the walk begins again has its whole trace too: here the call of `throw`.
let first = 1; in { second = throw "second"; first = throw "first"; }
