{
  lib,
  stdenv,
  fetchurl,
  openssl,
}:

stdenv.mkDerivation rec {
  pname = "libevent";
  version = "2.1.12";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "1pkpyczjxl28p71ksaq08f70dbbw0j525gj4qmy33l7a6hhikdrm";
  };

  outputs = [ "out" "dev" ];
  buildInputs = [ openssl ];

  meta = {
    description = "Calls back on events";
    license = lib.licenses.bsd3;
    platforms = lib.platforms.unix;
  };
}
