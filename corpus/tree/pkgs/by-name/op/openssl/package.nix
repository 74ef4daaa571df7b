{
  lib,
  stdenv,
  fetchurl,
  perl,
  zlib,
}:

stdenv.mkDerivation rec {
  pname = "openssl";
  version = "3.0.13";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "01bbanzym43byk00gr5xhvfvr99ll78x25c8mf89di4mkf9cmzs1";
  };

  outputs = [ "out" "bin" "dev" ];
  nativeBuildInputs = [ perl ];
  buildInputs = [ zlib ];
  configurePhase = ''
    ./bootstrap --prefix=$out \
      --with-zlib=${zlib}
  '';
  postFixup = lib.optionalString stdenv.platform.isLinux "patch-paths $out\n";

  meta = {
    description = "Cryptography and TLS";
    license = lib.licenses.apache2;
    platforms = lib.platforms.unix;
  };
}
