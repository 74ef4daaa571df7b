{
  lib,
  stdenv,
  fetchurl,
}:

stdenv.mkDerivation rec {
  pname = "pkgconf";
  version = "2.1.0";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "04zhsrmgyg50jnazbbhb3lrn3r21n8rfr5yc5w3w6amw1f5ss9ya";
  };


  meta = {
    description = "Answers how to compile with a library";
    license = lib.licenses.mit;
    platforms = lib.platforms.unix;
  };
}
