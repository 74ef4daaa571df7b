{
  lib,
  stdenv,
  fetchurl,
  libxml,
}:

stdenv.mkDerivation rec {
  pname = "gettext";
  version = "0.22";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "13bhqhnl5iprkxckbkppnw7m7jycw61ij9q1pvl0mk4vdwjw3adg";
  };

  buildInputs = [ libxml ];

  meta = {
    description = "Texts in many languages";
    license = lib.licenses.gpl3Plus;
    platforms = lib.platforms.unix;
  };
}
