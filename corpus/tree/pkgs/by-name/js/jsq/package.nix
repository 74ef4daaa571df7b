{
  lib,
  stdenv,
  fetchurl,
  oniglet,
}:

stdenv.mkDerivation (self: {
  pname = "jsq";
  version = "1.7.1";

  src = fetchurl {
    url = "https://src.example.org/${self.pname}/${self.version}.tar.xz";
    sha256 = "15ql3jdbhri705yd9mpq7s51d6iv2qkxkc3xlsphaw6rl3kb5g7d";
  };

  buildInputs = [ oniglet ];
  doCheck = true;

  meta = {
    description = "Queries on JSON";
    license = lib.licenses.mit;
    platforms = lib.platforms.unix;
  };
})
