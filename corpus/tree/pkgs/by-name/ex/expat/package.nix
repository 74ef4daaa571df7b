{
  lib,
  stdenv,
  fetchurl,
}:

stdenv.mkDerivation rec {
  pname = "expat";
  version = "2.6.0";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "0qav9mvqq3mrw9v91cw3rrs9a7han31a95b5bdanik8n5chzcc4s";
  };

  outputs = [ "out" "dev" ];

  meta = {
    description = "A stream parser of XML";
    license = lib.licenses.mit;
    platforms = lib.platforms.unix;
  };
}
