# A set is walked in the order in which names were met: what fails is met at `zone` first, and has no lines of `alpha`.
let
  zone = 1;
  host = { }.${"host${toString zone}"};
  pick = x: if x then 1 else 2;
in
builtins.deepSeq {
  zone = host.port;
  alpha = pick host.enabled;
} zone
