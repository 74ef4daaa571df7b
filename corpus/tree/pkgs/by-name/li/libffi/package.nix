{
  lib,
  stdenv,
  fetchurl,
}:

stdenv.mkDerivation rec {
  pname = "libffi";
  version = "3.4.4";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "0lfh89938xav5pglp0gwzs0pw4icgq6nprqs71hb84vnj79rgz47";
  };

  outputs = [ "out" "dev" ];

  meta = {
    description = "Calls functions whose type is known late";
    license = lib.licenses.mit;
    platforms = lib.platforms.unix;
  };
}
