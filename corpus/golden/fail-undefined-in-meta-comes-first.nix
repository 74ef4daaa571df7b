# Nix goes through attributes in the order in which it has met their names: `meta` is among those it knows from the start.
{ stdenv }:
stdenv.mkDerivation {
  src = fetchurl { };
  meta.license = lib.licenses.mit;
}
