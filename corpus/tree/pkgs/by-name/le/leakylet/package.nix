{ lib, stdenv, fetchurl, openssl }:

stdenv.mkDerivation {
  pname = "leakylet";
  version = "1.0.1";
  src = fetchurl { url = "https://src.example.org/leakylet.tar.xz"; sha256 = "1l9my38417bncbdapgl698i9wlv2aby32c1r00cxn8rkiwsrknzv"; };
  buildInputs = [ openssl ];
  meta = {
    description = "Speaks TLS, too much";
    license = lib.licenses.mit;
    knownVulnerabilities = [ "heartache (2014)" ];
  };
}
